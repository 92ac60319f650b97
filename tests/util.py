"""Shared helpers: small documents and small pipelines with tiny hash encoders."""

import copy
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple, Union

import numpy
import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.util import fix_random_seed
from spacy.vocab import Vocab
from thinc.api import Model
from typer.testing import CliRunner

from spacy_xner.architectures.encoder import build_encoder
from spacy_xner.cli import app
from spacy_xner.corpora.reader import make_example
from spacy_xner.corpora.store import write_docs
from spacy_xner.metadata import set_metadata, set_soft_labels

# Start, end (tokens), label and, where entities of several views belong together, an id.
Ent = Tuple[Any, ...]
Config = Dict[str, Any]

TOKENIZER = {"@tokenizers": "spacy-xner.MixedScriptTokenizer.v1"}
ENCODER = {"@architectures": "spacy-xner.Encoder.v1", "name": "hash", "width": 16, "depth": 1, "rows": 200}
SENTENCES: List[Tuple[str, List[Ent]]] = [
    ("Angela Merkel met Barack Obama in Berlin .", [(0, 2, "PER"), (3, 5, "PER"), (6, 7, "LOC")]),
    ("She was born in Hamburg .", [(4, 5, "LOC")]),
]
# The class indices of SENTENCES by hand: bio with O, B-LOC, I-LOC, B-PER, I-PER and type with O, LOC, PER.
GOLD = {
    "bio": [[3, 4, 0, 3, 4, 0, 1, 0], [0, 0, 0, 0, 1, 0]],
    "span": [[1, 2, 0, 1, 2, 0, 1, 0], [0, 0, 0, 0, 1, 0]],
    "type": [[2, 2, 0, 2, 2, 0, 1, 0], [0, 0, 0, 0, 1, 0]],
    "start": [[2, 0, 0, 2, 0, 0, 1, 0], [0, 0, 0, 0, 1, 0]],
    "end": [[0, 2, 0, 0, 2, 0, 1, 0], [0, 0, 0, 0, 1, 0]],
}
CLASSES = {
    "bio": ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"],
    "span": ["O", "B", "I"],
    "type": ["O", "LOC", "PER"],
    "start": ["O", "LOC", "PER"],
    "end": ["O", "LOC", "PER"],
}


def classifier(encoder: str, scheme: str) -> Config:
    return {"@architectures": "spacy-xner.TokenClassifier.v1", "encoder": encoder, "scheme": scheme}


def misc(name: str, **settings: Any) -> Config:
    return {"@misc": f"spacy-xner.{name}.v1", **settings}


TAGGER: Config = {"model": {"encoder": ENCODER}}
# DLBri's two students of one sub-task with all objectives.
STUDENTS: Config = {
    "model": {
        "@architectures": "spacy-xner.CrossLingualModel.v1",
        "encoders": {"a": ENCODER, "b": ENCODER},
        "heads": {
            "tag_a": classifier("a", "span"),
            "tag_b": classifier("b", "span"),
            "boundary_a": {"@architectures": "spacy-xner.BoundaryScorer.v1", "encoder": "a"},
            "boundary_b": {"@architectures": "spacy-xner.BoundaryScorer.v1", "encoder": "b"},
        },
    },
    "objectives": {
        "teacher_a": misc("Distillation", output="tag_a", teachers=["tag_a"]),
        "teacher_b": misc("Distillation", output="tag_b", teachers=["tag_b"]),
        "high_confidence": misc("HighConfidence", outputs=["tag_a", "tag_b"]),
        "low_confidence": misc("LowConfidence", outputs=["tag_a", "tag_b"]),
        "boundary": misc("BoundaryConsistency", outputs=["boundary_a", "boundary_b"]),
    },
    "decoder": misc("TagDecoder", outputs=["tag_a", "tag_b"], scheme="span"),
}
COMBINATION: Config = {"model": {"encoders": {"span": ENCODER, "type": ENCODER}}}
RELATIONS: Config = {
    "model": {"encoders": {"a": ENCODER}, "heads": {"relation": {"hidden": 8, "projected": 8}}},
}
# DualNER and ConCNER.
ONE_ENCODER: Config = {"model": {"encoders": {"a": ENCODER}}}
# DualNER's student, taught only; its heads and its decoder are those of the preset.
DUAL: Config = {
    "model": {
        "encoders": {"a": ENCODER},
        "heads": {"tokens": {"@architectures": "spacy-xner.TokenRepresentation.v1", "encoder": "a"}},
    },
    "objectives": {
        "dual": misc("DualTeaching", labels="labels", start="start", end="end"),
        "regularization": misc(
            "EntityRegularization", tokens="tokens", start="start", end="end", weight=0.01
        ),
    },
}
# DLBri's bridge of two views, each with its own encoder.
BRIDGE: Config = {
    "model": {
        "@architectures": "spacy-xner.CrossLingualModel.v1",
        "encoders": {"a": ENCODER, "b": ENCODER},
        "heads": {
            "vectors_a": {"@architectures": "spacy-xner.TokenRepresentation.v1", "encoder": "a"},
            "vectors_b": {"@architectures": "spacy-xner.TokenRepresentation.v1", "encoder": "b"},
        },
        "views": ["s", "t"],
    },
    "objectives": {
        "bridge": misc("BridgingContrast", outputs=["vectors_a", "vectors_b"], views=["s", "t"]),
    },
    "decoder": None,
}


