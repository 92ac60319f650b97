"""Word pieces end where tokens end, in any script and with the tokenizer of any kind of encoder."""

import shutil

import numpy
import pytest
import spacy
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc
from spacy.vocab import Vocab
from tiny import SENTENCES
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import AutoTokenizer, PreTrainedTokenizerFast
from util import make_encoder

from spacy_xner.architectures.pieces import (
    SPACE,
    START,
    TOKEN,
    TokenPieces,
    get_token_pieces,
    place_tokens,
    split_token,
)
from spacy_xner.architectures.pretrained import FastTokenizer
from spacy_xner.architectures.windows import cut_windows
from spacy_xner.architectures.wordpieces import tokenize
from spacy_xner.hub import ENCODER_CARD
from spacy_xner.tokenizer import create_mixed_script_tokenizer

KINDS = ["tiny_transformer", "tiny_roberta", "tiny_xlmr"]


@pytest.fixture(scope="module")
def nlp():
    nlp = spacy.blank("xx")
    nlp.tokenizer = create_mixed_script_tokenizer()(nlp)
    return nlp


@pytest.fixture(params=KINDS)
def tokenizer(request):
    return FastTokenizer.from_pretrained(request.getfixturevalue(request.param))


def make_doc(words, spaces=None):
    return Doc(Vocab(), words=words, spaces=spaces)


def read_pieces(doc, tokenizer):
    """The pieces of each token, as the tokenizer writes them."""
    return [
        tokenizer.convert_ids_to_tokens(list(found.ids)) for found in TokenPieces(tokenizer).cut([doc])[0]
    ]


def test_what_stands_before():
    doc = make_doc(["Bonn", "(", "x", "\n", "y"], [True, False, True, False, False])
    assert [before for _, before in place_tokens(doc)] == [START, SPACE, TOKEN, SPACE, SPACE]
    # No foreign space between units of scripts without spaces, not even across a sign; before a word it is a real one,
    # unless all tokens have one.
    words = ["默克尔", "·", "访", "Bonn", "，", "柏林", "ไทย"]
    raw, columns = make_doc(words, [False, *[True] * 6]), make_doc(words, [True] * 7)
    assert [before for _, before in place_tokens(raw)] == [START, TOKEN, TOKEN, SPACE, SPACE, TOKEN, TOKEN]
    assert [before for _, before in place_tokens(columns)] == [START, *[TOKEN] * 6]
    assert place_tokens(make_doc([])) == []


def test_parts_of_a_token():
    assert split_token("Bonn") == ["Bonn"]
    assert split_token("北京A股") == ["北", "京", "A", "股"]
    assert split_token("x" * 250) == ["x" * 100, "x" * 100, "x" * 50]
    assert split_token(" ") == [" "]


def test_no_mark_of_a_space_inside(tiny_xlmr, tiny_roberta):
    for name, mark in ((tiny_xlmr, "▁"), (tiny_roberta, "Ġ")):
        tokenizer = FastTokenizer.from_pretrained(name)
        doc = make_doc(["Berlin", "Berlin", "(", "Berlin"], [True, True, False, False])
        first, second, _, glued = ("".join(found) for found in read_pieces(doc, tokenizer))
        assert second == mark + "Berlin" and glued == "Berlin"
        assert first == ("▁Berlin" if mark == "▁" else "Berlin")


@pytest.mark.parametrize("text", SENTENCES)
def test_no_piece_is_shared(nlp, tokenizer, text):
    doc = nlp(text)
    pieces = tokenize([doc], tokenizer)
    # Each piece is in one token: what is read of a token is its own.
    assert len(set(pieces.read.tolist())) == len(doc) == len(pieces.tokens)
    assert sum(len(found.ids) for found in TokenPieces(tokenizer).cut([doc])[0]) == len(pieces.ids)


def make_joining_tokenizer():
    """Sentencepiece's kind of vocabulary, with pieces over several characters of Chinese and Thai, and over a sign."""
    pieces = [
        "<unk>",
        "▁",
        *"北京是首都ไทย'sDo.",
        "北京",
        "▁北京",
        "首都。",
        "。",
        "ไทย",
        "▁Don",
        "'t",
        "'t.",
    ]
    backend = Tokenizer(
        models.Unigram([(piece, -float(len(pieces) - len(piece))) for piece in pieces], unk_id=0)
    )
    backend.pre_tokenizer = pre_tokenizers.Metaspace()
    return PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="<unk>")


@pytest.mark.parametrize(
    "words, expected",
    [
        (list("北京是首都。"), [["▁", "北"], ["京"], ["是"], ["首"], ["都"], ["。"]]),
        (["ไ", "ท", "ย"], [["▁", "ไ"], ["ท"], ["ย"]]),
        (["Don", "'t", "."], [["▁Don"], ["'t"], ["."]]),
    ],
)
def test_pieces_over_tokens_are_split(words, expected):
    tokenizer = make_joining_tokenizer()
    doc = make_doc(words, [False] * len(words))
    assert len(tokenizer(doc.text)["input_ids"]) < sum(map(len, expected))
    assert read_pieces(doc, tokenizer) == expected


def test_columns_and_raw_text_have_the_same_pieces(nlp, tokenizer):
    for words in (
        ["北京", "是", "中国", "的", "首都", "。"],
        ["ประเทศ", "ไทย"],
        ["東京", "・", "大阪"],
        ["北京", "2008", "年"],
        ["访问", "Berlin", "的", "人", "（", "UN", "）", "。"],
        ["2008", "年"],
        ["กรุงเทพ", "2500", "บาท"],
    ):
        columns, raw = make_doc(words), nlp("".join(words))
        assert len(columns) <= len(raw)
        assert tokenize([columns], tokenizer).ids.tolist() == tokenize([raw], tokenizer).ids.tolist()


