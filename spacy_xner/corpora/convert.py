"""From the usual formats of labelled and raw text to a `.spacy` file, and from there to others."""

import warnings
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Callable, Counter, Dict, Iterable, Iterator, List, Optional, Tuple, Union

import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import get_words_and_spaces
from spacy.vocab import Vocab

from ..errors import Errors, Warnings, XnerError
from ..metadata import get_group, set_metadata
from ..schemes import BEGIN, INSIDE, OUTSIDE
from ..tokens import copy_unlabelled
from .export import export_docs
from .formats import READERS, Record, TextRecord, TextSpan, TokenRecord, detect_format
from .formats.writers import LINES, WRITERS
from .store import read_docs, write_docs

TokenizerT = Callable[[str], Doc]

# What the name of an output tells.
ENDINGS = {
    ".spacy": "spacy",
    ".jsonl": "jsonl",
    ".json": "label-studio",
    ".parquet": "huggingface",
    ".iob": "iob2",
    ".conll": "iob2",
}


@lru_cache(maxsize=1)
def _get_blank() -> Language:
    return spacy.blank("xx")


def tokenize_blank(text: str) -> Doc:
    """Tokenize with the blank multi-language pipeline, which is made at the first call: column formats
    need none.

    text (str): the raw text.
    RETURNS (Doc): the tokens.
    """
    return _get_blank().tokenizer(text)


@dataclass
class ConvertSummary:
    """What was written.

    sentences, tokens (int): how many.
    entities (Counter[str]): the number of entities of each type.
    skipped (int): entities left out because they don't match token boundaries.
    """

    sentences: int = 0
    tokens: int = 0
    entities: Counter[str] = field(default_factory=Counter)
    skipped: int = 0


def convert(
    input_path: Union[str, Path],
    output_path: Union[str, Path],
    *,
    format: str = "auto",
    to: str = "auto",
    language: Optional[str] = None,
    view: Optional[str] = None,
    unlabelled: bool = False,
    limit: Optional[int] = None,
    max_tokens: int = 10000,
    group_prefix: str = "",
    tokenizer: TokenizerT = tokenize_blank,
) -> ConvertSummary:
    """Convert a file. On any error nothing is written.

    input_path (Union[str, Path]): the file, gzipped if it ends in `.gz`.
    output_path (Union[str, Path]): the file to be written.
    format (str): "spacy", a key of `READERS`, or "auto" to infer it from name and content.
    to (str): "spacy", one of `WRITERS`, or "auto" to tell it by the name of the output.
    language (Optional[str]): the language of all sentences; None for what the file says.
    view (Optional[str]): the view of all sentences; None for what the file says.
    unlabelled (bool): drop the annotation (the file must be well-formed all the same).
    limit (Optional[int]): read only so many sentences.
    max_tokens (int): the longest sentence that is allowed.
    group_prefix (str): put before the running number that is the group of a sentence without an id.
    tokenizer (TokenizerT): makes a Doc of raw text; by default that of `spacy.blank("xx")`.
        Formats that give tokens keep them.
    RETURNS (ConvertSummary): what was written.
    RAISES: X101-X109, X110, X115, X116, X129, X130 and X135 (the input), X112, X131 and X132 (the output), X125
        (pyarrow is missing), X306 (an option).
    """
    path, output = Path(input_path), Path(output_path)
    target = find_target(output, to)
    for option, value in (("--limit", limit), ("--max-tokens", max_tokens)):
        if value is not None and value < 1:
            raise XnerError(Errors.E306.format(found=value, expected="a positive number", option=option))
    name = detect_format(path) if format == "auto" else format
    if name != "spacy" and name not in READERS:
        error = Errors.E135 if format == "auto" else Errors.E109
        raise XnerError(error.format(found=format, path=path, expected=["spacy", *sorted(READERS)]))
    summary = ConvertSummary()

    def read() -> Iterator[Tuple[int, Doc]]:
        if name == "spacy":
            for number, doc in enumerate(read_docs(path, Vocab()), start=1):
                yield number, copy_unlabelled(doc, doc.vocab) if unlabelled else doc
            return
        vocab = Vocab()
        for record in READERS[name or ""](path):
            doc, n_skipped = _make_doc(record, vocab, tokenizer, unlabelled, cut=target != "spacy")
            summary.skipped += n_skipped
            yield record.line, doc

    def make_docs() -> Iterator[Doc]:
        for number, (line, doc) in enumerate(islice(read(), limit)):
            if target != "spacy" and not doc.text.strip():
                continue  # other formats have no sentences without text
            if len(doc) > max_tokens:
                raise XnerError(Errors.E108.format(path=path, line=line, found=len(doc), limit=max_tokens))
            group = get_group(doc) or f"{group_prefix}{number}"
            set_metadata(doc, group=group, view=view, language=language)
            summary.sentences += 1
            summary.tokens += len(doc)
            summary.entities.update(ent.label_ for ent in doc.ents)
            yield doc
        # Both before anything is written, so that a warning turned into an error also leaves no file.
        if not summary.sentences:
            raise XnerError(Errors.E102.format(path=path))
        if summary.skipped:
            warnings.warn(Warnings.W002.format(n=summary.skipped, path=path), stacklevel=2)

    if target == "spacy":
        write_docs(output, make_docs())
    else:
        export_docs(output, make_docs(), target)
    return summary


