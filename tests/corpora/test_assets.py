import re
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest
import spacy

from spacy_xner.corpora.augment import read_gazetteer
from spacy_xner.corpora.formats import ReadOptions
from spacy_xner.corpora.formats.raw import read_jsonl
from spacy_xner.corpora.lines import read_table

ASSETS = Path(__file__).parents[2] / "assets"
LANGUAGES = ["en", "de", "es", "zh", "ar"]
# Languages with test text only, that no training reads.
UNSEEN = ["fr", "pt", "ru", "hi", "ja"]
DOMAINS = ["news", "sport", "business", "culture", "travel"]
TYPES = ["LOC", "PER", "ORG", "MISC"]
SIZES = {"train": 140, "dev": 20, "test": 40}

FILES = [(split, language) for split in SIZES for language in LANGUAGES]
FILES += [("test", language) for language in UNSEEN]

each_language = pytest.mark.parametrize("language", LANGUAGES)
each_split = pytest.mark.parametrize("split", SIZES)
each_file = pytest.mark.parametrize("split, language", FILES)


def read(split, language):
    return list(read_jsonl(ASSETS / f"{split}.{language}.jsonl", ReadOptions()))


def get_names(split, language):
    """The distinct entity names, case folded."""
    return {rec.text[span.start : span.end].casefold() for rec in read(split, language) for span in rec.spans}


def test_files_are_all_here():
    found = {tuple(path.name.split(".")[:2]) for path in ASSETS.glob("*.jsonl")}
    assert found == set(FILES)


@each_file
def test_sentences_are_complete(split, language):
    records = read(split, language)
    assert len(records) == SIZES[split]
    # 28, 4 and 8 of the 40 sentences of each domain: a fifth of the file.
    assert Counter(rec.group.split("-")[0] for rec in records) == dict.fromkeys(DOMAINS, SIZES[split] // 5)
    assert {rec.language for rec in records} == {language}
    assert {span.label for rec in records for span in rec.spans} == set(TYPES)
    assert all(1 <= len(rec.spans) <= 4 for rec in records)


@each_file
def test_languages_correspond(split, language):
    english, other = read(split, "en"), read(split, language)
    assert [rec.group for rec in english] == [rec.group for rec in other]
    for ours, theirs in zip(english, other, strict=True):
        labels = {span.id: span.label for span in ours.spans}
        assert sorted(labels) == [str(i + 1) for i in range(len(ours.spans))], ours.group
        assert labels == {span.id: span.label for span in theirs.spans}, ours.group
        assert len(ours.spans) == len(theirs.spans), ours.group


@each_file
def test_spans_are_whole_tokens(split, language):
    tokenizer = {"@tokenizers": "spacy-xner.MixedScriptTokenizer.v1"}
    nlp = spacy.blank("xx", config={"nlp": {"tokenizer": tokenizer}})
    for rec in read(split, language):
        doc = nlp(rec.text)
        found = [doc.char_span(span.start, span.end) for span in rec.spans]
        names = [rec.text[span.start : span.end] for span in rec.spans]
        assert [span and span.text for span in found] == names, rec.group
        assert not re.search(r"[\[\]]|\((PER|LOC|ORG|MISC)", rec.text), rec.group
        assert rec.text == " ".join(rec.text.split()), rec.group


@each_language
def test_splits_share_no_sentence(language):
    records = {split: read(split, language) for split in SIZES}
    for one, other in combinations(SIZES, 2):
        assert not {rec.group for rec in records[one]} & {rec.group for rec in records[other]}
        assert not {rec.text for rec in records[one]} & {rec.text for rec in records[other]}


def test_half_of_the_test_names_are_new():
    test = get_names("test", "en")
    assert len(test - get_names("train", "en")) >= len(test) / 2


@pytest.mark.parametrize("language", LANGUAGES + UNSEEN)
def test_a_name_has_one_type(language):
    """In Chinese, countries and nationalities share one word."""
    types = {}
    for rec in (rec for split, other in FILES if other == language for rec in read(split, language)):
        for span in rec.spans:
            types.setdefault(rec.text[span.start : span.end].casefold(), set()).add(span.label)
    several = [found for found in types.values() if len(found) > 1]
    assert all(found == {"LOC", "MISC"} for found in several) if language == "zh" else not several


def test_gazetteer_is_complete():
    rows = [row for _, row in read_table(ASSETS / "gazetteer.tsv")]
    assert len(rows) >= 300
    assert all(list(row) == ["type", *LANGUAGES] for row in rows)
    assert all(all(row.values()) for row in rows)
    assert {row["type"] for row in rows} == set(TYPES)
    assert len({row["en"].casefold() for row in rows}) == len(rows)
    assert {"Angela Merkel", "Madrid"} <= {row["en"] for row in rows}


@pytest.mark.parametrize("split", ["dev", "test"])
def test_gazetteer_leaks_no_name(split):
    rows = [row for _, row in read_table(ASSETS / "gazetteer.tsv")]
    for language in LANGUAGES:
        assert not {row[language].casefold() for row in rows} & get_names(split, language)
    text = "\n".join(rec.text for rec in read(split, "en")).casefold()
    assert not [row["en"] for row in rows if re.search(rf"\b{re.escape(row['en'].casefold())}\b", text)]


@each_split
def test_readme_has_the_counts(split):
    counts = Counter(span.label for rec in read(split, "en") for span in rec.spans)
    cells = [split, SIZES[split], *(counts[label] for label in TYPES), counts.total()]
    assert f"| {' | '.join(map(str, cells))} |" in (ASSETS / "README.md").read_text(encoding="utf8")


def test_readme_has_the_shares():
    readme = (ASSETS / "README.md").read_text(encoding="utf8")
    test = get_names("test", "en")
    assert f"{len(test - get_names('train', 'en'))} of {len(test)} are not" in readme
    gazetteer = read_gazetteer(ASSETS / "gazetteer.tsv")
    assert f"{sum(map(len, gazetteer.values()))} names" in readme
    assert ", ".join(f"{len(gazetteer[label])} {label}" for label in ["LOC", "PER", "ORG", "MISC"]) in readme
