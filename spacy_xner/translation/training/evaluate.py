"""Evaluation of a translation model: whether it keeps marks, and how well it translates the marked spans."""

import random
import unicodedata
from collections import Counter, defaultdict
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

import torch

from ..bleu import get_bleu, has_bleu
from ..marks import extract_marks, get_style, insert_marks
from ..types import MarkedText
from .batches import View, collate, encode_pairs, get_limit
from .examples import MarkedPair, SentencePair, mark_pair
from .languages import PairDirection, encode, get_generation_options
from .loss import get_sums
from .model import Seq2Seq

BATCH_SIZE = 32
MIN_OVERLAP = 0.5


class HeldOut(NamedTuple):
    """Marked pairs to evaluate on, by direction."""

    groups: List[Tuple[PairDirection, List[MarkedPair]]]


class TranslatorScores(NamedTuple):
    """The scores of a translation model.

    kept (float): share of sentences with all marks, each pair around a span without other marks.
    exact (float): share of marked spans whose translation equals the reference's span, ignoring case.
    overlap (float): share of marked spans with a token F1 of at least 0.5 against the reference's span.
    loss_t (float): eq. 4 of CROP, per token.
    loss_lst (float): eq. 5 of CROP, per token.
    bleu (Optional[float]): BLEU, 0 to 100, of the translations without their marks, whose tokens have spaces between;
        None without sacrebleu.
    """

    kept: float
    exact: float
    overlap: float
    loss_t: float
    loss_lst: float
    bleu: Optional[float] = None


def make_held_out(
    pairs: Sequence[SentencePair],
    directions: Sequence[PairDirection],
    *,
    n: int,
    max_spans: int,
    seed: int = 0,
) -> HeldOut:
    """Mark pairs for evaluation. All evaluations of a training use the same marks.

    pairs (Sequence[SentencePair]): the pairs. Pairs without aligned phrases are skipped.
    directions (Sequence[PairDirection]): the directions, to which the pairs are assigned in turn.
    n (int): most pairs to use.
    max_spans (int): most spans to mark; at least one is marked.
    seed (int): random seed.
    RETURNS (HeldOut): the marked pairs.
    """
    rng = random.Random(f"{seed}-evaluation")
    groups: List[List[MarkedPair]] = [[] for _ in directions]
    taken = 0
    for pair in pairs:
        k = taken % len(directions)
        side = pair.swap() if directions[k].swapped else pair
        marked = mark_pair(side, rng, max_spans=max_spans, min_spans=1)
        if marked.source.spans and taken < n:
            groups[k].append(marked)
            taken += 1
    return HeldOut(list(zip(directions, groups, strict=True)))


def evaluate_translator(translator: Seq2Seq, held_out: HeldOut) -> TranslatorScores:
    """Translate marked sentences, and compare the marked spans with those of the reference.

    translator (Seq2Seq): the model, on its device.
    held_out (HeldOut): the marked pairs.
    RETURNS (TranslatorScores): the scores, 0 without pairs.
    """
    was_training = translator.model.training
    translator.model.eval()
    counts: Dict[str, float] = defaultdict(float)
    found: List[Tuple[str, str]] = []
    with torch.no_grad():
        for direction, pairs in held_out.groups:
            for start in range(0, len(pairs), BATCH_SIZE):
                part = pairs[start : start + BATCH_SIZE]
                _add_losses(counts, translator, direction, part)
                texts = translate_marked(translator, direction, [pair.source for pair in part])
                for pair, text in zip(part, texts, strict=True):
                    found.append((_add_matches(counts, pair, text), pair.target.text))
    translator.model.train(was_training)
    return TranslatorScores(
        kept=counts["kept"] / max(counts["sentences"], 1),
        exact=counts["exact"] / max(counts["spans"], 1),
        overlap=counts["overlap"] / max(counts["spans"], 1),
        loss_t=counts["plain"] / max(counts["n_plain"], 1),
        loss_lst=counts["marked"] / max(counts["n_marked"], 1),
        bleu=_get_bleu(found) if has_bleu() else None,
    )


