"""AdamW in torch: all of a model together, of a table of word pieces only the touched rows."""

import copy

import pytest
import torch
from thinc.api import Adam
from torch import nn
from torch_parts import backward, make_parts
from transformers import AutoConfig, AutoModel
from util import ENCODER, get_weights, make_examples, make_nlp

from spacy_xner.errors import XnerError
from spacy_xner.training.adamw import TorchPart, create_adamw
from spacy_xner.training.rows import find_table, set_sparse, take_rows
from spacy_xner.types import Objective

RATE, HEADS_RATE = 0.01, 0.1
# With a large eps a step grows with the gradient: rounding does not decide on its direction.
SMOOTH = 1.0


def make_table(values, gradient, sparse):
    table = nn.Parameter(torch.tensor(values))
    gradient = torch.tensor(gradient)
    table.grad = gradient.to_sparse(1) if sparse else gradient
    return table


class Table(nn.Module):
    def __init__(self, values):
        super().__init__()
        self.table = nn.Embedding.from_pretrained(torch.tensor(values), freeze=False)

    def get_input_embeddings(self):
        return self.table


def test_by_hand():
    """A row that is touched at the first and the third update, by the formula in Python's numbers."""
    module = Table([[1.0], [2.0]])
    optimizer = create_adamw(0.1, L2=0.5, beta1=0.9, beta2=0.99, eps=0.001, grad_clip=0)
    for gradient in ([[2.0], [0.0]], [[0.0], [3.0]], [[1.0], [0.0]]):
        module.table.weight.grad = torch.tensor(gradient)
        optimizer.update_modules([TorchPart(module, 384)])
    # First: both means are corrected to 2 and 4.
    first = 1 * (1 - 0.1 * 0.5) - 0.1 * 2 / (2 + 0.001)
    mean = (0.9 * 0.2 + 0.1 * 1) / (1 - 0.9**2)
    square = (0.99 * 0.04 + 0.01 * 1) / (1 - 0.99**2)
    third = first * (1 - 0.1 * 0.5) - 0.1 * mean / (square**0.5 + 0.001)
    second = 2 * (1 - 0.1 * 0.5) - 0.1 * 3 / (3 + 0.001)
    assert module.table.weight[:, 0].tolist() == pytest.approx([third, second], rel=1e-6)
    assert optimizer.moments[module.table.weight]["step"].tolist() == [2, 1]


@pytest.mark.parametrize("sparse", [False, True])
def test_take_rows(sparse):
    table = make_table([[1.0], [2.0], [3.0], [4.0]], [[0.0], [0.5], [0.0], [-1.0]], sparse)
    rows = take_rows(table)
    assert rows.ids.tolist() == [1, 3] and rows.weights.tolist() == [[2.0], [4.0]]
    assert rows.weights.grad.tolist() == [[0.5], [-1.0]] and table.grad is None


@pytest.mark.parametrize("grad_clip", [0.0, 0.5])
@pytest.mark.parametrize("sparse", [False, True])
def test_as_torch_if_all_rows_are_touched(sparse, grad_clip):
    ours, theirs = make_parts(), make_parts()
    optimizer = create_adamw(RATE, HEADS_RATE, L2=0.1, grad_clip=grad_clip)
    groups = []
    for (module, _), lr in zip(theirs, (RATE, HEADS_RATE), strict=True):
        params = list(module.parameters())
        groups.append({"params": [p for p in params if p.ndim > 1], "lr": lr, "weight_decay": 0.1})
        groups.append({"params": [p for p in params if p.ndim <= 1], "lr": lr, "weight_decay": 0.0})
    reference = torch.optim.AdamW(groups)
    # That row of padding has no gradient, but the reference would let it decay.
    theirs[0].module.table.weight.data[1] = ours[0].module.table.weight.data[1] = 0.0
    if sparse:
        optimizer.update_modules(ours)  # the first gradient of a table is a dense one otherwise
    for step in range(5):
        ids = [0, 2, 3, 4, 4, 1, step % 4]
        backward(ours, ids)
        assert ours[0].module.table.weight.grad.is_sparse is (sparse or step > 0)
        optimizer.update_modules(ours)
        backward(theirs, ids)
        if grad_clip:
            norm = nn.utils.clip_grad_norm_(
                [p for part in theirs for p in part.module.parameters()], grad_clip
            )
            assert norm > grad_clip
        reference.step()
        reference.zero_grad()
    for own, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(own.module.state_dict(), other.module.state_dict(), rtol=1e-5, atol=1e-6)


def test_other_rows_stay_to_the_bit():
    parts = make_parts()
    optimizer = create_adamw(RATE, HEADS_RATE)
    for ids in ([0, 2], [2, 4]):
        before = parts[0].module.table.weight.detach().clone()
        backward(parts, ids)
        optimizer.update_modules(parts)
        moved = (parts[0].module.table.weight != before).any(dim=1)
        assert moved.nonzero()[:, 0].tolist() == ids
    assert all(param.grad is None for part in parts for param in part.module.parameters())


