"""Tokens and tags of Hugging Face datasets such as WikiAnn: Parquet files, which need pyarrow, or JSON."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Optional, Sequence

from spacy.tokens import Doc

from ...errors import Errors, XnerError
from ...metadata import get_group, get_language
from .columns import list_tags
from .items import Item
from .objects import check_string, read_identity
from .parquet import import_pyarrow, read_rows
from .read import parse_items, read_objects
from .records import Found, ReadOptions, TokenRecord
from .tagged import make_record

TOKENS, TAGS = ("tokens", "words"), ("ner_tags", "tags", "labels", "ner")


def read_huggingface(path: Path, options: ReadOptions) -> Iterator[Found]:
    """Read `tokens` (or `words`) and `ner_tags` (or another of `TAGS`).

    Tags are IOB2 tags or numbers; the names of numbers are given, or read from the schema that `datasets` writes. The
    optional fields `id`, `language`, `lang` and `langs` (the languages of the tokens) are read, too.

    path (Path): a `.parquet` file, or JSON with one object per line or one array.
    options (ReadOptions): how to read it; given names take precedence over the schema.
    YIELDS (Found): the sentences; for an invalid one X105 (a tag) or X116 (a row).
    RAISES: X101, X115 (no such file, not readable), X130 (no such columns), X125 (pyarrow is missing).
    """
    known: Dict[str, Any] = {"names": options.names}

    def choose(schema: Any) -> List[str]:
        tokens, tags = _find(schema.names, TOKENS), _find(schema.names, TAGS)
        if tokens is None or tags is None:
            raise XnerError(Errors.X130.format(path=path, found=", ".join(schema.names)))
        known["names"] = options.names or _find_names(schema, tags)
        return [tokens, tags, *(name for name in ("id", "langs", "language", "lang") if name in schema.names)]

    if path.suffix != ".parquet":
        return read_objects(path, lambda row: _parse(row, known["names"], options), Errors.X116)
    rows = (Item(number, "row", row) for number, row in read_rows(path, choose))
    return parse_items(path, rows, lambda row: _parse(row, known["names"], options), Errors.X116)


def _find(names: Iterable[str], known: Sequence[str]) -> Optional[str]:
    found = set(names)
    return next((name for name in known if name in found), None)


def _parse(row: Dict[str, Any], names: Optional[List[str]], options: ReadOptions) -> Optional[TokenRecord]:
    tokens, tags = _find(row, TOKENS), _find(row, TAGS)
    if tokens is None or tags is None:
        raise ValueError(f"there are no 'tokens' or no 'ner_tags', the keys are {sorted(row)}")
    words = row[tokens]
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ValueError(f"'{tokens}' is not a list of strings")
    if not words:
        return None
    words = [word and check_string(word, tokens) for word in words]
    record = make_record(words, _name(row[tags], names), "iob2", options)
    langs = row.get("langs") or []
    language = row.get("language") or (langs[0] if langs else None)
    if language is not None:
        check_string(language, "language")
    identity = {"id": row.get("id"), "language": language, "lang": row.get("lang")}
    return replace(record, **read_identity(identity))


def write_huggingface(path: Path, docs: Iterable[Doc]) -> None:
    """Write tokens and numeric tags, with the tags' names in the schema, so that `datasets` reads a `ClassLabel`.

    path (Path): the file.
    docs (Iterable[Doc]): labelled documents.
    RAISES: X125 (pyarrow is missing), and ValueError for an unlabelled document.
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
    columns = {"id": string, TOKENS[0]: pyarrow.list_(string), TAGS[0]: pyarrow.list_(pyarrow.int64())}
    schema = pyarrow.schema({**columns, "langs": pyarrow.list_(string)}, metadata=_describe(names))
    table = pyarrow.Table.from_pylist(
        [
            {"id": group, TOKENS[0]: words, TAGS[0]: [numbers[tag] for tag in tags], "langs": languages}
            for group, words, tags, languages in rows
        ],
        schema,
    )
    pyarrow.parquet.write_table(table, path)


def _describe(names: Sequence[str]) -> Dict[str, str]:
    string = {"dtype": "string", "_type": "Value"}
    features = {
        "id": string,
        TOKENS[0]: {"feature": string, "_type": "Sequence"},
        TAGS[0]: {"feature": {"names": list(names), "_type": "ClassLabel"}, "_type": "Sequence"},
        "langs": {"feature": string, "_type": "Sequence"},
    }
    return {"huggingface": json.dumps({"info": {"features": features}}, ensure_ascii=False)}


def _find_names(schema: Any, column: str) -> Optional[List[str]]:
    """RETURNS (Optional[List[str]]): the names of numeric tags, None if the schema has none."""
    try:
        feature = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"][column]
    except (KeyError, TypeError, ValueError):
        return None
    # Versions of `datasets` write a list of classes in different ways.
    while isinstance(feature, (dict, list)) and feature and "names" not in feature:
        feature = feature[0] if isinstance(feature, list) else feature.get("feature")
    names = feature.get("names") if isinstance(feature, dict) else None
    if isinstance(names, dict):
        names = [names[key] for key in sorted(names, key=int)] if all(map(str.isdecimal, names)) else None
    return names if isinstance(names, list) and all(isinstance(name, str) for name in names) else None


def _name(tags: Any, names: Optional[List[str]]) -> List[str]:
    if not isinstance(tags, list):
        raise ValueError("the tags are not a list")
    if all(isinstance(tag, str) for tag in tags):
        return tags
    if names is None:
        raise ValueError(
            "the tags are numbers, and nothing tells what they stand for (--names O,B-PER,I-PER,...)"
        )
    if not all(isinstance(tag, int) and 0 <= tag < len(names) for tag in tags):
        raise ValueError(f"the tags are not numbers from 0 to {len(names) - 1}")
    return [names[tag] for tag in tags]
