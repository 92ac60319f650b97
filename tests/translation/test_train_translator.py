import json
import math
import random
import re
from pathlib import Path

import pytest
import srsly
import torch
from spacy.cli._util import app as spacy_app
from typer.testing import CliRunner

import spacy_xner.cli  # noqa: F401
from spacy_xner.errors import XnerError
from spacy_xner.translation.bleu import has_bleu
from spacy_xner.translation.engines.families import find_direction, writes_target_before_source
from spacy_xner.translation.engines.seq2seq import create_seq2seq_translator
from spacy_xner.translation.marks import extract_marks, insert_marks
from spacy_xner.translation.phrases import extract_phrases
from spacy_xner.translation.training.batches import BatchStream, collate
from spacy_xner.translation.training.checkpoint import LAST, find_checkpoint, load_translator, save_translator
from spacy_xner.translation.training.evaluate import (
    evaluate_translator,
    get_overlap,
    is_same_phrase,
    make_held_out,
    translate_marked,
)
from spacy_xner.translation.training.examples import (
    SentencePair,
    mark_pair,
    read_sentence_pairs,
    sample_spans,
    split_pairs,
)
from spacy_xner.translation.training.languages import PairDirection, encode, get_directions
from spacy_xner.translation.training.loss import (
    combine,
    count_tokens,
    get_loss,
    get_sums,
    pick_view,
    shift_right,
)
from spacy_xner.translation.training.model import (
    Seq2Seq,
    add_symbols,
    get_symbols,
    load_seq2seq,
    make_model,
    save_model,
)
from spacy_xner.translation.training.run import train_translator
from spacy_xner.translation.training.settings import Schedule, Size, TranslatorSettings
from spacy_xner.translation.training.train import get_rate
from spacy_xner.translation.types import MarkedText

NOUNS = [a + b for a in "bd" for b in "aeiou"]
ADJECTIVES = [a + b for a in "kl" for b in "aeiou"]
TINY = Size(width=16, layers=1, heads=2, vocab=330, dropout=0.1)
FORWARD = get_directions("xx", "yy", "forward")
BOTH = get_directions("xx", "yy")


def make_pairs(n, seed=0):
    """Pairs of a toy language: upper case is the translation, and adjectives go behind their noun."""
    rng = random.Random(seed)
    pairs = {}
    while len(pairs) < n:
        source, target, alignment = [], [], set()
        for _ in range(rng.randint(1, 3)):
            i, noun, adjective = len(source), rng.choice(NOUNS), rng.choice(ADJECTIVES)
            if rng.random() < 0.5:
                source, target = [*source, noun], [*target, noun.upper()]
                alignment.add((i, i))
            else:
                source = [*source, adjective, noun]
                target = [*target, noun.upper(), adjective.upper()]
                alignment |= {(i, i + 1), (i + 1, i)}
        pairs[tuple(source)] = SentencePair(tuple(source), tuple(target), alignment)
    return list(pairs.values())


def write_pairs(folder, pairs):
    lines = [f"{' '.join(pair.source)}\t{' '.join(pair.target)}\n" for pair in pairs]
    links = [" ".join(f"{i}-{j}" for i, j in sorted(pair.alignment)) + "\n" for pair in pairs]
    (folder / "pairs.tsv").write_text("".join(lines), encoding="utf8")
    (folder / "pairs.align").write_text("".join(links), encoding="utf8")
    return folder / "pairs.tsv", folder / "pairs.align"


@pytest.fixture(scope="module")
def pairs():
    return make_pairs(60)


@pytest.fixture
def tiny(pairs):
    return make_model(pairs, TINY, BOTH, n=3)


# Phrases


def brute_force(n_source, n_target, alignment, max_length):
    """Every pair of ranges, checked against the definition; of each source range the smallest target range."""
    found = set()
    for a in range(n_source):
        for b in range(a + 1, min(a + max_length, n_source) + 1):
            inside = {(i, j) for i, j in alignment if a <= i < b}
            if not inside:
                continue
            c, d = min(j for _, j in inside), max(j for _, j in inside) + 1
            if d - c <= max_length and all(a <= i < b for i, j in alignment if c <= j < d):
                found.add(((a, b), (c, d)))
    return found


def test_phrases_by_hand():
    # the red house -> la casa roja: the adjective moves.
    alignment = {(0, 0), (1, 2), (2, 1)}
    assert extract_phrases(3, 3, alignment) == [
        ((0, 1), (0, 1)),
        ((0, 3), (0, 3)),
        ((1, 2), (2, 3)),
        ((1, 3), (1, 3)),
        ((2, 3), (1, 2)),
    ]


