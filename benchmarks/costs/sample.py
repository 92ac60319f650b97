"""A sample of text, and pipelines of the shipped configs that are made ready on it."""

from argparse import Namespace
from pathlib import Path
from typing import Any, Dict, List, Sequence

import numpy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import fix_random_seed, load_config, load_model_from_config, registry
from thinc.api import Optimizer

from spacy_xner.corpora.convert import convert
from spacy_xner.corpora.reader import make_example
from spacy_xner.corpora.store import read_docs
from spacy_xner.files import find_packed
from spacy_xner.metadata import set_soft_labels
from spacy_xner.pipeline import find_component
from spacy_xner.relations import band_width
from spacy_xner.schemes import get_scheme
from spacy_xner.tokenizer import get_blank


def read_sample(args: Namespace) -> List[Doc]:
    """RETURNS (List[Doc]): the first labelled test sentences of each language. args (Namespace): of a command."""
    docs: List[Doc] = []
    for language in args.languages:
        path = args.work / f"{language}-{args.sentences}.spacy"
        if not path.exists():
            source = args.data / "conll" / language / "test.iob"
            convert(find_packed(source) or source, path, language=language, limit=args.sentences)
        docs += read_docs(path, get_blank().vocab)
    return docs


def make_pipeline(config: Path, settings: Dict[str, Any], docs: Sequence[Doc]) -> Language:
    """RETURNS (Language): the pipeline of a config, with random weights. Paths without a setting are null."""
    overrides = {f"paths.{name}": None for name in load_config(config)["paths"]}
    fix_random_seed(0)
    nlp = load_model_from_config(load_config(config, overrides={**overrides, **settings}))
    nlp.initialize(lambda: [make_example(doc, nlp.vocab) for doc in docs], sgd=create_optimizer(nlp))
    return nlp


def make_trained(config: Path, settings: Dict[str, Any], docs: Sequence[Doc], updates: int = 60) -> Language:
    """RETURNS (Language): a pipeline after updates that let a small encoder find a plausible number of entities."""
    nlp = make_pipeline(config, settings, docs)
    pipe = find_component(nlp, config.stem)
    for doc in docs:
        store_gold(pipe, doc)
    train_a_little(nlp, [make_example(doc, nlp.vocab) for doc in docs], updates)
    return nlp


def store_gold(pipe: Any, doc: Doc) -> None:
    """Store the gold labels as the distributions that the objectives read."""
    iob = doc.to_array(["ENT_IOB"]).astype("int64")
    types = numpy.array([pipe.labels.index(t.ent_type_) + 1 if t.ent_type else 0 for t in doc], "int64")
    width = band_width(pipe.longest)
    for objective in pipe.objectives.values():
        for name, output in objective.soft.items():
            scheme = get_scheme(pipe.schemes[output])
            classes = scheme.classes(pipe.labels)
            gold = numpy.eye(len(classes))[scheme.encode(iob[None], types[None], width)[0]]
            set_soft_labels(doc, name, classes, numpy.log(numpy.maximum(gold, 1e-6)).astype("float32"))


def create_optimizer(nlp: Language) -> Optimizer:
    """RETURNS (Optimizer): that of the pipeline's config. spaCy's own method does not fill in variables."""
    settings = nlp.config.interpolate()["training"]["optimizer"]
    return registry.resolve({"optimizer": settings})["optimizer"]


def train_a_little(nlp: Language, examples: List[Example], updates: int, size: int = 8) -> None:
    optimizer = create_optimizer(nlp)
    for step in range(updates):
        start = step * size % max(len(examples) - size, 1)
        nlp.update(examples[start : start + size], sgd=optimizer)
        optimizer.step_schedules()
    for node in (node for _, pipe in nlp.pipeline for node in pipe.model.walk()):
        for shim in node.shims:
            shim._model.zero_grad(set_to_none=True)  # gradients count as memory
