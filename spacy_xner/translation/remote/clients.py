"""The clients that services offer, which are installed only if one wants them."""

import importlib
from typing import Any

from ...errors import Errors, XnerError, tell_install


def import_client(engine: str, module: str, package: str = "") -> Any:
    """Import the client of a service.

    engine (str): the engine, which has the name of the extra that installs it.
    module (str): the module.
    package (str): the package if it has another name.
    RETURNS (Any): the module.
    RAISES: X206 if it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        what = f"the package {package or module}"
        command = tell_install(engine)
        raise XnerError(Errors.X206.format(engine=engine, what=what, command=command)) from error
