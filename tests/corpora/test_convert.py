import gzip
import json
from pathlib import Path
from typing import Any, List, Optional

import pytest
import srsly
from spacy.cli._util import app
from spacy.vocab import Vocab
from typer.testing import CliRunner

import spacy_xner.cli  # noqa: F401, adds our commands to spaCy's
from spacy_xner.corpora.convert import convert, tokenize_blank
from spacy_xner.corpora.formats import READERS, detect_format
from spacy_xner.corpora.formats.tags import TagError, infer_scheme, read_tags
from spacy_xner.corpora.lines import open_lines
from spacy_xner.corpora.store import read_docs
from spacy_xner.errors import XnerError
from spacy_xner.metadata import get_group, get_language, get_view

DATA = Path(__file__).parents[3] / "shared" / "data"

# Two sentences, in all column formats: [Ada Lovelace]PER [Lyon]LOC [Paris]LOC . / no entity
WORDS = [["Ada", "Lovelace", "Lyon", "Paris", "."], ["Nothing", "here"]]
TAGS = {
    "iob2": ["B-PER", "I-PER", "B-LOC", "B-LOC", "O"],
    "iob1": ["I-PER", "I-PER", "I-LOC", "B-LOC", "O"],
    "bilou": ["B-PER", "L-PER", "U-LOC", "U-LOC", "O"],
    "bioes": ["B-PER", "E-PER", "S-LOC", "S-LOC", "O"],
}
ENTS = [[("Ada Lovelace", "PER", ""), ("Lyon", "LOC", ""), ("Paris", "LOC", "")], []]


def make_file(tags: List[str], row: str, end: str = "\n") -> str:
    """Lay out the two sentences; the row is a format string of number, word and tag."""
    blocks = []
    for words, sentence_tags in zip(WORDS, [tags, ["O", "O"]], strict=True):
        rows = zip(words, sentence_tags, strict=True)
        blocks.append([row.format(i=i, word=word, tag=tag) for i, (word, tag) in enumerate(rows, start=1)])
    return end.join([*blocks[0], "", *blocks[1], ""])


COLUMN_FILES = [
    ("iob2", make_file(TAGS["iob2"], "{word}\t{tag}")),
    ("iob1", make_file(TAGS["iob1"], "{word} {tag}")),
    ("bilou", make_file(TAGS["bilou"], "{word}\t{tag}")),
    ("bilou", make_file(TAGS["bioes"], "{word}\t{tag}")),
    ("conll", "-DOCSTART- -X- -X- O\n\n" + make_file(TAGS["iob1"], "{word} NNP I-NP {tag}")),
    ("conll", make_file(TAGS["bioes"], "{word}  {word}  NE I-NC  {tag}")),
    ("conll", "\ufeff" + make_file(TAGS["iob2"], "{word}\t{tag}", end="\r\n")),
    ("conll", "\n \n\n" + make_file(TAGS["bilou"], "{word}\t_\t{tag}").replace("\n\n", "\n\t\n\n") + "\n\n"),
    (
        "index",
        "# text = x\n" + make_file(TAGS["iob2"], "{i}\t{word}\t{tag}\t-\tann").replace("\n\n", "\n\n#\n"),
    ),
    ("wikiann", make_file(TAGS["iob2"], "zh-yue:{word}\t{tag}")),
]


def write(path: Path, content: str) -> Path:
    data = content.encode("utf8")
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def write_json(path: Path, *objects: Any) -> Path:
    return write(path, "".join(json.dumps(obj) + "\n" for obj in objects))


def convert_all(path: Path, **options: Any) -> List[Any]:
    output = path.parent / "out" / "corpus.spacy"
    convert(path, output, **options)
    return list(read_docs(output, Vocab()))


def get_ents(doc: Any) -> List[Any]:
    return [(ent.text, ent.label_, ent.id_) for ent in doc.ents]


@pytest.mark.parametrize(
    "tags,scheme,expected",
    [
        ("O O", "iob2", "2 2"),
        ("B-A I-A B-A I-A B-B", "iob2", "3 1 3 1 3"),
        ("I-A I-A B-A I-B I-B O I-B", "iob1", "3 1 3 3 1 2 3"),
        ("I-A B-B", "iob1", "3 3"),
        ("B-A I-A L-A U-A U-B O B-B E-B S-B", "bilou", "3 1 1 3 3 2 3 1 3"),
        ("B-A-B I-A-B", "iob2", "3 1"),
    ],
)
def test_tags_by_hand(tags: str, scheme: str, expected: str):
    iob, types = read_tags(tags.split(), scheme)
    assert iob == [int(i) for i in expected.split()]
    assert types == [tag.partition("-")[2] for tag in tags.split()]


