"""`.spacy` files: nothing is lost on the way, spaCy reads ours and we read spaCy's, damage is noticed."""

import os
import zlib
from pathlib import Path

import numpy
import pytest
import spacy
from spacy.tokens import Doc, DocBin, Span
from spacy.vocab import Vocab
from util import CLASSES, get_ents, make_doc

from spacy_xner.corpora.store import find_corpora, read_docs, write_docs
from spacy_xner.errors import XnerError
from spacy_xner.metadata import (
    copy_identity,
    copy_soft_labels,
    get_entity_language,
    get_group,
    get_language,
    get_soft_labels,
    get_tags,
    get_view,
    set_metadata,
    set_soft_labels,
    set_tags,
)

LOGP = numpy.log(numpy.asarray([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]]))


@pytest.fixture(scope="module")
def vocab() -> Vocab:
    return spacy.blank("xx").vocab


@pytest.fixture
def doc(vocab) -> Doc:
    """Two tokens with everything a document carries."""
    doc = Doc(vocab, words=["Ana", "Rot"], spaces=[False, True])
    doc.set_ents([Span(doc, 0, 1, "PER", span_id="7")], default="missing")
    set_metadata(doc, group="en-1", view="si", language="en", entity_language="de")
    set_soft_labels(doc, "span_a", CLASSES["span"], LOGP)
    set_soft_labels(doc, "span_b", CLASSES["span"], LOGP[::-1])
    set_tags(doc, {"span": numpy.asarray([1, 2], dtype="uint8")})
    return doc


def assert_equal(found: Doc, doc: Doc) -> None:
    assert [(t.text, t.whitespace_) for t in found] == [(t.text, t.whitespace_) for t in doc]
    assert [t.ent_iob for t in found] == [t.ent_iob for t in doc] == [3, 0]
    assert [(e.label_, e.id_) for e in found.ents] == [("PER", "7")]
    assert (get_group(found), get_view(found)) == ("en-1", "si")
    assert (get_language(found), get_entity_language(found)) == ("en", "de")
    for name, logp in [("span_a", LOGP), ("span_b", LOGP[::-1])]:
        soft = get_soft_labels(found, name)
        assert soft.classes == ["O", "B", "I"]
        assert soft.logp.dtype == numpy.float32
        numpy.testing.assert_array_equal(soft.logp, logp.astype("float32"))
    assert get_tags(found) == {}  # only scoring reads them


def read(path: Path, vocab: Vocab):
    return list(read_docs(path, vocab))


