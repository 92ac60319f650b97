"""Data augmentation: sentences with other names."""

import hashlib
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Callable, Dict, Iterator, List, Optional, Tuple, Union

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from ..errors import Errors, XnerError
from ..metadata import copy_identity, get_entity_language, get_group, set_metadata
from .lines import read_table
from .mentions import replace_mentions
from .reader import make_example

# The rows of each type; a row holds one name in several languages.
Gazetteer = Dict[str, List[Dict[str, str]]]

# The language to use if a document's language is unknown or a name has no form in it.
FALLBACK = "en"


def create_mention_replacement(
    path: Optional[Union[str, Path]], variants: int = 1, seed: int = 0, keep: float = 0.0
) -> Callable[[Language, Example], Iterator[Example]]:
    """Create an augmenter that adds variants of each example, whose entities have other names from a gazetteer.

    It is registered as `spacy-xner.mention_replacement.v1`, for the setting `augmenter` of a corpus reader. Names are
    of the entity's type and in the language of the document's entities.

    The renderings of a sentence stay aligned: entities with the same id get the same name, each in its own language,
    and the first variants of a group form the group "<group>+1", the second variants "<group>+2". The variants are the
    same at each pass. They have the labels, ids, missing annotation, view and languages of the example, but no soft
    labels, since these belong to the old words. Unlabelled examples have no variants; sentences without entities are
    repeated. Entities of a type that the gazetteer lacks keep their names.

    path (Optional[Union[str, Path]]): the gazetteer (see `read_gazetteer`), which is read at the first labelled
        example. None: no variants.
    variants (int): number of variants of each example.
    seed (int): random seed of the choice of names.
    keep (float): share of the entities that keep their names in a variant, from 0 to 1.
    RETURNS (Callable): from the pipeline and an example to examples.
    RAISES: X306 (an option), and when the gazetteer is read X101 to X103, X115, X117, X118.
    """
    if variants < 0:
        raise XnerError(Errors.X306.format(found=variants, expected="a number from 0", option="variants"))
    if not 0.0 <= keep <= 1.0:
        raise XnerError(Errors.X306.format(found=keep, expected="a share from 0 to 1", option="keep"))
    read_once = cache(read_gazetteer)

    def augment(nlp: Language, example: Example) -> Iterator[Example]:
        yield example
        doc = example.reference
        if path is None or not doc.has_annotation("ENT_IOB"):
            return
        gazetteer = read_once(path)
        for variant in range(1, variants + 1):
            names = _draw_names(doc, gazetteer, variant, seed, keep)
            new = [
                ent if name is None else nlp.tokenizer(name)
                for ent, name in zip(doc.ents, names, strict=True)
            ]
            copy = replace_mentions(doc, new)
            copy_identity(doc, copy)
            set_metadata(copy, group=f"{get_group(doc)}+{variant}" if get_group(doc) else None)
            yield make_example(copy, nlp.vocab)

    return augment


def read_gazetteer(path: Union[str, Path]) -> Gazetteer:
    """Read a gazetteer: names in several languages, by type.

    path (Union[str, Path]): tab-separated values with a header. The column `type` holds an entity type; the other
        columns are named by language codes and hold the name in these languages. Only `en` must be filled in each line;
        it is used for languages without a name.
    RETURNS (Gazetteer): the rows of each type, in order.
    RAISES: X118 (no type or no English name), X117 (not a table), X101 to X103 and X115.
    """
    gazetteer: Gazetteer = {}
    for line, row in read_table(path):
        missing = [column for column in ("type", FALLBACK) if not row.get(column)]
        if missing:
            raise XnerError(Errors.X118.format(path=path, line=line, missing=missing, found=list(row)))
        gazetteer.setdefault(row.pop("type"), []).append(row)
    return gazetteer


def _draw_names(
    doc: Doc, gazetteer: Gazetteer, variant: int, seed: int, keep: float
) -> Iterator[Optional[str]]:
    """Draw a name for each entity, None if it keeps its own.

    The draw depends only on what all renderings of a sentence share, so that they get the same names.
    """
    language = get_entity_language(doc)
    sentence = get_group(doc) or doc.text
    order: Counter[str] = Counter()
    for ent in doc.ents:
        order[ent.label_] += 1
        entity = ent.id_ or f"{ent.label_} {order[ent.label_]}"
        number, share = _draw(seed, sentence, entity, variant)
        rows = gazetteer.get(ent.label_)
        if rows is None or share < keep:
            yield None
        else:
            row = rows[number % len(rows)]
            yield row.get(language) or row[FALLBACK]


def _draw(*key: Union[int, str]) -> Tuple[int, float]:
    """RETURNS (Tuple[int, float]): a large number and a share in [0, 1), which depend only on the key.

    Python's own hash of a string differs between processes.
    """
    digest = hashlib.blake2b("\t".join(map(str, key)).encode("utf8"), digest_size=14).digest()
    return int.from_bytes(digest[:8], "big"), int.from_bytes(digest[8:], "big") / 2**48