def test_phrases_many_to_one():
    # will go -> irá: neither word alone.
    assert extract_phrases(2, 1, {(0, 0), (1, 0)}) == [((0, 2), (0, 1))]
    # go -> va a: one word with two links covers both.
    assert extract_phrases(1, 2, {(0, 0), (0, 1)}) == [((0, 1), (0, 2))]


def test_phrases_unaligned():
    # the EU -> UE , with `the` and the comma unaligned.
    assert extract_phrases(2, 2, {(1, 0)}) == [((0, 2), (0, 1)), ((1, 2), (0, 1))]


def test_phrases_edge_cases():
    assert extract_phrases(0, 0, set()) == []
    assert extract_phrases(3, 2, set()) == []
    assert extract_phrases(3, 3, {(0, 0), (1, 1), (2, 2)}, max_length=1) == [
        ((0, 1), (0, 1)),
        ((1, 2), (1, 2)),
        ((2, 3), (2, 3)),
    ]


def test_phrases_match_definition():
    rng = random.Random(0)
    for _ in range(200):
        n, m = rng.randint(1, 9), rng.randint(1, 9)
        alignment = {(rng.randrange(n), rng.randrange(m)) for _ in range(rng.randint(0, 12))}
        found = extract_phrases(n, m, alignment, max_length=4)
        assert len(found) == len(set(found))
        assert set(found) == brute_force(n, m, alignment, 4)


# Marked pairs


def test_sampled_spans_do_not_overlap():
    rng = random.Random(0)
    numbers = set()
    for pair in make_pairs(40):
        phrases = extract_phrases(len(pair.source), len(pair.target), pair.alignment)
        n = rng.randint(0, 10)
        spans = sample_spans(phrases, rng, n)
        assert len(spans) <= n
        assert set(spans) <= set(phrases)
        assert spans == sorted(spans)
        for side in (0, 1):
            tokens = [i for span in spans for i in range(*span[side])]
            assert len(tokens) == len(set(tokens))
        numbers.add(len(spans))
    assert numbers >= {0, 1, 2, 3}


def test_mark_pair():
    pair = SentencePair(("the", "red", "house"), ("la", "casa", "roja"), {(0, 0), (1, 2), (2, 1)})
    marked = mark_pair(pair, random.Random(1), max_spans=3, min_spans=3, max_length=1)
    assert insert_marks(marked.source, "slots") == (
        "__SLOT0__ the __SLOT0__ __SLOT1__ red __SLOT1__ __SLOT2__ house __SLOT2__"
    )
    assert insert_marks(marked.target, "slots") == (
        "__SLOT0__ la __SLOT0__ __SLOT2__ casa __SLOT2__ __SLOT1__ roja __SLOT1__"
    )
    assert [marked.target.text[slice(*span)] for span in marked.target.spans] == ["la", "roja", "casa"]
    found = extract_marks(insert_marks(marked.target, "slots"), "slots", 3)
    assert [found.text[slice(*span)] for span in found.spans] == ["la", "roja", "casa"]
    same = mark_pair(pair, random.Random(1), max_spans=3, min_spans=3, max_length=1)
    assert same == marked
    swapped = mark_pair(pair.swap(), random.Random(1), max_spans=3, min_spans=3, max_length=1)
    assert swapped.source.text == "la casa roja"
    assert mark_pair(pair, random.Random(1), max_spans=0).source.spans == ()


def test_read_and_split(tmp_path, pairs):
    path, align = write_pairs(tmp_path, pairs)
    assert read_sentence_pairs(path, align) == pairs
    short = read_sentence_pairs(path, align, max_tokens=4)
    assert 0 < len(short) < len(pairs)
    assert max(len(pair.source) for pair in short) == 4
    with pytest.raises(XnerError, match="X222"):
        read_sentence_pairs(path, align, max_tokens=0)
    training, rest = split_pairs(pairs, held_out=0.1)
    assert len(rest) == 6
    assert {pair.source for pair in training} | {pair.source for pair in rest} == {p.source for p in pairs}
    assert split_pairs(pairs, held_out=0.1) == (training, rest)
    assert split_pairs(pairs, held_out=0.1, seed=1) != (training, rest)
    for share in (0, 1, 0.999):
        with pytest.raises(XnerError, match="X306"):
            split_pairs(pairs, held_out=share)


# Model and tokenizer