def test_decay_of_weights_alone():
    parts = make_parts()
    before = copy.deepcopy(parts)
    for module, _ in parts:
        for param in module.parameters():
            param.grad = torch.zeros_like(param)
    create_adamw(RATE, HEADS_RATE, L2=0.5).update_modules(parts)
    expected = {"layer.weight": 1 - RATE * 0.5}  # of the table no row has a gradient
    for name, param in before[0].module.named_parameters():
        torch.testing.assert_close(parts[0].module.get_parameter(name), param * expected.get(name, 1.0))
    torch.testing.assert_close(parts[1].module.weight, before[1].module.weight * (1 - HEADS_RATE * 0.5))
    assert torch.equal(parts[1].module.bias, before[1].module.bias)


@pytest.mark.parametrize("width, encoder, factor", [(384, 768, 0.25), (384, 32, 1.0), (None, 768, 1.0)])
def test_rates_by_width(width, encoder, factor):
    parts = make_parts(encoder)
    optimizer = create_adamw(iter([1e-3, 2e-3]), HEADS_RATE, width=width)
    for rate in (1e-3, 2e-3):
        before = copy.deepcopy(parts)
        for param in (param for module, _ in parts for param in module.parameters()):
            param.grad = torch.ones_like(param)
        optimizer.update_modules(parts)
        optimizer.step_schedules()
        for own, other, expected in zip(parts, before, (rate * factor, HEADS_RATE), strict=True):
            # With equal gradients each step is as long as the rate.
            for name in ("norm.bias", "layer.bias") if own.width else ("bias",):
                moved = own.module.get_parameter(name) - other.module.get_parameter(name)
                assert moved.detach().numpy() == pytest.approx(-expected, rel=1e-3)


def test_bad_width():
    with pytest.raises(XnerError, match="X306.*'0'.*'width' of the optimizer"):
        create_adamw(width=0)


# Dropout that transformers have at any rate would draw other numbers for other batches.
NO_DROPOUT = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
# A mean over tokens would not add up.
TOTAL = Objective(lambda outputs, targets: outputs["tag"][targets.mask].pow(2).sum(), ["tag"])


def make_ready(name, **settings):
    """A pipeline that is ready for updates, and the layers of its component: encoder and heads."""
    encoder = {**ENCODER, "name": name, "transformer_config": NO_DROPOUT, **settings}
    nlp = make_nlp({"model": {"encoder": encoder}})
    nlp.initialize(lambda: make_examples(nlp))
    return nlp, nlp.get_pipe("xner").model.layers


def get_module(layer):
    return next(shim._model for node in layer.walk() for shim in node.shims)


def test_in_a_pipeline(tiny_transformer):
    nlp, (encoder, heads) = make_ready(tiny_transformer)
    table = find_table(get_module(encoder))
    before, head_before = table.weight.detach().clone(), copy.deepcopy(get_module(heads).state_dict())
    optimizer = create_adamw(RATE, HEADS_RATE, L2=0.0)
    for _ in range(2):
        nlp.update(make_examples(nlp), sgd=optimizer, drop=0.0)
    assert table.sparse and not optimizer.averages and not optimizer.nr_update
    moved = (table.weight != before).any(dim=1)
    texts = [eg.text for eg in make_examples(nlp)]
    tokenizer = encoder.layers[0].shims[0]._hfmodel.tokenizer
    ids = {i for text in texts for i in tokenizer(text)["input_ids"]}
    assert set(moved.nonzero()[:, 0].tolist()) == ids
    for name, param in get_module(heads).named_parameters():
        assert float((param.detach() - head_before[name]).abs().max()) == pytest.approx(
            2 * HEADS_RATE, rel=0.2
        )


@pytest.mark.parametrize("rates, moves", [((0.0, 0.01), True), ((0.01, 0.0), False)])
def test_what_starts_from_nothing_has_the_rate_of_heads(rates, moves):
    nlp, layers = make_ready("hash")
    before = [layer.to_bytes() for layer in layers]
    optimizer = create_adamw(*rates)
    nlp.update(make_examples(nlp), sgd=optimizer, drop=0.0)
    assert [layer.to_bytes() != old for layer, old in zip(layers, before, strict=True)] == [moves, moves]
    assert (optimizer.learn_rate, optimizer.heads_learn_rate, optimizer.L2) == (*rates, 0.01)


def test_thinc_arrays():
    """Of another component: the encoders' rate for its torch modules, no decay of biases."""
    optimizer = create_adamw(0.5, 0.25, L2=0.1, width=None)
    ones = torch.ones(2, 2).numpy()
    moved = {}
    for key in ("W", "layer.weight", "b"):
        weights = ones.copy() if key != "b" else ones[0].copy()
        moved[key] = float(optimizer((7, key), weights, weights.copy())[0].mean())
    expected = {"W": 0.75 * (1 - 0.025), "layer.weight": 0.5 * (1 - 0.05), "b": 0.75}
    assert moved == pytest.approx(expected, rel=1e-4)