@pytest.mark.parametrize(
    "tags,scheme,index",
    [
        ("O I-A", "iob2", 1),
        ("I-A", "iob2", 0),
        ("B-B I-A", "iob2", 1),
        ("B-A", "iob1", 0),
        ("I-A O B-A", "iob1", 2),
        ("B-A O", "bilou", 1),
        ("B-A B-A L-A", "bilou", 1),
        ("B-A L-B", "bilou", 1),
        ("U-A I-A", "bilou", 1),
        ("O L-A", "bilou", 1),
        ("O B-A I-A", "bilou", 2),
        ("U-A", "iob2", 0),
        ("E-A", "iob1", 0),
        ("O X-A", "iob2", 1),
        ("O B-", "iob2", 1),
        ("B", "iob2", 0),
        ("o", "iob2", 0),
        ("-", "bilou", 0),
    ],
)
def test_tags_that_break_the_scheme(tags: str, scheme: str, index: int):
    with pytest.raises(TagError) as error:
        read_tags(tags.split(), scheme)
    assert error.value.index == index


@pytest.mark.parametrize(
    "sentences,expected",
    [
        (["O", "O B-A I-A"], "iob2"),
        (["O", "O I-A I-A B-A"], "iob1"),
        (["I-A B-B"], "iob1"),
        (["O B-A I-A", "S-A"], "bilou"),
        (["O", "O O"], "iob2"),
        ([], "iob2"),
        # Mixed: read as iob2, which names the first wrong line.
        (["I-A", "B-A"], "iob2"),
    ],
)
def test_infer_scheme(sentences: List[str], expected: str):
    assert infer_scheme(tags.split() for tags in sentences) == expected


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("format,content", COLUMN_FILES)
def test_column_formats(tmp_path: Path, format: str, content: str, suffix: str):
    path = write(tmp_path / f"corpus.txt{suffix}", content)
    for name in (format, "auto"):
        docs = convert_all(path, format=name, view="s", group_prefix="a-")
        assert [[token.text for token in doc] for doc in docs] == WORDS
        assert [doc.text for doc in docs] == ["Ada Lovelace Lyon Paris .", "Nothing here"]
        assert [get_ents(doc) for doc in docs] == ENTS
        assert [token.ent_iob_ for token in docs[1]] == ["O", "O"]
        assert [get_group(doc) for doc in docs] == ["a-0", "a-1"]
        assert {get_view(doc) for doc in docs} == {"s"}
        assert {get_language(doc) for doc in docs} == {"zh-yue" if format == "wikiann" else ""}


def test_other_white_space_is_part_of_a_token(tmp_path: Path):
    docs = convert_all(write(tmp_path / "a", "New\u00a0York\tB-LOC\n\u3000\tO\na\x85b\tO\n"), format="iob2")
    assert [[token.text for token in doc] for doc in docs] == [["New\u00a0York", "\u3000", "a\x85b"]]


def test_wikiann_keeps_colons_and_option_overrides_language(tmp_path: Path):
    path = write(tmp_path / "train", "en:a:b\tO\nen::\tO\n")
    (doc,) = convert_all(path, language="de")
    assert [token.text for token in doc] == ["a:b", ":"]
    assert get_language(doc) == "de"


def test_unlabelled_has_missing_annotation(tmp_path: Path):
    path = write(tmp_path / "a.iob", COLUMN_FILES[0][1])
    docs = convert_all(path, unlabelled=True)
    assert {token.ent_iob for doc in docs for token in doc} == {0}
    docs = convert_all(write(tmp_path / "a.txt", "One here.\r\n\r\n  Two\t\n"))
    assert [[token.text for token in doc] for doc in docs] == [["One", "here", "."], ["Two"]]
    assert {token.ent_iob for doc in docs for token in doc} == {0}
    assert [get_group(doc) for doc in docs] == ["0", "1"]


def test_limit_and_summary(tmp_path: Path):
    path = write(tmp_path / "a.iob", COLUMN_FILES[0][1] + "\nbroken line I-A\n")
    assert len(convert_all(path, format="iob2", limit=1)) == 1
    summary = convert(path, tmp_path / "b.spacy", format="iob2", limit=2)
    assert (summary.sentences, summary.tokens, summary.dropped) == (2, 7, [])
    assert summary.entities == {"PER": 1, "LOC": 2}


