"""Hugging Face models, by name or from a folder: finding them, reading their cards, and explaining errors."""

import contextlib
import os
import re
from pathlib import Path
from threading import Thread
from typing import Any, Callable, Dict, List, Optional, Tuple

import srsly

TOKENIZER_FILES = ("tokenizer*", "vocab*", "*.model", "*.spm")
WEIGHT_FILES = ("*.safetensors", "*.bin", "*.h5", "*.msgpack", "*.ckpt*")
# The card in each folder that `spacy xner encoder` makes.
ENCODER_CARD = "xner_encoder.json"
# spaCy's CNN over hashed subword features, which is trained from scratch.
HASH = "hash"
# Timeout of the hub in seconds.
PATIENCE = 4.0
# What a proxy answers that lets nobody through.
REFUSED = (403, 407)
# What transformers says of a model that it can load only by running code from the model's folder.
REMOTE_CODE = "trust_remote_code"


class HubLoader:
    """Loads models by an Auto class of transformers: of one revision, if the name says which, and without their code.

    If it is not told, transformers asks on the terminal whether to run Python code that comes with a model.

    auto (Any): AutoConfig, AutoModel, AutoTokenizer, or another such class.
    """

    def __init__(self, auto: Any) -> None:
        self.auto = auto

    def from_pretrained(self, name: Any, **settings: Any) -> Any:
        """Load a config, tokenizer or model.

        name (Any): a Hugging Face name, also as NAME@REVISION, or a local folder or file.
        **settings (Any): settings of the Auto class.
        RETURNS (Any): what the Auto class loads.
        RAISES: ValueError if it needs code of its own.
        """
        base, revision = split_revision(str(name))
        chosen = {"revision": revision} if revision else {}
        return self._load(self.auto.from_pretrained, base, {**settings, **chosen})

    def from_config(self, config: Any, **settings: Any) -> Any:
        """Make a model without weights.

        config (PretrainedConfig): its config.
        **settings (Any): settings of the Auto class.
        RETURNS (Any): the model.
        RAISES: ValueError if it needs code of its own.
        """
        return self._load(self.auto.from_config, config, settings)

    def _load(self, load: Callable[..., Any], source: Any, settings: Dict[str, Any]) -> Any:
        try:
            return load(source, **{**settings, REMOTE_CODE: False})
        except ValueError as error:
            if REMOTE_CODE not in str(error):
                raise
            raise ValueError("it needs Python code of its own, which is never run") from error


class EncoderLoader(HubLoader):
    """Loads encoders: models that give each word piece a vector, and need nothing but a text for it."""

    def from_pretrained(self, name: Any, **settings: Any) -> Any:
        """Load an encoder and run it once.

        name (Any): a Hugging Face name, also as NAME@REVISION, or a local folder.
        **settings (Any): settings of the Auto class.
        RETURNS (PreTrainedModel): the encoder.
        RAISES: ValueError if it needs code of its own, or is no encoder: one that also decodes wants a second text.
        """
        import torch

        model = super().from_pretrained(name, **settings)
        ids = torch.ones((1, 2), dtype=torch.long, device=model.device)
        try:
            with torch.no_grad():
                _ = model(input_ids=ids, attention_mask=ids).last_hidden_state
        except Exception as error:  # whatever the model does
            raise ValueError(f"it can't encode a text alone ({str(error).strip()})") from error
        return model


def split_revision(name: str) -> Tuple[str, Optional[str]]:
    """Split NAME@REVISION, where the revision is a commit, branch or tag on the hub.

    name (str): a Hugging Face name or a local path.
    RETURNS (Tuple[str, Optional[str]]): the name, and the revision; None if there is none, and for paths.
    """
    if _is_path(name) or Path(name).exists():
        return name, None
    base, _, revision = name.partition("@")
    return base, revision or None


def find_commit(config: Any) -> Optional[str]:
    """Find which commit of a model on the hub was loaded.

    config (PretrainedConfig): the config of the model that was loaded.
    RETURNS (Optional[str]): the commit; None for local folders.
    """
    folder = Path(getattr(config, "_name_or_path", ""))
    # In the hub's cache folders are called by the commit.
    cached = folder.name if folder.parent.name == "snapshots" else None
    return getattr(config, "_commit_hash", None) or cached


def find_model(name: str) -> str:
    """Find what to load a model from.

    If the hub can't be reached, the cache is used at once; the hub's own library would retry for half a minute.

    name (str): a Hugging Face name, also as NAME@REVISION, or a local folder.
    RETURNS (str): the folder, the name, or the folder in the cache if the hub can't be reached.
    RAISES: ConnectionError if the hub can't be reached, and the model is not in the cache.
    """
    if _is_path(name) or Path(name).exists():
        return os.path.expanduser(name)
    if can_reach_hub():
        return name
    from huggingface_hub import snapshot_download

    with contextlib.suppress(Exception):  # not in the cache, or not a name at all
        base, revision = split_revision(name)
        return str(snapshot_download(base, revision=revision, local_files_only=True))
    raise ConnectionError(name)


