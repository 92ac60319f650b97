"""Tiny encoders of the kinds that people choose: each trains, predicts, is saved, loads offline, and goes on."""

import shutil
from pathlib import Path

import numpy
import pytest
import spacy
from spacy.tokens import Doc
from tiny import save_transformer
from tokenizers import Tokenizer, decoders, normalizers, pre_tokenizers, processors
from trainings import ADAMW, snapshot, train_and_kill, write_config
from transformers import (
    AutoTokenizer,
    BertConfig,
    DebertaV2Config,
    DistilBertConfig,
    ElectraConfig,
    ModernBertConfig,
    PreTrainedTokenizerFast,
    RemBertConfig,
    XLMRobertaConfig,
)
from util import ENCODER, get_scored, make_encoder, make_examples, make_nlp, run_xner, train

from spacy_xner.architectures.pieces import TokenPieces

# Of torch, when transformers imports some of these kinds.
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")

LAYERS = {
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 64,
}
# The config of each kind, and the fixture with a tokenizer such as its models have.
KINDS = {
    "bert": (lambda n: BertConfig(vocab_size=n, **LAYERS), "tiny_transformer"),
    "distilbert": (
        lambda n: DistilBertConfig(vocab_size=n, dim=16, n_layers=1, n_heads=2, hidden_dim=32),
        "tiny_transformer",
    ),
    "electra": (lambda n: ElectraConfig(vocab_size=n, embedding_size=8, **LAYERS), "tiny_transformer"),
    "xlm-roberta": (lambda n: XLMRobertaConfig(vocab_size=n, pad_token_id=1, **LAYERS), "tiny_xlmr"),
    "rembert": (lambda n: RemBertConfig(vocab_size=n, input_embedding_size=8, **LAYERS), "tiny_xlmr"),
    "deberta-v2": (
        lambda n: DebertaV2Config(
            vocab_size=n,
            relative_attention=True,
            position_biased_input=False,
            pos_att_type=["p2c", "c2p"],
            type_vocab_size=0,
            **LAYERS,
        ),
        "tiny_deberta",
    ),
    "modernbert": (
        lambda n: ModernBertConfig(vocab_size=n, pad_token_id=1, reference_compile=False, **LAYERS),
        "tiny_roberta",
    ),
}


@pytest.fixture(scope="session")
def tiny_deberta(tiny_xlmr, tmp_path_factory) -> str:
    """The tokenizer of mDeBERTa: sentencepiece's steps without a split at white space, white space stripped."""
    backend = Tokenizer(AutoTokenizer.from_pretrained(tiny_xlmr).backend_tokenizer.model)
    backend.normalizer = normalizers.Sequence([normalizers.Strip(), normalizers.NFKC()])
    backend.pre_tokenizer = pre_tokenizers.Metaspace()
    backend.decoder = decoders.Metaspace()
    backend.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    names = {"cls_token": "<s>", "sep_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
    path = tmp_path_factory.mktemp("tiny_deberta")
    fast = PreTrainedTokenizerFast(
        tokenizer_object=backend, model_max_length=64, mask_token="<mask>", **names
    )
    fast.save_pretrained(path)
    return str(path)


@pytest.fixture(params=list(KINDS))
def encoder(request, tmp_path) -> str:
    """The folder of a tiny encoder of one kind."""
    make_config, fixture = KINDS[request.param]
    tokenizer = Path(request.getfixturevalue(fixture))
    folder = tmp_path / "encoder"
    shutil.copytree(
        tokenizer,
        folder,
        ignore=lambda _, names: {n for n in names if n in ("config.json",) or n.startswith("model.")},
    )
    save_transformer(make_config(len(AutoTokenizer.from_pretrained(str(tokenizer)))), folder)
    return str(folder)


def make_tagger(encoder):
    return make_nlp({"model": {"encoder": {"@architectures": ENCODER["@architectures"], "name": encoder}}})


def test_trains_saves_loads_and_goes_on(encoder, tmp_path, monkeypatch):
    nlp = make_tagger(encoder)
    first = train(nlp, lambda: make_examples(nlp), 1)["xner"]
    assert train(nlp, lambda: make_examples(nlp), 8)["xner"] < first
    texts = ["Angela Merkel met Barack Obama in Berlin .", "", "北京"]
    before = [get_scored(doc) for doc in nlp.pipe(texts)]
    nlp.to_disk(tmp_path / "saved")
    shutil.rmtree(encoder)  # all that is needed is in the pipeline
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    loaded = spacy.load(tmp_path / "saved")
    assert [get_scored(doc) for doc in loaded.pipe(texts)] == before
    optimizer = loaded.resume_training()
    again = {}
    loaded.update(make_examples(loaded), sgd=optimizer, losses=again)
    assert numpy.isfinite(again["xner"]) and again["xner"] < first


def test_killed_training_goes_on(encoder, tmp_path, monkeypatch):
    config = write_config(tmp_path, vars={"encoder": encoder}, **ADAMW)
    run_xner("train", config, "-o", tmp_path / "whole")
    train_and_kill(monkeypatch, 7, config, "-o", tmp_path / "killed")
    run_xner("train", config, "-o", tmp_path / "killed", "--resume")
    assert snapshot(tmp_path / "killed") == snapshot(tmp_path / "whole")


def test_space_before_a_word(encoder):
    """The first token of a text and the same after white space may differ by the mark of a space, and by no more."""
    tokenizer = make_encoder(encoder).get_ref("transformer").shims[0]._hfmodel.tokenizer
    doc = Doc(spacy.blank("xx").vocab, words=["Berlin", "Berlin"])
    first, second = (
        "".join(tokenizer.convert_ids_to_tokens(list(found.ids))).lstrip("▁Ġ").replace("##", "")
        for found in TokenPieces(tokenizer).cut([doc])[0]
    )
    assert first == second == "Berlin"