def test_two_components_have_one_optimizer(tiny_transformer):
    """Each is trained as it would be alone."""
    names = {"t": tiny_transformer, "h": "hash"}
    both = make_ready("hash")[0]
    both.remove_pipe("xner")
    for pipe, name in names.items():
        both.add_pipe("xner", source=make_ready(name)[0], name=pipe)
    optimizer = create_adamw(RATE, HEADS_RATE)
    for _ in range(3):
        both.update(make_examples(both), sgd=optimizer, drop=0.0)
    for pipe, name in names.items():
        nlp, optimizer = make_ready(name)[0], create_adamw(RATE, HEADS_RATE)
        for _ in range(3):
            nlp.update(make_examples(nlp), sgd=optimizer, drop=0.0)
        assert both.get_pipe(pipe).model.to_bytes() == get_weights(nlp)


@pytest.mark.parametrize("sparse", [False, True])
def test_gradients_add_up(tiny_transformer, sparse):
    """Those of two batches, as those of both at once."""
    found = []
    for size in (1, 2):
        nlp, (encoder, heads) = make_ready(tiny_transformer)
        module = get_module(encoder)
        set_sparse(module, sparse)
        examples = make_examples(nlp)
        nlp.get_pipe("xner").objectives = {"total": TOTAL}
        for start in range(0, len(examples), size):
            nlp.update(examples[start : start + size], sgd=False, drop=0.0)
        assert find_table(module).weight.grad.is_sparse is sparse
        nlp.get_pipe("xner").finish_update(create_adamw(RATE, HEADS_RATE, eps=SMOOTH))
        found.append({**module.state_dict(), **get_module(heads).state_dict()})
    torch.testing.assert_close(*found, rtol=1e-4, atol=1e-5)


def test_thinc_takes_over(tiny_transformer):
    """Its Adam needs dense gradients, and learns from sparse ones what it would from dense."""
    found = []
    for sparse in (False, True):
        nlp, (encoder, _) = make_ready(tiny_transformer)
        set_sparse(get_module(encoder), sparse)
        optimizer = Adam(RATE, eps=SMOOTH)
        for _ in range(3):
            nlp.update(make_examples(nlp), sgd=optimizer, drop=0.0)
            assert not find_table(get_module(encoder)).sparse
        found.append(get_module(encoder).state_dict())
    torch.testing.assert_close(*found)


def test_frozen_embeddings(tiny_transformer):
    nlp, (encoder, _) = make_ready(tiny_transformer, freeze_embeddings=True)
    module = get_module(encoder)
    before = copy.deepcopy(module.state_dict())
    optimizer = create_adamw(RATE, HEADS_RATE)
    nlp.update(make_examples(nlp), sgd=optimizer, drop=0.0)
    name = "embeddings.word_embeddings.weight"
    stays = [key for key, value in module.state_dict().items() if torch.equal(value, before[key])]
    assert name in stays and module.get_parameter(name) not in optimizer.moments
    assert len(stays) < len(before) / 2


def test_compiled_modules():
    found = []
    for compiles in (False, True):
        parts = make_parts()
        if compiles:
            parts[0].module.compile(backend="eager")
        optimizer = create_adamw(RATE, HEADS_RATE)
        for ids in ([0, 2, 2], [2, 4]):
            backward(parts, ids)
            optimizer.update_modules(parts)
        found.append(parts[0].module.state_dict())
    torch.testing.assert_close(*found)


def test_a_batch_without_gradient_changes_nothing(tiny_transformer):
    nlp, _ = make_ready(tiny_transformer)
    before = get_weights(nlp)
    nlp.get_pipe("xner").finish_update(create_adamw(RATE, HEADS_RATE))
    assert get_weights(nlp) == before


# The shapes of encoders that people choose.
SIZES = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
FAMILIES = {
    "bert": SIZES,
    "xlm-roberta": SIZES,
    "deberta-v2": {**SIZES, "relative_attention": True, "pos_att_type": ["p2c", "c2p"]},
    "modernbert": {**SIZES, "reference_compile": False, "attn_implementation": "eager"},
    "rembert": {**SIZES, "input_embedding_size": 4},
    "distilbert": {"dim": 8, "n_layers": 1, "n_heads": 2, "hidden_dim": 16},
    "electra": {**SIZES, "embedding_size": 4},
}


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
@pytest.mark.parametrize("bfloat16", [False, True])
@pytest.mark.parametrize("family", FAMILIES)
def test_families_of_encoders(family, bfloat16):
    """Each can have sparse gradients, and they are its dense ones."""
    config = AutoConfig.for_model(family, vocab_size=20, pad_token_id=0, **FAMILIES[family])
    found = []
    for sparse in (False, True):
        torch.manual_seed(0)
        module = AutoModel.from_config(config).eval()
        optimizer = create_adamw(RATE, eps=SMOOTH)
        for ids in ([[3, 5, 3]], [[5, 7, 9]]):
            set_sparse(module, sparse)
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bfloat16):
                hidden = module(input_ids=torch.tensor(ids)).last_hidden_state
            (hidden.float().pow(3).sum() * 3).backward()
            assert find_table(module).weight.grad.is_sparse is sparse
            optimizer.update_modules([TorchPart(module, 8)])
        assert (optimizer.moments[find_table(module).weight]["step"] > 0).sum() == 4
        found.append(module.state_dict())
    torch.testing.assert_close(*found)
