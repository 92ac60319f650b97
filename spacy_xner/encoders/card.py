"""The card of an encoder folder, as README.md for people and as JSON for programs."""

import json
from typing import Any, Dict, List, Optional, Tuple

from .. import __version__
from ..files import hide_folders, hide_parents
from .source import EncoderSource


def make_encoder_facts(
    source: EncoderSource, *, vocabulary: Dict[str, Any], layers: Optional[List[int]], before: int, half: bool
) -> Dict[str, Any]:
    """Collect the facts about an encoder: where it is from and what was removed.

    source (EncoderSource): the encoder it was made from.
    vocabulary (Dict[str, Any]): `trimmed`, `pieces`, `before` and, if texts were given, `corpora`, `texts` and `words`.
    layers (Optional[List[int]]): the layers that were kept, None for all.
    before (int): the number of layers before.
    half (bool): whether it is stored in half precision.
    RETURNS (Dict[str, Any]): the facts, as JSON values.
    """
    return {
        "source": hide_parents(source.name),
        "base": source.base,
        "licence": source.licence,
        "revision": source.revision,
        "digests": source.digests,
        "vocabulary": vocabulary,
        "layers": {"kept": list(range(before)) if layers is None else layers, "before": before},
        "dtype": "float16" if half else "float32",
        "spacy_xner": __version__,
        "earlier": _hide(source.earlier) or None,
    }


def render_encoder_card(name: str, facts: Dict[str, Any]) -> str:
    """Write the card.

    name (str): the name of the encoder's folder.
    facts (Dict[str, Any]): the facts from `make_encoder_facts`.
    RETURNS (str): Markdown, with a header that the hub reads.
    """
    head = {
        "library_name": "transformers",
        "pipeline_tag": "feature-extraction",
        "tags": ["spacy-xner"],
        **({"license": facts["licence"]} if facts["licence"] else {}),
        **({"base_model": facts["base"]} if facts["base"] else {}),
    }
    # JSON is valid YAML, and avoids words with a special meaning in YAML.
    lines = [
        "---",
        *(f"{key}: {json.dumps(value)}" for key, value in head.items()),
        "---",
        "",
        f"# {name}",
        "",
    ]
    lines += [
        "An encoder to train from, made by `spacy xner encoder` of the package spacy-xner.",
        "",
        "    from transformers import AutoModel, AutoTokenizer",
        "",
        f"    model = AutoModel.from_pretrained({json.dumps(name)})",
        f"    tokenizer = AutoTokenizer.from_pretrained({json.dumps(name)})",
        "",
        "| | |",
        "| --- | --- |",
    ]
    lines += [f"| {key} | {value} |" for key, value in _list_rows(facts)]
    return "\n".join(lines) + "\n"


def _hide(facts: Any) -> Any:
    """RETURNS (Any): an earlier card without folders of this machine, which cards once had."""
    if isinstance(facts, dict):
        return {key: _hide(value) for key, value in facts.items()}
    if isinstance(facts, list):
        return [_hide(value) for value in facts]
    return hide_folders(facts) if isinstance(facts, str) else facts


def _list_rows(facts: Dict[str, Any]) -> List[Tuple[str, str]]:
    vocabulary, layers = facts["vocabulary"], facts["layers"]
    rows = [
        ("source", _quote(facts["source"])),
        ("base model", _quote(facts["base"] or "not known")),
        ("licence", _quote(facts["licence"] or "not known")),
        *((f"SHA-256 of {_quote(name)}", _quote(digest)) for name, digest in facts["digests"].items()),
        ("word pieces", f"{vocabulary['pieces']:,} of {vocabulary['before']:,}"),
        ("layers", f"{len(layers['kept'])} of {layers['before']}: {', '.join(map(str, layers['kept']))}"),
        ("stored as", facts["dtype"]),
    ]
    if facts["revision"]:
        rows.insert(1, ("revision", _quote(facts["revision"])))
    if vocabulary.get("corpora"):
        corpora = ", ".join(_quote(path) for path in vocabulary["corpora"])
        rows.append(("word pieces are those of", f"{vocabulary['texts']:,} texts in {corpora}"))
    return rows


def _quote(text: str) -> str:
    """RETURNS (str): a text that is no markup, in a cell of a table."""
    plain = " ".join(text.replace("`", "'").split()).replace("|", "\\|")
    return f"`{plain}`"
