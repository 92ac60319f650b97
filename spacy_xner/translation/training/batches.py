"""Batches of sentence pairs, plain and marked, by number of tokens."""

import random
from typing import Dict, Iterator, List, Literal, NamedTuple, Sequence, Tuple

import torch

from ...errors import Errors, XnerError
from ..marks import insert_marks
from .examples import MarkedPair, SentencePair, mark_pair
from .languages import PairDirection, encode
from .model import Seq2Seq

# L_t of eq. 4 is computed on plain pairs, L_lst of eq. 5 on marked ones.
View = Literal["plain", "marked"]
Ids = Tuple[List[int], List[int]]

CHUNK = 2048
IGNORED = -100


class PairBatch(NamedTuple):
    """A batch of sentence pairs.

    input_ids (torch.Tensor): (n, s) ids of the sources.
    attention_mask (torch.Tensor): (n, s), 1 except on padding.
    labels (torch.Tensor): (n, t) ids of the targets, padded with -100.
    """

    input_ids: torch.Tensor
    attention_mask: torch.Tensor
    labels: torch.Tensor


class BatchStream:
    """An infinite stream of batches.

    Each epoch is shuffled, its spans are drawn again, and its chunks are sorted by length. All of this depends only on
    the seed, so that a stream can continue where another stopped.

    pairs (Sequence[SentencePair]): the pairs, each used in all directions.
    directions (Sequence[PairDirection]): the directions.
    translator (Seq2Seq): the model with its tokenizer.
    views (Sequence[View]): the views of its pairs that a batch contains.
    batch_tokens (int): most tokens of a batch on either side, padding included.
    max_spans (int): most spans to mark.
    seed (int): random seed.
    state (Tuple[int, int]): the number of chunks that were used, and of batches of the next chunk.
    """

    def __init__(
        self,
        pairs: Sequence[SentencePair],
        directions: Sequence[PairDirection],
        translator: Seq2Seq,
        views: Sequence[View],
        *,
        batch_tokens: int,
        max_spans: int,
        seed: int,
        state: Tuple[int, int] = (0, 0),
    ) -> None:
        self.pairs = pairs
        self.directions = directions
        self.translator = translator
        self.views = views
        self.batch_tokens = batch_tokens
        self.max_spans = max_spans
        self.name = f"{seed}-{'-'.join(views)}"
        self.state = state
        self.batches = self._make_batches()

    def __iter__(self) -> Iterator[Dict[View, PairBatch]]:
        return self

    def __next__(self) -> Dict[View, PairBatch]:
        return next(self.batches)

    def _make_batches(self) -> Iterator[Dict[View, PairBatch]]:
        n_items = len(self.pairs) * len(self.directions)
        n_chunks = -(-n_items // CHUNK)
        pad = int(self.translator.tokenizer.pad_token_id)
        n_empty = 0
        while True:
            chunk, position = self.state
            epoch, part = divmod(chunk, n_chunks)
            order = random.Random(f"{self.name}-{epoch}").sample(range(n_items), n_items)
            rng = random.Random(f"{self.name}-{epoch}-{part}")
            groups = self._make_chunk(order[part * CHUNK : (part + 1) * CHUNK], rng)
            n_empty = 0 if groups else n_empty + 1
            if n_empty == n_chunks:
                reason = f"is short enough for the model, which takes {get_limit(self.translator)} tokens"
                raise XnerError(Errors.X222.format(path="the corpus", reason=reason))
            for k, group in enumerate(groups[position:], start=position + 1):
                self.state = (chunk, k)
                yield {view: collate([item[view] for item in group], pad) for view in self.views}
            self.state = (chunk + 1, 0)

    def _make_chunk(self, indices: Sequence[int], rng: random.Random) -> List[List[Dict[View, Ids]]]:
        """RETURNS (List[List[Dict[View, Ids]]]): the items of a chunk as batches."""
        items: List[Dict[View, Ids]] = []
        for k, direction in enumerate(self.directions):
            pairs = [self.pairs[i // len(self.directions)] for i in indices if i % len(self.directions) == k]
            marked = [
                mark_pair(pair.swap() if direction.swapped else pair, rng, max_spans=self.max_spans)
                for pair in pairs
            ]
            views = {view: encode_pairs(self.translator, direction, marked, view) for view in self.views}
            items += [{view: views[view][i] for view in self.views} for i in range(len(marked))]
        limit = get_limit(self.translator)
        sized = [(max(len(ids) for pair in item.values() for ids in pair), item) for item in items]
        sized = [(size, item) for size, item in sized if size <= limit]
        rng.shuffle(sized)
        sized.sort(key=lambda pair: pair[0])
        groups: List[List[Dict[View, Ids]]] = []
        for size, item in sized:
            # Since items are sorted, the new one is the longest of the batch.
            if not groups or (len(groups[-1]) + 1) * size > self.batch_tokens:
                groups.append([])
            groups[-1].append(item)
        rng.shuffle(groups)
        return groups


def get_limit(translator: Seq2Seq) -> int:
    """Find the length limit of a model, on either side.

    translator (Seq2Seq): model and tokenizer.
    RETURNS (int): most token ids of a sentence, special ones included.
    """
    positions = getattr(translator.model.config, "max_position_embeddings", None)
    return min(translator.tokenizer.model_max_length, positions or 10**9)


def encode_pairs(
    translator: Seq2Seq, direction: PairDirection, pairs: Sequence[MarkedPair], view: View
) -> List[Ids]:
    """Encode pairs, with or without their marks.

    translator (Seq2Seq): the model with its tokenizer.
    direction (PairDirection): the languages of source and target.
    pairs (Sequence[MarkedPair]): the pairs.
    view (View): "marked" to include the marks, "plain" to leave them out.
    RETURNS (List[Ids]): ids of source and target.
    """
    if not pairs:
        return []
    if view == "plain":
        texts = [(pair.source.text, pair.target.text) for pair in pairs]
    else:
        texts = [(insert_marks(pair.source, "slots"), insert_marks(pair.target, "slots")) for pair in pairs]
    sources, targets = zip(*texts, strict=True)
    return encode(translator.tokenizer, direction, sources, targets)


def collate(items: Sequence[Ids], pad: int) -> PairBatch:
    """Put ids into tensors.

    items (Sequence[Ids]): ids of source and target.
    pad (int): id of the padding.
    RETURNS (PairBatch): the batch, padded on the right.
    """
    inputs = [torch.tensor(source) for source, _ in items]
    labels = [torch.tensor(target) for _, target in items]
    masks = [torch.ones_like(ids) for ids in inputs]
    return PairBatch(
        torch.nn.utils.rnn.pad_sequence(inputs, batch_first=True, padding_value=pad),
        torch.nn.utils.rnn.pad_sequence(masks, batch_first=True, padding_value=0),
        torch.nn.utils.rnn.pad_sequence(labels, batch_first=True, padding_value=IGNORED),
    )
