"""Vocabularies and models made smaller: on text of what stays they compute the same."""

from pathlib import Path

import pytest
import srsly
import torch
from encoder_models import make_configs, make_encode, save_bytes_encoder, save_encoder
from spacy.tokens import Doc
from tiny import SENTENCES
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import AutoModel, AutoTokenizer, PreTrainedTokenizerFast

from spacy_xner.architectures.pieces import TokenPieces
from spacy_xner.corpora.formats.records import TextRecord
from spacy_xner.encoders.bpe import cut_bpe, find_merges, find_parts, is_single_of_bytes
from spacy_xner.encoders.count import collect_ids
from spacy_xner.encoders.kinds import KINDS
from spacy_xner.encoders.make import make_encoder
from spacy_xner.encoders.places import find_place
from spacy_xner.encoders.shrink import keep_layers
from spacy_xner.encoders.source import load_source
from spacy_xner.encoders.vocabulary import trim_vocabulary
from spacy_xner.errors import XnerError
from spacy_xner.tokenizer import UNIT, get_blank

# What transformers does as it imports DeBERTa and ModernBERT.
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.script:DeprecationWarning")

# English and Chinese stay.
KEPT, LOST = [SENTENCES[0], SENTENCES[7]], SENTENCES[2:6]
FAMILIES = list(make_configs(10))


def load(folder):
    return load_source(find_place(str(folder)))


def split(text):
    """Words, and characters of Chinese and Thai."""
    return [part for word in text.split() for part in UNIT.sub(r" \g<0> ", word).split()]


@pytest.fixture(params=["Unigram", "WordPiece", "bytes of BPE", "characters of BPE"])
def encoder(request, tmp_path):
    """A folder with an encoder of each kind of vocabulary."""
    if request.param == "characters of BPE":
        return save_bytes_encoder(tmp_path / "encoder")
    fixtures = {"Unigram": "tiny_xlmr", "WordPiece": "tiny_transformer", "bytes of BPE": "tiny_roberta"}
    return request.getfixturevalue(fixtures[request.param])


def trim(folder, texts, tokenize=None):
    backend = AutoTokenizer.from_pretrained(folder).backend_tokenizer
    cut = split if tokenize is None else lambda text: [token.text for token in tokenize(text)]
    found = collect_ids(backend, [TextRecord(line=1, text=text) for text in texts], cut)
    return backend, trim_vocabulary(backend, found.ids, always=[], name="mine")


def map_back(trimmed, text, **settings):
    """The word pieces of a text, by their ids before."""
    return [trimmed.ids[number] for number in trimmed.tokenizer.encode(text, **settings).ids]


# Vocabularies


def test_pieces_stay(encoder):
    backend, trimmed = trim(encoder, KEPT)
    assert len(trimmed.ids) == trimmed.tokenizer.get_vocab_size() < backend.get_vocab_size()
    assert sorted(trimmed.ids) == trimmed.ids
    for text in [*KEPT, " ".join(KEPT), *split(" ".join(KEPT))]:
        for form in (text, f" {text}"):
            # The post-processor's special tokens are among them.
            assert map_back(trimmed, form) == backend.encode(form).ids
    pair = trimmed.tokenizer.encode(*KEPT).ids
    assert [trimmed.ids[number] for number in pair] == backend.encode(*KEPT).ids


def test_pieces_end_with_tokens(encoder):
    """As in our pipelines: the pieces of each token alone, whatever is before it."""
    texts = [*SENTENCES[:4], SENTENCES[7], SENTENCES[11]]
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    backend, trimmed = trim(encoder, texts, get_blank().tokenizer)
    names = tokenizer.special_tokens_map
    small = TokenPieces(PreTrainedTokenizerFast(tokenizer_object=trimmed.tokenizer, **names))
    docs = [get_blank().make_doc(text) for text in texts]
    # A column file has words in which the pipeline finds several tokens; raw text may have no spaces between tokens.
    words = [text.split() for text in texts]
    docs += [Doc(docs[0].vocab, words=found) for found in words]
    docs += [Doc(docs[0].vocab, words=found, spaces=[False] * len(found)) for found in words]
    full = TokenPieces(tokenizer)
    for old, new in zip(full.cut(docs), small.cut(docs), strict=True):
        found = [[trimmed.ids[number] for number in pieces.ids] for pieces in new]
        assert found == [list(pieces.ids) for pieces in old]


