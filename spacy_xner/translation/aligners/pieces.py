"""The vectors of the word pieces of sentences, in one layer of a pretrained encoder."""

from typing import Any, List, NamedTuple, Sequence, Tuple

import numpy
from numpy import ndarray
from spacy.util import registry
from thinc.util import get_torch_default_device

from ...errors import Errors, XnerError

# Most word pieces of a part of a sentence, and of a forward pass with its padding.
PART, BATCH = 256, 1024

Words = Sequence[str]


class PieceVectors(NamedTuple):
    """The word pieces of a sentence, without special tokens.

    vectors (ndarray): (P, width) float32, a row for each piece.
    words (ndarray): (P,) int64, the word that each is part of.
    """

    vectors: ndarray
    words: ndarray


class PieceEncoder:
    """A pretrained encoder up to one of its layers.

    name (str): "e5-small", a Hugging Face name, or a local folder.
    layer (int): the layer, from 1; 0 for the middle one.
    RAISES: X306 if the encoder has fewer layers, and those of `encoders.source.load_encoder`.
    """

    def __init__(self, name: str, layer: int) -> None:
        source = registry.misc.get("spacy-xner.PretrainedEncoder.v1")(name)
        total = int(source.model.config.num_hidden_layers)
        if not 0 <= layer <= total:
            expected = f"a layer from 1 to {total}, which '{name}' has"
            raise XnerError(Errors.X306.format(found=layer, expected=expected, option="layer"))
        self.layer = layer or (total + 1) // 2
        self.model = _cut_layers(source.model, self.layer).eval().to(get_torch_default_device())
        self.tokenizer = source.tokenizer
        positions = getattr(source.model.config, "max_position_embeddings", None) or PART
        # RoBERTa counts positions from the padding's id.
        positions -= 2 + (source.model.config.pad_token_id or 0)
        self.longest = max(1, min(PART, positions, self.tokenizer.model_max_length - 2))

    def encode(self, sentences: Sequence[Words]) -> List[PieceVectors]:
        """Encode sentences. Those that are too long for the encoder are read in parts.

        sentences (Sequence[Words]): the words of each sentence.
        RETURNS (List[PieceVectors]): the pieces of each sentence, in order.
        """
        parts = [part for k, words in enumerate(sentences) for part in self._cut(k, words)]
        order = sorted(range(len(parts)), key=lambda i: parts[i].size)
        found: List[PieceVectors] = [_EMPTY] * len(parts)
        while order:
            n = max(1, BATCH // (parts[order[-1]].size + 2))
            batch, order = order[-n:], order[:-n]
            for i, pieces in zip(batch, self._run([parts[i] for i in batch]), strict=True):
                found[i] = pieces
        own: List[List[PieceVectors]] = [[] for _ in sentences]
        for part, pieces in zip(parts, found, strict=True):
            own[part.sentence].append(pieces)
        return [_join(pieces) for pieces in own]

    def _cut(self, sentence: int, words: Words) -> List["_Part"]:
        """RETURNS (List[_Part]): parts of whole words."""
        if not words:
            return []
        cut = self.tokenizer(list(words), is_split_into_words=True, add_special_tokens=False, verbose=False)
        counts = [0] * len(words)
        for word in cut.word_ids(0):
            counts[word] += 1
        parts, start, size = [], 0, 0
        for k, count in enumerate(counts):
            if size and size + count > self.longest:
                parts.append(_Part(sentence, start, list(words[start:k]), size))
                start, size = k, 0
            size += count
        return [*parts, _Part(sentence, start, list(words[start:]), size)]

    def _run(self, parts: Sequence["_Part"]) -> List[PieceVectors]:
        import torch

        encoded = self.tokenizer(
            [part.words for part in parts],
            is_split_into_words=True,
            padding=True,
            truncation=True,
            max_length=self.longest + 2,
            return_tensors="pt",
        )
        inputs = {key: encoded[key].to(self.model.device) for key in ("input_ids", "attention_mask")}
        with torch.inference_mode():
            hidden = self.model(**inputs).last_hidden_state.float().cpu().numpy()
        found = []
        for row, part in enumerate(parts):
            places = [(at, word) for at, word in enumerate(encoded.word_ids(row)) if word is not None]
            columns, words = numpy.array(places, "i8").reshape(-1, 2).T
            found.append(PieceVectors(hidden[row, columns], words + part.start))
        return found


class _Part(NamedTuple):
    sentence: int
    start: int
    words: List[str]
    size: int


_EMPTY = PieceVectors(numpy.zeros((0, 0), "f4"), numpy.zeros(0, "i8"))


def _join(parts: Sequence[PieceVectors]) -> PieceVectors:
    if not parts:
        return _EMPTY
    vectors, words = zip(*parts, strict=True)
    return PieceVectors(numpy.concatenate(vectors), numpy.concatenate(words))


def _cut_layers(model: Any, n: int) -> Any:
    """RETURNS (PreTrainedModel): the model, without the layers above the n-th where they are in one list."""
    from torch import nn

    total = model.config.num_hidden_layers
    places: List[Tuple[str, Any]] = [
        (path, part)
        for path, part in model.named_modules()
        if isinstance(part, nn.ModuleList) and len(part) == total
    ]
    if len(places) == 1:
        parent, _, name = places[0][0].rpartition(".")
        setattr(model.get_submodule(parent), name, places[0][1][:n])
    return model
