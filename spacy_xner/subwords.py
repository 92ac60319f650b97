"""Changing the tokenizers of encoders for text that follows another token without a space."""

import json
from typing import Any, Dict

from tokenizers import Tokenizer, normalizers, pre_tokenizers


def remove_prefix(cutter: Tokenizer) -> None:
    """Stop a tokenizer from putting a space mark before a text, for tokens that follow another token without a space.

    cutter (Tokenizer): a tokenizer of any kind, which is changed.
    """
    for parts, empty in ((normalizers, "normalizer"), (pre_tokenizers, "pre_tokenizer")):
        step = getattr(cutter, empty)
        if step is not None:
            changed = parts.Sequence([])
            changed.__setstate__(json.dumps(_without_prefix(json.loads(step.__getstate__()))).encode())
            setattr(cutter, empty, changed)


def _without_prefix(step: Dict[str, Any]) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): a step of a tokenizer.json, without a space mark before a text."""
    kind = step["type"]
    if kind == "Sequence":
        name = "normalizers" if "normalizers" in step else "pretokenizers"
        return {**step, name: [_without_prefix(part) for part in step[name]]}
    if kind == "Metaspace":
        return {**{k: v for k, v in step.items() if k != "add_prefix_space"}, "prepend_scheme": "never"}
    if kind == "ByteLevel":
        return {**step, "add_prefix_space": False}
    if kind == "Prepend":
        return {"type": "Sequence", "normalizers": []}
    return step