def test_lost_pieces_are_spelt(encoder):
    """What is lost becomes shorter pieces; unknown is what was unknown before."""
    backend, trimmed = trim(encoder, KEPT)
    n_shorter = 0
    for text in LOST:
        before, after = backend.encode(text), trimmed.tokenizer.encode(text)
        unknown = [token in ("[UNK]", "<unk>") for token in before.tokens]
        assert sum(token in ("[UNK]", "<unk>") for token in after.tokens) == sum(unknown)
        n_shorter += len(after.ids) > len(before.ids)
    assert n_shorter == len(LOST)


def test_nothing_is_lost_on_all_texts(encoder):
    backend, trimmed = trim(encoder, SENTENCES)
    for text in SENTENCES:
        assert map_back(trimmed, text) == backend.encode(text).ids


def test_tokens_of_the_format_are_found(tiny_transformer):
    backend = AutoTokenizer.from_pretrained(tiny_transformer).backend_tokenizer
    record = TextRecord(line=1, text="Berlin", words=["Ber", "lin"])
    found = collect_ids(backend, [record], split)
    assert backend.encode("lin", add_special_tokens=False).ids[0] in found.ids
    assert found.texts == 1 and found.words == 2


def test_what_stays_in_any_case(tiny_transformer):
    backend = AutoTokenizer.from_pretrained(tiny_transformer).backend_tokenizer
    backend.add_tokens(["Frankreich und Spanien"])
    backend.enable_truncation(3)
    backend.enable_padding()
    found = collect_ids(backend, [TextRecord(line=1, text=KEPT[0])], split)
    always = backend.token_to_id("Frankreich")
    assert always is not None and always not in found.ids
    trimmed = trim_vocabulary(backend, found.ids, always=[always], name="mine")
    vocabulary = trimmed.tokenizer.get_vocab()
    assert {"Frankreich", "Frankreich und Spanien", "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"} <= set(
        vocabulary
    )
    assert trimmed.tokenizer.encode("Frankreich und Spanien").tokens[1:-1] == ["Frankreich und Spanien"]
    single = [piece for piece in backend.get_vocab() if len(piece.removeprefix("##")) == 1]
    assert len(single) > 50 and set(single) <= set(vocabulary)
    assert trimmed.tokenizer.truncation is None and trimmed.tokenizer.padding is None


def test_unknown_costs_the_same():
    """The score of what is unknown hangs on the lowest of all, which must not be lost."""
    vocab = [
        ["<unk>", 0.0],
        ["a", -1.0],
        ["b", -2.0],
        ["\u2581", -1.0],
        ["aab", -9.0],
        ["\u4e00a", -25.5],
        ["bbb", -30.0],
    ]
    model = {"type": "Unigram", "unk_id": 0, "vocab": vocab, "byte_fallback": False}
    assert KINDS["Unigram"].find_needed(model, {"a"}) == {"<unk>", "bbb"}
    full = Tokenizer(models.Unigram([tuple(row) for row in vocab], 0))
    cut = KINDS["Unigram"].cut(model, ["<unk>", "a", "b", "\u2581", "\u4e00a", "bbb"])
    small = Tokenizer(models.Unigram([tuple(row) for row in cut["vocab"]], cut["unk_id"]))
    assert small.encode("\u4e00a").tokens == full.encode("\u4e00a").tokens == ["\u4e00a"]


