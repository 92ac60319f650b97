"""The factories: `xner` for any combination of parts, and a preset for each method or stage of one."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Dict, Optional

from spacy.language import FactoryMeta, Language
from thinc.api import Config, Model

from ..types import Decoder, check_slot

if TYPE_CHECKING:
    from .cross_lingual_ner import CrossLingualNER

_COMMON = {
    "spans_key": "xner",
    "overwrite": False,
    "threshold": None,
    "accumulate_gradient": 1,
    "decoder": None,
    "scorer": {"@scorers": "spacy-xner.scorer.v1"},
}

# A preset tells a method, or a stage of one: heads, objectives and decoder. The configs extend it by what they set.
_PRESETS = Path(__file__).with_name("presets")


def make_xner(
    nlp: Language,
    name: str,
    model: Model,
    objectives: Dict[str, Any],
    decoder: Optional[Decoder],
    spans_key: str,
    overwrite: bool,
    threshold: Optional[float],
    accumulate_gradient: int,
    scorer: Optional[Callable],
) -> "CrossLingualNER":
    """Create the component; see `CrossLingualNER`.

    nlp (Language): the pipeline.
    name (str): the component's name.
    model (Model): encoders and heads.
    objectives (Dict[str, Objective]): the terms of the loss. None: cross-entropy on each output with a scheme.
    decoder (Optional[Decoder]): from logits to entities.
    spans_key (str): key of the span group with scores.
    overwrite (bool): replace earlier entities.
    threshold (Optional[float]): lowest score of an entity; None: the one saved with the component, or 0.
    accumulate_gradient (int): parts in which a batch is learned from.
    scorer (Optional[Callable]): the scoring method; it takes `**kwargs`, as spaCy's do.
    RETURNS (CrossLingualNER): the component.
    RAISES: those of `CrossLingualNER`, X036 (a part in the place of another) among them.
    """
    from ..objectives.cross_entropy import create_cross_entropies
    from .cross_lingual_ner import CrossLingualNER

    check_slot(model, "model", f"components.{name}.model")
    if not objectives:
        objectives = create_cross_entropies(name for name, scheme in model.attrs["schemes"].items() if scheme)
    return CrossLingualNER(
        nlp.vocab,
        model,
        name,
        objectives=objectives,
        decoder=decoder,
        spans_key=spans_key,
        overwrite=overwrite,
        threshold=threshold,
        accumulate_gradient=accumulate_gradient,
        scorer=scorer,
    )


@cache
def _read_preset(name: str) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): a preset, with the settings of the one that it extends before its own."""
    preset = Config().from_disk(_PRESETS / f"{name}.cfg")
    extended = preset.pop("extends", None)
    return _extend(_read_preset(extended["preset"]), preset) if extended else preset


def _extend(settings: Dict[str, Any], more: Dict[str, Any]) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): settings with more of them, those of a block in its place."""
    found = dict(settings)
    for key, value in more.items():
        both = isinstance(value, dict) and isinstance(found.get(key), dict)
        found[key] = _extend(found[key], value) if both else value
    return found


class _PresetMeta(FactoryMeta):
    """What spaCy knows of a factory, whose preset is read when someone asks for it.

    spaCy runs this module whenever anyone creates a blank pipeline.

    default_config (Dict[str, Any]): the settings that all factories share, and those of the preset.
    """

    @property
    def default_config(self) -> Dict[str, Any]:
        """RETURNS (Dict[str, Any]): the settings that a config need not have."""
        return {**self._shared, **_read_preset(_SAME.get(self.factory, self.factory))}

    @default_config.setter
    def default_config(self, shared: Dict[str, Any]) -> None:
        self._shared = shared


# CROP is plain token classification, too: what is new lies in its corpora.
_SAME = {"xner_crop": "xner_tagger"}
for _name in (*sorted(path.stem for path in _PRESETS.glob("*.cfg")), *_SAME):
    Language.factory(
        _name,
        assigns=["doc.ents", "doc.spans", "token.ent_iob", "token.ent_type"],
        default_config=_COMMON,
        default_score_weights={"ents_f": 1.0, "ents_p": 0.0, "ents_r": 0.0, "ents_per_type": None},
        func=make_xner,
    )
    Language.set_factory_meta(_name, _PresetMeta(**vars(Language.get_factory_meta(_name))))
