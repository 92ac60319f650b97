"""The shim that serializes a transformer with its tokenizer, and a copy of the transformer in bfloat16."""

import copy
from typing import Any, Dict, Literal, Tuple
from weakref import WeakKeyDictionary

import torch
from spacy_transformers.data_classes import HFObjects
from spacy_transformers.layers.hf_shim import HFShim
from torch import nn
from transformers import AutoConfig, AutoModel, AutoTokenizer

from ..hub import HubLoader

Store = Literal["float32", "float16"]


class EncoderShim(HFShim):
    """The shim of spacy-transformers, with the option to save weights in float16. Loading converts them to float32.

    loaded (HFObjects): transformer and tokenizer, or empty.
    store (Literal["float32", "float16"]): the format in which weights are saved.
    """

    def __init__(self, loaded: HFObjects, *, store: Store = "float32") -> None:
        super().__init__(
            loaded,
            grad_scaler_config={"enabled": False},
            config_cls=HubLoader(AutoConfig),
            model_cls=HubLoader(AutoModel),
            tokenizer_cls=HubLoader(AutoTokenizer),
        )
        self.store = store

    def to_bytes(self) -> bytes:
        """RETURNS (bytes): config, tokenizer and weights."""
        transformer = self._model
        if self.store == "float16" and transformer is not None:
            self._model = _HalfWeights(transformer)
        try:
            return super().to_bytes()
        finally:
            self._model = transformer


class _HalfWeights:
    def __init__(self, transformer: nn.Module) -> None:
        self.transformer = transformer

    def state_dict(self) -> Dict[str, torch.Tensor]:
        tensors = self.transformer.state_dict().items()
        return {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in tensors}


_HALVES: "WeakKeyDictionary[nn.Module, Tuple[Any, nn.Module]]" = WeakKeyDictionary()


def get_half(transformer: nn.Module) -> nn.Module:
    """Get a copy of a transformer whose linear layers are bfloat16, for prediction.

    Autocast would convert them in each call. The copy is made again when the weights have changed. It shares all other
    weights with the transformer: norms, and the sums along the layers, stay float32.

    transformer (PreTrainedModel): the transformer.
    RETURNS (PreTrainedModel): the copy.
    """
    state = _summarise(transformer)
    known = _HALVES.get(transformer)
    if known is None or known[0] != state:
        # What `deepcopy` uses for each parameter: the parameter itself, or a converted copy.
        weights = {id(weight): weight for weight in transformer.parameters()}
        for module in transformer.modules():
            if isinstance(module, nn.Linear):
                for weight in module.parameters():
                    converted = weight.detach().to(torch.bfloat16)
                    weights[id(weight)] = nn.Parameter(converted, weight.requires_grad)
        half = copy.deepcopy(transformer, weights).eval()
        known = _HALVES[transformer] = (state, half)
    return known[1]


def _summarise(transformer: nn.Module) -> Tuple[Any, ...]:
    """RETURNS (Tuple[Any, ...]): a value that changes when the weights do."""
    # Torch's versions miss the updates of Thinc's optimizers, so the sum of biases and norms is compared as well.
    weights = list(transformer.parameters())
    vectors = [weight.detach().sum(dtype=torch.float64) for weight in weights if weight.ndim == 1]
    return (
        *((weight.data_ptr(), weight._version) for weight in weights),
        float(torch.stack(vectors).sum()) if vectors else 0.0,
    )
