"""Word pieces of tokens. A word piece never crosses a token boundary.

Model notes: an encoder's own tokenizer cuts the whole text, and one of its pieces may contain the end of one token and
the beginning of the next (sentencepiece joins Chinese characters, for example). These two tokens would share a vector.
Therefore each token is cut by itself, with the same vocabulary. After white space this gives the pieces of the
encoder's own tokenizer; elsewhere the space mark that it puts before a text is left out. Tokens of scripts without
spaces are first cut into units, and white space beside them is ignored where it may come from a column file, so that
its words and raw text have the same pieces. The pieces of a token are cached.
"""

from itertools import chain
from typing import Any, Dict, List, NamedTuple, Sequence, Set, Tuple
from weakref import WeakKeyDictionary

from spacy.tokens import Doc
from tokenizers import Tokenizer

from ..subwords import remove_prefix
from ..tokenizer import UNIT

# What precedes a token: nothing (at the beginning of a text), white space, or another token.
START, SPACE, TOKEN = range(3)
# Word pieces that are a single space, in sentencepiece and in byte-level vocabularies.
SPACE_PIECES = ("\u2581", "\u0120")
# BERT's tokenizer makes one unknown piece of a longer word.
LONGEST_WORD = 100
# Most tokens in the cache; when there are more, it is emptied.
REMEMBERED = 200_000

# The text of a token or of a part of it, and what precedes it.
Placed = Tuple[str, int]


class Pieces(NamedTuple):
    """The word pieces of a token.

    ids (Tuple[int, ...]): all pieces; empty for white space and for characters that the tokenizer drops.
    first (int): index of the first piece that is not a single space.
    lost (bool): whether the vocabulary lacks the token: a piece is unknown, or a word is split into its letters.
    """

    ids: Tuple[int, ...]
    first: int
    lost: bool = False


class TokenPieces:
    """Cuts tokens into word pieces.

    tokenizer (PreTrainedTokenizerFast): the tokenizer of the encoder.
    """

    def __init__(self, tokenizer: Any) -> None:
        backend = tokenizer.backend_tokenizer
        # Both share the vocabulary. Special tokens in a text are cut like other text, or are unknown.
        self._spaced, self._glued = Tokenizer(backend.model), Tokenizer(backend.model)
        for cutter in (self._spaced, self._glued):
            if backend.normalizer is not None:
                cutter.normalizer = backend.normalizer
            if backend.pre_tokenizer is not None:
                cutter.pre_tokenizer = backend.pre_tokenizer
        remove_prefix(self._glued)
        self.blank = {id for id in map(backend.token_to_id, SPACE_PIECES) if id is not None}
        self._unknown = [] if tokenizer.unk_token_id is None else [tokenizer.unk_token_id]
        self._special = set(tokenizer.all_special_ids).difference(self._unknown)
        self._known: Tuple[Dict[str, Pieces], ...] = ({}, {}, {})

    def cut(self, docs: Sequence[Doc]) -> List[List[Pieces]]:
        """Cut the tokens of documents.

        docs (Sequence[Doc]): the documents.
        RETURNS (List[List[Pieces]]): for each document, the pieces of each token.
        """
        if sum(map(len, self._known)) > REMEMBERED:
            for known in self._known:
                known.clear()
        placed = [place_tokens(doc) for doc in docs]
        self._learn({token for tokens in placed for token in tokens})
        return [[self._known[before][text] for text, before in tokens] for tokens in placed]

    def _learn(self, tokens: Set[Placed]) -> None:
        """Cut all tokens that are not in the cache, at once."""
        parts = {
            (text, before): split_token(text) for text, before in tokens if text not in self._known[before]
        }
        # Only the first part of a token is preceded by what precedes the token.
        placed = {
            token: [(part, TOKEN if i else token[1]) for i, part in enumerate(found)]
            for token, found in parts.items()
        }
        cut = self._encode({part for found in placed.values() for part in found})
        for (text, before), found in placed.items():
            # White space has no vector.
            ids = [] if text.isspace() else [id for part in found for id in cut[part]]
            first = next((i for i, id in enumerate(ids) if id not in self.blank), 0)
            lost = bool(set(ids).intersection(self._unknown)) or is_spelled(text, len(ids) - first)
            self._known[before][text] = Pieces(tuple(ids), first, lost)

    def _encode(self, parts: Set[Placed]) -> Dict[Placed, List[int]]:
        found: Dict[Placed, List[int]] = {}
        for cutter, kinds in ((self._spaced, (START, SPACE)), (self._glued, (TOKEN,))):
            wanted = sorted(part for part in parts if part[1] in kinds)
            texts = [" " * (before == SPACE) + text for text, before in wanted]
            encodings = cutter.encode_batch(texts, add_special_tokens=False)
            for part, encoding in zip(wanted, encodings, strict=True):
                ids = ([id] if id not in self._special else self._unknown for id in encoding.ids)
                found[part] = list(chain.from_iterable(ids))
        return found


