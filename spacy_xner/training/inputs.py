"""A hash of everything that a training depends on."""

import hashlib
from importlib.metadata import version
from pathlib import Path
from typing import Any, Iterator, Optional, Tuple

from spacy.training.loop import DIR_MODEL_BEST, DIR_MODEL_LAST
from thinc.api import Config
from weasel.util import get_checksum

from ..errors import Errors, XnerError

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
    digest = hashlib.md5(settings.to_str().encode("utf8"), usedforsecurity=False)
    for package in PACKAGES:
        digest.update(f"{package} {version(package)}\n".encode())
    if code is not None:
        digest.update(f"{get_checksum(code)}\n".encode())
    written = output.resolve()
    for text, path in _find_paths(settings):
        if path not in (written, *written.parents) and written not in path.parents:
            digest.update(f"{text} {get_checksum(path)}\n".encode())
    return digest.hexdigest()


def check_apart(config: Config, output: Path) -> None:
    """Make sure that a training does not begin with a pipeline that it removes first.

    config (Config): the complete config of the training.
    output (Path): the folder that the training writes to.
    RAISES: X137 if the config names a pipeline that is there.
    """
    removed = {(output / name).resolve() for name in (DIR_MODEL_BEST, DIR_MODEL_LAST)}
    for text, path in _find_paths(config.interpolate()):
        if removed & {path, *path.parents}:
            raise XnerError(Errors.X137.format(path=text))


def _find_paths(settings: Config) -> Iterator[Tuple[str, Path]]:
    """YIELDS (Tuple[str, Path]): each file or folder that there is, as it is named, and where it is."""
    named = [settings.get(section, {}) for section in SECTIONS]
    for text in sorted(set(_find_texts(named))):
        if text and _is_there(Path(text)):
            yield text, Path(text).resolve()


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