def test_symbols_survive(tiny, tmp_path):
    text = "__SLOT0__ ba __SLOT0__ __SLOT1__ é 北京 , __SLOT1__ de"
    save_model(tiny, tmp_path)
    for tokenizer in (tiny.tokenizer, load_seq2seq(str(tmp_path)).tokenizer):
        for symbol in get_symbols(3):
            (i, end) = tokenizer(symbol)["input_ids"]
            assert tokenizer.convert_ids_to_tokens(i) == symbol
            assert end == tokenizer.eos_token_id
        ids = tokenizer(text)["input_ids"]
        assert tokenizer.unk_token_id not in ids
        decoded = tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        assert decoded.strip() == text
    assert tokenizer("ba de")["input_ids"] == tiny.tokenizer("ba de")["input_ids"]


def test_directions(tiny):
    assert [way.target for way in BOTH] == ["yy", "xx"]
    assert get_directions("xx", "yy", "backward") == [PairDirection("yy", "xx", True)]
    with pytest.raises(XnerError, match="X306"):
        get_directions("xx", "yy", "sideways")
    ((source, target),) = encode(tiny.tokenizer, BOTH[0], ["ba"], ["BA"])
    assert tiny.tokenizer.convert_ids_to_tokens(source) == [">>yy<<", "Ġba", "</s>"]
    assert target[-1] == tiny.tokenizer.eos_token_id
    assert ">>" not in tiny.tokenizer.decode(target)


def test_model_width(pairs):
    with pytest.raises(XnerError, match="X306"):
        make_model(pairs, Size(width=10, heads=4), BOTH, n=3)


def test_load_model_fails(tmp_path):
    with pytest.raises(XnerError, match="X207"):
        load_seq2seq(str(tmp_path))


def make_m2m(folder: Path) -> Seq2Seq:
    """A tiny M2M-100 with its own tokenizer, as CROP starts from."""
    import sentencepiece
    from transformers import M2M100Config, M2M100ForConditionalGeneration, M2M100Tokenizer

    corpus = [" ".join(side) for pair in make_pairs(200) for side in pair[:2]]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(corpus), model_prefix=str(folder / "spm"), vocab_size=40, minloglevel=2
    )
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "spm.model"))
    vocab = ["<s>", "<pad>", "</s>", "<unk>"] + [pieces.id_to_piece(i) for i in range(3, len(pieces))]
    (folder / "vocab.json").write_text(json.dumps({piece: i for i, piece in enumerate(vocab)}))
    tokenizer = M2M100Tokenizer(str(folder / "vocab.json"), str(folder / "spm.model"))
    languages = [tokenizer.get_lang_token(code) for code in tokenizer.lang_code_to_token]
    tokenizer = M2M100Tokenizer(
        str(folder / "vocab.json"), str(folder / "spm.model"), additional_special_tokens=languages
    )
    config = M2M100Config(
        vocab_size=len(tokenizer) + tokenizer.num_madeup_words,
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=16,
        decoder_ffn_dim=16,
        max_position_embeddings=64,
    )
    return Seq2Seq(M2M100ForConditionalGeneration(config), tokenizer)


@pytest.mark.filterwarnings("ignore:builtin type .* has no __module__ attribute:DeprecationWarning")
def test_pretrained_with_language_codes(tmp_path):
    translator = make_m2m(tmp_path)
    ways = get_directions("en", "es")
    before = dict(translator.tokenizer.get_vocab())
    add_symbols(translator, ways, n=10)
    model, tokenizer = translator
    vocab = tokenizer.get_vocab()
    assert {token: vocab[token] for token in before} == before
    assert len(set(vocab.values())) == len(vocab)
    assert model.get_input_embeddings().weight.shape[0] > max(vocab[symbol] for symbol in get_symbols(10))
    ((source, target),) = encode(tokenizer, ways[0], ["__SLOT0__ ba __SLOT0__"], ["__SLOT0__ BA __SLOT0__"])
    assert tokenizer.convert_ids_to_tokens(source)[:2] == ["__en__", "__SLOT0__"]
    assert tokenizer.convert_ids_to_tokens(target)[:2] == ["__es__", "__SLOT0__"]
    decoded = tokenizer.decode(target, skip_special_tokens=True)
    assert decoded == "__SLOT0__ BA __SLOT0__"
    save_model(translator, tmp_path / "saved")
    again = load_seq2seq(str(tmp_path / "saved"))
    assert again.tokenizer.get_vocab() == vocab
    held_out = make_held_out(make_pairs(4), ways, n=4, max_spans=2)
    assert evaluate_translator(again, held_out).loss_lst > 0
    batch = collate([(source, target)], tokenizer.pad_token_id)
    assert shift_right(model, batch.labels)[0, :2].tolist() == [tokenizer.eos_token_id, target[0]]
    with pytest.raises(XnerError, match="X208.*'xx'"):
        encode(tokenizer, PairDirection("en", "xx"), ["ba"], ["BA"])