def translate_marked(
    translator: Seq2Seq, direction: PairDirection, sentences: Sequence[MarkedText], **options: Any
) -> List[str]:
    """Translate sentences with marks in their text.

    translator (Seq2Seq): the model.
    direction (PairDirection): the languages.
    sentences (Sequence[MarkedText]): the sentences.
    options: options of `generate`; by default the most probable token is chosen.
    RETURNS (List[str]): the translations, marks included.
    """
    model, tokenizer = translator
    sources = [insert_marks(sentence, "slots") for sentence in sentences]
    limit = get_limit(translator)
    items = [
        (ids[: limit - 1] + ids[-1:] if len(ids) > limit else ids, [0])
        for ids, _ in encode(tokenizer, direction, sources, sources)
    ]
    batch = collate(items, int(tokenizer.pad_token_id))
    # At first, a model has not learnt to stop and would use all its positions.
    longest = min(limit, 2 * batch.input_ids.shape[1] + 10)
    settings = {
        "num_beams": 1,
        "do_sample": False,
        "max_length": longest,
        **get_generation_options(tokenizer, direction),
    }
    ids = model.generate(
        input_ids=batch.input_ids.to(model.device),
        attention_mask=batch.attention_mask.to(model.device),
        **{**settings, **options},
    )
    return tokenizer.batch_decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)


def is_same_phrase(found: str, expected: str) -> bool:
    """Compare a phrase with the reference.

    found, expected (str): the phrases.
    RETURNS (bool): whether they are equal except for case, white space and Unicode's compatibility forms.
    """
    return _normalize(found) == _normalize(expected)


def get_overlap(found: str, expected: str) -> float:
    """Compare the tokens of a phrase, in any order and case, with those of the reference.

    found, expected (str): the phrases, tokenized by spaces.
    RETURNS (float): F1 of the tokens in [0, 1], 0 if both are empty.
    """
    left, right = Counter(_normalize(found).split()), Counter(_normalize(expected).split())
    common = sum((left & right).values())
    return 2 * common / max(sum(left.values()) + sum(right.values()), 1)


def _normalize(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _get_bleu(found: Sequence[Tuple[str, str]]) -> float:
    """RETURNS (float): BLEU. found (Sequence[Tuple[str, str]]): translations and references, tokenized by spaces."""
    texts, references = ([pair[side] for pair in found] for side in (0, 1))
    return get_bleu(texts, references, tokenize="none").score


def _add_matches(counts: Dict[str, float], pair: MarkedPair, text: str) -> str:
    """RETURNS (str): the translation without marks."""
    n = len(pair.source.spans)
    result = extract_marks(text, "slots", n)
    n_marks = len(get_style("slots").pattern.findall(text))
    counts["sentences"] += 1
    counts["kept"] += None not in result.spans and n_marks == 2 * n
    for span, reference in zip(result.spans, pair.target.spans, strict=True):
        counts["spans"] += 1
        if span is not None and reference is not None:
            found, expected = result.text[slice(*span)], pair.target.text[slice(*reference)]
            counts["exact"] += is_same_phrase(found, expected)
            counts["overlap"] += get_overlap(found, expected) >= MIN_OVERLAP
    return result.text


def _add_losses(
    counts: Dict[str, float], translator: Seq2Seq, direction: PairDirection, pairs: Sequence[MarkedPair]
) -> None:
    pad, limit = int(translator.tokenizer.pad_token_id), get_limit(translator)
    views: Tuple[View, ...] = ("plain", "marked")
    for view in views:
        ids = encode_pairs(translator, direction, pairs, view)
        ids = [item for item in ids if max(len(side) for side in item) <= limit]
        if ids:
            total, n_tokens = get_sums(translator.model, collate(ids, pad))
            counts[view] += float(total)
            counts[f"n_{view}"] += n_tokens
