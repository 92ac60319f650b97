"""Small tensors for tests of objectives."""

from math import log

import torch

from spacy_xner.types import Targets

# With this temperature e^(cos / tau) is 3 for cos 1, 1 for cos 0 and 1/3 for cos -1.
TAU = 1 / log(3)


def logits_of(probabilities, dtype=torch.float64):
    """(B, N, C) probabilities as logits that take a gradient."""
    return torch.tensor(probabilities, dtype=dtype).log().requires_grad_()


def bools(*rows):
    return torch.tensor(rows).bool()


def gradient(loss, leaf):
    return torch.autograd.grad(loss, leaf, retain_graph=True)[0]


def assert_close(found, expected, rtol=1e-6):
    found = found.detach()
    torch.testing.assert_close(found, torch.tensor(expected, dtype=found.dtype), rtol=rtol, atol=1e-9)


def make_targets(mask, labelled=None, **fields):
    return Targets(mask=mask, labelled=torch.zeros_like(mask) if labelled is None else labelled, **fields)
