"""The origin of a translation: the licence of a model, and a name that changes when the model does."""

import hashlib
from pathlib import Path
from typing import Dict

from ...hub import read_licence, split_revision

# Licences by a part of the model's name, for models without a card.
LICENCES: Dict[str, str] = {
    "nllb": "CC-BY-NC-4.0 (non-commercial)",
    "m2m100": "MIT",
    "madlad400": "Apache-2.0",
    "opus-mt": "CC-BY-4.0",
}
FILES = ("*.json", "*.safetensors", "*.bin", "*.model", "*.spm", "*.txt", "*.msgpack", "*.h5")


def describe_origin(name: str, revision: str = "") -> str:
    """Name a model or file together with its content, so that other content gives another name.

    name (str): a Hugging Face name, a local folder or a file.
    revision (str): the commit of a model from Hugging Face.
    RETURNS (str): the name, with the commit if it is known. For a folder, its own name with a digest of `config.json`
        and of the names, sizes and times of the files with weights and vocabulary; for a file, its own name with a
        digest of name, size and time. Where it lies is told to nobody: names of engines are published.
    """
    path = Path(name).expanduser()
    if not path.exists():
        return f"{split_revision(name)[0]}@{revision[:8]}" if revision else name
    digest = hashlib.sha1(usedforsecurity=False)
    config = path / "config.json"
    if config.is_file():
        digest.update(config.read_bytes())
    files = {file for pattern in FILES for file in path.glob(pattern)} if path.is_dir() else {path}
    for file in sorted(files - {config}):
        stat = file.stat()
        digest.update(f"{file.name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return f"{path.resolve().name}@{digest.hexdigest()[:8]}"


def find_licence(name: str) -> str:
    """Find the licence of a model.

    name (str): a Hugging Face name or a local folder.
    RETURNS (str): the licence in the card (`README.md`) of the folder, else the known licence of models with this name,
        else "unknown".
    """
    path = Path(name).expanduser()
    found = read_licence(path)
    if found:
        return found
    # Only the folder's own name, without its parents.
    own = (path.resolve().name if path.is_dir() else name).lower()
    return next((licence for part, licence in LICENCES.items() if part in own), "unknown")