def test_jsonl(tmp_path: Path):
    path = write_json(
        tmp_path / "a.jsonl",
        {
            "text": "Ada saw Lyon.",
            "spans": [
                {"start": 8, "end": 12, "label": "LOC", "id": "e1"},
                {"start": 0, "end": 3, "label": "PER", "id": 0},
            ],
            "id": 7,
            "language": "en",
            "view": "si",
        },
        {"text": "Nothing", "spans": [], "id": "", "view": None},
        {"text": "Unknown", "spans": None},
    )
    docs = convert_all(path, group_prefix="x")
    assert [get_ents(doc) for doc in docs] == [[("Ada", "PER", "0"), ("Lyon", "LOC", "e1")], [], []]
    assert [token.ent_iob for token in docs[0]] == [3, 2, 3, 2]
    assert [docs[1][0].ent_iob, docs[2][0].ent_iob] == [2, 0]
    assert [get_group(doc) for doc in docs] == ["7", "x1", "x2"]
    assert [get_language(doc) for doc in docs] == ["en", "", ""]
    assert [get_view(doc) for doc in docs] == ["si", "", ""]
    assert [get_view(doc) for doc in convert_all(path, view="t")] == ["t", "t", "t"]


def test_misaligned_spans_are_missing(tmp_path: Path):
    spans = [(0, 3, "PER"), (4, 7, "LOC"), (7, 12, "LOC"), (13, 16, "ORG"), (19, 21, "ORG")]
    objs = [{"start": start, "end": end, "label": label} for start, end, label in spans]
    # Two spans cut into the second token, the last one covers white space and half a token.
    path = write_json(tmp_path / "a.jsonl", {"text": "Ada Lyonnais UNO or Rome", "spans": objs})
    output = tmp_path / "a.spacy"
    with pytest.raises(
        XnerError, match=r"X150\] 3 of 5 gold entities .* more than the share 0.2: line 1: 'Lyo' "
    ):
        convert(path, output)
    assert not output.exists()
    with pytest.warns(
        UserWarning, match=r"002\] 3 gold entities of .*'R' \(ORG\) ends inside the token 'Rome'"
    ):
        summary = convert(path, output, max_dropped=0.6)
    (doc,) = read_docs(output, Vocab())
    assert get_ents(doc) == [("Ada", "PER", ""), ("UNO", "ORG", "")]
    assert [token.ent_iob for token in doc] == [3, 0, 3, 2, 0]
    assert summary.dropped == [
        "line 1: 'Lyo' (LOC) ends inside the token 'Lyonnais'",
        "line 1: 'nnais' (LOC) begins inside the token 'Lyonnais'",
        "line 1: 'R' (ORG) ends inside the token 'Rome'",
    ]
    assert summary.entities == {"PER": 1, "ORG": 1}
    # Nothing to align, nothing to warn about.
    assert convert(path, output, unlabelled=True).dropped == []


def test_tokenizer_is_used_for_raw_text_only(tmp_path: Path):
    seen = []

    def tokenize(text: str) -> Any:
        seen.append(text)
        return tokenize_blank(text.replace("-", " "))

    (doc,) = convert_all(write(tmp_path / "a.txt", "one-two\n"), tokenizer=tokenize)
    assert [token.text for token in doc] == ["one", "two"]
    convert_all(write(tmp_path / "a.iob", "one-two\tO\n"), tokenizer=tokenize)
    assert seen == ["one-two"]


@pytest.mark.parametrize(
    "name,content,expected",
    [
        ("a.jsonl", "anything", "jsonl"),
        ("a.JSONL", "anything", "jsonl"),
        ("a.json", '{"text": "x"}', "jsonl"),
        ("a.txt", "Berlin is big.\nI know.", "text"),
        ("a.txt", "He flew a B-52\nand fell.\nToo bad.", "text"),
        ("a.txt", "EU B-ORG\n. O", "conll"),
        ("a.conll", "-DOCSTART- O\n\nEU B-ORG", "conll"),
        ("a.conll", "1 O\n2 B-A", "conll"),
        ("a.conll", "EU B-ORG\n. X-Y", "conll"),
        ("a.iob2", "# sent_id = 1\n1\tEU\tB-ORG\n", "index"),
        ("train", "en:EU\tB-ORG\nen:.\tO", "wikiann"),
        ("train", "http://a.b\tO\n.\tO", "conll"),
        ("a.xml", "<a>", None),
        ("a.csv", "a,b\n", "csv"),
        ("a.md", "Berlin is big.", None),
    ],
)
def test_detect_format(tmp_path: Path, name: str, content: str, expected: Optional[str]):
    assert detect_format(write(tmp_path / name, content)) == expected
    assert detect_format(write(tmp_path / f"{name}.gz", content)) == expected