def make_nlp(config: Config = TAGGER, factory: str = "xner", **settings: Any) -> Language:
    """A pipeline with one component "xner", not initialized, the seed set."""
    fix_random_seed(0)
    nlp = spacy.blank("xx", config={"nlp": {"tokenizer": TOKENIZER}})
    nlp.add_pipe(factory, name="xner", config={**copy.deepcopy(config), **settings})
    return nlp


def make_encoder(name: str, **settings: Any) -> Model:
    """An encoder alone, initialized, the seed set."""
    fix_random_seed(0)
    model = build_encoder(name, **settings)
    model.initialize(X=[Doc(spacy.blank("xx").vocab, words=["Berlin"])])
    return model


def make_doc(
    vocab: Vocab, words: Union[str, List[str]], ents: Optional[Sequence[Ent]] = (), **metadata: str
) -> Doc:
    """A document of words (or of a text cut at spaces). Entities None: the annotation is missing."""
    words = words.split() if isinstance(words, str) else words
    doc = Doc(vocab, words=words, spaces=[i < len(words) - 1 for i in range(len(words))])
    if ents is not None:
        spans = [Span(doc, *ent[:2], label=ent[2], span_id="".join(ent[3:])) for ent in ents]
        doc.set_ents(spans, default="outside")
    if metadata:
        set_metadata(doc, **metadata)
    return doc


def make_docs(vocab: Vocab) -> List[Doc]:
    """The labelled documents of SENTENCES."""
    return [make_doc(vocab, text, ents) for text, ents in SENTENCES]


def make_examples(nlp: Language, *, unlabelled: bool = False) -> List[Example]:
    return [make_example(doc, nlp.vocab, unlabelled) for doc in make_docs(nlp.vocab)]


def add_soft(docs: Sequence[Doc], names: Dict[str, str], p: float = 0.9) -> None:
    """Store a teacher's distributions {name: scheme}: p for the gold class, the rest shared by the others."""
    for i, doc in enumerate(docs):
        for name, scheme in names.items():
            n = len(CLASSES[scheme])
            values = numpy.full((len(doc), n), (1 - p) / (n - 1))
            values[numpy.arange(len(doc)), GOLD[scheme][i]] = p
            set_soft_labels(doc, name, CLASSES[scheme], numpy.log(values))


def make_soft_examples(nlp: Language, names: Dict[str, str]) -> List[Example]:
    """Unlabelled examples of SENTENCES with stored distributions."""
    docs = make_docs(nlp.vocab)
    add_soft(docs, names)
    return [make_example(doc, nlp.vocab, unlabelled=True) for doc in docs]


def train(
    nlp: Language, get_examples: Callable[[], List[Example]], steps: int, labels: Any = None
) -> Dict[str, float]:
    """Initialize with the seed set and train on the same batch; the losses of the last step."""
    fix_random_seed(0)
    nlp.config["initialize"]["components"]["xner"] = {"labels": labels} if labels else {}
    optimizer = nlp.initialize(get_examples)
    optimizer.learn_rate = 0.01
    losses: Dict[str, float] = {}
    for _ in range(steps):
        losses = nlp.update(get_examples(), sgd=optimizer, drop=0.0)
    return losses


def get_ents(doc: Doc) -> List[Tuple[int, int, str]]:
    return [(ent.start, ent.end, ent.label_) for ent in doc.ents]


def get_scored(doc: Doc, key: str = "xner") -> List[Tuple[int, int, str, float]]:
    """The scored spans of a document."""
    group = doc.spans[key]
    scores = [float(score) for score in group.attrs["scores"]]
    return [(s.start, s.end, s.label_, score) for s, score in zip(group, scores, strict=True)]


def get_weights(nlp: Language) -> bytes:
    """All weights of the component, to compare."""
    return nlp.get_pipe("xner").model.to_bytes()


def get_torch_heads(nlp: Language) -> Any:
    """The torch modules of the heads, "head:NAME"."""
    return nlp.get_pipe("xner").model.get_ref("heads").shims[0]._model.heads


def save_corpus(path: Path, docs: Sequence[Doc]) -> Path:
    write_docs(path, docs)
    return path


def run_xner(*args: Any, code: int = 0) -> str:
    """Run a command of `spacy xner`. RETURNS (str): what it printed, with single spaces."""
    result = CliRunner().invoke(app, [str(arg) for arg in args])
    assert result.exit_code == code, f"{result.output}{result.exception!r}"
    assert "Traceback" not in result.output
    return " ".join(result.output.split())
