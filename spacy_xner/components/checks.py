"""Check that the parts of a component fit together."""

from typing import Dict, Optional, Sequence

from thinc.api import Model

from ..errors import Errors, XnerError
from ..types import Decoder, Objective, check_slot


def check_parts(
    name: str, model: Model, objectives: Dict[str, Objective], decoder: Optional[Decoder]
) -> None:
    """Make sure that each part is of the kind that belongs in its place, and reads outputs that there are.

    name (str): the component's name, for messages.
    model (Model): encoders and heads.
    objectives (Dict[str, Objective]): the terms of the loss by name.
    decoder (Optional[Decoder]): from logits to entities.
    RAISES: X036 for a part in the place of another, X003, X012 if objectives or decoder name outputs that the heads do
        not give, X021 if these have another tagging scheme than they read.
    """
    check_slot(model, "model", f"components.{name}.model")
    schemes = model.attrs["schemes"]
    for key, objective in objectives.items():
        check_slot(objective, "objective", f"components.{name}.objectives.{key}")
        for output in objective.outputs:
            if output not in schemes:
                raise XnerError(Errors.X003.format(objective=key, output=output, found=list(schemes)))
        _check_schemes(key, objective.schemes, schemes)
    if decoder is not None:
        check_slot(decoder, "decoder", f"components.{name}.decoder")
        for output in decoder.outputs:
            if output not in schemes:
                raise XnerError(Errors.X012.format(name=name, output=output, found=list(schemes)))
        _check_schemes("decoder", decoder.schemes, schemes)


def check_weights(name: str, model: Model, labels: Sequence[str]) -> None:
    """Make sure that loading set all weights. Thinc accepts a file that lacks some of them.

    name (str): the component's name, for messages.
    model (Model): the model after its weights were read.
    labels (Sequence[str]): the entity labels. Without labels the heads have no weights yet.
    RAISES: X032 if weights are missing.
    """
    for key in ("labels", "widths", "longest"):  # earlier versions saved these with the weights as well
        model.attrs.pop(key, None)
    lost = [
        f"{node.name}.{param}"
        for node in model.walk()
        for param in node.param_names
        if not node.has_param(param)
    ]
    if lost and labels:
        raise XnerError(Errors.X032.format(name=name, found=lost[0]))


def _check_schemes(reader: str, expected: Dict[str, str], found: Dict[str, Optional[str]]) -> None:
    for output, scheme in expected.items():
        if found[output] != scheme:
            raise XnerError(
                Errors.X021.format(reader=reader, output=output, expected=scheme, found=found[output])
            )
