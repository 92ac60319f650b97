"""Tiny translation models of several families, which know the sentences of `PAIRS` by heart."""

import json
from pathlib import Path
from typing import Any, Dict, List, Tuple

from spacy_xner.translation.marks import insert_marks
from spacy_xner.translation.types import MarkedText

SOURCE = ["Ana met Bob .", "Rome is big .", "the old man from Rome met Ana and Bob in the big red house ."]
TARGETS = {
    "es": ["Ana vio a Bob .", "Roma es grande .", "el viejo de Roma vio a Ana y Bob en la casa roja ."],
    "de": ["Ana traf Bob .", "Rom ist groß .", "der alte Mann aus Rom traf Ana und Bob im Haus ."],
}
# With two marked spans, the second one before the first in the translation.
MARKED = MarkedText("Ana met Bob in Rome .", ((0, 3), (15, 19)))
MARKED_TARGETS = {
    "es": MarkedText("en Roma Ana vio a Bob .", ((8, 11), (3, 7))),
    "de": MarkedText("in Rom traf Ana Bob .", ((12, 15), (3, 6))),
}
PAIRS: Dict[str, List[Tuple[str, str]]] = {
    language: [
        *zip(SOURCE, texts, strict=True),
        *(
            (insert_marks(MARKED, style), insert_marks(MARKED_TARGETS[language], style))
            for style in ("slots", "brackets")
        ),
    ]
    for language, texts in TARGETS.items()
}
SLOTS = ["__SLOT0__", "__SLOT1__"]
PIECES = ["<s>", "<pad>", "</s>", "<unk>"]
SIZES = {"d_model": 48, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2}
SIZES |= {"decoder_attention_heads": 2, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64, "dropout": 0.0}
SIZES |= {"attention_dropout": 0.0, "activation_dropout": 0.0, "encoder_layerdrop": 0.0}
SIZES |= {"decoder_layerdrop": 0.0, "max_position_embeddings": 40}
IDS = {"pad_token_id": 1, "eos_token_id": 2, "bos_token_id": 0}


def train_sentencepiece(folder: Path) -> Path:
    """A SentencePiece model with the words of all sentences as pieces."""
    import sentencepiece

    (folder / "text.txt").write_text(
        "\n".join(text for pairs in PAIRS.values() for pair in pairs for text in pair)
    )
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "text.txt"),
        model_prefix=str(folder / "spm"),
        model_type="word",
        use_all_vocab=True,
        character_coverage=1.0,
        minloglevel=2,
    )
    (folder / "spm.vocab").unlink()
    (folder / "text.txt").unlink()
    return folder / "spm.model"


def get_pieces(model: Path) -> List[str]:
    import sentencepiece

    processor = sentencepiece.SentencePieceProcessor(model_file=str(model))
    pieces = [processor.id_to_piece(i) for i in range(processor.get_piece_size())]
    return [*PIECES, *(piece for piece in pieces if piece not in PIECES)]


def write_vocab(folder: Path, pieces: List[str]) -> Path:
    (folder / "vocab.json").write_text(
        json.dumps({piece: i for i, piece in enumerate(pieces)}), encoding="utf8"
    )
    return folder / "vocab.json"


