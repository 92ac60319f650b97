"""What other tools write keeps its labels or is refused with what was found: nothing is lost in silence.

Files of `cases` stand for a kind of file each; beside each are others of its kind.
"""

import json
import warnings
from pathlib import Path
from typing import Any, List

import pytest
import spacy
from util import run_xner

from spacy_xner.corpora.convert import convert
from spacy_xner.corpora.formats.objects import get_optional
from spacy_xner.corpora.store import read_docs
from spacy_xner.errors import XnerError
from spacy_xner.metadata import get_group, get_language
from spacy_xner.tokenizer import get_blank

CASES = Path(__file__).parents[1] / "cases"
VOCAB = spacy.blank("xx").vocab
LARA = [("Lara Noor", "PER")]
BOTH = [*LARA, ("Oslo", "LOC")]
TEXT = "Lara Noor visits Oslo."
SPANS = [{"start": 0, "end": 9, "label": "PER"}, {"start": 17, "end": 21, "label": "LOC"}]
TRIPLES = [[0, 9, "PER"], [17, 21, "LOC"]]
PLACES = [(0, 4), (5, 9), (10, 16), (17, 21), (21, 22)]
DOC = {"text": TEXT, "tokens": [{"id": i, "start": s, "end": e} for i, (s, e) in enumerate(PLACES)]}


