"""Weights, widths, labels, views and losses that don't fit: what the components are given."""

import pytest
from case import Case, check
from test_bad_commands import train

LABELS = "--initialize.components.xner.labels"
CASES = [
    *(
        Case(f"{pipeline} weights, to {command.split()[0]}", "031", command.format(pipeline), says=("'tag'",))
        for pipeline in ("nan", "infinite")
        for command in (
            "apply {} good.spacy out.spacy",
            "apply {} good.spacy out.jsonl",
            "evaluate {} good.spacy --output out.json",
            "teach {} good.spacy out.spacy",
            "distill {} good.spacy out --dev good.spacy",
            "report {} good.spacy -o out",
            "recognise {} Ada",
        )
    ),
    train(
        "a learning rate without end",
        "031",
        "source_only.cfg",
        "--paths.train good.spacy --vars.heads_learn_rate 1e30 --training.max_steps 5",
        says=("'tag'", "lower learning rate"),
    ),
    train(
        "a label that is not the model's", "001", "source_only.cfg", f"{LABELS} '[\"ORG\"]'", says=("'PER'",)
    ),
    Case("weights that are lost", "032", "apply lossy good.spacy out.spacy", says=("'xner'",)),
    train("views that are missing", "111", "dlbri_bridge.cfg", says=("source.spacy", "'si'")),
    train("no counterparts", "111", "concner.cfg", "--paths.train good.spacy", says=("good.spacy", "'t'")),
    train(
        "a stage of other parts",
        "006",
        "mcl_selftrain.cfg",
        "--paths.init model --paths.target source.spacy",
        says=("model",),
    ),
]


# What a learning rate without end does in Thinc.
@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_bad_components(case, world, tmp_path):
    check(case, world, tmp_path)
