import pytest
import spacy
from case import OUTPUTS
from spacy.vocab import Vocab
from test_component import make_trained
from util import make_doc, make_docs, save_corpus

from spacy_xner.pipeline import save_pipeline


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """A folder with a pipeline, corpora that are right, and outputs of an earlier run."""
    folder = tmp_path_factory.mktemp("world")
    save_pipeline(make_trained("xner"), folder / "model")
    spacy.blank("xx").to_disk(folder / "blank")
    vocab = Vocab()
    save_corpus(folder / "good.spacy", make_docs(vocab))
    words = "Ada met Bob"
    ents = [(0, 1, "PER", "1"), (2, 3, "PER", "2")]
    save_corpus(folder / "source.spacy", [make_doc(vocab, words, ents, group="g1", view="s", language="en")])
    save_corpus(folder / "plain.spacy", [make_doc(vocab, "so it goes", [], group="g2", language="en")])
    raw = make_doc(vocab, "Ada traf Bob", group="g3", language="de")
    raw.set_ents([], default="missing")
    save_corpus(folder / "raw.spacy", [raw])
    for name in OUTPUTS:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"as it was")
    return folder