def test_engine_reads_a_new_model(tmp_path):
    """The folder that training leaves is one that `spacy xner translate` takes, in each direction it was made for."""
    for which, translated in (("both", [("xx", "yy"), ("yy", "xx")]), ("forward", [("xx", "yy")])):
        directions = get_directions("xx", "yy", which)
        save_model(make_model(make_pairs(30), TINY, directions, n=2), tmp_path / which)
        make = create_seq2seq_translator(str(tmp_path / which), max_length=5)
        for pair in translated:
            (found,) = make(*pair).translate([MarkedText("ba de", ((0, 2),))])
            assert found is None or len(found.spans) == 1
    with pytest.raises(XnerError, match="X208.*from 'yy' to 'xx'.*xx-yy"):
        create_seq2seq_translator(str(tmp_path / "forward"))("yy", "xx")
    with pytest.raises(XnerError, match="X208.*from 'xx' to 'zz'"):
        create_seq2seq_translator(str(tmp_path / "both"))("xx", "zz")


def test_tokenizer_as_transformers_5_loads_it():
    """There the class of our tokenizers has another name."""
    directions = get_directions("xx", "yy", "both")
    tokenizer = make_model(make_pairs(30), TINY, directions, n=2).tokenizer
    told = find_direction("model", tokenizer, "xx", "yy")
    assert told.prefix == ">>yy<< " and writes_target_before_source(tokenizer)
    tokenizer.__class__ = type("TokenizersBackend", (type(tokenizer),), {})
    assert find_direction("model", tokenizer, "xx", "yy")[:4] == told[:4]
    assert writes_target_before_source(tokenizer)
    tokenizer.__class__ = type("Unknown", (type(tokenizer),), {})
    assert not writes_target_before_source(tokenizer)
    with pytest.raises(XnerError, match="X207.*is a Unknown"):
        find_direction("model", tokenizer, "xx", "yy")


# Batches


def make_stream(translator, pairs, views=("plain", "marked"), **settings):
    options = {"batch_tokens": 60, "max_spans": 3, "seed": 0, **settings}
    return BatchStream(pairs, BOTH, translator, views, **options)


def test_stream(tiny, pairs, monkeypatch):
    monkeypatch.setattr("spacy_xner.translation.training.batches.CHUNK", 50)
    stream = make_stream(tiny, pairs)
    n, texts = 0, []
    while stream.state[0] < 3:  # an epoch of 60 pairs in two directions has three chunks
        batch = next(stream)
        if stream.state[0] == 3:
            break
        for view in batch.values():
            assert view.labels.numel() <= 60
            assert view.input_ids.numel() <= 60
        n += len(batch["plain"].labels)
        texts += tiny.tokenizer.batch_decode(batch["plain"].input_ids, skip_special_tokens=True)
    assert n == len(set(texts)) == 120


def test_stream_goes_on(tiny, pairs, monkeypatch):
    monkeypatch.setattr("spacy_xner.translation.training.batches.CHUNK", 50)
    stream = make_stream(tiny, pairs)
    batches = [(next(stream), stream.state) for _ in range(60)]
    assert batches[-1][1][0] >= 3
    for k in (0, 20, 58):
        again = next(make_stream(tiny, pairs, state=batches[k][1]))
        assert torch.equal(again["marked"].labels, batches[k + 1][0]["marked"].labels)


def test_stream_too_long(tiny, pairs):
    tiny.tokenizer.model_max_length = 2
    with pytest.raises(XnerError, match="X222"):
        next(make_stream(tiny, pairs))


# Objectives


def test_loss_by_hand(tiny):
    tiny.model.eval().requires_grad_(False)
    ((source, target),) = encode(tiny.tokenizer, BOTH[0], ["ba de"], ["BA DE"])
    start = tiny.model.config.decoder_start_token_id
    logits = tiny.model(
        input_ids=torch.tensor([source]), decoder_input_ids=torch.tensor([[start, *target[:-1]]])
    ).logits[0]
    log_probs = logits.log_softmax(-1)
    expected = -sum(log_probs[k, token] for k, token in enumerate(target)) / len(target)
    batch = collate([(source, target)], tiny.tokenizer.pad_token_id)
    assert get_loss(tiny.model, batch).item() == pytest.approx(expected.item(), rel=1e-5)
    smooth = get_loss(tiny.model, batch, label_smoothing=0.1).item()
    uniform = -log_probs.mean(-1).mean().item()
    assert smooth == pytest.approx(0.9 * expected.item() + 0.1 * uniform, rel=1e-5)


