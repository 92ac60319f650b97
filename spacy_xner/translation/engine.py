"""Translating and aligning with a cache: each sentence once, in batches that are stored at once."""

from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from spacy.tokens import Doc
from spacy.util import minibatch

from ..errors import Errors, XnerError, explain
from .cache import Cache, make_key
from .remote.translator import RemoteTranslator
from .types import (
    Aligner,
    Alignment,
    BatchesTranslator,
    MarkedText,
    Translated,
    Translator,
    read_marked_text,
)

# Called with the number of sentences done, and of all.
Progress = Callable[[int, int], None]

Pair = Tuple[Sequence[str], Sequence[str]]
# Sentences that an engine gets at once.
BATCH_SIZE = 64


def translate_sentences(
    engine: Translator,
    languages: Tuple[str, str],
    sentences: Sequence[MarkedText],
    *,
    cache: Optional[Cache] = None,
    batch_size: int = BATCH_SIZE,
    progress: Optional[Progress] = None,
) -> List[Optional[MarkedText]]:
    """Translate sentences. Sentences that occur several times are translated once.

    Batches are the same whether a run was interrupted or not, since an engine's output may depend on the batch.

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
    plan = make_plan(engine, languages, sentences, cache, batch_size)
    results: Dict[str, Any] = dict(plan.found)
    if progress is not None and results:
        progress(len(results), len(plan.different))
    batches = [[plan.different[key] for key in batch] for batch in plan.missing]
    for number, new in _translate_batches(engine, batches):
        values: Dict[str, Any] = {plan.missing[number][i]: text for i, text in new.items()}
        cache.put(values)
        results.update(values)
        if progress is not None:
            progress(len(results), len(plan.different))
    empty = [MarkedText(text, (None,) * len(spans)) for text, spans in sentences]
    return [
        read_marked_text(results[key]) if key in results else blank
        for key, blank in zip(plan.keys, empty, strict=True)
    ]


class Plan(NamedTuple):
    """What is to be translated.

    keys (List[str]): the key of each sentence in the cache.
    different (Dict[str, MarkedText]): the sentences by key, but for blank ones.
    found (Dict[str, Any]): what the cache has, by key.
    missing (List[List[str]]): the keys of the sentences that it lacks, in batches.
    """

    keys: List[str]
    different: Dict[str, MarkedText]
    found: Dict[str, Any]
    missing: List[List[str]]


def make_plan(
    engine: Translator,
    languages: Tuple[str, str],
    sentences: Sequence[MarkedText],
    cache: Cache,
    batch_size: int = BATCH_SIZE,
) -> Plan:
    """Find out what an engine is to translate, and in which batches.

    engine (Translator): the engine.
    languages (Tuple[str, str]): codes of source and target.
    sentences (Sequence[MarkedText]): the sentences with the spans to mark.
    cache (Cache): earlier results.
    batch_size (int): sentences of a batch; a service has its own sizes.
    RETURNS (Plan): the batches. They are formed from all sentences, by length, before the cache is read.
    """
    keys = [make_key(engine.name, *languages, text, spans) for text, spans in sentences]
    different = {
        key: sentence for key, sentence in zip(keys, sentences, strict=True) if sentence.text.strip()
    }
    order = sorted(different, key=lambda key: (len(different[key].text), key))
    if isinstance(engine, RemoteTranslator):
        batches = [[order[i] for i in batch] for batch in engine.cut([different[key] for key in order])]
    else:
        batches = list(minibatch(order, batch_size))
    found: Dict[str, Any] = {}
    missing: List[List[str]] = []
    for batch in batches:
        known = cache.get(batch)
        found.update(known)
        missing.append([key for key in batch if key not in known])
    return Plan(keys, different, found, [batch for batch in missing if batch])


class Estimate(NamedTuple):
    """What a translation will send to a service.

    sentences, different, known (int): how many sentences there are, how many different ones, and how many of these the
        cache has.
    requests, characters (int): how many requests, and their characters as the service counts them.
    characters_per_token (Optional[float]): see `Service`.
    """

    sentences: int
    different: int
    known: int
    requests: int
    characters: int
    characters_per_token: Optional[float]


def estimate(
    engine: Optional[Translator], languages: Tuple[str, str], sentences: Sequence[MarkedText], cache: Cache
) -> Estimate:
    """Find out what `translate_sentences` will send, without sending it. Bad answers may add to it.

    engine (Optional[Translator]): the engine, one of a service.
    languages (Tuple[str, str]): codes of source and target.
    sentences (Sequence[MarkedText]): the sentences with the spans to mark.
    cache (Cache): earlier results.
    RETURNS (Estimate): the numbers.
    RAISES: X306 if the engine is not one of a service.
    """
    remote = require_service(engine, "--dry-run")
    plan = make_plan(remote, languages, sentences, cache)
    batches = [[plan.different[key] for key in batch] for batch in plan.missing]
    return Estimate(
        len(sentences),
        len(plan.different),
        len(plan.found),
        len(batches),
        sum(map(remote.measure, batches)),
        remote.service.characters_per_token,
    )


def require_service(engine: Optional[Translator], option: str) -> RemoteTranslator:
    """Check that an engine is one whose characters are counted.

    engine (Optional[Translator]): the engine.
    option (str): the option that needs it, for the message.
    RETURNS (RemoteTranslator): the engine.
    RAISES: X306 if it is another, or there is none.
    """
    if not isinstance(engine, RemoteTranslator):
        expected = "of use without an engine that sends text to a service"
        raise XnerError(Errors.X306.format(found=option, expected=expected, option="one of them"))
    return engine


def _translate_batches(engine: Translator, batches: List[List[MarkedText]]) -> Iterator[Translated]:
    try:
        if isinstance(engine, BatchesTranslator):
            yield from engine.translate_batches(batches)
        else:
            for number, batch in enumerate(batches):
                results = engine.translate(batch)
                yield number, dict(zip(range(len(batch)), results, strict=True))
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