def span(start: Any, end: Any, label: Any = "A") -> str:
    return json.dumps({"text": "abc def", "spans": [{"start": start, "end": end, "label": label}]})


ERRORS = [
    ("auto", "", "X102", ""),
    ("auto", "\n \n", "X102", ""),
    ("conll", "-DOCSTART- O\n\n", "X102", ""),
    ("index", "# only\n# comments\n", "X102", ""),
    ("iob2", "a\tO\nb\n", "X104", "line 2: 1 columns, expected 2"),
    ("iob2", "\tO\n", "X104", "line 1: 1 columns, expected 2-5"),
    ("conll", "a NN O\n\nb O\n", "X104", "line 3: 2 columns, expected 3"),
    ("conll", "a b c d e O\n", "X104", "line 1: 6 columns"),
    ("index", "1\ta\n", "X104", "line 1: 2 columns, expected 3"),
    ("wikiann", "en:a\tX\tO\n", "X104", "line 1: 3 columns, expected 2"),
    ("iob2", "a\tO\nb\tI-PER\n", "X105", "line 2: tag 'I-PER'"),
    ("auto", "a\tB-X\nb\tO\n\nc\tO\nd\tI-X\n", "X105", "line 5: tag 'I-X'"),
    ("index", "1\ta\tB-Y\n# comment\n2\tb\tI-X\n", "X105", "line 3: tag 'I-X'"),
    ("iob2", "a\tPER\n", "X105", "line 1: tag 'PER'"),
    ("bilou", "a\tB-A\n\nb\tO\n", "X105", "line 1: tag 'B-A' leaves its entity open"),
    ("jsonl", '\n{"text": "a"\n', "X106", "line 2: no valid JSON, column 13"),
    ("jsonl", "[]", "X102", ""),
    ("jsonl", "[[]]", "X106", "item 1: found a list"),
    ("jsonl", "[" * 100000, "X106", "nested too deeply"),
    ("jsonl", '{"text": "a"}', "X106", "'spans' is missing"),
    ("jsonl", '{"text": "a", "spans": {}}', "X106", "'spans' is not a list"),
    ("jsonl", '{"text": "a", "spans": [1]}', "X106", "'spans' is not a list"),
    ("jsonl", '{"text": " ", "spans": []}', "X106", "'text' is empty"),
    ("jsonl", '{"text": 1, "spans": []}', "X106", "'text' is 1"),
    ("jsonl", '{"text": "\\ud800", "spans": []}', "X106", "surrogate"),
    ("jsonl", '{"text": "a", "spans": [], "view": ["s"]}', "X106", "'view' is"),
    ("jsonl", span(0, None), "X106", "'end' of a span is None"),
    ("jsonl", span(False, 1), "X106", "'start' of a span is False"),
    ("jsonl", span(0, 1, ""), "X106", "'label' is ''"),
    ("jsonl", span(3, 3), "X107", "line 1: span 3-3 ('A') is empty"),
    ("jsonl", span(3, 1), "X107", "ends before it starts"),
    ("jsonl", span(0, 8), "X107", "outside the text of 7 characters"),
    ("jsonl", span(-1, 2), "X107", "outside the text"),
    (
        "jsonl",
        span(0, 3).replace("}]", '}, {"start": 2, "end": 5, "label": "B"}]'),
        "X107",
        "2-5 ('B') overlaps",
    ),
    ("iob2", "a\tO\n\n" + "b\tO\n" * 4, "X108", "line 3: sentence of 4 tokens, at most 3"),
    ("text", "a\na b c d\n", "X108", "line 2: sentence of 4 tokens"),
    ("xls", "a\tO\n", "X109", "'xls'"),
    ("csv", "word,kind\na,O\n", "X133", "['word', 'kind']"),
    ("csv", "text,text\na,b\n", "X133", "['text', 'text']"),
    ("csv", "text\na,b\n", "X116", "line 2: 2 cells, the first line has 1"),
    ("csv", 'text\n"a\nb"\n"c', "X116", "line 4: unexpected end"),
    ("csv", "text,spans\na,x\n", "X116", "line 2: no valid JSON"),
    ("csv", 'text;spans\na;"[[0, 1]]"\n', "X116", "line 2: 'spans' is not a list of objects or of"),
    ("csv", 'text;spans\na;"[[0, 2, ""A""]]"\n', "X107", "line 2: span 0-2"),
    ("csv", "token,tag\na,O\n,O\n", "X116", "line 3: the token is empty"),
    ("csv", "token,tag\na,B-A\nb,I-B\n", "X105", "line 3"),
    ("auto", "a,O\n", "X135", "--format to one of"),
    ("index", "a\tb\tO\n", "X116", "line 1: 'a' is not the number"),
    ("index", "1\t\tO\n", "X116", "line 1: the token is empty"),
    ("conllu", "1 a _ O\nb c _ O\n", "X116", "line 2: 'b' is not the number"),
    ("conllu", "1\ta\t_\n", "X105", "line 1: tag '_'"),
    ("wikiann", "en:a\tO\nb\tO\n", "X116", "line 2: 'b' is not of the form"),
    ("prodigy", '{"text": "a", "answer": "reject"}\n{"text": 1}', "X116", "line 2: 'text' is 1"),
    ("prodigy", '{"text": "a", "meta": []}'.replace("[]", "[1]"), "X116", "line 1: found a list"),
    ("prodigy", '{"text": "a", "spans": {"start": 0}}', "X116", "'spans' is not a list of objects"),
    ("doccano", '{"text": "a", "label": [[0, 1]]}', "X116", "line 1: 'label' is not a list of objects or of"),
    ("doccano", '{"text": "a", "entities": [{"label": "A"}]}', "X116", "'start' of a span is None"),
    ("doccano", '{"text": "a", "label": [[0, 2, "A"]]}', "X107", "line 1: span 0-2 ('A') is outside"),
    ("label-studio", '[{"data": {"text": "a"}}, 1]', "X129", "task 2: found a int"),
    (
        "label-studio",
        '[{"data": {"text": "a"}}, {"data": {"words": "a"}}]',
        "X129",
        "task 2: there is no text under 'text', the keys are ['words']",
    ),
    ("label-studio", '[{"data": 1}', "X129", "line 1: no valid JSON"),
    ("gliner", '{"tokenized_text": ["a"]}', "X116", "line 1: 'ner' is not a list of [first, last, label]"),
    ("gliner", '{"tokenized_text": ["a"], "ner": [[0, 1, "A"]]}', "X116", "the span 0-1 ('A') is outside"),
    ("gliner", '{"tokenized_text": ["a"], "ner": [[0, 0, "A"], [0, 0, "B"]]}', "X116", "overlaps"),
    (
        "huggingface",
        '{"tokens": ["a"], "ner_tags": [1]}',
        "X116",
        "nothing tells what they stand for (--names",
    ),
    ("huggingface", '{"tokens": ["a"], "ner_tags": ["I-A"]}', "X105", "line 1: tag 'I-A'"),
]


