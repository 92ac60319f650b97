"""What several commands share: where the work is done, shards, and what an option belongs to."""

import ast
from pathlib import Path

import pytest
from util import make_doc

from spacy_xner.cli._options import choose, split_codes
from spacy_xner.cli._parts import Place
from spacy_xner.cli._translations import find_translations
from spacy_xner.errors import XnerError
from spacy_xner.parallel.parts import cut_shard, run_here
from spacy_xner.tokenizer import get_blank

COMMANDS = Path(__file__).parents[2] / "spacy_xner" / "cli"


@pytest.mark.parametrize(
    "place, gpu, own_gpu",
    [
        (Place(), -1, -1),
        (Place(gpu_id=2), 2, 2),
        # Each process of Ray has one GPU, as number 0; this one leaves all to them.
        (Place("local", gpu_id=2), 0, -1),
        (Place("local"), -1, -1),
    ],
)
def test_gpu(place, gpu, own_gpu):
    assert (place.gpu, place.own_gpu) == (gpu, own_gpu)


def test_workers_need_ray():
    assert Place().choose_run() is run_here
    for wrong in (lambda: Place(workers=2).choose_run(), lambda: translations(place=Place(workers=2))):
        with pytest.raises(XnerError, match="X306.*'--workers'.*without --ray"):
            wrong()


def translations(engine=None, settings=None, place=None, aligner=None, aligner_settings=None, **more):
    return find_translations(engine, settings, place or Place(), aligner, aligner_settings, None, **more)


@pytest.mark.parametrize(
    "options, option",
    [
        ({"settings": ["a=b"]}, "--set"),
        ({"place": Place("local")}, "--ray"),
        ({"aligner_settings": ["a=b"]}, "--aligner-set"),
        ({"align": Path("a.align")}, "--align"),
        ({"align": Path("a.align"), "memory": Path(".")}, "--align"),
    ],
)
def test_options_that_belong_to_others(options, option):
    with pytest.raises(XnerError, match=f"X306.*'{option}' is not of use without"):
        translations(**options)


@pytest.mark.parametrize("n", [1, 2, 3, 7])
def test_shards(n):
    docs = [make_doc(get_blank().vocab, str(i), language="en") for i in range(5)]
    shards = [choose(docs, "en", shard=(i, n)) for i in range(1, n + 1)]
    assert sorted(doc.text for shard in shards for doc in shard) == list("01234")
    assert [list(cut_shard("01234", (i, n))) for i in range(1, n + 1)] == [
        [doc.text for doc in shard] for shard in shards
    ]
    assert [doc.text for doc in choose(docs, "en", limit=3, shard=(1, 2))] == ["0", "2"]


def test_codes():
    assert split_codes(" de, es,", "--targets") == ["de", "es"]
    with pytest.raises(XnerError, match="X306.*--targets"):
        split_codes(" ,", "--targets")


def test_commands_are_short():
    """A command parses and calls: the work is done by plain functions in their rooms."""
    long = [
        (path.name, node.name, length)
        for path in sorted(COMMANDS.glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf8")))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and (length := (node.end_lineno or 0) - node.lineno + 1) > 60
    ]
    assert long == []


def test_commands_do_not_import_each_other():
    """What they share lies in modules whose names begin with an underscore."""
    for path in COMMANDS.glob("[!_]*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
            if isinstance(node, ast.ImportFrom) and node.level == 1:
                assert node.module and node.module.startswith("_"), path.name
