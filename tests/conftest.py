import math
import os
import shutil

import pytest
from tiny import SENTENCES, save_transformer

# Encoders compute in float32 on every machine. What this processor takes otherwise, bfloat16 maybe, is tested with
# ONEDNN_MAX_CPU_ISA=ALL; tests that compare with a plain transformer to the last digits have the fixture float32.
os.environ.setdefault("ONEDNN_MAX_CPU_ISA", "AVX2")

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture
def float32(monkeypatch: pytest.MonkeyPatch) -> None:
    """Encoders compute in float32, whatever the processor takes."""
    from spacy_xner.architectures import precision

    monkeypatch.setattr(precision, "has_bfloat16", lambda device: False)


@pytest.fixture(scope="session")
def tiny_transformer(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with a tiny BERT (width 32, 64 positions) and a cased WordPiece tokenizer."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import BertConfig, BertTokenizerFast

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(vocab_size=500, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(SENTENCES, trainer)
    tokenizer.post_processor = processors.BertProcessing(sep=("[SEP]", 3), cls=("[CLS]", 2))
    path = tmp_path_factory.mktemp("tiny_transformer")
    fast = BertTokenizerFast(
        tokenizer_object=tokenizer, model_max_length=64, do_lower_case=False, strip_accents=False
    )
    fast.save_pretrained(path)
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    save_transformer(config, path)
    return str(path)


@pytest.fixture(scope="session")
def tiny_roberta(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A tiny RoBERTa: byte-level pieces, spaces counted to the piece, positions counted from the padding."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast, RobertaConfig

    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=False)
    names = {"bos_token": "<s>", "eos_token": "</s>", "cls_token": "<s>", "sep_token": "</s>"}
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", unk_token="<unk>", mask_token="<mask>", **names
    )
    path = tmp_path_factory.mktemp("tiny_roberta")
    fast.save_pretrained(path)
    config = RobertaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=42,
        pad_token_id=1,
    )
    save_transformer(config, path)
    return str(path)


@pytest.fixture(scope="session")
def tiny_xlmr(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A tiny XLM-R with a sentencepiece-like tokenizer, saved without the file of sentencepiece."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
    from transformers import XLMRobertaConfig, XLMRobertaTokenizerFast

    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
    )
    trainer = trainers.UnigramTrainer(
        vocab_size=250, special_tokens=special, unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    path = tmp_path_factory.mktemp("tiny_xlmr")
    XLMRobertaTokenizerFast(tokenizer_object=tokenizer, model_max_length=62).save_pretrained(path)
    config = XLMRobertaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
    )
    save_transformer(config, path)
    return str(path)


@pytest.fixture
def browser():
    """Chromium, driven by playwright."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium")
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """A folder with a pipeline, corpora that are right, and outputs of an earlier run: where bad inputs go."""
    import spacy
    import srsly
    from case import OUTPUTS
    from spacy.vocab import Vocab
    from trained import make_trained
    from util import get_torch_heads, make_doc, make_docs, save_corpus

    from spacy_xner.pipeline import save_pipeline

    folder = tmp_path_factory.mktemp("world")
    nlp = make_trained("xner")
    save_pipeline(nlp, folder / "model")
    save_pipeline(nlp, folder / "lossy")
    weights = srsly.msgpack_loads((folder / "lossy" / "xner" / "model").read_bytes())
    params = next(params for params in weights["params"] if params)
    params[min(params)] = None
    (folder / "lossy" / "xner" / "model").write_bytes(srsly.msgpack_dumps(weights))
    for name, value in (("nan", math.nan), ("infinite", math.inf)):
        next(iter(get_torch_heads(nlp).parameters())).data[0] = value
        save_pipeline(nlp, folder / name)
    spacy.blank("xx").to_disk(folder / "blank")
    vocab = Vocab()
    save_corpus(folder / "good.spacy", make_docs(vocab))
    words = "Ada met Bob"
    ents = [(0, 1, "PER", "1"), (2, 3, "PER", "2")]
    save_corpus(folder / "source.spacy", [make_doc(vocab, words, ents, group="g1", view="s", language="en")])
    save_corpus(folder / "plain.spacy", [make_doc(vocab, "so it goes", [], group="g2", language="en")])
    raw = make_doc(vocab, "Ada traf Bob", group="g3", language="de")
    raw.set_ents([], default="missing")
    save_corpus(folder / "raw.spacy", [raw])
    half = make_doc(vocab, "Ada met Bob")
    half.set_ents([], missing=[half[0:1]], default="outside")
    save_corpus(folder / "half.spacy", [half])
    for name in OUTPUTS:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"as it was")
    return folder
