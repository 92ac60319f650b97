"""A hash of everything that a training depends on."""

import hashlib
from importlib.metadata import version
from pathlib import Path
from typing import Any, Iterator, Optional

from thinc.api import Config
from weasel.util import get_checksum

# With other versions of these packages, the same settings may give another result.
PACKAGES = ("spacy-xner", "spacy", "spacy-transformers", "thinc", "torch", "transformers", "numpy")
# Sections of a config that name input files.
SECTIONS = ("paths", "corpora", "initialize", "components")


def hash_inputs(config: Config, output: Path, code: Optional[Path] = None) -> str:
    """Hash what a training depends on: its settings, the files and folders that they name, and the packages.

    config (Config): the complete config of the training.
    output (Path): the folder that the training writes to, which is not hashed.
    code (Optional[Path]): a file with functions that the config names.
    RETURNS (str): hexadecimal digits.
    """
    settings = config.interpolate()
    named = [settings.get(section, {}) for section in SECTIONS]
    digest = hashlib.md5(settings.to_str().encode("utf8"), usedforsecurity=False)
    for package in PACKAGES:
        digest.update(f"{package} {version(package)}\n".encode())
    if code is not None:
        digest.update(f"{get_checksum(code)}\n".encode())
    written = output.resolve()
    for text in sorted(set(_find_texts(named))):
        path = Path(text)
        around = (written, *written.parents)
        if (
            text
            and _is_there(path)
            and path.resolve() not in around
            and written not in path.resolve().parents
        ):
            digest.update(f"{text} {get_checksum(path)}\n".encode())
    return digest.hexdigest()


def _find_texts(settings: Any) -> Iterator[str]:
    if isinstance(settings, str):
        yield settings
    elif isinstance(settings, dict):
        for value in settings.values():
            yield from _find_texts(value)
    elif isinstance(settings, (list, tuple)):
        for value in settings:
            yield from _find_texts(value)


def _is_there(path: Path) -> bool:
    try:
        return path.is_file() or path.is_dir()
    except (OSError, ValueError):  # a text that can't be a path
        return False