def test_loss_of_a_batch_among_others(tiny):
    tiny.model.eval().requires_grad_(False)
    items = encode(tiny.tokenizer, BOTH[0], ["ba de", "fa"], ["BA DE", "FA"])
    pad = tiny.tokenizer.pad_token_id
    whole = collate(items, pad)
    n = count_tokens(whole)
    assert n == sum(len(target) for _, target in items)
    parts = [get_loss(tiny.model, collate([item], pad), n_tokens=n) for item in items]
    # A mean over all target tokens, not over batches: they have different numbers.
    assert sum(part.item() for part in parts) == pytest.approx(get_loss(tiny.model, whole).item(), rel=1e-5)
    assert len({len(target) for _, target in items}) == 2


def test_loss_ignores_padding(tiny):
    tiny.model.eval().requires_grad_(False)
    items = encode(tiny.tokenizer, BOTH[0], ["ba de", "fa"], ["BA DE", "FA"])
    pad = tiny.tokenizer.pad_token_id
    total, n = get_sums(tiny.model, collate(items, pad))
    parts = [get_sums(tiny.model, collate([item], pad)) for item in items]
    assert n == sum(count for _, count in parts)
    assert total.item() == pytest.approx(sum(part.item() for part, _ in parts), rel=1e-5)


def test_mixture():
    losses = {"plain": torch.tensor(2.0), "marked": torch.tensor(6.0)}
    assert combine(losses, 0.5) == 4.0
    assert combine(losses, 0.25) == 5.0


@pytest.mark.parametrize("alpha", [0, 0.1, 0.25, 0.5, 0.7, 1])
def test_alternation(alpha):
    views = [pick_view(step, alpha) for step in range(1000)]
    assert views.count("plain") == round(1000 * alpha)
    for start in range(0, 900, 7):
        assert abs(views[start : start + 20].count("plain") - 20 * alpha) < 1.001
    if alpha == 0.5:
        assert views[:4] == ["marked", "plain", "marked", "plain"]


def test_rate():
    assert [get_rate(step, 4) for step in (1, 2, 4, 16)] == [0.25, 0.5, 1, 0.5]
    assert get_rate(1, 0) == 1


# Evaluation


def test_phrases_compared():
    assert is_same_phrase("La  ＵＥ", "la ue")
    assert not is_same_phrase("la ue", "ue")
    assert get_overlap("la ue", "UE") == pytest.approx(2 / 3)
    assert get_overlap("la", "UE") == 0
    assert get_overlap("la la", "la") == pytest.approx(2 / 3)


def test_evaluate_counts(tiny, monkeypatch):
    pair = SentencePair(("ba", "de"), ("BA", "DE"), {(0, 0), (1, 1)})
    marked = mark_pair(pair, random.Random(0), max_spans=2, min_spans=2, max_length=1)
    answers = [
        "__SLOT0__ ba __SLOT0__ __SLOT1__ DE __SLOT1__",  # all right
        "__SLOT0__ BA __SLOT0__ __SLOT1__ BA DE __SLOT1__",  # kept; one exact, one overlaps
        "__SLOT0__ BA __SLOT0__ __SLOT1__ DE",  # one lost
        "__SLOT0__ BA __SLOT1__ DE __SLOT1__ __SLOT0__",  # nested
        "__SLOT0__ BA __SLOT0__ __SLOT1__ X __SLOT1__ __SLOT2__",  # one too many
    ]
    monkeypatch.setattr(
        "spacy_xner.translation.training.evaluate.translate_marked", lambda *args: answers[: len(args[2])]
    )
    scores = evaluate_translator(
        tiny, type(make_held_out([], BOTH, n=0, max_spans=1))([(BOTH[0], [marked] * 5)])
    )
    assert scores.kept == pytest.approx(2 / 5)
    assert scores.exact == pytest.approx(6 / 10)
    assert scores.overlap == pytest.approx(7 / 10)
    uniform = math.log(tiny.model.config.vocab_size)
    assert scores.loss_t == pytest.approx(uniform, rel=0.5)
    assert (scores.bleu is not None) == has_bleu()


