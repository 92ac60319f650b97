"""The contracts of the translation room: marked text, translators and aligners."""

from typing import (
    Any,
    Callable,
    Dict,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Protocol,
    Sequence,
    Set,
    Tuple,
    runtime_checkable,
)

from spacy.tokens import Doc

from ..metadata import get_provenance

# Characters [start, end) of a text.
Chars = Tuple[int, int]
# Pairs of source and target token, from 0.
Alignment = Set[Tuple[int, int]]


class MarkedText(NamedTuple):
    """A sentence with marked spans.

    text (str): the sentence, without any marks.
    spans (Tuple[Optional[Chars], ...]): the marked spans without overlap. In a translation the i-th span corresponds to
        the i-th span of the source; it is None if its mark was lost, repeated or empty.
    """

    text: str
    spans: Tuple[Optional[Chars], ...] = ()


def read_marked_text(value: Any) -> Optional[MarkedText]:
    """Convert a JSON value back to a sentence.

    value (Any): text and spans as lists, or None.
    RETURNS (Optional[MarkedText]): the sentence, None for None.
    """
    if value is None:
        return None
    return MarkedText(value[0], tuple(None if span is None else (span[0], span[1]) for span in value[1]))


class Translator(Protocol):
    """An engine for one direction, for example English to German.

    name (str): engine, model and all settings that affect the result; part of the cache's key.
    licence (str): the licence of the model or the data, if known; stored with the corpus.
    """

    name: str
    licence: str

    def translate(self, sentences: Sequence[MarkedText]) -> List[Optional[MarkedText]]:
        """Translate sentences.

        sentences (Sequence[MarkedText]): the sentences with the spans to mark.
        RETURNS (List[Optional[MarkedText]]): the translations in order, each with as many spans as its sentence; None
            for a sentence without a translation.
        """
        ...


# The number of a batch, and the translations of its sentences by their places in it.
Translated = Tuple[int, Dict[int, Optional[MarkedText]]]


@runtime_checkable
class BatchesTranslator(Translator, Protocol):
    """An engine that works on several batches at once. For the rest see `Translator`."""

    def translate_batches(self, batches: Sequence[Sequence[MarkedText]]) -> Iterator[Translated]:
        """Translate several batches at once.

        batches (Sequence[Sequence[MarkedText]]): the sentences of each batch.
        YIELDS (Translated): the number of each batch from 0 with its translations, in any order; those of one batch
            may come one after another.
        """
        ...


def name_engines(engine: Optional[Translator], *docs: Doc) -> Dict[str, str]:
    """List the engines that contributed to a translation, for its provenance.

    engine (Optional[Translator]): the engine of this translation, None if there was none.
    docs (Doc): the documents that it is made from, whose provenance is read.
    RETURNS (Dict[str, str]): the licences by engine, of this engine and of those in the documents' provenance.
    """
    own = {} if engine is None else {engine.name: engine.licence}
    earlier = (get_provenance(doc).get("engines", {}) for doc in docs)
    return {name: licence for engines in (*earlier, own) for name, licence in engines.items()}


# A registered engine: from the codes of source and target language to the engine, which is loaded then.
MakeTranslator = Callable[[str, str], Translator]


class Aligner(Protocol):
    """Finds the word alignments of a whole corpus of sentence pairs.

    name (str): the method and all settings that affect the result; part of the cache's key.
    """

    name: str

    def align(self, pairs: Sequence[Tuple[Sequence[str], Sequence[str]]]) -> List[Alignment]:
        """Align sentence pairs.

        pairs (Sequence[Tuple[Sequence[str], Sequence[str]]]): tokens of both sides.
        RETURNS (List[Alignment]): one alignment for each pair, in order.
        """
        ...