def test_white_space_of_raw_text_counts(nlp):
    """People write spaces around Latin words in Chinese text, too, and these are no column file's."""
    tokenizer = make_joining_tokenizer()
    spaced, glued = (read_pieces(nlp(text), tokenizer) for text in ("北京 Don 是首都", "北京Don是首都"))
    assert spaced[2] == ["▁Don"] and glued[2] != ["▁Don"] and spaced[4:] == glued[4:]


@pytest.mark.parametrize("text", [*SENTENCES[:7], SENTENCES[9]])
def test_where_no_piece_crosses_they_are_the_tokenizers_own(nlp, tokenizer, text):
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    assert tokenize([nlp(text)], tokenizer).ids.tolist() == ids


def test_special_tokens_in_a_text_are_text(tokenizer):
    for special in tokenizer.all_special_tokens:
        ids = tokenize([make_doc([special])], tokenizer).ids
        assert not set(ids.tolist()) & set(tokenizer.all_special_ids) - {tokenizer.unk_token_id}


def test_pooling(tiny_xlmr):
    tokenizer = FastTokenizer.from_pretrained(tiny_xlmr)
    doc = make_doc(["Bundesregierung", "  ", "京"], [True, False, False])
    first, mean = (tokenize([doc], tokenizer, pooling) for pooling in ("first", "mean"))
    n = len(read_pieces(doc, tokenizer)[0])
    assert n > 1 and first.ids.tolist() == mean.ids.tolist()
    assert first.tokens.tolist() == [0, 2] and first.weights.tolist() == [1, 1]
    assert mean.tokens.tolist() == [0] * n + [2]
    assert mean.weights.tolist() == numpy.float32([1 / n] * n + [1]).tolist()
    # The piece of a space alone, which stands before the character, counts for neither.
    assert tokenizer.convert_ids_to_tokens(first.ids.tolist())[first.read[1]] == "京"


@pytest.mark.parametrize("window", [62, 9])
@pytest.mark.usefixtures("float32")
def test_mean_of_vectors(tiny_xlmr, window):
    """Worked out piece by piece; with windows of 9 the pieces of some tokens are in two."""
    doc = make_doc(["Bundesregierung", "in", "Bundesregierung", "und", "Den", "Haag"])
    model = make_encoder(tiny_xlmr, pooling="mean", window=window, overlap=4)
    hf_model = model.get_ref("transformer").shims[0]._hfmodel
    pieces = tokenize([doc], hf_model.tokenizer, "mean")
    vectors = []
    for piece in pieces.read.tolist():
        windows = cut_windows(pieces.lengths, window - 2, min(4, (window - 2) // 2)).tolist()
        inside = [
            (min(piece - start, end - 1 - piece), -start, end)
            for start, end in windows
            if start <= piece < end
        ]
        _, start, end = max(inside)
        ids = torch.tensor([[0, *pieces.ids[-start:end].tolist(), 2]])
        with torch.no_grad():
            vectors.append(hf_model.transformer.eval()(ids).last_hidden_state[0, piece + start + 1].numpy())
    tokens = pieces.tokens.tolist()
    assert len(tokens) > len(doc)
    expected = [
        numpy.mean([v for v, t in zip(vectors, tokens, strict=True) if t == i], 0) for i in range(len(doc))
    ]
    numpy.testing.assert_allclose(model.predict([doc])[0], expected, atol=1e-5)


def test_what_cuts_is_remembered(tiny_xlmr):
    tokenizer = FastTokenizer.from_pretrained(tiny_xlmr)
    assert get_token_pieces(tokenizer) is get_token_pieces(tokenizer)
    assert get_token_pieces(tokenizer) is not get_token_pieces(AutoTokenizer.from_pretrained(tiny_xlmr))


def test_forgets_when_it_knows_too_much(tiny_xlmr, monkeypatch):
    monkeypatch.setattr("spacy_xner.architectures.pieces.REMEMBERED", 3)
    cutter = TokenPieces(FastTokenizer.from_pretrained(tiny_xlmr))
    doc = make_doc(["a", "b", "c", "d", "e"])
    once = cutter.cut([doc])
    assert cutter.cut([doc]) == once


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=40))
def test_any_text(nlp, tokenizer, text):
    doc = nlp(text)
    pieces = tokenize([doc], tokenizer)
    assert len(pieces.lengths) == 1 and pieces.lengths[0] == len(pieces.ids)
    assert len(set(pieces.read.tolist())) == len(pieces.read) <= len(doc)


def test_words_that_fall_apart(tiny_xlmr):
    cutter = TokenPieces(FastTokenizer.from_pretrained(tiny_xlmr))
    doc = make_doc(["Berlin", "Qqxzj", ".", "北京", "☃", "ab"])
    assert [found.lost for found in cutter.cut([doc])[0]] == [False, True, False, False, True, False]


def test_trimmed_vocabulary_warns_once(tiny_xlmr, tmp_path):
    folder = tmp_path / "encoder"
    shutil.copytree(tiny_xlmr, folder)
    docs = [make_doc(["Berlin", "Qqxzj"])]
    make_encoder(str(folder)).predict(docs)  # a whole vocabulary is as it is
    (folder / ENCODER_CARD).write_text('{"vocabulary": {"trimmed": true}}')
    model = make_encoder(str(folder))
    model.predict([make_doc(["Berlin"])])
    with pytest.warns(UserWarning, match="XW008.*1 of 2 tokens"):
        model.predict(docs)
    model.predict(docs)
    loaded = make_encoder(tiny_xlmr).from_bytes(model.to_bytes())
    with pytest.warns(UserWarning, match="XW008"):
        loaded.predict(docs)
