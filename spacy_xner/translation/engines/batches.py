"""Batches of token ids from sentences, and back, for all sequence-to-sequence engines."""

from itertools import groupby
from typing import Any, Dict, List, Optional, Sequence

from ..marks import extract_marks, get_style, insert_marks
from ..types import MarkedText
from .families import Direction

# Longer texts are not translated well by any model, and memory grows with the square of the length.
MOST_TOKENS = 1024


class Codec:
    """Encodes marked text as token ids, and decodes translations.

    tokenizer (PreTrainedTokenizerBase): the model's tokenizer; its source language is set.
    direction (Direction): how the model is told the languages.
    marks (str): how spans are marked, "none" for no marks.
    limit (int): most tokens of a source text, special tokens included; at most 1,024, since some tokenizers have no
        limit.
    """

    def __init__(self, tokenizer: Any, direction: Direction, marks: str, limit: int) -> None:
        if marks != "none":
            get_style(marks)
        self.tokenizer = tokenizer
        self.direction = direction
        self.marks = marks
        self.limit = min(limit, MOST_TOKENS)
        if direction.source:
            tokenizer.src_lang = direction.source
        # Only these are removed from a translation, since marks may be special tokens, too.
        names = ("bos", "eos", "unk", "sep", "pad", "cls", "mask")
        own = [getattr(tokenizer, f"{name}_token_id", None) for name in names]
        self.skipped = {i for i in own if i is not None}
        self.skipped.update(tokenizer.convert_tokens_to_ids(direction.languages))
        self.special = set(tokenizer.all_special_ids) - self.skipped

    def encode(self, sentence: MarkedText) -> Optional[List[int]]:
        """Encode a sentence as token ids.

        sentence (MarkedText): the sentence with the spans to mark.
        RETURNS (Optional[List[int]]): the ids of the text with marks and special tokens, None if it exceeds the limit.
        """
        text = sentence.text if self.marks == "none" else insert_marks(sentence, self.marks)
        ids = self.tokenizer(self.direction.prefix + text, verbose=False)["input_ids"]
        return ids if len(ids) <= self.limit else None

    def decode(self, ids: Sequence[int], n_spans: int) -> MarkedText:
        """Decode a translation.

        ids (Sequence[int]): the model's output; special tokens and languages are removed.
        n_spans (int): the number of spans of the sentence.
        RETURNS (MarkedText): the translation with the place of each span, None for a lost one.
        """
        kept = [i for i in ids if i not in self.skipped]
        # Tokenizers differ in whether they put spaces around special tokens.
        runs = (list(run) for _, run in groupby(kept, key=lambda i: i if i in self.special else None))
        texts = (self.tokenizer.decode(run, clean_up_tokenization_spaces=False).strip() for run in runs)
        text = " ".join(filter(None, texts))
        if self.marks == "none":
            return MarkedText(text, (None,) * n_spans)
        return extract_marks(text, self.marks, n_spans)


class BatchTranslator:
    """The base class of engines with a tokenizer.

    codec (Codec): encodes and decodes ids.
    batch_tokens (int): most tokens of a batch, padding included; a longer sentence is a batch by itself.
    """

    codec: Codec
    batch_tokens: int

    def generate(self, batch: List[List[int]]) -> List[Optional[List[int]]]:
        """Translate a batch; implemented by each engine.

        batch (List[List[int]]): ids of each source text, of similar length.
        RETURNS (List[Optional[List[int]]]): the ids of the translations, None for a truncated one.
        """
        raise NotImplementedError

    def translate(self, sentences: Sequence[MarkedText]) -> List[Optional[MarkedText]]:
        """Translate sentences in batches of similar length.

        sentences (Sequence[MarkedText]): the sentences.
        RETURNS (List[Optional[MarkedText]]): the translations in the order of the sentences. The translation of a blank
            sentence is empty; that of a sentence with too many tokens, or a truncated one, is None.
        """
        results: List[Optional[MarkedText]] = [None] * len(sentences)
        encoded = {}
        for i, sentence in enumerate(sentences):
            if not sentence.text.strip():
                results[i] = MarkedText("", (None,) * len(sentence.spans))
                continue
            ids = self.codec.encode(sentence)
            if ids is not None:
                encoded[i] = ids
        for batch in batch_sentences({i: len(ids) for i, ids in encoded.items()}, self.batch_tokens):
            for i, ids in zip(batch, self.generate([encoded[i] for i in batch]), strict=True):
                results[i] = None if ids is None else self.codec.decode(ids, len(sentences[i].spans))
        return results


def batch_sentences(lengths: Dict[int, int], batch_tokens: int) -> List[List[int]]:
    """Batch sentences of similar length.

    lengths (Dict[int, int]): numbers of tokens by index.
    batch_tokens (int): most tokens of a batch, padding included.
    RETURNS (List[List[int]]): the indices of each batch, with the longest sentences first, so that a lack of memory
        shows at once.
    """
    batches: List[List[int]] = []
    for i in sorted(lengths, key=lambda i: (-lengths[i], i)):
        # The first sentence of a batch is its longest.
        if not batches or (len(batches[-1]) + 1) * lengths[batches[-1][0]] > batch_tokens:
            batches.append([])
        batches[-1].append(i)
    return batches
