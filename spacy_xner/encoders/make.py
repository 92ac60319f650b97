"""Making an encoder folder: with a trimmed vocabulary, fewer layers or half precision."""

from inspect import signature
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

from ..corpora.gather import gather_texts
from ..errors import Errors, XnerError
from ..files import hide_parents, replace_folder, write_json
from ..hub import ENCODER_CARD
from ..tokenizer import get_blank
from .card import make_encoder_facts, render_encoder_card
from .count import Split, collect_ids
from .folder import check_replaceable
from .shrink import check_shapes, find_config_ids, keep_layers, keep_rows
from .source import EncoderSource
from .vocabulary import trim_vocabulary


def make_encoder(
    source: EncoderSource,
    output: Path,
    *,
    corpora: Sequence[Path] = (),
    split: Optional[Split] = None,
    layers: Optional[int] = None,
    half: bool = False,
) -> Dict[str, Any]:
    """Make a folder that transformers and `spacy-xner.Encoder.v1` can load. It is written atomically.

    source (EncoderSource): the encoder; its model is changed.
    output (Path): the folder; a folder made by this function is replaced.
    corpora (Sequence[Path]): files and folders of text, see `corpora.gather`; only word pieces that occur there are
        kept. If empty, all are kept.
    split (Optional[Callable[[str], Sequence[str]]]): the pipeline's tokenizer, see `collect_ids`; by default the
        mixed-script tokenizer.
    layers (Optional[int]): number of layers to keep; None for all.
    half (bool): whether to store weights in half precision.
    RETURNS (Dict[str, Any]): the facts on the folder's card.
    RAISES: X112 if it can't be written, X183, X184, X185, X306 if it can't be made smaller, X186 if model and tokenizer
        do not match, X187 if the folder has other content, and those of `gather_texts`.
    """
    check_replaceable(output)
    model, backend = source.model, source.tokenizer.backend_tokenizer
    n_pieces, n_rows = backend.get_vocab_size(), model.get_input_embeddings().num_embeddings
    if n_pieces > n_rows:
        reason = f"its tokenizer has {n_pieces} word pieces, its table of them {n_rows} rows"
        raise XnerError(Errors.X186.format(name=source.name, reason=reason))
    before = model.config.num_hidden_layers
    kept = None if layers is None else keep_layers(model, layers, source.name)
    if corpora:
        tokenizer, vocabulary = trim_encoder(model, source.tokenizer, corpora, split=split, name=source.name)
    else:
        tokenizer = _wrap(backend, source.tokenizer, model)
        trimmed = source.earlier.get("vocabulary", {}).get("trimmed", False)
        vocabulary = {"trimmed": trimmed, "pieces": n_pieces, "before": n_pieces}
    check_shapes(model, source.name)
    facts = make_encoder_facts(source, vocabulary=vocabulary, layers=kept, before=before, half=half)
    with replace_folder(output) as folder:
        (model.half() if half else model).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        write_json(folder / ENCODER_CARD, facts)
        (folder / "README.md").write_text(render_encoder_card(output.name, facts), encoding="utf8")
    return facts


def trim_encoder(
    model: Any, tokenizer: Any, corpora: Sequence[Path], *, split: Optional[Split] = None, name: str
) -> Tuple[Any, Dict[str, Any]]:
    """Leave out of an encoder the word pieces that do not occur in texts.

    model (PreTrainedModel): the encoder, which is changed.
    tokenizer (PreTrainedTokenizerFast): its tokenizer.
    corpora (Sequence[Path]): files and folders of text, see `corpora.gather`.
    split (Optional[Callable[[str], Sequence[str]]]): the pipeline's tokenizer, see `collect_ids`; by default the
        mixed-script tokenizer.
    name (str): what the user calls it, for messages.
    RETURNS (Tuple[PreTrainedTokenizerFast, Dict[str, Any]]): the tokenizer, and the facts of the card's `vocabulary`.
    RAISES: X183, X184, X185 if it can't be made smaller, and those of `gather_texts`.
    """
    backend = tokenizer.backend_tokenizer
    before = backend.get_vocab_size()
    found = collect_ids(backend, gather_texts(corpora), split or _split)
    trimmed = trim_vocabulary(backend, found.ids, always=find_config_ids(model), name=name)
    keep_rows(model, trimmed.ids)
    facts = {
        "trimmed": True,
        "pieces": len(trimmed.ids),
        "before": before,
        "corpora": [hide_parents(path) for path in corpora],
        "texts": found.texts,
        "words": found.words,
    }
    return _wrap(trimmed.tokenizer, tokenizer, model), facts


def _split(text: str) -> List[str]:
    return [token.text for token in get_blank().tokenizer(text)]


def _wrap(backend: Tokenizer, before: Any, model: Any) -> Any:
    """RETURNS (PreTrainedTokenizerFast): the tokenizer as `AutoTokenizer` can load it, whatever its class was."""
    inputs = signature(model.forward).parameters
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        model_max_length=before.model_max_length,
        model_input_names=[name for name in before.model_input_names if name in inputs],
        padding_side=before.padding_side,
        truncation_side=before.truncation_side,
        clean_up_tokenization_spaces=False,
        **before.special_tokens_map,
    )
