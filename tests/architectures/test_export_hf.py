"""`xner export-hf`: what transformers makes of an exported head is what the pipeline finds."""

from types import SimpleNamespace

import numpy
import pytest
import torch
from trained import make_trained
from util import make_examples, make_nlp, run_xner, train

from spacy_xner.architectures.export import make_classifier
from spacy_xner.errors import XnerError

SENTENCE = "Angela Merkel met Barack Obama in Berlin ."


def make_pipeline(transformer: str, head: str = "bio"):
    encoder = {"@architectures": "spacy-xner.Encoder.v1", "name": transformer}
    model = {
        "@architectures": "spacy-xner.CrossLingualModel.v1",
        "encoders": {
            "a": encoder,
            "h": {"@architectures": "spacy-xner.Encoder.v1", "name": "hash", "width": 16},
        },
        "heads": {
            "tag": {"@architectures": "spacy-xner.TokenClassifier.v1", "encoder": "a", "scheme": head},
            "other": {"@architectures": "spacy-xner.TokenClassifier.v1", "encoder": "h", "scheme": head},
            "boundary": {"@architectures": "spacy-xner.BoundaryScorer.v1", "encoder": "a"},
        },
    }
    entropy = {name: {"@misc": "spacy-xner.CrossEntropy.v1", "output": name} for name in ("tag", "other")}
    decoder = {"@misc": "spacy-xner.TagDecoder.v1", "outputs": ["tag"], "scheme": head}
    nlp = make_nlp({"model": model, "objectives": entropy, "decoder": decoder})
    train(nlp, lambda: make_examples(nlp), 30, ["LOC", "PER"])
    return nlp


@pytest.mark.parametrize("fixture", ["tiny_transformer", "tiny_roberta", "tiny_xlmr"])
@pytest.mark.usefixtures("float32")
def test_the_same_labels(request, fixture, tmp_path):
    from transformers import AutoModel, AutoModelForTokenClassification, AutoTokenizer

    nlp = make_pipeline(request.getfixturevalue(fixture))
    nlp.to_disk(tmp_path / "model")
    printed = run_xner("export-hf", tmp_path / "model", tmp_path / "out")
    folders = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert folders == ["encoder-a", "head-tag"] and "head-tag" in printed
    model = AutoModelForTokenClassification.from_pretrained(tmp_path / "out" / "head-tag").eval()
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "out" / "head-tag")
    assert model.config.id2label == {0: "O", 1: "B-LOC", 2: "I-LOC", 3: "B-PER", 4: "I-PER"}
    pipe = nlp.get_pipe("xner")
    n_entities = 0
    for text in (SENTENCE, "She was born in Hamburg ."):
        doc = nlp(text)
        n_entities += len(doc.ents)
        inputs = tokenizer(text, return_tensors="pt", return_offsets_mapping=True)
        offsets = inputs.pop("offset_mapping")[0].tolist()
        logits = model(**inputs).logits[0]
        # A piece may begin with the space before its token, or be no more than that space.
        names = tokenizer.convert_ids_to_tokens(inputs["input_ids"][0])
        pieces = [i for i, name in enumerate(names) if name.strip("▁Ġ") and offsets[i][0] < offsets[i][1]]
        first = [next(i for i in pieces if offsets[i][0] <= token.idx < offsets[i][1]) for token in doc]
        expected = pipe.predict([doc])["tag"][0]
        numpy.testing.assert_allclose(logits[first].detach().numpy(), expected, atol=1e-4)
        tags = [model.config.id2label[int(i)] for i in logits[first].argmax(-1)]
        assert [f"B-{ent.label_}" for ent in doc.ents] == [tags[ent.start] for ent in doc.ents]
    assert n_entities >= 3
    encoder = AutoModel.from_pretrained(tmp_path / "out" / "encoder-a").eval()
    inputs = tokenizer(SENTENCE, return_tensors="pt")
    own = model.base_model(**inputs).last_hidden_state
    assert torch.allclose(encoder(**inputs).last_hidden_state, own, atol=1e-6)


def test_again_replaces_what_is_there(tiny_transformer, tmp_path):
    make_pipeline(tiny_transformer).to_disk(tmp_path / "model")
    run_xner("export-hf", tmp_path / "model", tmp_path / "out")
    first = {path: path.read_bytes() for path in sorted((tmp_path / "out").rglob("*")) if path.is_file()}
    run_xner("export-hf", tmp_path / "model", tmp_path / "out")
    assert {
        path: path.read_bytes() for path in sorted((tmp_path / "out").rglob("*")) if path.is_file()
    } == first


def test_errors(tiny_transformer, tmp_path):
    make_trained("xner").to_disk(tmp_path / "hash")
    assert "[X028]" in run_xner("export-hf", tmp_path / "hash", tmp_path / "out", code=1)
    assert "[X304]" in run_xner("export-hf", "no_such_model", tmp_path / "out", code=1)
    make_pipeline(tiny_transformer).to_disk(tmp_path / "model")
    (tmp_path / "file").write_text("", encoding="utf8")
    assert "[X112]" in run_xner("export-hf", tmp_path / "model", tmp_path / "file" / "x", code=1)


def test_kinds_without_token_classification():
    from transformers import XGLMConfig

    with pytest.raises(XnerError, match="X029.*XGLMConfig"):
        make_classifier(SimpleNamespace(config=XGLMConfig()), None, ["O", "B-PER", "I-PER"])
