"""What the tests of the server need: the packages of its extra, and a pipeline on the disk."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def extra() -> None:
    """Tests import the server's modules themselves, after this; servers are started after this, too."""
    for name in ("fastapi", "uvicorn", "prometheus_client"):
        pytest.importorskip(name, reason="pip install '.[serve]'")


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A pipeline that knows the sentences of util.py."""
    from trained import make_trained

    path = tmp_path_factory.mktemp("served") / "model"
    make_trained("xner").to_disk(path)
    return str(path)
