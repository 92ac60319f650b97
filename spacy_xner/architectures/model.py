"""The model of a component: encoders with heads on them.

Model notes: the model owns its encoders, which no other component uses. Heads are built once the labels and the
encoders' widths are known: at initialization, or before weights are loaded. In training the outputs are padded torch
tensors, so that objectives can compare sentences. At prediction they are one numpy array per document, computed in
batches of segments of similar length, so that time and memory grow linearly with the length of a document.
"""

from dataclasses import replace
from functools import reduce
from operator import add
from typing import Any, Callable, Dict, List, Optional, Tuple, Union, cast

import numpy
from spacy.tokens import Doc
from spacy.util import SimpleFrozenDict, SimpleFrozenList
from thinc.api import Model, torch2xp
from thinc.types import Floats2d

from ..errors import Errors, XnerError
from ..metadata import get_view
from ..types import ModelSizes, Outputs, Predictions, check_slot
from .head_set import (
    check_heads,
    find_context,
    head_layer,
    output_schemes,
    predicted_outputs,
    to_numpy,
)
from .heads import build_token_classifier
from .padding import add_context, batch_segments, make_mask, pad

InT = List[Doc]
OutT = Union[Outputs, Predictions]
Encoder = Model[List[Doc], List[Floats2d]]
Backprop = Callable[[List[Floats2d]], Any]


def build_model(
    encoders: Dict[str, Any],
    heads: Dict[str, Any],
    views: List[str] = SimpleFrozenList(),
    share: Dict[str, str] = SimpleFrozenDict(),
    segment: int = 512,
    batch_tokens: int = 8192,
) -> Model[InT, OutT]:
    """Join encoders and heads.

    encoders (Dict[str, Model]): one or more encoders by name, each from documents to one (n, d) array.
    heads (Dict[str, HeadSpec]): the heads by name.
    views (List[str]): the view that each encoder reads, in the order of the encoders; sentences of other views get zero
        vectors. If empty, each encoder reads all sentences.
    share (Dict[str, str]): additional names of encoders: {"b": "a"} makes "b" the same encoder as "a".
    segment (int): most tokens that the heads see at once at prediction (encoders may see more).
    batch_tokens (int): most tokens in a batch of the heads at prediction, padding included.
    RETURNS (Model): from documents to the named outputs: padded tensors in training, one array per document at
        prediction.
    RAISES: X004 (a head's encoder does not exist), X014 (views or shared encoders that do not match the encoders), X036
        (an encoder or head is a part of another kind).
    """
    for kind, parts in (("encoder", encoders), ("head", heads)):
        for name, part in parts.items():
            check_slot(part, kind, f"model.{kind}s.{name}")
    _check_encoders(list(encoders), views, share)
    layers = {name: encoders[share.get(name, name)] for name in [*encoders, *share]}
    check_heads(heads, list(layers))
    unique = [name for name in layers if share.get(name, name) == name]
    schemes = {k: v for name, spec in heads.items() for k, v in output_schemes(name, spec).items()}
    model: Model[InT, OutT] = Model(
        "xner",
        forward,
        init=init,
        layers=[layers[name] for name in unique],
        attrs={
            "encoders": {name: unique.index(share.get(name, name)) for name in layers},
            "views": dict(zip(layers, views, strict=True)) if views else {},
            "schemes": schemes,
            "segment": segment,
            "batch_tokens": batch_tokens,
            "heads": heads,
            "sizes": ModelSizes(),
        },
    )
    return model


def _check_encoders(names: List[str], views: List[str], share: Dict[str, str]) -> None:
    n_layers = len({*names, *share})
    if views and len(views) != n_layers:
        expected = f"it needs {n_layers} views, or none"
        raise XnerError(Errors.X014.format(setting="views", value=views, found=names, expected=expected))
    if any(name in share or name not in names for name in share.values()):
        expected = "an encoder can only be the same as one that is not shared itself"
        raise XnerError(Errors.X014.format(setting="share", value=share, found=names, expected=expected))


def build_tagger(encoder: Encoder, scheme: str = "bio") -> Model[InT, OutT]:
    """Build a model for plain token classification: one encoder "a" and one linear head "tag".

    encoder (Model): from documents to one (n, d) array each.
    scheme (str): the tagging scheme.
    RETURNS (Model): the model, see `build_model`.
    """
    return build_model({"a": encoder}, {"tag": build_token_classifier("a", scheme)})


def init(model: Model[InT, OutT], X: Optional[InT] = None, Y: Any = None) -> None:
    """Initialize the encoders on sample documents, if given, and build the heads for `attrs["sizes"]`.

    The encoders' widths are read from the documents. Without documents they must be known; a saved model is rebuilt in
    this way.

    model (Model): a model from `build_model`; its heads are replaced.
    X (Optional[List[Doc]]): sample documents, None if the encoders get their weights from bytes.
    Y (Any): not read.
    """
    names = model.attrs["encoders"]
    if X is not None:
        for index in sorted(set(names.values())):
            model.layers[index].initialize(X=X)
        widths = {name: model.layers[index].get_dim("nO") for name, index in names.items()}
        model.attrs["sizes"] = replace(model.attrs["sizes"], widths=widths)
    n_encoders = len(set(names.values()))
    layer = head_layer(model.attrs["heads"], model.attrs["sizes"])
    model._layers = [*model.layers[:n_encoders], layer]
    model.set_ref("heads", layer)