@pytest.mark.parametrize("format,content,code,detail", ERRORS)
def test_errors_name_file_and_line(tmp_path: Path, format: str, content: str, code: str, detail: str):
    path, output = write(tmp_path / "in.dat", content), tmp_path / "out" / "a.spacy"
    with pytest.raises(XnerError) as error:
        convert(path, output, format=format, max_tokens=3)
    assert str(error.value).startswith(f"[{code}]")
    assert str(path) in str(error.value)
    assert detail in str(error.value)
    assert not output.exists()


def test_every_format_has_an_error_test():
    assert set(READERS) - {error[0] for error in ERRORS} == {"iob1"}


@pytest.mark.parametrize(
    "name,data,code,detail",
    [
        ("a.txt", b"good\nbad \xff\n", "X103", "line 2: not valid UTF-8 (invalid start byte at byte 5)"),
        ("a.txt", "x".encode("utf16"), "X103", "line 1"),
        ("a.txt.gz", gzip.compress(b"a\nb\n")[:-6], "X115", "line 3: Compressed file ended"),
        ("a.txt.gz", b"no gzip", "X115", "line 1: Not a gzipped file"),
        ("a.txt.gz", gzip.compress(b"a\n")[:10] + b"\xff" * 20, "X115", "line 1"),
        ("a.txt.gz", b"", "X102", ""),
        ("a.txt.gz", gzip.compress(b"good\nbad \xff\n"), "X103", "line 2"),
    ],
)
def test_open_lines_errors(tmp_path: Path, name: str, data: bytes, code: str, detail: str):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(XnerError, match=rf"^\[{code}\]") as error:
        list(open_lines(path))
    assert detail in str(error.value)
    with pytest.raises(XnerError, match=rf"^\[{code}\]"):
        convert(path, tmp_path / "b.spacy")
    assert not (tmp_path / "b.spacy").exists()


