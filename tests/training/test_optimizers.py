"""A learning rate for the encoders, another for the heads."""

import numpy
import pytest
from thinc.api import Adam
from util import RELATIONS, get_weights, make_examples, make_nlp

from spacy_xner.training.optimizers import create_heads_adam, use_heads_rate


def constant(rate):
    while True:
        yield rate


def change(rate, heads_rate):
    """How far encoder and head are from where they were after one update."""
    nlp = make_nlp(RELATIONS, "xner_mcl")
    nlp.initialize(lambda: make_examples(nlp))
    pipe = nlp.get_pipe("xner")
    encoder, heads = pipe.model.layers
    before = encoder.to_bytes(), {k: v.clone() for k, v in heads.shims[0]._model.state_dict().items()}
    optimizer = create_heads_adam(constant(rate), constant(heads_rate), L2=0.0)
    nlp.update(make_examples(nlp), sgd=optimizer, drop=0.0)
    after = heads.shims[0]._model.state_dict()
    moved = max(float((after[key] - value).abs().max()) for key, value in before[1].items())
    assert optimizer.learn_rate == rate
    return encoder.to_bytes() != before[0], moved


@pytest.mark.parametrize("rate,heads_rate", [(0.001, 0.0), (0.0, 0.01), (0.001, 0.01)])
def test_rates(rate, heads_rate):
    encoder_moved, moved = change(rate, heads_rate)
    assert encoder_moved is (rate > 0)
    # Adam's first step is as long as the learning rate.
    assert moved == pytest.approx(heads_rate, rel=1e-3)


def test_schedules_step():
    optimizer = create_heads_adam(iter([1.0, 2.0]), iter([3.0, 4.0]))
    assert (optimizer.learn_rate, optimizer.heads_learn_rate) == (1.0, 3.0)
    optimizer.step_schedules()
    assert (optimizer.learn_rate, optimizer.heads_learn_rate) == (2.0, 4.0)
    with use_heads_rate(optimizer):
        assert optimizer.learn_rate == 4.0
    assert optimizer.learn_rate == 2.0


def test_with_one_rate_it_is_adam():
    found = []
    for optimizer in (create_heads_adam(0.01, 0.01, L2=0.0), Adam(0.01, L2=0.0)):
        nlp = make_nlp(RELATIONS, "xner_mcl")
        nlp.initialize(lambda nlp=nlp: make_examples(nlp))
        for _ in range(3):
            nlp.update(make_examples(nlp), sgd=optimizer, drop=0.0)
        found.append(nlp)
    assert get_weights(found[0]) == get_weights(found[1])


def test_any_callable_will_do():
    """spaCy's loops may hand on something else than an optimizer; it is called as it is."""
    found = []
    nlp = make_nlp(RELATIONS, "xner_mcl")
    nlp.initialize(lambda: make_examples(nlp))

    def keep(key, weights, gradient):
        found.append(key)
        return weights, numpy.zeros_like(gradient)

    before = get_weights(nlp)
    nlp.update(make_examples(nlp), sgd=keep, drop=0.0)
    assert found and get_weights(nlp) == before
