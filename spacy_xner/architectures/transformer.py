"""An encoder that runs a Hugging Face transformer.

Model notes: `TransformerModel` of spacy-transformers cuts windows by token and drops what doesn't fit. Only its shim is
used here, which stores weights, config and tokenizer in the model's bytes. Tokens are cut into word pieces, and
documents into windows of word pieces, which run in batches of similar length. Only the tokens' vectors are converted
from torch, so torch computes the gradient of everything else.
"""

import warnings
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Optional, Tuple, cast

import numpy
import torch
from spacy.tokens import Doc
from spacy_transformers.data_classes import HFObjects
from thinc.api import Model, PyTorchShim, torch2xp, xp2torch
from thinc.layers.pytorchwrapper import forward as run_wrapper
from thinc.types import ArgsKwargs, Floats1d, Floats2d, Ints1d, Ints2d

from ..errors import Errors, Warnings, XnerError, explain
from ..hub import REMOTE_CODE
from .precision import Precision, use_bfloat16
from .pretrained import find_limit, find_origin, load_pretrained
from .shim import EncoderShim, Store, get_half
from .wordpieces import Batch, Pooling, count_lost, make_batches

# Most word pieces of a forward pass on a CPU.
CPU_BATCH = 1024
# Encoders that fail in 16 bits: DeBERTa's first version masks with the smallest float32.
FLOAT32 = ("deberta",)
# Share of lost tokens above which a trimmed vocabulary gives a warning; complete vocabularies split some words, too.
LOST_SHARE = 0.01

InT = List[Doc]
OutT = List[Floats2d]


@dataclass(frozen=True)
class EncoderSettings:
    """How to run the transformer, see `build_encoder`.

    Thinc does not serialize this: a pipeline that takes over the weights of another keeps the settings of its own
    config.
    """

    window: int
    overlap: int
    batch_wordpieces: int
    freeze_embeddings: bool = False
    precision: Precision = "auto"
    pooling: Pooling = "first"
    compile: bool = False

    def __post_init__(self) -> None:
        for option, fits, expected in [
            ("window", self.window > 0, "a positive number"),
            ("overlap", 0 <= self.overlap < self.window, f"from 0 to {self.window - 1} (less than 'window')"),
            ("batch_wordpieces", self.batch_wordpieces > 0, "a positive number"),
        ]:
            if not fits:
                found = getattr(self, option)
                raise XnerError(Errors.X306.format(found=found, expected=expected, option=f"'{option}'"))


@dataclass
class EncoderState:
    """What changes while an encoder runs. Thinc does not serialize this.

    warned (bool): True once it has warned of tokens that it does not know.
    compilable (bool): False once `torch.compile` has failed.
    """

    warned: bool = False
    compilable: bool = True


def build_transformer(
    name: str,
    settings: EncoderSettings,
    store: Store,
    transformer_config: Dict[str, Any],
    tokenizer_config: Dict[str, Any],
) -> Model[InT, OutT]:
    """Build an encoder from a Hugging Face transformer; `initialize` or `from_bytes` load the weights.

    name (str): a Hugging Face name or a local folder.
    settings (EncoderSettings): how to run it.
    store (Literal["float32", "float16"]): the format in which weights are saved.
    transformer_config (Dict[str, Any]): settings that replace those of its `config.json`.
    tokenizer_config (Dict[str, Any]): settings for its tokenizer.
    RETURNS (Model): from n tokens to an (n, nO) float32 array for each document.
    RAISES: X037 if a setting asks for code that comes with the model.
    """
    for option, config in [
        ("transformer_config", transformer_config),
        ("tokenizer_config", tokenizer_config),
    ]:
        if config.get(REMOTE_CODE):
            raise XnerError(Errors.X037.format(setting=REMOTE_CODE, option=option))
    loaded = HFObjects(None, None, None, dict(tokenizer_config), dict(transformer_config))
    wrapper: Model[Batch, Floats2d] = Model(
        "hf-pytorch",
        run_wrapper,
        attrs={"convert_inputs": convert_inputs, "convert_outputs": convert_outputs},
        shims=[EncoderShim(loaded, store=store)],
        dims={"nI": None, "nO": None},
    )
    return Model(
        "transformer_encoder",
        forward,
        init=init,
        layers=[wrapper],
        refs={"transformer": wrapper},
        dims={"nO": None},
        attrs={
            "name": name,
            "has_transformer": False,
            "trimmed": False,
            "origin": {},
            "settings": settings,
            "state": EncoderState(),
        },
    )