def make_unigram(folder: Path, special: List[str]) -> Any:
    """The same pieces for the tokenizers that need no SentencePiece; the scores prefer long ones."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    pieces = get_pieces(train_sentencepiece(folder))
    (folder / "spm.model").unlink()
    vocab = [(piece, 0.0 if i < 4 else -10.0 + 0.1 * len(piece)) for i, piece in enumerate(pieces)]
    tokenizer = Tokenizer(models.Unigram(vocab, unk_id=3))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.add_special_tokens(special)
    return tokenizer


def save_m2m100(folder: Path) -> None:
    from transformers import M2M100Config, M2M100ForConditionalGeneration, M2M100Tokenizer

    spm = train_sentencepiece(folder)
    vocab = write_vocab(folder, get_pieces(spm))
    languages = M2M100Tokenizer(vocab, spm).lang_code_to_token
    tokenizer = M2M100Tokenizer(
        vocab, spm, additional_special_tokens=list(languages.values()), model_max_length=40
    )
    config = M2M100Config(
        vocab_size=len(tokenizer) + tokenizer.num_madeup_words, decoder_start_token_id=2, **SIZES, **IDS
    )
    save(M2M100ForConditionalGeneration, config, tokenizer, folder, {"es": ("", "es"), "de": ("", "de")})


def save_nllb(folder: Path) -> None:
    from transformers import M2M100Config, M2M100ForConditionalGeneration, NllbTokenizerFast

    codes = ["eng_Latn", "spa_Latn", "deu_Latn", "zho_Hans", "zho_Hant"]
    tokenizer = NllbTokenizerFast(
        tokenizer_object=make_unigram(folder, codes),
        # Slots as special tokens must be told from the model's own ones.
        additional_special_tokens=[*codes, *SLOTS],
        model_max_length=40,
    )
    config = M2M100Config(vocab_size=len(tokenizer), decoder_start_token_id=2, **SIZES, **IDS)
    directions = {"es": ("", "spa_Latn"), "de": ("", "deu_Latn")}
    save(M2M100ForConditionalGeneration, config, tokenizer, folder, directions)


def save_madlad(folder: Path) -> None:
    from tokenizers.processors import TemplateProcessing
    from transformers import T5Config, T5ForConditionalGeneration, T5TokenizerFast

    tokens = ["<2en>", "<2es>", "<2de>", "<2iw>"]
    unigram = make_unigram(folder, tokens)
    unigram.post_processor = TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 2)])
    tokenizer = T5TokenizerFast(tokenizer_object=unigram, extra_ids=0, model_max_length=40)
    config = T5Config(
        vocab_size=len(tokenizer),
        d_model=48,
        d_kv=24,
        d_ff=64,
        num_layers=1,
        num_heads=2,
        dropout_rate=0.0,
        decoder_start_token_id=1,
        **IDS,
    )
    save(
        T5ForConditionalGeneration,
        config,
        tokenizer,
        folder,
        {"es": ("<2es> ", None), "de": ("<2de> ", None)},
    )


def save_marian(folder: Path, *targets: str, **settings: str) -> None:
    """targets: ">>spa<<" and so on; with none, the model translates to Spanish only."""
    import shutil

    from transformers import MarianConfig, MarianMTModel, MarianTokenizer

    spm = train_sentencepiece(folder)
    # The order of OPUS-MT.
    pieces = ["</s>", "<unk>", *get_pieces(spm)[4:], *targets, "<pad>"]
    shutil.copy(spm, folder / "source.spm")
    spm.rename(folder / "target.spm")
    tokenizer = MarianTokenizer(
        str(folder / "source.spm"),
        str(folder / "target.spm"),
        str(write_vocab(folder, pieces)),
        model_max_length=40,
        **settings,
    )
    pad = len(pieces) - 1
    config = MarianConfig(
        vocab_size=len(pieces), decoder_start_token_id=pad, pad_token_id=pad, eos_token_id=0, **SIZES
    )
    directions = {token[2:4].replace("sp", "es"): (f"{token} ", None) for token in targets}
    save(MarianMTModel, config, tokenizer, folder, directions or {"es": ("", None)})


def save(
    model_class: Any, config: Any, tokenizer: Any, folder: Path, directions: Dict[str, Tuple[str, Any]]
) -> None:
    """Train a model until it knows its sentences and save it.

    directions: by target language, what stands before the source text, and what `tgt_lang` is.
    """
    import torch

    inputs, labels = [], []
    for language, (prefix, target) in directions.items():
        if target is not None:
            tokenizer.src_lang = "eng_Latn" if "_" in target else "en"
            tokenizer.tgt_lang = target
        for source, translation in PAIRS[language]:
            inputs.append(torch.tensor(tokenizer(prefix + source)["input_ids"]))
            labels.append(torch.tensor(tokenizer(text_target=translation)["input_ids"]))
    pad = torch.nn.utils.rnn.pad_sequence
    X = pad(inputs, batch_first=True, padding_value=tokenizer.pad_token_id)
    Y = pad(labels, batch_first=True, padding_value=-100)
    mask = X.ne(tokenizer.pad_token_id)
    # What a translation is forced to begin with can't be learnt.
    start = 0 if all(target is None for _, target in directions.values()) else 1
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = model_class(config)
        if config.model_type == "marian":  # those of OPUS-MT are forced to end at the limit
            model.generation_config.forced_eos_token_id = 0
        for parameter in model.parameters():
            # T5 does not scale its attention.
            if parameter.dim() > 1 and parameter.requires_grad and config.model_type != "t5":
                torch.nn.init.normal_(parameter, std=0.2)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
        schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.1, total_iters=400)
        for _ in range(400):
            logits = model(input_ids=X, attention_mask=mask, labels=Y).logits
            loss = torch.nn.functional.cross_entropy(logits[:, start:].transpose(1, 2), Y[:, start:])
            if loss < 0.01:
                break
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()
            if config.model_type == "marian":  # OPUS-MT starts from nothing
                with torch.no_grad():
                    model.get_input_embeddings().weight[config.pad_token_id] = 0.0
    assert loss < 0.01, loss
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder)
