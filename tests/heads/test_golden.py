"""Scores of each head with fixed weights and vectors, as they were when this was written."""

import pytest
import torch

from spacy_xner.heads.boundary import BoundaryScorer
from spacy_xner.heads.interaction import SubtaskInteraction
from spacy_xner.heads.relation import TokenPairRelation
from spacy_xner.heads.representation import TokenRepresentation
from spacy_xner.heads.token_classifier import TokenClassifier

HEADS = {
    "token_classifier": (lambda: TokenClassifier(4, 3), 1),
    "boundary": (lambda: BoundaryScorer(4), 1),
    "relation": (lambda: TokenPairRelation(4, 3, width=3, n_hidden=2, n_projected=2), 1),
    "interaction": (lambda: SubtaskInteraction((4, 4), (3, 2)), 2),
    "representation": (TokenRepresentation, 1),
}
GOLDEN = {
    "token_classifier": [
        (
            [3, 5, 3],
            [
                2.83597,
                0.82011,
                -1.14779,
                1.35064,
                2.70587,
                -0.12489,
                -0.78595,
                2.20692,
                0.84147,
                0.84147,
                -0.03854,
                0.84147,
            ],
        ),
    ],
    "boundary": [
        (
            [3, 5, 5],
            [
                -10.61461,
                -3.9273,
                -4.84115,
                -2.13927,
                -12.49966,
                -5.61756,
                -0.95046,
                -2.89572,
                -1.47165,
                -1.24862,
                0.68536,
                -1.47165,
            ],
        ),
    ],
    "relation": [
        (
            [3, 5, 3, 3],
            [1.60273, 1.74952, -1.39667, 2.34387, 1.92258, 0.01461, 1.5456, 0.0, 0.0, 0.0, 0.0, 0.0],
        ),
        (
            [3, 5, 4],
            [0.0068, -0.04788, 0.08001, 0.33563, -0.13168, -0.12238, 0.13034, 0.0, -0.29952, 0.0, 0.0, 0.0],
        ),
        (
            [3, 5, 3, 2],
            [0.75976, 0.94954, 0.75489, 0.93531, 0.75893, 0.94302, 0.75817, 0.0, 0.0, 0.9285, 0.0, 0.0],
        ),
        (
            [3, 5, 3, 2],
            [
                -3.29315,
                -4.88564,
                -3.19446,
                -4.01749,
                -2.54904,
                -4.96722,
                -1.74486,
                0.0,
                0.0,
                -4.0026,
                0.0,
                0.0,
            ],
        ),
    ],
    "interaction": [
        (
            [3, 5, 3],
            [
                4.03918,
                1.28439,
                -3.58985,
                1.17659,
                3.84057,
                -2.14026,
                -3.58755,
                3.1161,
                0.06873,
                0.06873,
                0.31267,
                2.8913,
            ],
        ),
        (
            [3, 5, 2],
            [
                5.78937,
                1.55892,
                -8.96939,
                -4.1999,
                7.30759,
                -6.1804,
                -7.78512,
                -2.21746,
                -4.7382,
                -4.7382,
                -4.59736,
                -4.74505,
            ],
        ),
    ],
    "representation": [
        (
            [3, 5, 4],
            [0.47943, 0.50073, -0.99976, 0.53816, 0.44053, -0.99594, 0.59439, 0.0, -0.98748, 0.0, 0.0, 0.0],
        ),
    ],
}


def spread(shape, start):
    """Numbers between -1 and 1 that look like no pattern and are the same everywhere."""
    n = torch.arange(torch.Size(shape).numel(), dtype=torch.float64)
    return torch.sin(start + 12.9898 * n).reshape(shape)


def run(name, dtype):
    """The scores of three sentences' tokens, of five, three and no tokens."""
    make, n_inputs = HEADS[name]
    head = make()
    for k, parameter in enumerate(head.parameters()):
        parameter.data = spread(parameter.shape, k)
    head = head.to(dtype)
    mask = torch.arange(5)[None] < torch.tensor([5, 3, 1])[:, None]
    X = [(spread((3, 5, 4), 0.5 + k) * mask[..., None]).to(dtype) for k in range(n_inputs)]
    with torch.no_grad():
        return [output.float() for output in head(X, mask)]


@pytest.mark.parametrize("name", HEADS)
def test_scores(name):
    for found, (shape, expected) in zip(run(name, torch.float32), GOLDEN[name], strict=True):
        assert list(found.shape) == shape
        picked = found.flatten()[:: max(found.numel() // 12, 1)][:12]
        torch.testing.assert_close(picked, torch.tensor(expected), atol=1e-4, rtol=0)


@pytest.mark.parametrize("name", HEADS)
def test_half_precision(name):
    """bfloat16 has 8 bits: each product is right to 1 / 256, and a score is a sum of some."""
    for found, exact in zip(run(name, torch.bfloat16), run(name, torch.float32), strict=True):
        torch.testing.assert_close(found, exact, atol=0.05, rtol=0.02)