def test_open_lines(tmp_path: Path):
    path = write(tmp_path / "a", "\ufeffone\r\n\ntwo\rthree\u2028four")
    assert list(open_lines(path)) == [(1, "one"), (2, ""), (3, "two\rthree\u2028four")]
    for missing in (tmp_path / "b", tmp_path):
        with pytest.raises(XnerError, match="X101"):
            list(open_lines(missing))


@pytest.mark.parametrize(
    "output,options",
    [("a.dat", {}), ("a.spacy", {"limit": 0}), ("a.spacy", {"max_tokens": 0}), ("a.spacy.gz", {})],
)
def test_bad_options(tmp_path: Path, output: str, options: Any):
    with pytest.raises(XnerError, match="X306" if options else "X132"):
        convert(write(tmp_path / "in.iob", "a\tO\n"), tmp_path / output, **options)
    assert not (tmp_path / output).exists()


def invoke(*args: Any) -> Any:
    return CliRunner().invoke(app, ["xner", "convert", *map(str, args)])


def test_cli(tmp_path: Path):
    path, output = write(tmp_path / "a.iob1.gz", COLUMN_FILES[1][1]), tmp_path / "new" / "a.spacy"
    options = ["--format", "iob1", "--lang", "de", "--view", "s", "--group-prefix", "p", "--limit", 1]
    result = invoke(path, output, *options)
    assert result.exit_code == 0, result.output
    assert "1 sentences, 5 tokens, 3 entities (LOC 2, PER 1)" in " ".join(result.output.split())
    (doc,) = read_docs(output, Vocab())
    assert (get_group(doc), get_language(doc), get_view(doc)) == ("p0", "de", "s")
    assert invoke(path, output, "--unlabelled").exit_code == 0
    assert {token.ent_iob for doc in read_docs(output, Vocab()) for token in doc} == {0}


def test_cli_tokenizes_mixed_scripts(tmp_path: Path):
    output = tmp_path / "a.spacy"
    result = invoke(write(tmp_path / "a.txt", "Ada saw 東京\n"), output)
    assert result.exit_code == 0, result.output
    (doc,) = read_docs(output, Vocab())
    assert [token.text for token in doc] == ["Ada", "saw", "東", "京"]


@pytest.mark.parametrize(
    "content,options,code",
    [
        (None, [], "X101"),
        ("", [], "X102"),
        ("a\tO\nb\n", ["--format", "iob2"], "X104"),
        ("a\tI-A\n", ["--format", "iob2"], "X105"),
        ("a\tO\nb\tO\n", ["--max-tokens", "1"], "X108"),
        ("a\tO\n", ["--format", "xml"], "X109"),
        ("a\tO\n", ["--max-tokens", "0"], "X306"),
    ],
)
def test_cli_errors(tmp_path: Path, content: Optional[str], options: List[str], code: str):
    path, output = tmp_path / "in.iob", tmp_path / "out.spacy"
    if content is not None:
        write(path, content)
    result = invoke(path, output, *options)
    assert result.exit_code == 1
    assert f"[{code}]" in result.output
    assert "Traceback" not in result.output
    assert not output.exists()


@pytest.mark.data
def test_conll_german(tmp_path: Path):
    path = DATA / "conll" / "de" / "dev.iob.gz"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    summary = convert(path, tmp_path / "dev.spacy", language="de")
    assert (summary.sentences, summary.tokens) == (2867, 51444)
    assert summary.entities == {"LOC": 1181, "MISC": 1010, "ORG": 1241, "PER": 1401}
    assert summary.entities.total() == 4833
    assert sum(len(doc.ents) for doc in read_docs(tmp_path / "dev.spacy", Vocab())) == 4833


def test_chinese_from_python(tmp_path):
    """Without a tokenizer a sentence is cut as pipelines cut it: with that of `xx` it would be one token."""
    text = "昨天在北京开会。"
    spans = [{"start": 3, "end": 5, "label": "LOC"}]
    srsly.write_jsonl(tmp_path / "zh.jsonl", [{"text": text, "spans": spans}])
    convert(tmp_path / "zh.jsonl", tmp_path / "zh.spacy")
    (doc,) = read_docs(tmp_path / "zh.spacy", Vocab())
    assert [(ent.text, ent.label_) for ent in doc.ents] == [("北京", "LOC")]
