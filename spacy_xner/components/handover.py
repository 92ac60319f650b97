"""Taking over encoders and heads from saved pipelines, by name."""

from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple, Union

import spacy
import torch
from spacy.language import Language
from thinc.api import Model
from torch import nn

from ..errors import Errors, XnerError, explain
from ..pipeline import Recogniser, find_component, get_heads


class Source(NamedTuple):
    """A part to take over.

    target (str): "encoder:NAME" or "head:NAME", a submodule of a head as "head:NAME.SUB".
    source (str): the same of the saved pipeline.
    path (str): the saved pipeline.
    pipe (Recogniser): its component of this package.
    """

    target: str
    source: str
    path: str
    pipe: Recogniser


def read_sources(parts: Dict[str, Dict[str, Any]], name: str) -> List[Source]:
    """Load the pipelines that parts come from.

    parts (Dict[str, Dict[str, Any]]): by any name, {"target": "encoder:a", "path": FOLDER, "source": "encoder:b"}.
        Target and source may be lists of equal length, for several parts of one pipeline; without a source, it is
        called as the target. With "best", which maps names to scores of that pipeline's meta.json, the "*" in the
        source stands for the name with the highest score. A path of None leaves the part out.
    name (str): the component's name, for messages.
    RETURNS (List[Source]): the parts.
    RAISES: X006 (no target, or not one source for each), X026 (no pipeline there), X011 (no such component), X013 (no
        scores for "best").
    """
    loaded: Dict[str, Tuple[Language, Recogniser]] = {}
    sources = []
    for key, part in parts.items():
        path = part.get("path")
        if path is None:
            continue
        targets = _as_list(part.get("target", []))
        origins = _as_list(part.get("source", targets))
        if not targets or len(origins) != len(targets):
            reason = f"its 'target' names {len(targets)} parts, its 'source' {len(origins)}"
            raise XnerError(Errors.X006.format(part=key, path=path, reason=reason, name=name, found=[]))
        if path not in loaded:
            loaded[path] = _load(str(path), targets[0], name)
        nlp, pipe = loaded[path]
        best = "*"
        if part.get("best"):
            best = _choose_best(part["best"], str(path), nlp.meta.get("performance", {}))
        for target, origin in zip(targets, origins, strict=True):
            sources.append(Source(target, origin.replace("*", best), str(path), pipe))
    return sources


def _as_list(names: Union[str, List[str]]) -> List[str]:
    return [names] if isinstance(names, str) else names


def _load(path: str, target: str, name: str) -> Tuple[Language, Recogniser]:
    try:
        nlp = spacy.load(path)
    except (OSError, ValueError, KeyError) as error:
        raise XnerError(
            Errors.X026.format(part=target, path=path, reason=explain(error, lines=2), name=name)
        ) from error
    return nlp, find_component(nlp, path)


def _choose_best(candidates: Dict[str, str], path: str, scores: Dict[str, Any]) -> str:
    known = {key: scores[score] for key, score in candidates.items() if scores.get(score) is not None}
    if not known:
        raise XnerError(Errors.X013.format(path=path, expected=list(candidates.values())))
    return max(known, key=lambda key: known[key])


def hand_over(model: Model, sources: Sequence[Source], name: str, labels: Sequence[str]) -> None:
    """Copy the weights of each part into the model.

    model (Model): the initialized model.
    sources (Sequence[Source]): the parts.
    name (str): the component's name, for messages.
    labels (Sequence[str]): its labels; a head's classes come from them, so its source must have the same.
    RAISES: X006 if a part does not exist or does not fit.
    """
    for part in sources:
        source, target = _find(part.pipe.model, part.source), _find(model, part.target)
        reason: Optional[str] = None
        if source is None:
            reason = f"there is no '{part.source}'"
        elif target is None:
            reason = f"this model has no '{part.target}'"
        elif part.source.startswith("head:") and list(part.pipe.labels) != list(labels):
            reason = f"its labels are {list(part.pipe.labels)}, those here are {list(labels)}"
        else:
            reason = _copy(source, target)
        if reason is not None:
            raise XnerError(
                Errors.X006.format(
                    part=part.source,
                    path=part.path,
                    reason=reason,
                    name=name,
                    found=_part_names(part.pipe.model),
                )
            )


def _find(model: Model, part: str) -> Any:
    kind, _, rest = part.partition(":")
    if kind == "encoder" and rest in model.attrs["encoders"]:
        return model.layers[model.attrs["encoders"][rest]]
    return dict(get_heads(model).named_modules()).get(part) if rest else None


def _part_names(model: Model) -> List[str]:
    return [*(f"encoder:{name}" for name in model.attrs["encoders"]), *get_heads(model)]


def _copy(source: Any, target: Any) -> Optional[str]:
    """Copy weights. RETURNS (Optional[str]): the reason why they do not fit, None if they do."""
    if isinstance(source, nn.Module) != isinstance(target, nn.Module):
        return "one is an encoder, the other a head"
    if isinstance(source, Model):
        try:
            target.from_bytes(source.to_bytes())
        except (ValueError, KeyError, IndexError) as error:
            return f"the encoders differ ({explain(error)})"
        return None
    have = source.state_dict()
    # A classifier's weights may serve as label vectors, which have no bias: the target's names decide.
    wanted = target.state_dict()
    missing = [key for key, value in wanted.items() if key not in have or have[key].shape != value.shape]
    if missing:
        return f"its weights {missing} are missing or of another size"
    with torch.no_grad():
        target.load_state_dict({key: have[key] for key in wanted})
    return None
