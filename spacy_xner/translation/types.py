"""The contracts of the translation room: marked text, translators and aligners."""

from typing import Any, Callable, Dict, List, NamedTuple, Optional, Protocol, Sequence, Set, Tuple

from spacy.tokens import Doc

from ..metadata import get_provenance

# Characters [start, end) of a text.
Chars = Tuple[int, int]
# Pairs of source and target token, from 0.
Alignment = Set[Tuple[int, int]]


class MarkedText(NamedTuple):
    """A sentence with marked spans.

    text (str): the sentence, without any marks.
    spans (Tuple[Optional[Chars], ...]): the marked spans without overlap. In a translation the i-th span is that of
        the source's i-th span, None where its mark was lost, came more than once, or covers nothing.
    """

    text: str
    spans: Tuple[Optional[Chars], ...] = ()


def read_marked_text(value: Any) -> Optional[MarkedText]:
    """Read a sentence back of what JSON made lists of.

    value (Any): text and spans, or None.
    RETURNS (Optional[MarkedText]): the sentence, None for None.
    """
    if value is None:
        return None
    return MarkedText(value[0], tuple(None if span is None else (span[0], span[1]) for span in value[1]))


class Translator(Protocol):
    """An engine for one direction, for example English to German.

    name (str): engine, model and every setting that changes what comes out; part of the key of the cache.
    licence (str): of the model or the data, as far as it is known; kept with the corpus.
    """

    name: str
    licence: str

    def translate(self, sentences: Sequence[MarkedText]) -> List[Optional[MarkedText]]:
        """Translate sentences.

        sentences (Sequence[MarkedText]): the sentences with the spans to mark.
        RETURNS (List[Optional[MarkedText]]): as many results, in order, each with as many spans as the sentence. None
            for a sentence that the engine has no translation for.
        """
        ...


def name_engines(engine: Optional[Translator], *docs: Doc) -> Dict[str, str]:
    """List what had a part in a translation, for its provenance.

    engine (Optional[Translator]): what translated now; None if nothing did.
    docs (Doc): the documents that it comes of, whose own provenance is read.
    RETURNS (Dict[str, str]): the licences by engine, of this one and of those that the documents come from.
    """
    own = {} if engine is None else {engine.name: engine.licence}
    earlier = (get_provenance(doc).get("engines", {}) for doc in docs)
    return {name: licence for engines in (*earlier, own) for name, licence in engines.items()}


# What is registered: from the codes of source and target language to an engine, which is loaded only then.
MakeTranslator = Callable[[str, str], Translator]


class Aligner(Protocol):
    """Finds the word alignments of a whole corpus of sentence pairs.

    name (str): the method and every setting that changes what comes out; part of the key of the cache.
    """

    name: str

    def align(self, pairs: Sequence[Tuple[Sequence[str], Sequence[str]]]) -> List[Alignment]:
        """Align sentence pairs.

        pairs (Sequence[Tuple[Sequence[str], Sequence[str]]]): tokens of both sides.
        RETURNS (List[Alignment]): one alignment for each pair, in order.
        """
        ...