def test_round_trip(doc, tmp_path):
    path = tmp_path / "new" / "folder" / "a.spacy"
    assert write_docs(path, iter([doc, Doc(doc.vocab)])) == 2
    other = spacy.blank("xx").vocab
    found, empty = read(path, other)
    assert_equal(found, doc)
    assert len(empty) == 0 and empty.user_data == {}
    # Only the file itself is left, and others may read it.
    assert os.listdir(path.parent) == ["a.spacy"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_spacy_reads_ours(doc, tmp_path):
    write_docs(tmp_path / "a.spacy", [doc])
    (found,) = DocBin(store_user_data=True).from_disk(tmp_path / "a.spacy").get_docs(spacy.blank("xx").vocab)
    assert_equal(found, doc)


@pytest.mark.parametrize("store_user_data", [True, False])
def test_we_read_spacys(doc, tmp_path, store_user_data):
    plain = make_doc(doc.vocab, "so what", None)
    doc_bin = DocBin(
        attrs=["ENT_IOB", "ENT_TYPE", "ENT_ID"], docs=[doc, plain], store_user_data=store_user_data
    )
    doc_bin.to_disk(tmp_path / "a.spacy")
    found, other = read(tmp_path / "a.spacy", spacy.blank("xx").vocab)
    if store_user_data:
        assert_equal(found, doc)
    else:
        assert found.user_data == {} and get_ents(found) == [(0, 1, "PER")]
    assert [t.ent_iob for t in other] == [0, 0] and other.user_data == {}


@pytest.fixture
def source_extension():
    Doc.set_extension("source", default=None)
    yield
    Doc.remove_extension("source")


def test_other_user_data(doc, tmp_path, source_extension):
    # Extension attributes have tuples for keys; span groups, such as scored spans, are kept as well.
    doc._.source = {"page": 3}
    doc.spans["xner"] = [doc[0:1]]
    doc.spans["xner"].attrs["scores"] = numpy.asarray([0.5], dtype="float32")
    write_docs(tmp_path / "a.spacy", [doc])
    (found,) = read(tmp_path / "a.spacy", spacy.blank("xx").vocab)
    assert found._.source == {"page": 3}
    assert [span.text for span in found.spans["xner"]] == ["Ana"]
    assert found.spans["xner"].attrs["scores"].tolist() == [0.5]
    assert_equal(found, doc)


def to_bytes(path: Path, vocab: Vocab):
    return [(doc.to_bytes(exclude=["user_data"]), str(doc.user_data)) for doc in read(path, vocab)]


def test_damaged_files(doc, tmp_path):
    path = tmp_path / "a.spacy"
    write_docs(path, [doc])
    data = path.read_bytes()
    expected = to_bytes(path, doc.vocab)
    for i in range(len(data)):
        path.write_bytes(data[:i])
        with pytest.raises(XnerError, match="X110"):
            read(path, doc.vocab)
        path.write_bytes(data[:i] + bytes([data[i] ^ 1 << i % 8]) + data[i + 1 :])
        # Some bits of the compressed stream stand for nothing; whatever is read must be what was written.
        try:
            assert to_bytes(path, doc.vocab) == expected
        except XnerError as error:
            assert "X110" in str(error) and str(path) in str(error)


@pytest.mark.parametrize(
    "data", [b"text", zlib.compress(b"text"), zlib.compress(b"\x80"), zlib.compress(b"\xc0")]
)
def test_not_a_corpus(vocab, tmp_path, data):
    (tmp_path / "a.spacy").write_bytes(data)
    with pytest.raises(XnerError, match="X110.*a.spacy.*spacy xner convert"):
        read(tmp_path, vocab)


def test_folders(vocab, tmp_path):
    for name in ("b.spacy", "a.spacy", "sub/c.spacy", "d.txt"):
        write_docs(tmp_path / name, [make_doc(vocab, name)])
    names = ["a.spacy", "b.spacy", "sub/c.spacy"]
    assert find_corpora(tmp_path) == [tmp_path / name for name in names]
    assert [doc.text for doc in read(tmp_path, vocab)] == names
    # A file is read whatever its name.
    assert [doc.text for doc in read(tmp_path / "d.txt", vocab)] == ["d.txt"]


def test_missing_files(vocab, tmp_path):
    with pytest.raises(XnerError, match="X101.*nothing"):
        read(tmp_path / "nothing", vocab)
    with pytest.raises(XnerError, match="X111.*no .spacy file"):
        read(tmp_path, vocab)


def test_failed_write_leaves_the_old_file(vocab, doc, tmp_path):
    path = tmp_path / "a.spacy"
    write_docs(path, [doc])
    before = path.read_bytes()

    def fail():
        yield doc
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_docs(path, fail())
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["a.spacy"]


def test_can_not_write(vocab, doc, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    with pytest.raises(XnerError, match="X112.*file/a.spacy"):
        write_docs(tmp_path / "file" / "a.spacy", [doc])

    def fail(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(XnerError, match="X112.*a.spacy.*No space left"):
        write_docs(tmp_path / "a.spacy", [doc])
    assert os.listdir(tmp_path) == ["file"]


def test_metadata_defaults(vocab):
    doc = Doc(vocab, words=["a"])
    assert (get_group(doc), get_view(doc), get_language(doc), get_entity_language(doc)) == ("", "", "", "")
    assert get_soft_labels(doc, "x") is None and get_tags(doc) == {}
    set_metadata(doc, language="en")
    assert get_entity_language(doc) == "en"
    set_metadata(doc, view="s")
    assert (get_language(doc), get_view(doc)) == ("en", "s")


def test_copies(doc):
    copy = Doc(doc.vocab, words=["Rot"])
    copy_identity(doc, copy)
    assert (get_group(copy), get_view(copy), get_entity_language(copy)) == ("en-1", "si", "de")
    assert get_tags(copy) == {} and get_soft_labels(copy, "span_a") is None
    copy_soft_labels(doc, copy, 1, 2)
    assert get_soft_labels(copy, "span_a").classes == CLASSES["span"]
    numpy.testing.assert_array_equal(get_soft_labels(copy, "span_a").logp, LOGP[1:].astype("float32"))
    numpy.testing.assert_array_equal(get_soft_labels(copy, "span_b").logp, LOGP[:1].astype("float32"))
    # What is set in the copy is not set in the original.
    set_metadata(copy, group="other")
    set_soft_labels(copy, "span_a", ["O"], LOGP[:1, :1])
    assert get_group(doc) == "en-1" and get_soft_labels(doc, "span_a").classes == CLASSES["span"]