@pytest.mark.parametrize("installed", [True, False])
def test_bleu_is_of_texts_without_marks(tiny, monkeypatch, installed):
    if installed:
        pytest.importorskip("sacrebleu", reason="needs sacrebleu")
    monkeypatch.setattr("spacy_xner.translation.training.evaluate.has_bleu", lambda: installed)
    words = ("BA", "DE", "MA", "NO", "SU")
    pair = SentencePair(tuple(map(str.lower, words)), words, {(i, i) for i in range(5)})
    marked = mark_pair(pair, random.Random(0), max_spans=2, min_spans=2, max_length=1)
    answer = "__SLOT0__ BA __SLOT0__ DE MA __SLOT1__ NO __SLOT1__ SU"
    module = "spacy_xner.translation.training.evaluate.translate_marked"
    monkeypatch.setattr(module, lambda *args: [answer])
    held_out = type(make_held_out([], BOTH, n=0, max_spans=1))([(BOTH[0], [marked])])
    assert evaluate_translator(tiny, held_out).bleu == (pytest.approx(100) if installed else None)


def test_held_out(pairs):
    unaligned = SentencePair(("ba",), ("BA",), set())
    held_out = make_held_out([unaligned, *pairs], BOTH, n=7, max_spans=3)
    assert [len(group) for _, group in held_out.groups] == [4, 3]
    for _, group in held_out.groups:
        assert all(1 <= len(pair.source.spans) <= 3 for pair in group)
    assert held_out.groups[0][1][0].source.text.islower()
    assert held_out.groups[1][1][0].source.text.isupper()
    assert evaluate_translator(make_model(pairs, TINY, BOTH, n=3), make_held_out([], BOTH, n=3, max_spans=3))[
        :3
    ] == (
        0,
        0,
        0,
    )


# Training


def run(folder, output, **settings):
    """Train a tiny model."""
    kinds = (TranslatorSettings.__dataclass_fields__, Schedule.__dataclass_fields__)
    values, schedule = ({name: settings[name] for name in kind if name in settings} for kind in kinds)
    others = {name: settings[name] for name in settings.keys() - {*values, *schedule}}
    return train_translator(
        folder / "pairs.tsv",
        output,
        folder / "pairs.align",
        ("xx", "yy"),
        size=TINY,
        settings=TranslatorSettings(
            **{"batch_tokens": 100, "lr": 1e-3, "warmup": 4, "max_spans": 3, **values}
        ),
        schedule=Schedule(**{"held_out": 0.1, "eval_every": 4, "eval_size": 4, "steps": 8, **schedule}),
        **others,
    )


def without_time(lines):
    return [{**line, "seconds": 0} for line in lines]


def get_weights(folder):
    return load_seq2seq(str(folder)).model.state_dict()


def assert_equal(left, right):
    assert left.keys() == right.keys()
    for name, value in left.items():
        assert torch.equal(value, right[name]), name


@pytest.mark.parametrize("how, several", [("alternate", 1), ("sum", 1), ("alternate", 3), ("sum", 2)])
def test_resume_equals_one_run(tmp_path, pairs, how, several):
    write_pairs(tmp_path, pairs)
    settings = {"how": how, "accumulate_gradient": several}
    whole = run(tmp_path, tmp_path / "whole", **settings)
    run(tmp_path, tmp_path / "parts", **settings, steps=4)
    torch.rand(3)  # what others draw does not matter
    parts = run(tmp_path, tmp_path / "parts", **settings, resume=True)
    assert_equal(get_weights(tmp_path / "whole" / LAST), get_weights(tmp_path / "parts" / LAST))
    assert without_time(whole) == without_time(parts)
    assert [line["step"] for line in parts] == [0, 4, 8]
    assert parts[-1]["loss_lst"] < parts[0]["loss_lst"]
    log = (tmp_path / "parts" / "log.jsonl").read_text(encoding="utf8").splitlines()
    assert [json.loads(line) for line in log] == parts


def test_killed_training_goes_on(tmp_path, pairs):
    write_pairs(tmp_path, pairs)
    run(tmp_path, tmp_path / "whole")

    def kill(line):
        if line["step"] == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, tmp_path / "killed", on_log=kill)
    run(tmp_path, tmp_path / "killed", resume=True)
    assert_equal(get_weights(tmp_path / "whole" / LAST), get_weights(tmp_path / "killed" / LAST))