def forward(model: Model[InT, OutT], docs: InT, is_train: bool) -> Tuple[OutT, Callable[[Outputs], InT]]:
    """Run the encoders, each on the documents of its view, and the heads on all documents.

    model (Model): the initialized model.
    docs (List[Doc]): B documents.
    is_train (bool): True for all outputs, padded, with a backward pass; False for the outputs of prediction.
    RETURNS (Tuple[Union[Outputs, Predictions], Callable[[Outputs], List[Doc]]]): for each output a (B, N, ...) tensor,
        or at prediction one (n, ...) array per document; and the backward pass, which takes the gradients of some or
        all outputs. At prediction it does nothing.
    """
    encoded, backprop_encoders = _encode(model, docs, is_train)
    lengths = [len(doc) for doc in docs]
    if not is_train:
        return _predict_heads(model, encoded, lengths), lambda d_outputs: docs
    widths = model.attrs["sizes"].widths
    padded = {name: pad(model.ops, Xs, widths[name]) for name, Xs in encoded.items()}
    outputs, backprop_heads = model.get_ref("heads")((padded, make_mask(model.ops, lengths)), is_train)

    def backprop(d_outputs: Outputs) -> InT:
        d_padded = {name: dX for name, dX in backprop_heads(d_outputs).items() if dX is not None}
        backprop_encoders(
            {
                name: [cast(Floats2d, torch2xp(dX[i, :length])) for i, length in enumerate(lengths)]
                for name, dX in d_padded.items()
            }
        )
        return docs

    return outputs, backprop


def _encode(
    model: Model[InT, OutT], docs: InT, is_train: bool
) -> Tuple[Dict[str, List[Floats2d]], Callable[[Dict[str, List[Floats2d]]], None]]:
    """Run each encoder on the documents of its view; a shared encoder runs once on the same documents."""
    encoded: Dict[str, List[Floats2d]] = {}
    done: Dict[Tuple[int, Tuple[int, ...]], Tuple[List[Floats2d], Backprop]] = {}
    used: Dict[str, Tuple[int, Tuple[int, ...]]] = {}
    for name, index in model.attrs["encoders"].items():
        wanted = model.attrs["views"].get(name)
        chosen = tuple(i for i, doc in enumerate(docs) if wanted is None or get_view(doc) == wanted)
        used[name] = (index, chosen)
        if used[name] not in done:
            done[used[name]] = model.layers[index]([docs[i] for i in chosen], is_train)
        encoded[name] = done[used[name]][0]
        if len(chosen) < len(docs):
            rows = dict(zip(chosen, encoded[name], strict=True))
            width = model.attrs["sizes"].widths[name]
            encoded[name] = [rows.get(i, model.ops.alloc2f(len(doc), width)) for i, doc in enumerate(docs)]

    def backprop(d_encoded: Dict[str, List[Floats2d]]) -> None:
        for key, (_, callback) in done.items():
            # A shared encoder ran once, so its gradients are summed before its one backward pass.
            found = [d_encoded[name] for name in d_encoded if used[name] == key]
            if found:
                callback([reduce(add, [dXs[i] for dXs in found]) for i in key[1]])

    return encoded, backprop


def _predict_heads(
    model: Model[InT, OutT], encoded: Dict[str, List[Floats2d]], lengths: List[int]
) -> Predictions:
    pieces: Dict[str, List[List[Tuple[int, numpy.ndarray]]]] = {
        output: [[] for _ in lengths]
        for name, spec in model.attrs["heads"].items()
        for output in predicted_outputs(name, spec)
    }
    sizes = model.attrs["sizes"]
    context = find_context(model.attrs["heads"], sizes.longest)
    for batch in batch_segments(lengths, model.attrs["segment"], model.attrs["batch_tokens"], context):
        seen = [add_context(item, lengths[item[0]], context) for item in batch]
        X = {
            name: pad(model.ops, [Xs[doc][first:last] for doc, first, last in seen], sizes.widths[name])
            for name, Xs in encoded.items()
        }
        mask = make_mask(model.ops, [last - first for _, first, last in seen])
        for name, tensor in model.get_ref("heads").predict((X, mask)).items():
            values = to_numpy(tensor)
            for i, ((doc, start, end), (_, first, _)) in enumerate(zip(batch, seen, strict=True)):
                pieces[name][doc].append((start, values[i, start - first : end - first]))
    return {name: [_join(found) for found in docs] for name, docs in pieces.items()}


def _join(pieces: List[Tuple[int, numpy.ndarray]]) -> numpy.ndarray:
    """RETURNS (ndarray): the segments of a document joined in order, (n, ...); (0, 0) for an empty document."""
    arrays = [values for _, values in sorted(pieces, key=lambda piece: piece[0])]
    if len(arrays) == 1:
        return arrays[0]
    return numpy.concatenate(arrays) if arrays else numpy.zeros((0, 0), dtype="float32")