def read(path: Path, **options: Any) -> List[Any]:
    """Convert a file; any warning is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        convert(path, path.parent / "out.spacy", **options)
    return list(read_docs(path.parent / "out.spacy", VOCAB))


def get_ents(doc: Any) -> Any:
    """The entities of a document, None if it is unlabelled."""
    labelled = doc.has_annotation("ENT_IOB")
    return [(ent.text, ent.label_) for ent in doc.ents] if labelled else None


def check(folder: Path, name: str, content: Any, expected: Any, **options: Any) -> List[Any]:
    """Read a file whose content is text, or values of JSON (one a line if it ends in .jsonl): entities of each
    sentence, or the error that it must give."""
    path = folder / name
    if not isinstance(content, str):
        lines = map(json.dumps, content) if name.endswith(".jsonl") else [json.dumps(content)]
        content = "\n".join(lines)
    path.write_text(content, encoding="utf8")
    if isinstance(expected, str):
        with pytest.raises(XnerError, match=expected):
            read(path, **options)
        assert not (folder / "out.spacy").exists()
        return []
    docs = read(path, **options)
    assert [get_ents(doc) for doc in docs] == expected
    return docs


@pytest.mark.parametrize(
    "name, expected",
    [
        ("array.json", [LARA]),
        ("data.jsonl", [[("Lara", "PER")]]),
        ("double_space.json", [[("New  York", "LOC")]]),
        ("hypertext.json", [BOTH]),
        ("lower.txt", "X105.*line 1: tag 'b-per'"),
        ("multiconer.conll", [[("lara noor", "PER"), ("oslo", "LOC")], []]),
        ("scripts.jsonl", [[("ოსლო", "LOC")], [("Երևան", "LOC")], [("Italie", "LOC")]]),
        ("teach.jsonl", [[("Oslo", "LOC")]]),
    ],
)
def test_cases(tmp_path, name, expected):
    content = (CASES / name).read_text(encoding="utf8")
    docs = check(tmp_path, name, content, expected, tokenizer=get_blank().tokenizer)
    if name == "multiconer.conll":
        assert [(get_group(doc), get_language(doc)) for doc in docs] == [("7f3a-11", "en"), ("7f3a-12", "en")]
    if name == "teach.jsonl":
        assert [token.ent_iob for token in docs[0]] == [0, 0, 0, 3, 0]


# Objects: each of them alone, one a line and in an array.
OBJECTS = [
    ({"text": TEXT, "spans": SPANS}, [BOTH]),
    ({"text": TEXT, "entities": SPANS}, [BOTH]),
    ({"text": TEXT, "entities": TRIPLES}, [BOTH]),
    ([TEXT, {"entities": TRIPLES}], [BOTH]),
    ({"data": TEXT, "label": TRIPLES}, [BOTH]),
    ({"id": 3, "text": TEXT, "labels": TRIPLES, "Comments": ["good"]}, [BOTH]),
    ({"text": TEXT, "annotations": [{"label": "PER", "start_offset": 0, "end_offset": 9}]}, [LARA]),
    ({"text": TEXT, "annotations": [{"label": 7, "start_offset": 0, "end_offset": 9}]}, "X116.*'label' is 7"),
    ({"text": TEXT, "label": TRIPLES, "annotator": "a"}, [BOTH]),
    ({"text": TEXT, "label": "positive"}, "X116.*'label' is not a list"),
    ({"text": TEXT, "label": TRIPLES, "entities": SPANS}, r"X116.*under \['label', 'entities'\]"),
    ({"tokenized_text": TEXT.split(), "ner": [[0, 1, "PER"]]}, [LARA]),
    ({"tokens": TEXT.split(), "ner_tags": ["B-PER", "I-PER", "O", "O"]}, [LARA]),
    ({"words": TEXT.split(), "labels": ["B-PER", "I-PER", "O", "O"]}, [LARA]),
    ({"tokens": TEXT.split(), "ner_tags": [1, 2, 0, 0]}, "X116.*--names"),
    ({"text": TEXT, "ner": TRIPLES}, r"X106.*'spans' is missing.*\['ner', 'text'\]"),
    ({"sentence": TEXT, "spans": SPANS}, r"X106.*no text under 'text'.*\['sentence', 'spans'\]"),
    ({"text": TEXT, "_input_hash": 1, "entites": SPANS}, r"X116.*'entites' is not known"),
    ({"text": TEXT, "_input_hash": 1, "answer": "accept", "accept": ["NEWS"]}, "X116.*'accept'.*no entities"),
    ({"text": TEXT, "_input_hash": 1, "spans": SPANS, "answer": "accept"}, [BOTH]),
    ({"id": 1, "text": TEXT, "ner": [{"start": 0, "end": 9, "labels": ["PER"]}]}, [LARA]),
    # spaCy issues 2515, 2928, 3898 and 13374: pairs, and `Doc.to_json` with and without tokens, entities and groups
    ([TEXT, TRIPLES], [BOTH]),
    ([TEXT, []], [[]]),
    ([TEXT, ["PER"]], "X116.*'entities' is not a list of objects"),
    ({"text": TEXT, "ents": SPANS, "sents": [{"start": 0, "end": 22}]}, [BOTH]),
    ({**DOC, "ents": SPANS, "spans": {"xner": SPANS}}, [BOTH]),
    ({**DOC, "ents": []}, [[]]),
    (DOC, [None]),
    ({**DOC, "tokens": [{"start": -9, "end": 4}]}, "X116.*the tokens are not those of the text"),
    # GLiNER issues 38 and 339, GLiNER2 issue 46, datasets issue 888
    ({"tokenized_text": TEXT.split(), "ner": [[0, 9, "PER"]]}, "X116.*span 0-9 .*outside the 4 tokens"),
    ({"text": TEXT, "entities": [{"entity": "Oslo", "types": ["LOC"]}]}, "X116.*'start' of a span is None"),
    ({"input": TEXT, "output": {"entities": {"LOC": ["Oslo"]}}}, "X106.*keys are .'input', 'output'"),
    (
        {"text": TEXT, "entities": {"start": [0], "end": [9], "label": ["PER"]}},
        "X116.*'entities' is not a list",
    ),
    # doccano issues 1703 and 1795
    ({"text": TEXT, "entities": [{"id": 0, **SPANS[0]}], "relations": [{"from_id": 0}]}, [LARA]),
    ({"data": TEXT, "label": ["entities"]}, "X116.*'label' is not a list of objects"),
]


@pytest.mark.parametrize("value, expected", OBJECTS)
@pytest.mark.parametrize("shape", ["lines", "array", "indented", "single"])
def test_objects_are_told_apart_by_their_keys(tmp_path, value, expected, shape):
    name, values, n = {
        "lines": ("in.jsonl", [value, value], 2),
        "array": ("in.json", [value, value], 2),
        "indented": ("in.json", json.dumps([value], indent=2), 1),
        "single": ("in.json", json.dumps(value, indent=2), 1),
    }[shape]
    check(tmp_path, name, values, expected if isinstance(expected, str) else expected * n)


def test_labels_after_many_objects_without(tmp_path):
    """The first hundred objects tell the format: what comes later under another key is refused."""
    plain = [{"text": "raw", "spans": None}] * 150
    check(
        tmp_path, "in.jsonl", [*plain, {"text": TEXT, "label": TRIPLES}], "X106.*line 151: 'spans' is missing"
    )
    plain = [{"text": "raw", "_input_hash": 1}] * 150
    wrong = {"text": TEXT, "_input_hash": 1, "names": SPANS}
    check(
        tmp_path, "in.jsonl", [*plain, wrong], "X116.*line 151: no labels are found, and 'names' is not known"
    )


def test_annotators_for_spacy(tmp_path):
    content = {
        "classes": ["PER"],
        "annotations": [[TEXT, {"entities": TRIPLES}], None, ["It rains", {"entities": []}]],
    }
    check(tmp_path, "in.json", content, [BOTH, []])


def make_result(kind: str = "labels", start: Any = 0, end: Any = 9, **value: Any) -> Any:
    value = {"start": start, "end": end, kind: ["PER"], **value}
    return {"id": f"{start}", "from_name": "ner", "to_name": "text", "type": kind, "value": value}


def make_task(*results: Any, text: Any = TEXT, **more: Any) -> Any:
    return {"id": 1, "data": {"text": text}, "annotations": [{"id": 1, "result": list(results)}], **more}


PAGE = {"start": "/p[1]/text()[1]", "end": "/p[1]/text()[1]", "startOffset": 3, "endOffset": 12}
DIALOGUE = [{"author": "a", "text": "Who?"}, {"author": "b", "text": TEXT}]
CHOICE = {"id": "c", "type": "choices", "value": {"choices": ["news"]}}


@pytest.mark.parametrize(
    "task, expected",
    [
        (make_task(make_result("hypertextlabels")), [LARA]),
        (make_task(make_result("hypertextlabels", **PAGE, globalOffsets={"start": 0, "end": 9})), [LARA]),
        (make_task(make_result("hypertextlabels", **PAGE)), "X129.*'hypertextlabels'.*no 'globalOffsets'"),
        (
            make_task(make_result("paragraphlabels", "1", "1", startOffset=0, endOffset=9), text=DIALOGUE),
            [LARA],
        ),
        (
            make_task(make_result("paragraphlabels", "5", "5", startOffset=0, endOffset=9), text=DIALOGUE),
            "X129.*'5'",
        ),
        (make_task(make_result("customlabels")), [LARA]),
        (make_task(make_result("rectanglelabels", 0, 0, x=1)), "X107.*span 0-0"),
        (
            make_task({"type": "brushlabels", "value": {"brushlabels": ["A"]}}),
            "X129.*'brushlabels' has no offsets",
        ),
        (make_task(make_result("taxonomy")), "X129.*task 1: a span of the type 'taxonomy' has no labels"),
        (make_task(CHOICE), r"X129.*types \['choices'\], none of which marks a span"),
        (make_task(CHOICE, make_result()), [LARA]),
        (make_task({**make_result("choices"), "id": "0"}, make_result()), [LARA]),
        (make_task(make_result(labels=["PER", "ORG"])), r"X129.*labels \['PER', 'ORG'\], not one"),
        (make_task(make_result(labels=[])), "X129.*not one"),
        (make_task(make_result(0, 22, text=TEXT.replace(" ", "\\n"))), "X129"),
        (make_task(make_result(text="Lara\\nNoor"), text="Lara\nNoor"), [[("Lara\nNoor", "PER")]]),
        (make_task(make_result(text="A &amp; Co", end=6), text="A & Co"), [[("A & Co", "PER")]]),
        (make_task(make_result(end=10)), [LARA]),
        # Issues 2007 (an end behind the text) and 5459 (the text lies in a file of its own)
        (make_task(make_result(start=17, end=29, text="Oslo.")), [[("Oslo.", "PER")]]),
        (make_task(make_result(start=17, end=29)), "X107.*span 17-29.*outside"),
        (make_task(make_result(), text="/data/upload/1/a.txt"), "X129.*the text is an address"),
        (make_task(make_result(), text="s3://bucket/a.txt"), "X129.*the text is an address"),
        (make_task(make_result(text="/data/upl"), text="/data/upl x"), [[("/data/upl", "PER")]]),
        (make_task(make_result(), {"from_id": "0", "to_id": "1", "type": "relation"}), [LARA]),
        ({"data": {"text": TEXT}, "completions": [{"result": [make_result()]}]}, "X129.*'completions'"),
        ({"data": {"body": TEXT}, "annotations": []}, r"X129.*keys are \['body'\] \(--text-key"),
        (make_task(), [[]]),
        ({"data": {"text": TEXT}, "annotations": []}, [None]),
        (
            {"data": {"text": TEXT}, "annotations": [{"was_cancelled": True, "result": [make_result()]}]},
            [None],
        ),
        (
            make_task(make_result(text="Nobody")),
            "X129.*task 1: span 0-9 .'PER'. is 'Lara Noor' .* and 'Nobody'",
        ),
    ],
)
def test_label_studio(tmp_path, task, expected):
    check(tmp_path, "in.json", [task], expected, max_dropped=0)


@pytest.mark.parametrize(
    "text, start, noted",
    [("🙂🙂 Lara", 5, True), ("a\r\nb\r\nLara", 4, True), ("🙂\r\n🙂 Lara", 6, True), ("ä🙂 Lara", 3, False)],
)
def test_offsets_that_a_browser_counts(tmp_path, text, start, noted):
    """doccano issues 2290 and 2114, Label Studio issues 1347 and 539."""
    check(tmp_path, "in.jsonl", [{"text": text, "label": [[start, start + 4, "PER"]]}], [[("Lara", "PER")]])
    summary = convert(tmp_path / "in.jsonl", tmp_path / "out.spacy")
    assert list(summary.notes.values()) == [["line 1 (1 spans)"]] * noted
    task = make_task(make_result(start=start, end=start + 4, text="Lara"), text=text)
    check(tmp_path, "in.json", [task], [[("Lara", "PER")]])


def test_names_among_characters_without_spaces_cut_nothing(tmp_path):
    row = {"text": "🙂  A 5京", "label": [[3, 6, "ORG"]]}
    check(tmp_path, "in.jsonl", [row], [[("A 5", "ORG")]], tokenizer=get_blank().tokenizer)


def test_ground_truth_wins_among_annotators(tmp_path):
    other = {"id": 7, "result": [make_result(start=17, end=21)], "ground_truth": True}
    task = make_task(make_result())
    task["annotations"].append(other)
    check(tmp_path, "in.json", [task], [[("Oslo", "PER")]])
    assert convert(tmp_path / "in.json", tmp_path / "out.spacy").notes == {}
    other["ground_truth"] = False
    check(tmp_path, "in.json", [task], [LARA])
    (places,) = convert(tmp_path / "in.json", tmp_path / "out.spacy").notes.values()
    assert places == ["task 1 (that with id 1 of 2)"]


def test_a_mismatch_concerns_its_task(tmp_path):
    tasks = [make_task(make_result()), make_task(make_result(text="Nobody"))]
    (tmp_path / "in.json").write_text(json.dumps(tasks))
    with pytest.warns(UserWarning, match=r"XW151.*1 tasks stay unlabelled.*task 2 \(span 0-9.*'Nobody'"):
        convert(tmp_path / "in.json", tmp_path / "out.spacy")
    assert [get_ents(doc) for doc in read_docs(tmp_path / "out.spacy", VOCAB)] == [LARA, None]


@pytest.mark.parametrize("control", ["label", "ner", "my control"])
def test_tables_of_label_studio(tmp_path, control):
    table = f'annotation_id,annotator,id,{control},text\n1,1,1,"[{{""start"": 0}}]",Lara\n'
    check(tmp_path, "in.csv", table, "X153.*as JSON or JSON-MIN")
    check(tmp_path, "in.tsv", table.replace(",", "\t"), "X153.*as JSON or JSON-MIN")


def make_answer(start: int, end: int, label: str, answer: str, text: str = TEXT) -> Any:
    spans = [{"start": start, "end": end, "label": label}]
    return {"text": text, "_input_hash": 1, "_is_binary": True, "spans": spans, "answer": answer}


def test_binary_answers_to_one_text(tmp_path):
    yes, no = make_answer(17, 21, "LOC", "accept"), make_answer(0, 4, "PER", "reject")
    other = make_answer(0, 2, "PER", "reject", "It rains")
    ignored = make_answer(5, 9, "PER", "ignore")
    docs = check(tmp_path, "in.jsonl", [yes, other, no, yes, ignored], [[("Oslo", "LOC")], None])
    assert [token.ent_iob for token in docs[0]] == [0, 0, 0, 3, 0]
    rejected = [[(span.text, span.label_) for span in doc.spans["incorrect_spans"]] for doc in docs]
    assert rejected == [[("Lara", "PER")], [("It", "PER")]]
    clash = make_answer(5, 21, "PER", "accept")
    (tmp_path / "out.spacy").unlink()
    check(tmp_path, "in.jsonl", [yes, clash], "X107.*line 2: span 17-21.*overlaps")


ROWS = "Lara\tB-PER\nNoor\tI-PER\nvisits\tO\n#\tO\n"
NUMBERED = "".join(f"{number}\t{row}\tO\n" for number, row in enumerate(ROWS.splitlines(), start=1))
FOUND = [[("Lara Noor", "PER")]]
UNIVERSAL = "".join(
    f"{number}\t{word}\t{word}\tX\t_\t_\t2\tdep\t_\tname={tag}\n"
    for number, (word, tag) in enumerate((row.split("\t") for row in ROWS.splitlines()), start=1)
)
COUNTED = "1 LARA NNP I-NP O\n2 - : O O\n3 Noor NNP I-NP B-PER\n\n1 In IN I-PP O\n2 Oslo NNP B-NP B-LOC\n"
TISSUE = [("Lara", "PER|O"), ("skin", "Multi-tissue_structure")]


@pytest.mark.parametrize(
    "name, content, expected",
    [
        ("a.conll", "# id 1\tdomain=en\n" + ROWS, FOUND),
        ("a.conll", "# id 1 domain=en\n" + ROWS.replace("\t", " _ _ "), FOUND),
        ("a.conll", "# sent_id = 1\n# text = vitamin B-12\n" + ROWS, FOUND),
        (
            "a.tsv",
            "#\thttp://a.b [2010]\n" + "".join(f"{i}\t{r}\tO\n" for i, r in enumerate(ROWS.splitlines(), 1)),
            FOUND,
        ),
        ("a.txt", "#\tO\n" + ROWS, FOUND),
        # What is a token with a column too many is no comment.
        ("a.txt", ROWS + "\n#oslo\tNN\tB-LOC\n", "X104.*line 6: 3 columns"),
        ("a.txt", ROWS + "\n#\tNN\tB-LOC\n", "X104.*line 6: 3 columns"),
        ("a.txt", (ROWS + "\n#oslo\tNN\tB-LOC\n").replace("\t", " "), "X104.*line 6: 3 columns"),
        ("a.txt", ROWS + "broken\n" + ROWS, "X104.*line 5: 1 columns, expected 2"),
        ("a.txt", ROWS.replace("\t", " NN NP x y "), "X104.*line 1: 6 columns, expected 2-5"),
        ("a.txt", ROWS.lower(), "X105.*line 1: tag 'b-per'"),
        ("a.txt", ROWS.replace("-", "_"), "X105.*line 1: tag 'B_PER'"),
        ("a.txt", ROWS + "\none more line of text\n" + ROWS, "X104.*line 6: 5 columns, expected 2"),
        ("a.txt", "Lara PERSON\nNoor PERSON\nvisits O\nOslo LOCATION\n", "X105.*line 1: tag 'PERSON'"),
        ("a.txt", "Lara,B-PER\nNoor,I-PER\nvisits,O\n", "X135"),
        # flair issues 2228, 2722, 223 and 940; spaCy issue 6267
        ("a.txt", "ID\t:\t7\n\nLara\tB-PER\tLara\tx\nrests\tO\trests\tx\n", "X135"),
        (
            "a.txt",
            "Vgl. O\nRundschreiben O\nRAB PARTA\n1/2010 YEAR\nRz MISC\n8. MISC\n",
            "X105.*line 3: tag 'PARTA'",
        ),
        ("a.txt", "एक QC B-COUNT\nसाफ़ JJ o\nऊपर NST o\n.. 0 0\n", "X105.*line 2: tag 'o'"),
        ("a.txt", "#oslo B-LOC\n# O\nrains O\n", [[("#oslo", "LOC")]]),
        ("a.conll", "Lara _ _ -\nrests _ _ O\n", "X105.*line 1: tag '-' is no tag of the scheme iob2"),
        ("a.iob", ROWS.replace("\t", " \t "), FOUND),
        ("a.iob", " Lara\tB-PER \nNoor \t I-PER\n", FOUND),
        ("a.conll", "1990\tCD\tO\n1991\tCD\tO\n\nLara\tNN\tB-PER\n", [[], [("Lara", "PER")]]),
        ("a.conll", "1\tCD\tO\n7\tCD\tO\n\nLara\tNN\tB-PER\n", [[], [("Lara", "PER")]]),
        ("a.conllu", "1\tLara\tB-PER\n2-3\tdel\tO\n2\tde\tO\n3\tel\tO\n3.1\tx\tO\n", [[("Lara", "PER")]]),
        (
            "a.xyz",
            ROWS.replace("O", "x") + "a\tb\tc\nd\n" * 5,
            "X135.*as 'conll', which it is most like.*line 1: 2 columns, expected 3",
        ),
        ("a.tsv", "word\ttag\n" + ROWS + "\nOslo\tB-LOC\n", [*FOUND, [("Oslo", "LOC")]]),
        ("a.tsv", 'word\ttag\n"\tO\nLara\tB-PER\n', [[("Lara", "PER")]]),
        ("a.csv", 'text,ner\nLara,"[[0, 4, ""PER""]]"\n', "X116.*'ner' is not known"),
        # CoNLL-U: norne issue 7, spaCy issue 5753, ronec issue 2; numbered CoNLL: NeuroNLP2 issue 2
        ("a.conllu", UNIVERSAL, FOUND),
        ("a.txt", UNIVERSAL, FOUND),
        ("a.conllu", UNIVERSAL.replace("name=", "SpaceAfter=No|Tag="), FOUND),
        ("a.conllu", UNIVERSAL.replace("name=", "SpaceAfter=No NER="), FOUND),
        ("a.conllu", UNIVERSAL.replace("name=", ""), FOUND),
        ("a.conllup", "# global.columns = ID FORM\n" + UNIVERSAL.replace("name=", "_\t"), FOUND),
        ("a.conllu", UNIVERSAL.replace("name=B-PER", "_"), "X105.*line 1: tag '_'"),
        ("a.conllu", UNIVERSAL.replace("name=", "Entity=("), "X135"),
        ("a.conllu", UNIVERSAL.replace("name=", "Gloss="), "X135"),
        ("a.txt", UNIVERSAL.replace("name=", "Gloss="), "X135"),
        ("a.conll", COUNTED, [[("Noor", "PER")], [("Oslo", "LOC")]]),
        ("a.txt", COUNTED.replace(" ", "\t"), [[("Noor", "PER")], [("Oslo", "LOC")]]),
        # Several tags in a column: PolDeepNer issue 3
        ("a.iob", "Lara\tB-PER#B-NAME\nrests\tO\n", "X105.*line 1: tag 'B-PER#B-NAME'"),
        ("a.iob", "Lara\tB-PER|O\nskin\tB-Multi-tissue_structure\n", [TISSUE]),
        # A labelled .txt is no raw text: spaCy issues 2970 and 4186, flair issues 2480 and 615, webanno issue 1021
        ("a.txt", "Lara/B-PER Noor/I-PER rests/O\nOslo/B-LOC rests/O\n", "X135"),
        ("a.txt", "Lara|NNP|B-PER Noor|NNP|I-PER rests|VBZ|O\n", "X135"),
        ("a.txt", "Lara <B-PER> Noor <E-PER> rests .\nIt rains .\nIt rains .\n", "X135"),
        ("a.txt", "<START:person> Lara <END> rests .\nIt rains .\nIt rains .\n", "X135"),
        ("a.txt", "a 0 0 Lara NNP (S(NP* - (PER) (0) *\na 0 1 rests VBZ (VP*)) rest * (V*) -\n", "X135"),
        ("a.txt", "#FORMAT=WebAnno TSV 3.2\n\n#Text=Lara\n" + "1-1\t0-4\tLara\tPER\t\n" * 3, "X135"),
        ("a.txt", "Lara and/or Noor *\n* * * * * *\n<START> of 1/2\nA\tb\n", [None] * 4),
        ("a.txt", "Lara takes the <S-Bahn> .\nIt rains .\n", [None] * 2),
    ],
)
def test_columns(tmp_path, name, content, expected):
    check(tmp_path, name, content, expected)


def test_repair(tmp_path):
    check(tmp_path, "in.iob", "Lara\tB-PER\nNoor\tI-LOC\n\n\tO\nx\to\n", "X105.*line 2")
    summary = convert(tmp_path / "in.iob", tmp_path / "out.spacy", repair=True)
    assert [get_ents(doc) for doc in read_docs(tmp_path / "out.spacy", VOCAB)] == [
        [("Lara", "PER"), ("Noor", "LOC")],
        [],
    ]
    assert sorted(summary.notes.values()) == [
        ["line 1 ('I-LOC' of 'Noor')", "line 4 ('o' of 'x')"],
        ["line 4 (with the tag 'O')"],
    ]
    twice = {"text": TEXT, "spans": [SPANS[0], SPANS[0]]}
    check(tmp_path, "in.jsonl", [twice], [LARA], repair=True)
    (tmp_path / "out.spacy").unlink()
    check(tmp_path, "in.jsonl", [twice], "X107.*is there twice")
    nothing = "X116.*line 1: all its tokens are empty"
    check(tmp_path, "all.conll", "1\t\tO\n\n1\tx\tO\n", nothing, format="index", repair=True)
    check(tmp_path, "all.jsonl", [{"tokens": [""], "tags": ["O"]}], nothing, repair=True)
    check(tmp_path, "all.csv", "token,tag\n,O\n,O\n", nothing.replace("line 1", "line 2"), repair=True)
    empty = {"tokens": ["Lara", "", "Noor"], "tags": ["B-PER", "I-PER", "I-PER"]}
    check(tmp_path, "in.jsonl", [empty], "X116.*empty")
    check(tmp_path, "in.jsonl", [empty], [LARA], repair=True)


def test_skip_invalid(tmp_path):
    content = "".join(f"{row}\n" for row in ["Lara\tB-PER", "", "x", "", "y\tI-X", "", "Oslo\tB-LOC"])
    (tmp_path / "in.iob").write_text(content)
    with pytest.raises(XnerError, match=r"X151.*More than 1 .*line 3.*line 5"):
        convert(tmp_path / "in.iob", tmp_path / "out.spacy", skip_invalid=1)
    with pytest.warns(UserWarning, match="XW150.*2 sentences .*line 3: 1 columns.*line 5: tag 'I-X'"):
        summary = convert(tmp_path / "in.iob", tmp_path / "out.spacy", skip_invalid=2)
    assert (summary.sentences, len(summary.invalid)) == (2, 2)
    with pytest.warns(UserWarning, match="XW150.*2 sentences .*X108.*line 1: sentence of 2 tokens"):
        (tmp_path / "b.iob").write_text("a\tO\nb\tO\n\nc\tO\n\nd\tO\ne\tO\n")
        assert (
            convert(tmp_path / "b.iob", tmp_path / "out.spacy", max_tokens=1, skip_invalid=2).sentences == 1
        )
    for name, lines in [
        ("a.jsonl", ['{"text": "Lara", "spans": []}', "{", '{"text": "x", "spans": [{}]}']),
        ("b.json", ['[{"text": "Lara", "spans": []},', '{"text": 1, "spans": []},', "5]"]),
        ("c.csv", ["text,spans", "Lara,[]", "x,{", 'x,"[[0, 9, ""A""]]"']),
        ("d.csv", ["sentence,token,tag", "1,Lara,O", "2,x,X-X", "3,,O"]),
    ]:
        (tmp_path / name).write_text("\n".join(lines))
        with pytest.warns(UserWarning, match="XW150.*2 sentences"):
            assert convert(tmp_path / name, tmp_path / "out.spacy", skip_invalid=2).sentences == 1


def test_repair_leaves_alone_what_can_mean_two_things(tmp_path):
    check(tmp_path, "in.iob", "Lara\tb-PER|B-NAME\nrests\tO\n", "X105.*line 1", repair=True)
    check(tmp_path, "in.iob", "Lara\tB-A_B\n", [[("Lara", "A_B")]], repair=True)


def test_repair_of_tokens_with_spans(tmp_path):
    """GLiNER issue 152."""
    twice = {"tokenized_text": ["Lara", "rests"], "ner": [[0, 0, "PER"], [0, 0, "PER"]]}
    check(tmp_path, "in.json", [twice], "X116.*overlaps")
    check(tmp_path, "in.json", [twice], [[("Lara", "PER")]], repair=True)
    summary = convert(tmp_path / "in.json", tmp_path / "out.spacy", repair=True)
    assert list(summary.notes.values()) == [["item 1 (1 of them)"]]
    (tmp_path / "out.spacy").unlink()
    twice["ner"][1][2] = "ORG"
    check(tmp_path, "in.json", [twice], "X116.*'ORG'.*overlaps", repair=True)


@pytest.mark.parametrize(
    "row",
    [{"tokens": ["Lara"], "tags": ["O"]}, {"text": "Lara", "spans": []}, {"text": "Lara", "entities": []}],
)
def test_language_under_another_key(tmp_path, row):
    """As WikiNEuRal and MultiNERD have it."""
    for lang, language, expected in [
        ("de", None, "de"),
        ("de", "en", "en"),
        (["de"], None, ""),
        (3, None, ""),
    ]:
        docs = check(tmp_path, "in.jsonl", [{**row, "lang": lang, "language": language}], [[]])
        assert get_language(docs[0]) == expected


def test_brat(tmp_path):
    """brat issues 996 and 1347: the text alone is no text without entities."""
    (tmp_path / "in.ann").write_text("T1\tPER 0 9\tLara Noor\n")
    check(tmp_path, "in.txt", TEXT, "X154.*in.txt.*anntoconll")
    check(tmp_path, "in.ann", "T1\tPER 0 9\tLara Noor\n", "X154")
    check(tmp_path, "in.txt", TEXT, [None], unlabelled=True)
    check(tmp_path, "in.txt", TEXT, [None], format="text")


def test_text_key(tmp_path):
    check(tmp_path, "in.jsonl", [{"body": TEXT, "spans": SPANS}], [BOTH], text_key="body")
    check(tmp_path, "in.json", [{"data": {"body": TEXT}, "annotations": []}], [None], text_key="body")
    check(tmp_path, "in.json", [{"sentence": TEXT, "label": TRIPLES}], [BOTH], text_key="sentence")
    check(tmp_path, "in.csv", 'Body,spans\nLara,"[[0, 4, ""PER""]]"\n', [[("Lara", "PER")]], text_key="Body")


def test_names(tmp_path):
    rows = [{"tokens": ["Lara", "rests"], "ner_tags": [1, 0]}]
    check(tmp_path, "in.jsonl", rows, [[("Lara", "PER")]], names=["O", "B-PER"])
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    pytest.importorskip("pyarrow.parquet").write_table(
        pyarrow.Table.from_pylist(rows), tmp_path / "in.parquet"
    )
    output = run_xner("convert", tmp_path / "in.parquet", tmp_path / "out.spacy", code=1)
    assert "--names" in output
    output = run_xner("convert", tmp_path / "in.parquet", tmp_path / "out.spacy", "--names", "O,B-PER")
    assert "1 entities (PER 1)" in output


@pytest.mark.parametrize(
    "feature",
    [
        {"feature": {"names": ["O", "B-PER"], "_type": "ClassLabel"}, "_type": "Sequence"},
        {"feature": {"names": ["O", "B-PER"], "_type": "ClassLabel"}, "_type": "List"},
        [{"names": ["O", "B-PER"], "_type": "ClassLabel"}],
        {"feature": {"names": {"0": "O", "1": "B-PER"}, "_type": "ClassLabel"}, "_type": "Sequence"},
    ],
)
def test_class_labels(tmp_path, feature):
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    info = {"huggingface": json.dumps({"info": {"features": {"ner_tags": feature}}})}
    table = pyarrow.table({"tokens": [["Lara"]], "ner_tags": [[1]]}).replace_schema_metadata(info)
    pytest.importorskip("pyarrow.parquet").write_table(table, tmp_path / "in.parquet")
    assert [get_ents(doc) for doc in read(tmp_path / "in.parquet")] == [[("Lara", "PER")]]


@pytest.mark.parametrize(
    "start, end, expected",
    [
        (8, 17, "New York"),
        (7, 17, "New York"),
        (7, 18, "New York"),
        (4, 18, "in New York"),
        (16, 18, "X107.*white space"),
    ],
)
def test_white_space_at_the_edges_of_spans(tmp_path, start, end, expected):
    text = "Seen in New York  today."
    row = {"text": text, "spans": [{"start": start, "end": end, "label": "LOC"}]}
    check(tmp_path, "in.jsonl", [row], expected if expected.startswith("X") else [[(expected, "LOC")]])


def test_what_is_dropped_is_listed_as_a_line(tmp_path):
    rows = [{"text": "Lara", "spans": [{"start": 0, "end": 4, "label": "PER"}]}] * 9
    rows += [{"text": "Merkels Haus", "spans": [{"start": 0, "end": 6, "label": "PER"}]}]
    (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, rows)))
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        output = run_xner("convert", tmp_path / "in.jsonl", tmp_path / "out.spacy")
        assert (
            "[XW002] 1 gold entities" in output and "line 10: 'Merkel' (PER) ends inside the token" in output
        )
        assert "UserWarning" not in output and "stacklevel" not in output
    with pytest.raises(XnerError, match="X150.*1 of 10 gold entities.*share 0.05"):
        convert(tmp_path / "in.jsonl", tmp_path / "out.spacy", max_dropped=0.05)


def test_the_command_tells_what_it_did(tmp_path):
    task = make_task(make_result())
    task["annotations"].append(task["annotations"][0])
    (tmp_path / "in.json").write_text(json.dumps([task, {"data": {"text": "Raw"}}]))
    output = run_xner("convert", tmp_path / "in.json", tmp_path / "out.spacy")
    assert "1 tasks have several annotations" in output and "task 1 (that with id 1 of 2)" in output
    assert "2 sentences (1 unlabelled)" in output
    (tmp_path / "in.iob").write_text("Lara\tI-PER\n\nx\tB-PER\n\ny\n")
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        output = run_xner(
            "convert", tmp_path / "in.iob", tmp_path / "out.spacy", "--repair", "--skip-invalid", 1
        )
    assert "[XW150] 1 sentences" in output and "1 tags that break the scheme" in output
    for option in (("--skip-invalid", -1), ("--max-dropped", 2), ("--names", ",")):
        assert "X306" in run_xner("convert", tmp_path / "in.iob", tmp_path / "out.spacy", *option, code=1)


@pytest.mark.parametrize(
    "value, expected", [(1.0, "1"), (1, "1"), (1.5, "1.5"), (float("nan"), None), ("", None)]
)
def test_numbers_as_ids(value, expected):
    """What pandas writes of a column of numbers in which one is missing."""
    assert get_optional({"id": value}, "id") == expected