def test_errors(tiny_transformer):
    with pytest.raises(XnerError, match="X183.*'mine'"):
        trim(tiny_transformer, ["\u1200\u1201", ""])
    words = Tokenizer(models.WordLevel({"a": 0, "[UNK]": 1}, "[UNK]"))
    with pytest.raises(XnerError, match="X184.*WordLevel.*BPE"):
        trim_vocabulary(words, {0}, always=[], name="mine")


# Byte pair encoding


MERGES = [["a", "b"], ["b", "c"], ["ab", "c"], ["a", "bc"], ["abc", "d"]]


def make_bpe(**settings):
    vocab = ["a", "b", "c", "d", "ab", "bc", "abc", "abcd", "x"]
    return {
        "type": "BPE",
        "unk_token": None,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "vocab": {piece: number for number, piece in enumerate(vocab)},
        "merges": MERGES,
        **settings,
    }


def test_merges():
    # "ab" is merged first, so "bc" is not needed for "abc"; "x" and single characters are not merged at all.
    assert find_merges(make_bpe(), {"abc", "x", "a"}) == {("a", "b"), ("ab", "c")}
    assert find_parts(make_bpe(), {"abcd"}) == {"a", "b", "c", "ab", "abc", "d"}
    assert find_merges(make_bpe(), {"cd"}) == set()
    cut = cut_bpe(make_bpe(), ["a", "b", "c", "ab", "abc"])
    assert cut["merges"] == [["a", "b"], ["ab", "c"]]
    assert cut["vocab"] == {"a": 0, "b": 1, "c": 2, "ab": 3, "abc": 4}


def test_merges_with_marks():
    inside = make_bpe(continuing_subword_prefix="##", merges=[["a", "##b"], ["##b", "##c"], ["ab", "##c"]])
    assert find_merges(inside, {"abc"}) == {("a", "##b"), ("ab", "##c")}
    assert find_merges(inside, {"##bc"}) == {("##b", "##c")}
    end = make_bpe(end_of_word_suffix="</w>", merges=[["a", "b</w>"], ["a", "b"], ["ab", "c</w>"]])
    assert find_merges(end, {"abc</w>"}) == {("a", "b"), ("ab", "c</w>")}
    assert find_merges(end, {"ab</w>"}) == {("a", "b</w>")}


def test_single_characters_of_bytes():
    encode = pre_tokenizers.ByteLevel(add_prefix_space=False).pre_tokenize_str
    for text, expected in [("a", True), (" a", True), ("\u4eac", True), (" \u4eac", True), ("ab", False)]:
        piece = "".join(part for part, _ in encode(text))
        assert is_single_of_bytes(piece) is expected, text
    capital = encode("\u4eac")[0][0]
    assert all(map(is_single_of_bytes, [capital[:1], capital[:2], capital[1:]]))


# Models


@pytest.mark.parametrize("family", FAMILIES)
def test_families(family, tiny_transformer, tiny_xlmr, tmp_path):
    """Fewer word pieces and fewer layers, saved and loaded again."""
    tokenizer_of = tiny_xlmr if family == "xlm-roberta" else tiny_transformer
    folder = save_encoder(family, tokenizer_of, tmp_path / "before")
    (tmp_path / "texts.txt").write_text("\n".join(KEPT), encoding="utf8")
    make_encoder(load(folder), tmp_path / "trimmed", corpora=[tmp_path / "texts.txt"], split=split)
    before, after = AutoTokenizer.from_pretrained(folder), AutoTokenizer.from_pretrained(tmp_path / "trimmed")
    full, small = (AutoModel.from_pretrained(path) for path in (folder, tmp_path / "trimmed"))
    assert small.config.vocab_size == small.get_input_embeddings().num_embeddings == len(after) < len(before)
    assert small.get_input_embeddings().padding_idx == after.pad_token_id == small.config.pad_token_id
    old, new = (tokenizer(KEPT, padding=True, return_tensors="pt") for tokenizer in (before, after))
    mask = old["attention_mask"].bool()
    assert mask.sum() < mask.numel()
    expected = make_encode(full)(old["input_ids"], old["attention_mask"])
    assert torch.equal(make_encode(small)(new["input_ids"], new["attention_mask"])[mask], expected[mask])
    # The tokenizer gives what the model takes, and nothing else.
    assert torch.equal(small.eval()(**new)[0].detach()[mask], expected[mask])