_CUTTERS: "WeakKeyDictionary[Any, TokenPieces]" = WeakKeyDictionary()


def get_token_pieces(tokenizer: Any) -> TokenPieces:
    """Get the `TokenPieces` of a tokenizer, with its cache.

    tokenizer (PreTrainedTokenizerFast): the tokenizer.
    RETURNS (TokenPieces): the same object for the same tokenizer.
    """
    found = _CUTTERS.get(tokenizer)
    if found is None:
        found = _CUTTERS[tokenizer] = TokenPieces(tokenizer)
    return found


def place_tokens(doc: Doc) -> List[Placed]:
    """Find out what precedes each token.

    White space between two units of scripts without spaces is ignored, even if there is punctuation between them. Where
    all tokens have white space after them, as those of a column file, it is ignored on either side of such a unit.

    doc (Doc): a document of n tokens.
    RETURNS (List[Placed]): n pairs of the token's text and START, SPACE or TOKEN.
    """
    placed = []
    before, joins = START, False  # joins: the text so far ends with such a unit
    is_column = all(token.whitespace_ for token in doc[:-1])
    for token in doc:
        text = token.text
        if text.isspace():
            placed.append((text, before))
            before = SPACE
            continue
        units = [] if text.isascii() else [unit.span() for unit in UNIT.finditer(text)]
        is_sign = not any(map(str.isalnum, text))
        starts = bool(units) and units[0][0] == 0
        if before == SPACE and (joins and (starts or is_sign) or is_column and (starts or joins)):
            before = TOKEN
        placed.append((text, before))
        joins = (joins and is_sign) or bool(units and units[-1][1] == len(text))
        before = SPACE if token.whitespace_ else TOKEN
    return placed


def split_token(text: str) -> List[str]:
    """Split a token into units of scripts without spaces and the text between them.

    Text between units is cut into parts of at most 100 characters, so that no tokenizer makes it one unknown piece.

    text (str): the token's text, not empty.
    RETURNS (List[str]): its parts in order, at least one.
    """
    if text.isascii() and len(text) <= LONGEST_WORD:
        return [text]
    ends = sorted({0, len(text), *(end for unit in UNIT.finditer(text) for end in unit.span())})
    parts = [text[start:end] for start, end in zip(ends[:-1], ends[1:], strict=True)]
    return [part[i : i + LONGEST_WORD] for part in parts for i in range(0, len(part), LONGEST_WORD)]


def is_spelled(text: str, n_pieces: int) -> bool:
    """Check whether a word of a script with spaces is split into its letters.

    text (str): the text of a token.
    n_pieces (int): the number of its word pieces.
    RETURNS (bool): True for such a word; False for numbers, punctuation and words of less than four letters.
    """
    return 4 <= len(text) <= n_pieces and text.isalpha() and UNIT.search(text) is None
