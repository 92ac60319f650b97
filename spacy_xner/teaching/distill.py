"""One encoder instead of several: the config of a pipeline that learns what another one finds."""

from pathlib import Path
from typing import Any, Dict, List, Optional

from spacy.language import Language
from thinc.api import Config

from ..errors import Errors, XnerError
from ..pipeline import Recogniser, find_component


def find_decoded(nlp: Language, path: str) -> List[str]:
    """Find what a student has to learn of a pipeline.

    nlp (Language): the pipeline.
    path (str): where it comes from, for messages.
    RETURNS (List[str]): the outputs that its decoder reads.
    RAISES: X011 (no such component), X024 (no decoder).
    """
    pipe = find_component(nlp, path)
    if pipe.decoder is None:
        raise XnerError(Errors.X024.format(path=path, name=pipe.name))
    return list(pipe.decoder.outputs)


def make_student(
    nlp: Language, path: str, *, train: Path, dev: Path, encoder: Optional[str] = None
) -> Config:
    """Make the config of a pipeline with the heads and the decoder of another, all on one encoder.

    It learns the soft labels of the outputs that are decoded. Encoder and heads start from the weights that
    the other pipeline has; with another encoder, none do. The training is the one that it had itself, other components
    of the pipeline stay as they are.

    nlp (Language): the pipeline.
    path (str): its folder.
    train (Path): corpus with the soft labels, under the outputs' names.
    dev (Path): labelled corpus to choose the checkpoint on.
    encoder (Optional[str]): "hash", a Hugging Face name or a local folder; None: the first encoder of the pipeline.
    RETURNS (Config): the config, for `spacy train`.
    RAISES: X011 (no such component), X024 (no decoder).
    """
    outputs = find_decoded(nlp, path)
    pipe = find_component(nlp, path)
    config = nlp.config.copy()
    others = [name for name in nlp.pipe_names if name != pipe.name]
    component = config["components"][pipe.name]
    # A preset would bring back the encoders that are left out here.
    component["factory"] = "xner"
    component["objectives"] = {
        output: {
            "@misc": "spacy-xner.Distillation.v1",
            "output": output,
            "teachers": [output],
            "direction": "teacher-student",
        }
        for output in outputs
    }
    first = _use_one_encoder(component["model"], pipe)
    parts = [f"encoder:{first}", *(f"head:{name}" for name in pipe.model.attrs["heads"])]
    if encoder is not None:
        parts = []
        _name_encoder(config, component["model"], encoder)
    config["components"].update({name: {"source": path} for name in others})
    config["corpora"] = {
        "train": {"@readers": "spacy-xner.Corpus.v1", "path": str(train), "unlabelled": True},
        "dev": {"@readers": "spacy-xner.Corpus.v1", "path": str(dev)},
    }
    config["training"].update(
        {
            "train_corpus": "corpora.train",
            "dev_corpus": "corpora.dev",
            "frozen_components": others,
            "annotating_components": [],
            "before_update": None,
        }
    )
    for rate in config["training"]["optimizer"].values():
        if isinstance(rate, dict) and "total_steps" in rate:
            rate["total_steps"] = "${training.max_steps}"  # that of the teacher's training was filled in
    config["initialize"] = {
        "vectors": path if nlp.vocab.vectors.shape[0] else None,
        "components": {
            pipe.name: {
                "labels": list(pipe.labels),
                "parts": {
                    name.replace(":", "_"): {"target": name, "path": path, "source": name} for name in parts
                },
            }
        },
    }
    return config


def _use_one_encoder(model: Dict[str, Any], pipe: Recogniser) -> str:
    """Let all heads read the first encoder. RETURNS (str): its name."""
    for name, spec in pipe.model.attrs["heads"].items():
        if spec.relates:
            # By default as long as the longest labelled entity, and the student sees no labels.
            model["heads"][name]["max_length"] = spec.longest(pipe.longest)
    first, *others = pipe.model.attrs["encoders"]
    if "encoders" in model:
        settings = model["encoders"][model.get("share", {}).get(first, first)]
        model.update({"encoders": {first: settings}, "share": dict.fromkeys(others, first), "views": []})
    return first


def _name_encoder(config: Config, model: Dict[str, Any], encoder: str) -> None:
    """Take another encoder, and the learning rate that suits it where that is told by `vars.encoder`."""
    settings = model["encoder"] if "encoder" in model else next(iter(model["encoders"].values()))
    settings["name"] = encoder
    if "encoder" in config.get("vars", {}):
        config["vars"]["encoder"] = encoder