@pytest.mark.parametrize("family", FAMILIES)
def test_layers(family, tiny_transformer, tmp_path):
    folder = save_encoder(family, tiny_transformer, tmp_path / "before")
    source = load(folder)
    facts = make_encoder(source, tmp_path / "after", split=split, layers=3)
    # In ModernBERT every second layer reads the whole text, before and after.
    assert facts["layers"] == {"kept": [0, 1, 4] if family == "modernbert" else [0, 2, 4], "before": 5}
    ids = AutoTokenizer.from_pretrained(folder)(KEPT[0])["input_ids"]
    loaded = AutoModel.from_pretrained(tmp_path / "after")
    assert loaded.config.num_hidden_layers == 3
    expected = make_encode(source.model)([ids])
    assert torch.equal(make_encode(loaded)([ids]), expected)
    assert not torch.allclose(make_encode(AutoModel.from_pretrained(folder))([ids]), expected)


def test_layers_are_those_chosen(tiny_transformer, tmp_path):
    model = AutoModel.from_pretrained(save_encoder("bert", tiny_transformer, tmp_path))
    layers = list(model.encoder.layer)
    assert keep_layers(model, 4, "mine") == [0, 1, 3, 4]
    assert [layers.index(layer) for layer in model.encoder.layer] == [0, 1, 3, 4]
    assert keep_layers(model, 1, "mine") == [0]
    for n in (0, 2):
        with pytest.raises(XnerError, match="X306.*from 1 to 1"):
            keep_layers(model, n, "mine")


def test_shared_layers(tiny_transformer):
    from transformers import AlbertConfig

    sizes = {"hidden_size": 16, "embedding_size": 8, "num_hidden_layers": 4, "num_attention_heads": 2}
    model = AutoModel.from_config(AlbertConfig(vocab_size=20, intermediate_size=32, **sizes))
    with pytest.raises(XnerError, match="X185.*'mine'.*not in one list"):
        keep_layers(model, 2, "mine")


def test_half(tiny_transformer, tmp_path):
    make_encoder(load(tiny_transformer), tmp_path / "half", split=split, half=True)
    from safetensors.torch import load_file

    weights = load_file(tmp_path / "half" / "model.safetensors")
    assert {value.dtype for value in weights.values() if value.is_floating_point()} == {torch.float16}
    assert (tmp_path / "half" / "model.safetensors").stat().st_mode & 0o777 == 0o644
    assert srsly.read_json(tmp_path / "half" / "xner_encoder.json")["dtype"] == "float16"
    # Float32 again, within the precision of what was stored.
    loaded, full = (AutoModel.from_pretrained(path) for path in (tmp_path / "half", tiny_transformer))
    for name, value in full.state_dict().items():
        assert loaded.state_dict()[name].dtype == value.dtype
        assert torch.allclose(loaded.state_dict()[name], value, atol=1e-3)


def test_wrong_shapes(tiny_transformer, tmp_path):
    """A tokenizer of another model is found before an id has no row."""
    folder = Path(save_encoder("bert", tiny_transformer, tmp_path / "encoder"))
    config = make_configs(50, pad_token_id=0)["bert"]
    AutoModel.from_config(config).save_pretrained(folder)
    with pytest.raises(XnerError, match="X186.*50 rows"):
        make_encoder(load(folder), tmp_path / "out", split=split)
    assert not (tmp_path / "out").exists()