def test_checkpoint_is_whole(tmp_path, tiny, monkeypatch):
    save_translator(tmp_path, LAST, tiny, {"step": 1})
    with monkeypatch.context() as patch:
        patch.setattr(srsly, "write_msgpack", lambda *args: (_ for _ in ()).throw(OSError("disk full")))
        with pytest.raises(XnerError, match="X112.*disk full"):
            save_translator(tmp_path, LAST, tiny, {"step": 2})
    assert load_translator(tmp_path).state["step"] == 1
    # Killed between the two renames.
    (tmp_path / LAST).rename(tmp_path / f".{LAST}.old")
    assert find_checkpoint(tmp_path) == tmp_path / LAST
    (tmp_path / LAST).rename(tmp_path / f".{LAST}.old")
    save_translator(tmp_path, LAST, tiny, {"step": 3})
    assert load_translator(tmp_path).state["step"] == 3
    assert [path.name for path in tmp_path.iterdir()] == [LAST]


def test_resume_errors(tmp_path, pairs):
    write_pairs(tmp_path, pairs)
    with pytest.raises(XnerError, match="X224.*no checkpoint"):
        run(tmp_path, tmp_path / "output", resume=True)
    run(tmp_path, tmp_path / "output", steps=1)
    with pytest.raises(XnerError, match="X223"):
        run(tmp_path, tmp_path / "output")
    with pytest.raises(XnerError, match=r"X224.*'lr': 0.001.*'lr': 0.1"):
        run(tmp_path, tmp_path / "output", resume=True, lr=0.1)
    write_pairs(tmp_path, pairs[1:])
    with pytest.raises(XnerError, match="X224.*pairs"):
        run(tmp_path, tmp_path / "output", resume=True)


def test_a_training_of_before_there_was_a_setting(tmp_path, pairs, monkeypatch):
    write_pairs(tmp_path, pairs)
    run(tmp_path, tmp_path / "output", steps=1)
    state = load_translator(tmp_path / "output").state
    del state["setup"]["accumulate_gradient"]
    save_translator(tmp_path / "output", LAST, load_seq2seq(str(tmp_path / "output" / LAST)), state)
    with pytest.raises(XnerError, match="X224.*'accumulate_gradient': 2"):
        run(tmp_path, tmp_path / "output", resume=True, accumulate_gradient=2)
    assert run(tmp_path, tmp_path / "output", resume=True, steps=2)[-1]["step"] == 2


def test_gradient_of_several_batches(tmp_path, pairs, monkeypatch):
    """That of all their pairs in one batch: a mean over target tokens."""
    write_pairs(tmp_path, pairs)
    batches: list = []

    class Stream:
        def __init__(self, *args, **kwargs):
            self.state = (0, 0)

        def __next__(self):
            return batches.pop(0)

    monkeypatch.setattr("spacy_xner.translation.training.train.BatchStream", Stream)
    # No dropout, and a step of Adam that is too small to change the sign of anything: the gradient is what counts.
    found = []
    clip = torch.nn.utils.clip_grad_norm_
    monkeypatch.setattr(
        torch.nn.utils,
        "clip_grad_norm_",
        lambda params, norm: (
            found.append([p.grad.clone() for p in params if p.grad is not None]) or clip([], norm)
        ),
    )
    size = Size(width=16, layers=1, heads=2, vocab=330, dropout=0.0)
    model = make_model(pairs, size, BOTH, n=3)
    texts = ([pair.source for pair in pairs[:5]], [pair.target for pair in pairs[:5]])
    items = encode(model.tokenizer, BOTH[0], *([" ".join(words) for words in side] for side in texts))
    pad = model.tokenizer.pad_token_id
    for several, parts in ((1, [items]), (2, [items[:2], items[2:]])):
        batches.extend({"plain": collate(part, pad)} for part in parts)
        train_translator(
            *(tmp_path / "pairs.tsv", tmp_path / str(several), tmp_path / "pairs.align", ("xx", "yy")),
            size=size,
            settings=TranslatorSettings(alpha=1.0, accumulate_gradient=several, max_spans=3),
            schedule=Schedule(held_out=0.1, eval_size=2, steps=1),
        )
    assert not batches
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-4)
    assert any(gradient.abs().max() > 1e-3 for gradient in found[0])


