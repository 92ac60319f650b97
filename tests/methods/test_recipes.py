"""What the config of a method decides for its trainings: shares of batches and learning rates."""

import pytest
import spacy
from settings import ROOT
from spacy.util import load_config, registry
from util import make_doc

from spacy_xner.corpora.reader import make_example


def resolve(name: str, part: str, **overrides):
    config = load_config(ROOT / "configs" / f"{name}.cfg", overrides, interpolate=True)
    return registry.resolve({part: config["training"][part]})[part]


@pytest.mark.parametrize("name", ["dlbri_students", "dualner_student"])
def test_half_of_each_batch_of_students_is_labelled(name):
    """However much target text there is, and though the few labelled sentences come first."""
    vocab = spacy.blank("xx").vocab
    examples = [make_example(make_doc(vocab, f"Rom {k}", (), group=f"g{k}"), vocab, k >= 2) for k in range(8)]
    batches = resolve(name, "batcher", **{"vars.batch": 4})(examples)
    known = [[eg.reference.has_annotation("ENT_IOB") for eg in batch] for batch in batches]
    assert known == [[True, True, False, False]] * 3


def test_heads_of_self_training_warm_up():
    """They are those of the first stage: their rate rises over the first tenth, as that of the encoder."""
    optimizer = resolve("mcl_selftrain", "optimizer", **{"vars.steps": 100})
    rates = []
    for _ in range(100):
        rates.append(optimizer.heads_learn_rate)
        optimizer.step_schedules()
    assert rates[:10] == pytest.approx([3e-5 * step for step in range(1, 11)])
    assert max(rates) == rates[9] == pytest.approx(3e-4)
