"""All heads of a model as one Thinc layer around one torch module."""

from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

import torch
from thinc.api import ArgsKwargs, Model, PyTorchWrapper_v3, xp2torch
from thinc.types import Floats3d, Ints2d
from torch import Tensor, nn

from ..errors import Errors, XnerError
from ..schemes import get_scheme
from ..types import HeadSizes, HeadSpec, ModelSizes, Outputs
from .weights import dump_weights, load_weights

# Padded vectors (B, N, d) of each encoder, and the mask (B, N).
InT = Tuple[Dict[str, Floats3d], Ints2d]
OutT = Outputs


class HeadSet(nn.Module):
    """Run each head on the encoders it reads from.

    The submodule "head:NAME" is the head of that name. Without the prefix, a head could not be called "type", which is
    an attribute of every torch module.
    """

    def __init__(self, specs: Dict[str, HeadSpec], sizes: ModelSizes) -> None:
        super().__init__()
        self.specs = specs
        self.heads = nn.ModuleDict(
            {
                f"head:{name}": spec.build(
                    HeadSizes(
                        [sizes.widths[encoder] for encoder in spec.encoders],
                        count_classes(spec, sizes.labels),
                        sizes.longest,
                    )
                )
                for name, spec in specs.items()
            }
        )

    def forward(self, X: Dict[str, Tensor], mask: Tensor) -> Outputs:
        """Run the heads: in training all of them, at prediction those with outputs at prediction.

        X (Dict[str, Tensor]): (B, N, d) padded token vectors of each encoder.
        mask (Tensor): (B, N) bool, True on tokens.
        RETURNS (Outputs): (B, N, ...) tensors by the full names of the outputs.
        """
        outputs: Outputs = {}
        for name, spec in self.specs.items():
            names = output_schemes(name, spec) if self.training else predicted_outputs(name, spec)
            if names:
                values = self.heads[f"head:{name}"]([X[encoder] for encoder in spec.encoders], mask)
                outputs.update(zip(names, values, strict=True))
        return outputs


def output_schemes(name: str, spec: HeadSpec) -> Dict[str, Optional[str]]:
    """Get the full names of a head's outputs with their tagging schemes.

    name (str): the head's name in the config.
    spec (HeadSpec): the head.
    RETURNS (Dict[str, Optional[str]]): the tagging scheme of each output by full name, None for representations.
    """
    return {name_output(name, output): scheme for output, scheme in spec.schemes.items()}


def name_output(name: str, output: str) -> str:
    """Get the full name of a head's output, see `HeadSpec.schemes`.

    name (str): the head's name in the config.
    output (str): a key of `HeadSpec.schemes`: "" stands for the head's name, "_..." is appended to it, other keys are
        full names.
    RETURNS (str): the full name.
    """
    return name + output if output.startswith("_") else output or name


def predicted_outputs(name: str, spec: HeadSpec) -> List[str]:
    """Get the full names of the outputs that a head gives at prediction.

    name (str): the head's name in the config.
    spec (HeadSpec): the head.
    RETURNS (List[str]): the names, empty if all outputs are for training only.
    """
    return [name_output(name, output) for output in spec.schemes if output not in spec.training_only]


def find_context(specs: Dict[str, HeadSpec], longest: int) -> int:
    """Find how many tokens of context the heads need on either side of a segment.

    specs (Dict[str, HeadSpec]): the heads by name.
    longest (int): tokens of the longest entity in the training data. A head that relates tokens needs at least as many.
    RETURNS (int): the largest number of tokens that a head needs, 0 if all heads classify single tokens.
    """
    related = (spec.longest(longest) for spec in specs.values() if spec.relates)
    return max([0, *(spec.context for spec in specs.values()), *related])


def count_classes(spec: HeadSpec, labels: Sequence[str]) -> List[int]:
    """Count the classes of a head's outputs.

    spec (HeadSpec): the head.
    labels (Sequence[str]): the entity labels.
    RETURNS (List[int]): the number of classes of each output, 0 for representations.
    """
    return [
        0 if scheme is None else len(get_scheme(scheme).classes(labels)) for scheme in spec.schemes.values()
    ]


def check_heads(specs: Dict[str, HeadSpec], encoders: Sequence[str]) -> None:
    """Check that every head reads from encoders of the model.

    specs (Dict[str, HeadSpec]): the heads by name.
    encoders (Sequence[str]): the names of the model's encoders, including shared ones.
    RAISES: X004 if a head names another encoder.
    """
    for name, spec in specs.items():
        for encoder in spec.encoders:
            if encoder not in encoders:
                raise XnerError(Errors.X004.format(head=name, encoder=encoder, found=list(encoders)))


def head_layer(specs: Dict[str, HeadSpec], sizes: ModelSizes) -> Model[InT, OutT]:
    """Wrap the heads as a Thinc layer. Outputs and their gradients stay torch tensors, as objectives read them.

    specs (Dict[str, HeadSpec]): the heads by name.
    sizes (ModelSizes): what they are built for.
    RETURNS (Model): from padded vectors to named outputs.
    """
    return PyTorchWrapper_v3(
        HeadSet(specs, sizes),
        convert_inputs=_convert_inputs,
        convert_outputs=_convert_outputs,
        serialize_model=dump_weights,
        deserialize_model=load_weights,
    )


def _convert_inputs(model: Model, inputs: InT, is_train: bool) -> Tuple[ArgsKwargs, Callable]:
    vectors, mask = inputs
    # {encoder: (B, N, d)}, (B, N)
    X = {name: xp2torch(array, requires_grad=is_train) for name, array in vectors.items()}

    def backprop(d_inputs: ArgsKwargs) -> Dict[str, Optional[Tensor]]:
        # {encoder: (B, N, d)}, None for an encoder that no objective reached
        return d_inputs.args[0]

    return ArgsKwargs(args=(X, xp2torch(mask)), kwargs={}), backprop


def _convert_outputs(model: Model, inputs_outputs: Any, is_train: bool) -> Tuple[OutT, Callable]:
    _, outputs = inputs_outputs

    def backprop(d_outputs: OutT) -> ArgsKwargs:
        names = list(d_outputs)
        return ArgsKwargs(
            args=([outputs[name] for name in names],),
            kwargs={"grad_tensors": [d_outputs[name] for name in names]},
        )

    return {name: value.detach() for name, value in outputs.items()} if is_train else outputs, backprop


def to_numpy(tensor: Tensor) -> Any:
    """Copy a tensor to the CPU.

    tensor (Tensor): a tensor of any shape.
    RETURNS (ndarray): an array of the same shape, in float32.
    """
    return tensor.detach().to(device="cpu", dtype=torch.float32).numpy()