def test_seed_and_settings_matter(tmp_path, pairs):
    write_pairs(tmp_path, pairs)
    changes = [
        {},
        {"seed": 1},
        {"alpha": 1.0},
        {"how": "sum"},
        {"lr": 1e-2},
        {"warmup": 1},
        {"label_smoothing": 0.1},
        {"max_grad_norm": 1e-9},
        {"max_spans": 1},
        {"batch_tokens": 50},
        {"accumulate_gradient": 2},
        {"precision": "bfloat16"},
        {"directions": "backward"},
        {"max_tokens": 3},
    ]
    curves = [run(tmp_path, tmp_path / str(k), steps=4, **change)[1:] for k, change in enumerate(changes)]
    for k, curve in enumerate(curves[1:], start=1):
        assert without_time(curve) != without_time(curves[0]), changes[k]
    again = run(tmp_path, tmp_path / "again", steps=4)[1:]
    assert without_time(again) == without_time(curves[0])


def test_loss_must_be_finite(tmp_path, pairs):
    write_pairs(tmp_path, pairs)
    with pytest.raises(XnerError, match="X226.*(nan|inf) at step"):
        run(tmp_path, tmp_path / "output", lr=1e30)


def test_minutes(tmp_path, pairs):
    write_pairs(tmp_path, pairs)
    assert [line["step"] for line in run(tmp_path, tmp_path / "output", minutes=0)] == [0]


def test_nothing_to_evaluate(tmp_path, pairs):
    # One link in all, in a sentence that is not held out.
    bare = [pair._replace(alignment=set()) for pair in pairs]
    training, _ = split_pairs(bare, held_out=0.1)
    bare[bare.index(training[0])] = training[0]._replace(alignment={(0, 0)})
    write_pairs(tmp_path, bare)
    with pytest.raises(XnerError, match="X222.*aligned phrase"):
        run(tmp_path, tmp_path / "output")


# Command line


def test_cli(tmp_path, pairs):
    path, align = write_pairs(tmp_path, pairs)
    options = ["--source", "xx", "--target", "yy", "--steps", "2", "--eval-every", "1", "--eval-size", "2"]
    options += ["--width", "16", "--layers", "1", "--heads", "2", "--vocab", "330", "--held-out", "0.1"]
    command = ["xner", "train-translator", str(path), str(tmp_path / "output"), *options]
    result = CliRunner().invoke(spacy_app, command)
    assert result.exit_code == 1
    assert "X220" in result.output
    command += ["--align", str(align)]
    result = CliRunner().invoke(spacy_app, command)
    assert result.exit_code == 0, result.output
    lines = re.findall(r"step (\d+)", result.output)
    assert lines[:3] == ["0", "1", "2"]
    assert "X223" in CliRunner().invoke(spacy_app, command).output
    command[command.index("--steps") + 1] = "3"
    result = CliRunner().invoke(spacy_app, [*command, "--resume"])
    assert result.exit_code == 0, result.output
    again = [*command[:3], str(tmp_path / "more"), *command[4:], "--model", str(tmp_path / "output" / "best")]
    assert CliRunner().invoke(spacy_app, again).exit_code == 0
    if not torch.cuda.is_available():
        result = CliRunner().invoke(spacy_app, [*again, "--gpu-id", "0"])
        assert "X302" in result.output


@pytest.mark.slow
def test_learns_to_keep_marks(tmp_path):
    write_pairs(tmp_path, make_pairs(3000))
    lines = train_translator(
        tmp_path / "pairs.tsv",
        tmp_path / "output",
        tmp_path / "pairs.align",
        ("xx", "yy"),
        size=Size(width=64, layers=2, heads=4, vocab=350, dropout=0.0),
        settings=TranslatorSettings(alpha=0.2, lr=4e-3, warmup=100, batch_tokens=512, max_spans=2),
        schedule=Schedule("forward", steps=900, eval_every=300, eval_size=100, held_out=0.1),
    )
    assert lines[0]["kept"] == 0
    best = max(lines, key=lambda line: line["exact"])
    # Of 100 sentences; 0.93 to 1.0 were seen, since `tokenizers` trains a little differently each time.
    assert best["kept"] >= 0.88, lines
    assert best["exact"] >= 0.8, lines
    # Any program that knows transformers can use what was saved.
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    folder = tmp_path / "output" / "best"
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSeq2SeqLM.from_pretrained(folder)
    inputs = tokenizer(["bo __SLOT0__ la ba __SLOT0__ di"], return_tensors="pt")
    (ids,) = model.generate(input_ids=inputs.input_ids, attention_mask=inputs.attention_mask, max_length=30)
    text = tokenizer.decode(ids, skip_special_tokens=True)
    assert extract_marks(text, "slots", 1).spans != (None,)
    (again,) = translate_marked(Seq2Seq(model, tokenizer), FORWARD[0], [extract_marks("ba", "slots", 0)])
    assert again