def can_reach_hub() -> bool:
    """Check once, with a timeout, whether the hub can be reached.

    RETURNS (bool): whether it answered, and not with an error of the network between: its library would try again for
        half a minute, and log each time. False if the hub's library is set to work offline.
    """
    from huggingface_hub import constants
    from huggingface_hub.utils import get_session

    answers: List[Any] = []

    def ask() -> None:
        with contextlib.suppress(Exception):  # the network, a proxy or a certificate: the hub is not there
            answers.append(get_session().head(constants.ENDPOINT, timeout=PATIENCE).status_code)

    if constants.HF_HUB_OFFLINE:
        return False
    # In a thread of its own, for finding the address has no time limit.
    asking = Thread(target=ask, daemon=True)
    asking.start()
    asking.join(PATIENCE)
    return bool(answers) and answers[0] < 500 and answers[0] not in REFUSED


def read_encoder_card(name: str) -> Dict[str, Any]:
    """Read the card that `spacy xner encoder` wrote for an encoder.

    For example, `vocabulary.trimmed` says whether word pieces were removed.

    name (str): a Hugging Face name or a local folder.
    RETURNS (Dict[str, Any]): the facts from `encoders.card.make_facts`; empty for other models.
    """
    path = Path(name).expanduser() / ENCODER_CARD
    with contextlib.suppress(OSError, ValueError):
        found = srsly.read_json(path)
        return found if isinstance(found, dict) else {}
    return {}


def read_licence(folder: Path) -> str:
    """Read the licence of a model in the header of its card.

    folder (Path): the folder of the model, which may be missing.
    RETURNS (str): the licence in the card, "" if there is none.
    """
    card = folder / "README.md"
    text = card.read_text(encoding="utf8", errors="replace") if card.is_file() else ""
    head = re.match(r"\ufeff?---\s*\n(.*?\n)---", text, re.DOTALL)
    found = re.search(r"^license:[ \t]*[\"']?([^\s\"'#]+)", head.group(1), re.MULTILINE) if head else None
    return found.group(1) if found else ""


def is_hash(name: str, kind: str = "auto") -> bool:
    """Check whether a name or a folder stands for the encoder 'hash', which has no pretrained weights.

    name (str): "hash", a Hugging Face name or a local folder.
    kind (str): "hash" or "transformer" if it is known what the folder stands for, else "auto".
    RETURNS (bool): True for "hash", and for a folder that `spacy xner encoder hash` made.
    """
    if name == HASH or kind != "auto":
        return HASH in (name, kind)
    return read_encoder_card(name) == {"source": HASH}


def find_reason(
    name: str,
    error: Exception,
    *,
    tokenizer: str = "tokenizer.json",
    known: Optional[Dict[str, str]] = None,
) -> str:
    """Explain in one sentence why a model or its tokenizer can't be loaded.

    name (str): a Hugging Face name or a local folder.
    error (Exception): the error that was raised.
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
        damage = _find_damage(path)
        if damage:
            return damage
    elif path.exists():
        return "this is a file, not a folder"
    elif _is_path(name):
        return "there is no such folder"
    text = str(error).strip() or type(error).__name__
    if "couldn't connect" in text.lower() or isinstance(error, ConnectionError):
        return "it is neither a local folder nor in the local cache, and huggingface.co can't be reached"
    if "loading state_dict" in text:
        return "its config.json and its weights are not those of one model"
    return next(
        (reason for part, reason in (known or {}).items() if part in text), re.split(r"\.\s|\.$|\n", text)[0]
    )


def _find_damage(folder: Path) -> str:
    """RETURNS (str): which file of a model is missing or can't be read, "" if all can."""
    from safetensors import SafetensorError, safe_open

    for file in sorted(folder.glob("*.json")):
        try:
            data = srsly.read_json(file)
        except ValueError:
            return f"its {file.name} is damaged or cut short"
        parts = data.get("weight_map", {}).values() if file.name.endswith(".index.json") else ()
        missing = next((part for part in sorted(parts) if not (folder / part).is_file()), None)
        if missing:
            return f"the folder has no {missing}, which is a part of the weights"
    for file in sorted(folder.glob("*.safetensors")):
        try:
            with safe_open(file, "numpy"):
                pass
        except SafetensorError:
            return f"its {file.name} is damaged or cut short"
    if not any(any(folder.glob(pattern)) for pattern in WEIGHT_FILES):
        return "the folder has no weights (model.safetensors)"
    return ""


def _is_path(name: str) -> bool:
    """RETURNS (bool): whether this can't be the name of a model on the hub."""
    return Path(name).expanduser().is_absolute() or name.startswith((".", "~")) or name.count("/") > 1
