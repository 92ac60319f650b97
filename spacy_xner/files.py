"""Writing files atomically."""

import contextlib
import errno
import json
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any, Iterable, Iterator, Optional

from filelock import FileLock, Timeout

from .errors import Errors, XnerError, explain

# The lock file in a folder that a process has claimed.
LOCK = ".lock"
# The folders of an absolute path where one may begin. A path goes up to "@" in the name of an engine, or up to white
# space in a command.
_START = r"""(?<![^\s=:+,;'"(])(?!//)(?:~|[A-Za-z]:)?[/\\]"""
_FOLDERS = {
    True: re.compile(_START + r"""(?:[^@\n]*[/\\])?(?=[^\s/\\@])"""),
    False: re.compile(_START + r"""(?:[^@\s=,;'"()]*[/\\])?(?=[^\s/\\@])"""),
}
# The errors of file systems without locks.
NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP)


@contextlib.contextmanager
def replace_file(path: Path) -> Iterator[Path]:
    """Replace a file atomically: write a temporary file beside it, then rename that.

    path (Path): the file; missing folders are created.
    YIELDS (Path): the temporary file.
    RAISES: X112 if the file can't be written.
    """
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(handle)
        yield Path(temporary)
        with open(temporary, "rb+") as written:
            os.fsync(written.fileno())  # before the renaming, or a power cut leaves an empty file
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError as error:
        raise XnerError(Errors.X112.format(path=path, reason=explain(error))) from error
    finally:
        if temporary is not None and os.path.exists(temporary):
            os.unlink(temporary)


@contextlib.contextmanager
def replace_folder(path: Path) -> Iterator[Path]:
    """Replace a folder: write a new folder beside it, then rename both.

    If the process is killed between the two renames, `restore_folder` brings the earlier folder back.

    path (Path): the folder; missing parent folders are created.
    YIELDS (Path): the new folder, which does not exist yet.
    RAISES: X112 if it can't be written.
    """
    new, old = (path.parent / f".{path.name}.{kind}" for kind in ("new", "old"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        restore_folder(path)
        shutil.rmtree(new, ignore_errors=True)
        yield new
        for file in new.rglob("*"):  # sync before renaming, as in `replace_file`
            if file.is_file():
                with file.open("rb+") as written:
                    os.fsync(written.fileno())
                file.chmod(0o644)  # safetensors makes files that only their owner can read
        if path.exists():
            shutil.rmtree(old, ignore_errors=True)
            os.replace(path, old)
        os.replace(new, path)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise XnerError(Errors.X112.format(path=path, reason=explain(error))) from error
    finally:
        shutil.rmtree(new, ignore_errors=True)


def restore_folder(path: Path) -> None:
    """Restore a folder if `replace_folder` was killed after it had renamed it.

    path (Path): the folder, which may be missing.
    """
    old = path.parent / f".{path.name}.old"
    if old.exists() and not path.exists():
        os.replace(old, path)


def find_packed(path: Path) -> Optional[Path]:
    """Find a file that may be gzipped.

    path (Path): its name without `.gz`.
    RETURNS (Optional[Path]): the file itself or, if there is none, its gzipped form; None without either.
    """
    return next((form for form in (path, path.with_name(f"{path.name}.gz")) if form.is_file()), None)


def keep_inputs(inputs: Iterable[Optional[Path]], *outputs: Optional[Path]) -> None:
    """Make sure that no output replaces what is read, before any work is done.

    inputs (Iterable[Optional[Path]]): files, or folders of `.spacy` files; None for none.
    *outputs (Optional[Path]): the files to write, which need not exist; None for none.
    RAISES: X137 if one of them is read, too, whatever name it has there.
    """
    there = [path for path in outputs if path is not None and path.is_file()]
    for given in (path for path in inputs if there and path is not None):
        for file in given.rglob("*.spacy") if given.is_dir() else [given]:
            for path in there:
                if file.is_file() and file.samefile(path):
                    raise XnerError(Errors.X137.format(path=path))


def make_absolute(name: str) -> str:
    """Make an existing path absolute, so that it is found from any folder.

    name (str): a file, a folder, or another name, as that of a package or model; may be empty.
    RETURNS (str): the absolute path of a file or folder that exists; any other name as it is.
    """
    return str(Path(name).resolve()) if name and Path(name).exists() else name


def hide_parents(path: Any) -> str:
    """Name a file or folder for what is published: without the folders where it lies on this machine.

    path (Any): a path, or another name, as that of a model on the hub.
    RETURNS (str): the path as seen from the current folder; only the last part of it if it lies elsewhere.
    """
    told, here = Path(os.path.abspath(os.path.expanduser(path))), Path.cwd()
    return str(told.relative_to(here)) if told != here and told.is_relative_to(here) else told.name


def hide_folders(text: str, *, is_command: bool = False) -> str:
    """Leave out of a text, which is to be published, where files lie on this machine.

    text (str): a path, the name of an engine with paths in it, or a command.
    is_command (bool): whether it is a command, whose paths end at white space.
    RETURNS (str): the text with the last part of each absolute path in place of the path; addresses and relative paths
        stay as they are.
    """
    return _FOLDERS[not is_command].sub("", text)


@contextlib.contextmanager
def claim(folder: Path, output: Optional[Path] = None) -> Iterator[None]:
    """Claim a folder for this process: another process that wants to write into it is refused.

    The claim ends with the process, however that ends. A folder that is still empty is removed. On a file system
    without locks no process is refused.

    folder (Path): the folder; it is created if it is missing.
    output (Optional[Path]): the name to show to the user, if it differs.
    YIELDS (None): while the folder is claimed.
    RAISES: X134 if another process has it, X112 if it can't be written.
    """
    lock = FileLock(folder / LOCK, timeout=0, fallback_to_soft=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise XnerError(Errors.X134.format(path=output or folder)) from error
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise XnerError(Errors.X112.format(path=folder, reason=explain(error))) from error
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            os.unlink(folder / LOCK)
            os.rmdir(folder)  # if it is empty
        lock.release()


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file as `replace_file` does.

    path (Path): the file; missing folders are created.
    data (bytes): its content.
    RAISES: X112 if the file can't be written.
    """
    with replace_file(path) as temporary:
        temporary.write_bytes(data)


def write_json(path: Path, data: Any) -> None:
    """Write data as indented JSON, as `replace_file` does.

    path (Path): the file; missing folders are created.
    data (Any): JSON values and numbers of numpy; numbers keep all their digits.
    RAISES: X112 if the file can't be written.
    """
    write_bytes(path, (json.dumps(data, indent=2, default=float) + "\n").encode("utf8"))
