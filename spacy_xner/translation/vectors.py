"""Static vectors for the `hash` encoder, trained on raw and parallel text."""

import random
import tempfile
from collections import Counter
from pathlib import Path
from typing import List, Optional, Sequence, Tuple

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training.initialize import convert_vectors

from ..errors import Errors, XnerError, tell_install
from ..metadata import get_language
from .cache import Cache
from .engine import align_pairs
from .switch import switch_words
from .types import Aligner
from .views import pair_translations


def train_vectors(
    docs: Sequence[Doc],
    *,
    aligner: Optional[Aligner] = None,
    width: int = 96,
    epochs: int = 5,
    rows: int = 50000,
    seed: int = 0,
    cache: Optional[Cache] = None,
) -> Language:
    """Train floret vectors: skip-grams over words and their character n-grams, hashed into a table.

    With an aligner, code-switched copies of sentences of one group with the views s and t are added, so that words and
    their translations get similar vectors.

    docs (Sequence[Doc]): text of all languages; annotation is not read.
    aligner (Optional[Aligner]): aligns the words of each s with its t.
    width (int): width of the vectors.
    epochs (int): passes over the text.
    rows (int): rows of the table.
    seed (int): random seed of code-switching and of the order of sentences. Only one thread is used, so that the result
        depends on the seed only.
    cache (Optional[Cache]): earlier alignments.
    RETURNS (Language): an empty pipeline with the vectors, to be saved and named in `[initialize.vectors]`.
    RAISES: X206 if floret is not installed, X111 if there is no text.
    """
    try:
        import floret
    except ImportError as error:
        command = tell_install("vectors")
        raise XnerError(Errors.X206.format(engine="vectors", what="floret", command=command)) from error
    sentences = [[token.text for token in doc] for doc in docs]
    if aligner is not None:
        pairs = find_pairs(docs)
        sentences += switch_words(pairs, align_pairs(aligner, pairs, cache=cache), seed=seed)
    lines = [" ".join(words) for words in sentences if words]
    if not lines:
        raise XnerError(Errors.X111.format(path="the corpora given", detail=""))
    random.Random(seed).shuffle(lines)
    with tempfile.TemporaryDirectory() as folder:
        text, table = Path(folder) / "text.txt", Path(folder) / "vectors.floret"
        text.write_text("\n".join(lines) + "\n", encoding="utf8")
        # By default fastText prints a line of progress for each batch.
        if not any(count > 1 for count in Counter(word for line in lines for word in line.split()).values()):
            raise XnerError(
                Errors.X111.format(path="the corpora given", detail=" with a word that comes twice")
            )
        model = floret.train_unsupervised(
            str(text),
            model="skipgram",
            mode="floret",
            hashCount=2,
            bucket=rows,
            minn=4,
            maxn=5,
            minCount=2,
            dim=width,
            epoch=epochs,
            ws=4,
            thread=1,
            verbose=0,
        )
        model.save_floret_vectors(str(table))
        nlp = spacy.blank("xx")
        convert_vectors(nlp, table, truncate=-1, prune=-1, name="xx_xner.vectors", mode="floret")
    return nlp


def find_pairs(docs: Sequence[Doc]) -> List[Tuple[List[str], List[str]]]:
    """Find the pairs of a sentence and its full translation.

    docs (Sequence[Doc]): sentences with the views s and t in groups.
    RETURNS (List[Tuple[List[str], List[str]]]): their tokens, with the languages in the same order in each pair,
        whichever is the source.
    """
    pairs = [sorted(pair, key=get_language) for pair in pair_translations(docs).values()]
    return [([token.text for token in one], [token.text for token in other]) for one, other in pairs]