def init(model: Model[InT, OutT], X: Optional[InT] = None, Y: Optional[OutT] = None) -> None:
    """Load transformer and tokenizer, unless they are loaded, and set the width.

    model (Model): an encoder from `build_transformer`.
    X (Optional[List[Doc]]): not read.
    Y (Optional[List[Floats2d]]): not read.
    RAISES: X009 without a fast tokenizer, X010 if anything can't be loaded.
    """
    if model.attrs["has_transformer"]:
        return
    shim = get_shim(model)
    configs = (shim._hfmodel._init_tokenizer_config, shim._hfmodel._init_transformer_config)
    shim._hfmodel = load_pretrained(model.attrs["name"], *configs)
    shim._model = shim._hfmodel.transformer
    model.attrs["has_transformer"] = True
    model.attrs["origin"] = find_origin(model.attrs["name"], shim._model)
    model.attrs["trimmed"] = bool(model.attrs["origin"].get("vocabulary", {}).get("trimmed"))
    model.set_dim("nO", shim._model.config.hidden_size)


def forward(model: Model[InT, OutT], docs: InT, is_train: bool) -> Tuple[OutT, Callable[[OutT], InT]]:
    """Encode documents in batches of windows, and warn once of tokens without word pieces.

    model (Model): the initialized encoder.
    docs (List[Doc]): the documents, which may be empty.
    is_train (bool): whether a backward pass is needed, for which torch keeps intermediate results.
    RETURNS (Tuple[List[Floats2d], Callable[[List[Floats2d]], List[Doc]]]): (n, nO) for each document, with a zero row
        for a token without word pieces, such as white space; and the backward pass, which takes gradients (n, nO) and
        may be called once.
    RAISES: X306 if a window has no room beside the special tokens.
    """
    settings = model.attrs["settings"]
    shim = get_shim(model)
    _prepare(shim, settings)
    batches = make_batches(
        docs,
        shim._hfmodel.tokenizer,
        window=min(settings.window, find_limit(shim._hfmodel.tokenizer, shim._model)),
        overlap=settings.overlap,
        budget=find_budget(model),
        pooling=settings.pooling,
    )
    _warn_once(model, docs, batches)
    ends = numpy.cumsum([0, *(len(doc) for doc in docs)]).tolist()
    Y = model.ops.alloc2f(ends[-1], model.get_dim("nO"))
    backprops = []
    is_half = shim._model.config.model_type not in FLOAT32 and use_bfloat16(settings.precision, shim.device)
    # The shim's own autocast would override a caller's, so it is set to match: enabled or not, and bfloat16.
    shim._mixed_precision = shim.device.type == "cuda" and (is_half or torch.is_autocast_enabled())
    with torch.autocast(shim.device.type, dtype=torch.bfloat16, enabled=is_half or shim._mixed_precision):
        for batch in batches:
            tokens = model.ops.asarray1i(cast(Ints1d, batch.tokens))
            Y_batch, backprop_batch = _run(model, batch, is_train, is_half)
            Y[tokens] += Y_batch
            backprops.append((tokens, backprop_batch))

    def backprop(dYs: OutT) -> InT:
        if backprops:
            dY = model.ops.asarray2f(model.ops.xp.concatenate(dYs))
            for tokens, backprop_batch in backprops:
                backprop_batch(dY[tokens])
        return []  # documents have no gradient

    return [Y[start:end] for start, end in zip(ends[:-1], ends[1:], strict=True)], backprop


def get_shim(model: Model[InT, OutT]) -> Any:
    """Get the shim, which holds transformer, tokenizer and device.

    model (Model): an encoder from `build_transformer`.
    RETURNS (PyTorchShim): the shim.
    """
    return model.layers[0].shims[0]  # not by reference: thinc's `copy` drops those


def find_budget(model: Model[InT, OutT]) -> int:
    """Find the size of a forward pass. On a CPU, batches larger than its caches are no faster.

    model (Model): the encoder.
    RETURNS (int): most word pieces, padding included: the setting `batch_wordpieces`, on a CPU at most 1024.
    """
    wanted = int(model.attrs["settings"].batch_wordpieces)
    return min(wanted, CPU_BATCH) if get_shim(model).device.type == "cpu" else wanted


def _prepare(shim: Any, settings: EncoderSettings) -> None:
    """Apply the settings that `from_bytes` does not restore."""
    if settings.freeze_embeddings:
        shim._model.get_input_embeddings().requires_grad_(False)


def _run(
    model: Model[InT, OutT], batch: Batch, is_train: bool, is_half: bool
) -> Tuple[Floats2d, Callable[[Floats2d], Any]]:
    """Run the transformer on a batch, compiled if wanted and possible."""
    if not (model.attrs["settings"].compile and model.attrs["state"].compilable):
        if is_half and not is_train:
            return _predict_half(model, batch), lambda dY: None
        return model.layers[0](batch, is_train)
    transformer = get_shim(model)._model
    try:
        if transformer._compiled_call_impl is None:
            transformer.compile(dynamic=True)  # in place, which keeps the names of the weights
        Y, backprop = model.layers[0](batch, is_train)
    except RuntimeError as error:
        _stop_compiling(model, error)
        return model.layers[0](batch, is_train)

    def backprop_compiled(dY: Floats2d) -> Any:
        try:
            return backprop(dY)
        except RuntimeError as error:  # the backward pass is compiled when it first runs
            _stop_compiling(model, error)
            return model.layers[0](batch, is_train)[1](dY)

    return Y, backprop_compiled


