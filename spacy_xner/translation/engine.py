"""Translating and aligning with a cache: each sentence once, in batches that are stored at once."""

from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

from spacy.tokens import Doc
from spacy.util import minibatch

from ..errors import Errors, XnerError, explain
from .cache import Cache, make_key
from .spread import SpreadTranslator, Translated
from .types import Aligner, Alignment, MarkedText, Translator, read_marked_text

# Called with the number of sentences done, and of all.
Progress = Callable[[int, int], None]

Pair = Tuple[Sequence[str], Sequence[str]]


def translate_sentences(
    engine: Translator,
    languages: Tuple[str, str],
    sentences: Sequence[MarkedText],
    *,
    cache: Optional[Cache] = None,
    batch_size: int = 64,
    progress: Optional[Progress] = None,
) -> List[Optional[MarkedText]]:
    """Translate sentences. Sentences that occur several times are translated once.

    Batches are formed from all sentences, by length, before the cache is read. So they are the same whether a run was
    interrupted or not; this matters because an engine's output may depend on the batch.

    engine (Translator): the engine.
    languages (Tuple[str, str]): codes of source and target, part of the key of the cache.
    sentences (Sequence[MarkedText]): the sentences with the spans to mark.
    cache (Optional[Cache]): earlier results.
    batch_size (int): sentences given to the engine at once, and stored at once.
    progress (Optional[Callable]): called with the number of sentences done, and of all.
    RETURNS (List[Optional[MarkedText]]): the translations in order, None for a sentence without one.
    RAISES: X209 if the engine fails, and the engine's own errors; earlier translations are in the cache.
    """
    cache = cache or Cache()
    keys = [make_key(engine.name, *languages, text, spans) for text, spans in sentences]
    different = {
        key: sentence for key, sentence in zip(keys, sentences, strict=True) if sentence.text.strip()
    }
    order = sorted(different, key=lambda key: (len(different[key].text), key))
    results: Dict[str, Any] = {}
    missing: List[List[str]] = []
    for batch in minibatch(order, batch_size):
        found = cache.get(batch)
        results.update(found)
        missing.append([key for key in batch if key not in found])
    missing = [batch for batch in missing if batch]
    if progress is not None and results:
        progress(len(results), len(order))
    batches = [[different[key] for key in batch] for batch in missing]
    for number, new in _translate_batches(engine, batches):
        values: Dict[str, Any] = dict(zip(missing[number], new, strict=True))
        cache.put(values)
        results.update(values)
        if progress is not None:
            progress(len(results), len(order))
    empty = [MarkedText(text, (None,) * len(spans)) for text, spans in sentences]
    return [
        read_marked_text(results[key]) if key in results else blank
        for key, blank in zip(keys, empty, strict=True)
    ]


def _translate_batches(engine: Translator, batches: List[List[MarkedText]]) -> Iterator[Translated]:
    try:
        if isinstance(engine, SpreadTranslator):
            yield from engine.translate_batches(batches)
        else:
            for number, batch in enumerate(batches):
                yield number, engine.translate(batch)
    except (RuntimeError, MemoryError) as error:  # out of memory, or a failure inside of torch or CTranslate2
        reason = f"failed ({explain(error)})"
        raise XnerError(Errors.X209.format(engine=engine.name, reason=reason)) from error


def align_pairs(aligner: Aligner, pairs: Sequence[Pair], *, cache: Optional[Cache] = None) -> List[Alignment]:
    """Align the words of sentence pairs. They are stored as a whole, since an aligner may learn from all pairs.

    aligner (Aligner): the aligner.
    pairs (Sequence[Tuple[Sequence[str], Sequence[str]]]): tokens of both sides.
    cache (Optional[Cache]): earlier results.
    RETURNS (List[Alignment]): an alignment of each pair, in order.
    """
    cache = cache or Cache()
    key = make_key(aligner.name, [[list(source), list(target)] for source, target in pairs])
    stored = cache.get([key]).get(key)
    if stored is None:
        found = aligner.align(pairs)
        stored = [sorted(alignment) for alignment in found]
        cache.put({key: stored})
    return [{(i, j) for i, j in alignment} for alignment in stored]


def align_docs(
    aligner: Optional[Aligner], pairs: Sequence[Tuple[Doc, Doc]], *, cache: Optional[Cache] = None
) -> List[Optional[Alignment]]:
    """Align the tokens of documents with those of their translations, as `align_pairs` does.

    aligner (Optional[Aligner]): the aligner; None to align nothing.
    pairs (Sequence[Tuple[Doc, Doc]]): documents and their translations.
    cache (Optional[Cache]): earlier results.
    RETURNS (List[Optional[Alignment]]): an alignment of each pair, in order; all None without an aligner.
    """
    if aligner is None:
        return [None] * len(pairs)
    words = [([token.text for token in one], [token.text for token in other]) for one, other in pairs]
    return list(align_pairs(aligner, words, cache=cache))
