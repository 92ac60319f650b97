"""By what the checkpoint of a training is chosen, and which one it was."""

from pathlib import Path
from typing import Any, Dict, List, Sequence

import srsly
from thinc.api import Config

from ..errors import Errors, XnerError

FINISHED = "finished.json"
# The ways besides that of the config, with their scorers.
SCORERS = {"agreement": "spacy-xner.agreement_scorer.v1", "languages": "spacy-xner.macro_scorer.v1"}
# What of the held-out text each needs.
NEEDED = {
    "agreement": "text without labels, and outputs or a teacher that can agree",
    "languages": "labelled text of two languages",
}
READER = "spacy-xner.Corpus.v1"


def choose_by(settings: Config, how: str, held_out: Sequence[str], path: str) -> Config:
    """Let a training choose its checkpoint by target text, too.

    By agreement there is no early stopping, since it may be that nothing can agree. A training that is not scored by
    entities (`ents_f = null` in its weights), such as a bridge, stays as it is.

    settings (Config): the config, not interpolated.
    how (str): "agreement" or "languages", the mean of the scores of all languages.
    held_out (Sequence[str]): what is added to the dev text that `paths.dev` names, raw text for agreement.
    path (str): where the config is from, for messages.
    RETURNS (Config): the config.
    RAISES: X306 for another way, a component that comes trained, or a dev corpus that is not read from `paths.dev` by
        `spacy-xner.Corpus.v1`; X310 if there is no `paths.dev`.
    """
    if how not in SCORERS:
        raise XnerError(
            Errors.X306.format(found=how, expected=f"one of {list(SCORERS)}", option="--choose-by")
        )
    weights: Dict[str, Any] = settings["training"].get("score_weights", {})
    if weights.get("ents_f", 1.0) is None:
        return settings
    paths = {name: place for name, place in settings.get("paths", {}).items() if place}
    if "dev" not in paths:
        raise XnerError(Errors.X310.format(path=path, key="paths.dev", section="paths", found=list(paths)))
    config = settings.copy()
    dev = paths["dev"]
    config["paths"]["dev"] = [*(dev if isinstance(dev, list) else [dev]), *held_out]
    reader = config.interpolate()["corpora"].get("dev", {})
    if (reader.get("@readers"), reader.get("path")) != (READER, config["paths"]["dev"]):
        expected = f"of use where [corpora.dev] is {READER} with path = ${{paths.dev}}"
        raise XnerError(Errors.X306.format(found=how, expected=expected, option="--choose-by"))
    own = [
        name for name, found in config["components"].items() if found.get("factory", "").startswith("xner")
    ]
    if not own:
        raise XnerError(Errors.X306.format(found=how, expected="of use with --from", option="--choose-by"))
    for name in own:
        config["components"][name]["scorer"] = {"@scorers": SCORERS[how]}
    if how == "agreement":
        config["training"]["patience"] = 0
        # spaCy stores scores that have a weight, if only 0: a later stage reads there which student is the better one.
        still = {key: 0.0 for key, value in {"ents_f": 0.0, **weights}.items() if value is not None}
        config["training"]["score_weights"] = {**still, **{f"{name}_agreement": 1.0 for name in own}}
    return config


def tell_choice(evaluations: List[Dict[str, Any]], step: int) -> Dict[str, Any]:
    """Tell which checkpoint a training chose.

    evaluations (List[Dict[str, Any]]): what spaCy's training reported at each evaluation.
    step (int): the last step.
    RETURNS (Dict[str, Any]): "step", and of the evaluations of model-best and of model-last step, score and all single
        scores ("best", "last"); "last" is None if the last step was not evaluated.
    """
    told = [
        {
            **{key: found[key] for key in ("step", "score")},
            "scores": {
                key: value
                for key, value in found["other_scores"].items()
                if isinstance(value, float) and key != "speed"
            },
        }
        for found in evaluations
    ]
    best = max(told, key=lambda one: (one["score"], one["step"]), default=None)
    return {"step": step, "best": best, "last": told[-1] if told and told[-1]["step"] == step else None}


def was_read(output: Path, how: str) -> bool:
    """Check whether the held-out text of a training had a part in its choice.

    output (Path): the folder of a training that is finished.
    how (str): as for `choose_by`.
    RETURNS (bool): False if nothing could agree on text without labels, or fewer than two languages had labels.
    """
    scores = (srsly.read_json(output / FINISHED)["best"] or {}).get("scores", {})
    if how == "agreement":
        return any(name.endswith("_agreement") for name in scores)
    return sum(name.startswith("ents_f_") for name in scores) > 1


def read_choice(output: Path, language: str) -> Dict[str, Any]:
    """Read which checkpoint a training chose.

    output (Path): the folder of a training that is finished.
    language (str): the language for "dev_f1", where dev text has several.
    RETURNS (Dict[str, Any]): "step" (of model-best) and "steps" (the last one), "dev_f1_best" and "dev_f1_last" (entity
        F1 on the dev text of both checkpoints; None if there was none), and "decided": False if model-best has hardly
        learned, or no score.
    """
    told = srsly.read_json(output / FINISHED)
    best, last = ((told[name] or {}).get("scores", {}) for name in ("best", "last"))
    f1 = [scores.get(f"ents_f_{language}", scores.get("ents_f")) for scores in (best, last)]
    return {
        "step": told["best"]["step"],
        "steps": told["step"],
        "dev_f1_best": f1[0],
        "dev_f1_last": f1[1],
        "decided": bool(told["best"]["step"] and told["best"]["score"]),
    }
