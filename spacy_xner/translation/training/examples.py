"""Sentence pairs with marks around aligned phrases."""

import random
from pathlib import Path
from typing import List, NamedTuple, Sequence, Tuple

from ...errors import Errors, XnerError
from ..aligned import read_memory
from ..phrases import PhrasePair, Tokens, extract_phrases
from ..types import Alignment, Chars, MarkedText
from .settings import Schedule


class SentencePair(NamedTuple):
    """A sentence and its translation as tokens, and their word alignment."""

    source: Tuple[str, ...]
    target: Tuple[str, ...]
    alignment: Alignment

    def swap(self) -> "SentencePair":
        """RETURNS (SentencePair): the pair for the other direction."""
        return SentencePair(self.target, self.source, {(j, i) for i, j in self.alignment})


class MarkedPair(NamedTuple):
    """A sentence pair with marked spans.

    source, target (MarkedText): the two sentences; the i-th span of one is the translation of the other's i-th span.
    """

    source: MarkedText
    target: MarkedText


def read_sentence_pairs(
    path: Path, alignments: Path, *, max_tokens: int = Schedule.max_tokens
) -> List[SentencePair]:
    """Read the sentence pairs to train on.

    path (Path): lines of source text, tab, target text, tokenized by spaces; `.gz` or plain.
    alignments (Path): a line of pairs "i-j" for each line.
    max_tokens (int): longer sentences are left out, with their translations.
    RETURNS (List[SentencePair]): the pairs. If a text has several translations, the first is used.
    RAISES: X222 if no pair is short enough, and those of `read_memory`.
    """
    pairs = []
    for text, translation in read_memory(path, alignments).items():
        pair = SentencePair(
            tuple(text.split()), tuple(translation.text.split()), translation.alignment or set()
        )
        if max(len(pair.source), len(pair.target)) <= max_tokens:
            pairs.append(pair)
    if not pairs:
        raise XnerError(
            Errors.X222.format(path=path, reason=f"has at most {max_tokens} tokens on both sides")
        )
    return pairs


def split_pairs(
    pairs: Sequence[SentencePair], *, held_out: float, seed: int = 0
) -> Tuple[List[SentencePair], List[SentencePair]]:
    """Hold pairs out for evaluation.

    pairs (Sequence[SentencePair]): all pairs.
    held_out (float): share to hold out, more than 0 and less than 1; at least one pair is held out.
    seed (int): random seed.
    RETURNS (Tuple[List[SentencePair], List[SentencePair]]): the pairs to train on, and the pairs held out.
    RAISES: X306 if the share leaves nothing to train on.
    """
    n = max(1, round(held_out * len(pairs)))
    if not 0 < held_out < 1 or n >= len(pairs):
        expected = f"a share of the {len(pairs)} pairs that leaves some on both sides"
        raise XnerError(Errors.X306.format(found=held_out, expected=expected, option="--held-out"))
    chosen = set(random.Random(f"{seed}-held-out").sample(range(len(pairs)), n))
    rest = [pair for i, pair in enumerate(pairs) if i not in chosen]
    return rest, [pairs[i] for i in sorted(chosen)]


def mark_pair(
    pair: SentencePair, rng: random.Random, *, max_spans: int = 10, min_spans: int = 0, max_length: int = 7
) -> MarkedPair:
    """Mark randomly drawn aligned phrases, which gives the pair (x_p, y_p) of CROP, section 3.3.

    pair (SentencePair): the pair.
    rng (random.Random): the random generator, for the number of spans and then for the spans.
    max_spans (int): most spans to mark. Fewer are marked if fewer fit without overlap.
    min_spans (int): fewest spans to draw.
    max_length (int): most tokens of a span, on either side.
    RETURNS (MarkedPair): texts with single spaces, and the spans in the order of the source.
    """
    phrases = extract_phrases(len(pair.source), len(pair.target), pair.alignment, max_length=max_length)
    n = rng.randint(min_spans, max_spans)
    spans = sample_spans(phrases, rng, n)
    return MarkedPair(
        _to_text(pair.source, [span.source for span in spans]),
        _to_text(pair.target, [span.target for span in spans]),
    )


def sample_spans(phrases: Sequence[PhrasePair], rng: random.Random, n: int) -> List[PhrasePair]:
    """Draw phrase pairs without overlap.

    phrases (Sequence[PhrasePair]): the pairs to draw from.
    rng (random.Random): the random generator.
    n (int): number to draw; fewer are drawn if no more fit.
    RETURNS (List[PhrasePair]): the pairs in the order of the source.
    """
    chosen: List[PhrasePair] = []
    for phrase in rng.sample(phrases, len(phrases)) if n else ():
        apart = (
            _is_apart(phrase.source, other.source) and _is_apart(phrase.target, other.target)
            for other in chosen
        )
        if all(apart):
            chosen.append(phrase)
            if len(chosen) == n:
                break
    return sorted(chosen)


def _is_apart(left: Tokens, right: Tokens) -> bool:
    return left[1] <= right[0] or right[1] <= left[0]


def _to_text(tokens: Sequence[str], spans: Sequence[Tokens]) -> MarkedText:
    starts = [0]
    for token in tokens:
        starts.append(starts[-1] + len(token) + 1)
    chars: List[Chars] = [(starts[start], starts[end] - 1) for start, end in spans]
    return MarkedText(" ".join(tokens), tuple(chars))