def find_target(path: Path, to: str) -> str:
    """Find the format of a file to be written.

    path (Path): the file; its name tells the format, and by ".gz" that it is packed.
    to (str): "spacy", one of `WRITERS`, or "auto" for what the name tells.
    RETURNS (str): "spacy" or one of `WRITERS`.
    RAISES: X132 if the name does not tell it, there is no such, or it can't be packed.
    """
    name = path.name.removesuffix(".gz")
    endings = (ending for ending in ENDINGS if name.endswith(ending))
    target = ENDINGS.get(next(endings, ""), "") if to == "auto" else to
    if target not in ("spacy", *WRITERS) or (path.suffix == ".gz" and target not in LINES):
        raise XnerError(
            Errors.E132.format(path=path, found=to, endings=", ".join(ENDINGS), expected=["spacy", *WRITERS])
        )
    return target


def _make_doc(
    record: Record, vocab: Vocab, tokenizer: TokenizerT, unlabelled: bool, cut: bool
) -> Tuple[Doc, int]:
    """Make a document of a record.

    record (Record): a sentence.
    vocab (Vocab): the vocabulary of column formats; texts have that of the tokenizer.
    tokenizer (Callable[[str], Doc]): makes a Doc of raw text.
    unlabelled (bool): drop the annotation.
    cut (bool): cut tokens where entities begin or end in them: what is not for training keeps all entities.
    RETURNS (Tuple[Doc, int]): the document, and the number of its entities that don't match token boundaries.
    """
    n_skipped = 0
    if isinstance(record, TokenRecord):
        spaces = [True] * (len(record.words) - 1) + [False]
        ents = None if unlabelled else _get_iob2(record)
        doc = Doc(vocab, words=record.words, spaces=spaces, ents=ents)
    else:
        doc = tokenizer(record.text) if record.words is None else _make_words(record, vocab)
        if record.spans is not None and not unlabelled:
            doc = _cut_tokens(doc, record.spans) if cut else doc
            n_skipped = _set_spans(doc, record.spans)
    set_metadata(doc, group=record.group, view=record.view, language=record.language)
    return doc, n_skipped


def _make_words(record: TextRecord, vocab: Vocab) -> Doc:
    words, spaces = get_words_and_spaces(record.words or [], record.text)
    return Doc(vocab, words=words, spaces=spaces)


def _cut_tokens(doc: Doc, spans: Iterable[TextSpan]) -> Doc:
    """RETURNS (Doc): the same text, whose tokens are cut where spans begin or end."""
    places = {place for span in spans for place in span[:2]}
    words: List[str] = []
    spaces: List[bool] = []
    for token in doc:
        inner = sorted(place - token.idx for place in places if token.idx < place < token.idx + len(token))
        bounds = [0, *inner, len(token)]
        words += [token.text[start:end] for start, end in zip(bounds, bounds[1:], strict=False)]
        spaces += [False] * len(inner) + [bool(token.whitespace_)]
    return Doc(doc.vocab, words=words, spaces=spaces)


def _get_iob2(record: TokenRecord) -> List[str]:
    prefixes = {BEGIN: "B", INSIDE: "I"}
    pairs = zip(record.iob, record.types, strict=True)
    return ["O" if iob == OUTSIDE else f"{prefixes[iob]}-{label}" for iob, label in pairs]


def _set_spans(doc: Doc, spans: List[TextSpan]) -> int:
    """Set the entities of a text. Tokens that an entity only cuts into keep their annotation missing.

    doc (Doc): the tokenized text.
    spans (List[TextSpan]): its entities.
    RETURNS (int): the number of entities that don't match token boundaries.
    """
    ents: List[Span] = []
    missing: Dict[int, Span] = {}
    n_misaligned = 0
    for span in spans:
        ent = doc.char_span(span.start, span.end, label=span.label, span_id=span.id, alignment_mode="strict")
        if ent is not None:
            ents.append(ent)
        else:
            n_misaligned += 1
            touched = (t.i for t in doc if t.idx < span.end and t.idx + len(t) > span.start)
            missing.update({i: doc[i : i + 1] for i in touched})
    doc.set_ents(ents, missing=list(missing.values()), default="outside")
    return n_misaligned
