"""Models of Hugging Face, by name or from a folder: why one can't be loaded."""

import re
from pathlib import Path
from typing import Dict, Optional

TOKENIZER_FILES = ("tokenizer*", "vocab*", "*.model", "*.spm")


def find_reason(
    name: str,
    error: Exception,
    *,
    tokenizer: str = "tokenizer.json",
    known: Optional[Dict[str, str]] = None,
) -> str:
    """Say in one sentence why a model or its tokenizer can't be loaded.

    name (str): a Hugging Face name or a local folder.
    error (Exception): what was raised.
    tokenizer (str): the files that a tokenizer may consist of, for the message.
    known (Optional[Dict[str, str]]): reasons by a part of the error's text.
    RETURNS (str): the reason.
    """
    path = Path(name).expanduser()
    if path.is_dir():
        if not (path / "config.json").is_file():
            return "the folder has no config.json"
        if not any(any(path.glob(pattern)) for pattern in TOKENIZER_FILES):
            return f"the folder has no tokenizer ({tokenizer})"
    elif path.exists():
        return "this is a file, not a folder"
    elif path.is_absolute() or name.startswith((".", "~")) or name.count("/") > 1:
        return "there is no such folder"
    text = str(error).strip() or type(error).__name__
    if "couldn't connect" in text.lower() or isinstance(error, ConnectionError):
        return "it is neither a local folder nor in the local cache, and huggingface.co can't be reached"
    return next(
        (reason for part, reason in (known or {}).items() if part in text), re.split(r"\.\s|\.$|\n", text)[0]
    )
