"""Parquet files of tokens and tags as Hugging Face datasets have them, WikiAnn for one. Needs pyarrow."""

import json
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Optional, Sequence

from spacy.tokens import Doc

from ...errors import Errors, XnerError
from ...metadata import get_group, get_language
from .columns import list_tags
from .objects import check_string, read_identity
from .parquet import import_pyarrow, read_rows
from .records import TokenRecord
from .tags import TagError, read_tags

TOKENS, TAGS = "tokens", ("ner_tags", "tags")


def read_huggingface(path: Path) -> Iterator[TokenRecord]:
    """Read the columns `tokens` and `ner_tags` (or `tags`): IOB2 tags, or numbers whose names stand in the schema, as
    `datasets` writes it; and, where they are, `id`, and `langs` of the tokens or `language`.

    path (Path): the file.
    YIELDS (TokenRecord): the sentences; numbers of lines are those of rows.
    RAISES: X101, X115 (no such file, not readable), X105 (a tag breaks the scheme), X130 (no such columns, or numbers
        without names), X116 (a row is not what it should be), X125 (pyarrow is missing).
    """
    with_names: Dict[str, Any] = {}

    def choose(schema: Any) -> List[str]:
        column = next((name for name in TAGS if name in schema.names), None)
        if column is None or TOKENS not in schema.names:
            raise XnerError(Errors.E130.format(path=path, found=", ".join(schema.names)))
        with_names.update(column=column, names=_find_names(schema, column))
        return [TOKENS, column, *(name for name in ("id", "langs", "language") if name in schema.names)]

    for line, row in read_rows(path, choose):
        try:
            words, tags = _check(row[TOKENS]), _name(row[with_names["column"]], with_names["names"])
            if len(words) != len(tags):
                raise ValueError(f"{len(words)} tokens and {len(tags)} tags")
        except ValueError as error:
            raise XnerError(Errors.E116.format(path=path, line=line, reason=error)) from error
        if not words:
            continue
        try:
            iob, types = read_tags(tags, "iob2")
        except TagError as error:
            tag = tags[error.index]
            raise XnerError(Errors.E105.format(path=path, line=line, tag=tag, reason=error.reason)) from error
        langs = row.get("langs") or []
        known = {"id": row.get("id"), "language": row.get("language") or (langs[0] if langs else None)}
        try:
            if known["language"] is not None:
                check_string(known["language"], "language")
            yield TokenRecord(line=line, words=words, iob=iob, types=types, **read_identity(known))
        except XnerError:
            raise
        except ValueError as error:
            raise XnerError(Errors.E116.format(path=path, line=line, reason=error)) from error


def write_huggingface(path: Path, docs: Iterable[Doc]) -> None:
    """Write tokens and numbers of tags, with the names of these in the schema, so that `datasets` finds a `ClassLabel`.

    path (Path): the file.
    docs (Iterable[Doc]): labelled documents.
    RAISES: X125 (pyarrow is missing); ValueError from `docs` or for one that has no labels.
    """
    pyarrow = import_pyarrow(path)
    rows = []
    for doc in docs:
        tags, language = list_tags(doc, "iob2"), get_language(doc)
        rows.append((get_group(doc), [token.text for token in doc], tags, [language] * len(doc)))
    found = sorted({tag[2:] for _, _, tags, _ in rows for tag in tags if tag != "O"})
    names = ["O", *(f"{letter}-{label}" for label in found for letter in "BI")]
    numbers = {name: number for number, name in enumerate(names)}
    string = pyarrow.string()
    columns = {"id": string, TOKENS: pyarrow.list_(string), TAGS[0]: pyarrow.list_(pyarrow.int64())}
    schema = pyarrow.schema({**columns, "langs": pyarrow.list_(string)}, metadata=_describe(names))
    table = pyarrow.Table.from_pylist(
        [
            {"id": group, TOKENS: words, TAGS[0]: [numbers[tag] for tag in tags], "langs": languages}
            for group, words, tags, languages in rows
        ],
        schema,
    )
    pyarrow.parquet.write_table(table, path)


def _describe(names: Sequence[str]) -> Dict[str, str]:
    string = {"dtype": "string", "_type": "Value"}
    features = {
        "id": string,
        TOKENS: {"feature": string, "_type": "Sequence"},
        TAGS[0]: {"feature": {"names": list(names), "_type": "ClassLabel"}, "_type": "Sequence"},
        "langs": {"feature": string, "_type": "Sequence"},
    }
    return {"huggingface": json.dumps({"info": {"features": features}}, ensure_ascii=False)}


def _find_names(schema: Any, column: str) -> Optional[List[str]]:
    """RETURNS (Optional[List[str]]): the names of the tags' numbers, None if the schema tells none."""
    try:
        known = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"][column]["feature"][
            "names"
        ]
    except (KeyError, TypeError, ValueError):
        return None
    return known if isinstance(known, list) and all(isinstance(name, str) for name in known) else None


def _check(words: Any) -> List[str]:
    if not isinstance(words, list) or not all(isinstance(word, str) and word for word in words):
        raise ValueError(f"'{TOKENS}' is not a list of strings")
    return words


def _name(tags: Any, names: Optional[List[str]]) -> List[str]:
    if not isinstance(tags, list):
        raise ValueError("the tags are not a list")
    if all(isinstance(tag, str) for tag in tags):
        return tags
    if names is None:
        raise ValueError("the tags are numbers, and the schema does not tell what they stand for")
    if not all(isinstance(tag, int) and 0 <= tag < len(names) for tag in tags):
        raise ValueError(f"the tags are not numbers from 0 to {len(names) - 1}")
    return [names[tag] for tag in tags]
