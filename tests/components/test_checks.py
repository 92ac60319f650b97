"""A part that stands in the place of another is refused when the component is made."""

import copy

import pytest
from util import ENCODER, classifier, make_nlp, misc

from spacy_xner.components.cross_lingual_ner import CrossLingualNER
from spacy_xner.errors import XnerError
from spacy_xner.types import check_slot, find_kind

PARTS = {
    "an encoder": ENCODER,
    "a head": classifier("a", "bio"),
    "an objective": misc("CrossEntropy", output="tag"),
    "a decoder": misc("TagDecoder", outputs=["tag"]),
}
CONFIG = {
    "model": {
        "@architectures": "spacy-xner.CrossLingualModel.v1",
        "encoders": {"a": PARTS["an encoder"]},
        "heads": {"tag": PARTS["a head"]},
    },
    "objectives": {"loss": PARTS["an objective"]},
    "decoder": PARTS["a decoder"],
}
PARTS["a model"] = CONFIG["model"]
SLOTS = {
    "components.xner.model": "a model",
    "model.encoders.a": "an encoder",
    "model.heads.tag": "a head",
    "components.xner.objectives.loss": "an objective",
    "components.xner.decoder": "a decoder",
}


def put(slot, part):
    """The config with another part in a slot."""
    config = copy.deepcopy(CONFIG)
    *path, name = slot.removeprefix("components.xner.").split(".")
    block = config
    for key in path:
        block = block[key]
    block[name] = copy.deepcopy(part)
    return config


def test_each_part_in_its_slot():
    assert make_nlp(CONFIG).get_pipe("xner").schemes == {"tag": "bio"}


@pytest.mark.parametrize(
    "slot, found",
    [(slot, found) for slot, expected in SLOTS.items() for found in PARTS if found != expected],
)
def test_a_part_in_the_wrong_slot(slot, found):
    with pytest.raises(XnerError) as caught:
        make_nlp(put(slot, PARTS[found]))
    message = str(caught.value)
    assert message.startswith(f"[X036] The block [{slot}] makes {found}, where {SLOTS[slot]} belongs. ")
    assert f"Name a function there that makes {SLOTS[slot]}; {found} belongs to [" in message


def test_a_head_as_encoder_of_a_tagger():
    with pytest.raises(XnerError, match=r"X036.*\[model.encoders.a\] makes a head"):
        make_nlp({"model": {"encoder": PARTS["a head"]}})


@pytest.mark.parametrize("part, found", [(None, "nothing"), (3, "a value of type 'int'")])
def test_no_part_at_all(part, found):
    pipe = make_nlp(CONFIG).get_pipe("xner")
    with pytest.raises(XnerError, match=rf"X036.*\[components.other.objectives.b\] makes {found}"):
        CrossLingualNER(pipe.vocab, pipe.model, "other", objectives={**pipe.objectives, "b": part})
    assert find_kind(part) == ""
    with pytest.raises(XnerError, match=rf"X036.*makes {found}, where a decoder belongs.*docs/parts.md"):
        check_slot(part, "decoder", "components.x.decoder")