def _predict_half(model: Model[InT, OutT], batch: Batch) -> Floats2d:
    """Run a copy of the transformer whose linear layers are bfloat16, under autocast."""
    wrapper = model.layers[0]
    inputs, _ = convert_inputs(wrapper, batch, False)
    with torch.no_grad():
        output = get_half(get_shim(model)._model)(**inputs.kwargs)
        return convert_outputs(wrapper, (batch, output), False)[0]


def _stop_compiling(model: Model[InT, OutT], error: RuntimeError) -> None:
    """Run the transformer uncompiled from now on, and warn once that it can't be compiled. Other errors are raised."""
    from torch._dynamo.exc import TorchDynamoException  # takes seconds to import

    if not isinstance(error, TorchDynamoException):
        raise error
    state = model.attrs["state"]
    # The backward passes of earlier batches are compiled, too, and fail as well: they don't warn again.
    if state.compilable:
        warnings.warn(Warnings.XW007.format(name=model.attrs["name"], reason=explain(error)), stacklevel=4)
    state.compilable = False
    get_shim(model)._model._compiled_call_impl = None


def _warn_once(model: Model[InT, OutT], docs: InT, batches: List[Batch]) -> None:
    """Warn of words that get a zero vector, and of words that a trimmed vocabulary does not know."""
    state, name = model.attrs["state"], model.attrs["name"]
    if state.warned:
        return
    n_tokens = sum(len(doc) for doc in docs)
    n_found = len(numpy.unique(numpy.concatenate([[], *(batch.tokens for batch in batches)])))
    n_empty = n_tokens - n_found and sum(not token.is_space for doc in docs for token in doc) - n_found
    n_lost = count_lost(docs, get_shim(model)._hfmodel.tokenizer) if model.attrs["trimmed"] else 0
    loses_words = n_lost > LOST_SHARE * n_tokens
    if n_empty > 0:
        warnings.warn(Warnings.XW003.format(name=name, n=n_empty), stacklevel=2)
    if loses_words:
        warnings.warn(Warnings.XW008.format(name=name, n=n_lost, total=n_tokens), stacklevel=2)
    state.warned = n_empty > 0 or loses_words


def convert_inputs(
    model: Model[Batch, Floats2d], X: Batch, is_train: bool
) -> Tuple[ArgsKwargs, Callable[[ArgsKwargs], List[Any]]]:
    """Move a batch to the transformer's device.

    model (Model): the wrapper of the transformer, for which Thinc calls this function.
    X (Batch): W windows of T word pieces.
    is_train (bool): not read, as word pieces have no gradient.
    RETURNS (Tuple[ArgsKwargs, Callable[[ArgsKwargs], List[Any]]]): ids (W, T) and mask (W, T) by the names of the
        transformer's arguments, and an empty backward pass.
    """
    device = cast(PyTorchShim, model.shims[0]).device
    ids = xp2torch(cast(Ints2d, X.ids), device=device)
    mask = xp2torch(cast(Ints2d, X.mask), device=device)
    return ArgsKwargs(args=(), kwargs={"input_ids": ids, "attention_mask": mask}), lambda dX: []


def convert_outputs(
    model: Model[Batch, Floats2d], X_output: Tuple[Batch, Any], is_train: bool
) -> Tuple[Floats2d, Callable[[Floats2d], ArgsKwargs]]:
    """Compute the tokens' vectors from the last hidden state.

    model (Model): the wrapper of the transformer, for which Thinc calls this function.
    X_output (Tuple[Batch, Any]): the batch, and the transformer's output, whose last hidden state is (W, T, nO).
    is_train (bool): not read, as torch keeps track of gradients.
    RETURNS (Tuple[Floats2d, Callable[[Floats2d], ArgsKwargs]]): (K, nO) float32, a row for each token of the batch; and
        the backward pass, which takes the gradient of these rows, (K, nO).
    """
    X, output = X_output
    hidden = output.last_hidden_state
    rows, columns, slots = (
        xp2torch(cast(Ints1d, where), device=hidden.device) for where in (X.rows, X.columns, X.slots)
    )
    shares = xp2torch(cast(Floats1d, X.weights), device=hidden.device)[:, None]
    found = hidden[rows, columns].float() * shares
    Y = found.new_zeros(len(X.tokens), found.shape[1]).index_add(0, slots, found)

    def backprop(dY: Floats2d) -> ArgsKwargs:
        return ArgsKwargs(args=((Y,),), kwargs={"grad_tensors": (xp2torch(dY, device=Y.device),)})

    return cast(Floats2d, torch2xp(Y, ops=model.ops)), backprop
