"""Column formats: one token with its tag per line."""

import re
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Dict, Iterator, List, Optional

from spacy.tokens import Doc

from ...errors import Errors, XnerError
from ...metadata import get_language
from .documents import list_entities
from .read import describe_tag
from .records import Found, Reader, ReadOptions
from .rows import DOCSTART, LAYOUTS, Sentence, read_sentences
from .tagged import make_record
from .tags import TagError, infer_scheme


def read_columns(path: Path, options: ReadOptions, *, layout: str, scheme: Optional[str]) -> Iterator[Found]:
    """Read a column format.

    path (Path): the file.
    options (ReadOptions): how to read it.
    layout (str): the columns of token and tag, a key of `LAYOUTS`.
    scheme (Optional[str]): the tag scheme; None to infer it, for which the whole file is read first.
    YIELDS (Found): the sentences, with the language of their first token; for an invalid one X105 (a tag), or X104 or
        X116 (a line).
    RAISES: those of `open_lines`.
    """
    sentences = read_sentences(path, LAYOUTS[layout], options.repair)
    if scheme is None:
        listed = list(sentences)
        scheme = infer_scheme([row.tag for row in found.rows] for found in listed)
        sentences = iter(listed)
    for sentence in sentences:
        if sentence.error is not None:
            yield sentence.error
        elif sentence.rows:
            yield _make_record(path, sentence, scheme, options)


def _make_record(path: Path, sentence: Sentence, scheme: str, options: ReadOptions) -> Found:
    rows = sentence.rows
    empty = next((row.line for row in rows if not row.word), rows[0].line)
    try:
        record = make_record([row.word for row in rows], [row.tag for row in rows], scheme, options)
    except TagError as error:
        return describe_tag(path, f"line {rows[error.index].line}", error)
    except ValueError as error:
        return XnerError(Errors.X116.format(path=path, place=f"line {empty}", reason=error))
    language = sentence.language or rows[0].language
    return replace(record, line=rows[0].line, group=sentence.group, language=language)


def list_tags(doc: Doc, scheme: str) -> List[str]:
    """Encode the entities of a document as tags.

    doc (Doc): a labelled document.
    scheme (str): "iob2", "iob1" or "bilou".
    RETURNS (List[str]): a tag for each token.
    RAISES: ValueError if the document is unlabelled or only partly labelled.
    """
    spans = list_entities(doc)
    if spans is None:
        raise ValueError("it is unlabelled")
    tags = ["O"] * len(doc)
    for ent in doc.ents:
        letters = ["B"] + ["I"] * (len(ent) - 1)
        if scheme == "bilou":
            letters = ["U"] if len(ent) == 1 else [*letters[:-1], "L"]
        elif scheme == "iob1" and not (ent.start and tags[ent.start - 1][2:] == ent.label_):
            letters[0] = "I"
        tags[ent.start : ent.end] = [f"{letter}-{ent.label_}" for letter in letters]
    return tags


def format_columns(doc: Doc, *, scheme: str, languages: bool = False) -> str:
    """Format a sentence, with one token and its tag per line.

    doc (Doc): a labelled document.
    scheme (str): the tag scheme.
    languages (bool): whether to put the document's language before each token, as in WikiAnn.
    RETURNS (str): the lines.
    RAISES: ValueError if it is unlabelled or only partly labelled, or if a token, label or language has characters that
        a column can't have.
    """
    language = get_language(doc)
    if languages and not re.fullmatch("[a-z][a-z-]*", language):
        raise ValueError(f"its language '{language}' is no code")
    lines = []
    for token, tag in zip(doc, list_tags(doc, scheme), strict=True):
        # Otherwise the line could be read as another token, a blank line, or the start of a document.
        if any(map(str.isspace, token.text)) or token.text.startswith(DOCSTART):
            raise ValueError(f"its token {token.text!r} can't stand in a column")
        if any(map(str.isspace, tag)):
            raise ValueError(f"its label '{tag[2:]}' has white space")
        lines.append(f"{f'{language}:' if languages else ''}{token.text}\t{tag}\n")
    return "".join(lines)


COLUMN_READERS: Dict[str, Reader] = {
    "iob2": partial(read_columns, layout="conll", scheme="iob2"),
    "iob1": partial(read_columns, layout="conll", scheme="iob1"),
    "bilou": partial(read_columns, layout="conll", scheme="bilou"),
    "conll": partial(read_columns, layout="conll", scheme=None),
    "index": partial(read_columns, layout="index", scheme="iob2"),
    "conllu": partial(read_columns, layout="conllu", scheme=None),
    "wikiann": partial(read_columns, layout="wikiann", scheme="iob2"),
}
