"""Where a head that relates tokens puts pairs of them: the vectors that MCL-NER's relation contrast compares."""

from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy
from spacy.language import Language
from spacy.tokens import Doc

from ..errors import Errors, XnerError
from ..metadata import get_group
from ..pipeline import list_components
from .embedding import LONGEST, Encoders
from .raw import spread


class TokenPair(NamedTuple):
    """A pair of tokens.

    row (int): its first token.
    cell (int): its cell in that row, see relations.py.
    name (str): its tokens, and its type if it is start and end of an entity.
    """

    row: int
    cell: int
    name: str


def check_relations(nlp: Language) -> None:
    """Make sure that a pipeline relates tokens.

    nlp (Language): the pipeline.
    RAISES: X306 if it does not.
    """
    pipes = list_components(nlp)
    if not pipes or "relation" not in pipes[0].schemes.values():
        expected = "shown by this pipeline, which has no relations of tokens; those of MCL-NER have"
        raise XnerError(Errors.X306.format(found="pairs", expected=expected, option="--vectors"))


def encode_cells(encoders: Encoders, docs: Sequence[Doc]) -> List[numpy.ndarray]:
    """Encode pairs of tokens by each relation view.

    encoders (Encoders): those of a pipeline with relations; its heads are run as in training, but nothing is dropped.
    docs (Sequence[Doc]): gold documents; annotation is not read.
    RETURNS (List[ndarray]): (n, D, V, k) float32 of each document: for each cell of the band and each view, biaffine
        and conditional (MCL-NER eq. 4 and 5), its projection, of length one.
    """
    model, ops = encoders.model, encoders.model.ops
    schemes = model.attrs["schemes"]
    head = next(name for name, scheme in schemes.items() if scheme == "relation")
    # Of these the token vectors have three dimensions.
    names = [name for name, scheme in schemes.items() if scheme is None and name.startswith(f"{head}_")]
    vectors = encoders.encode_apart(docs)
    found = []
    for i, doc in enumerate(docs):
        X = {
            name: ops.xp.expand_dims(vectors[place][i], 0) for name, place in model.attrs["encoders"].items()
        }
        mask = ops.xp.ones((1, len(doc)), dtype="bool")
        outputs, _ = model.get_ref("heads")((X, mask), True)
        views = [outputs[name][0].cpu().float().numpy() for name in names if outputs[name].dim() == 4]
        stacked = numpy.stack(views, axis=2)
        found.append(stacked / numpy.maximum(numpy.linalg.norm(stacked, axis=-1, keepdims=True), 1e-9))
    return found


def embed_pairs(encoders: Encoders, docs: Sequence[Doc]) -> numpy.ndarray:
    """Encode entities by the pair of their last and their first token (MCL-NER, figure 5).

    encoders (Encoders): those of a pipeline with relations.
    docs (Sequence[Doc]): gold documents.
    RETURNS (ndarray): (n, V * k) float32, for each gold entity in order the views side by side; nan for an entity with
        more tokens than the band has cells for; (0, 0) without entities.
    """
    rows = []
    for doc, cells in zip(docs, encode_cells(encoders, docs), strict=True):
        for ent in doc.ents:
            is_there = len(ent) < cells.shape[1]
            vector = cells[ent.end - 1, len(ent) if is_there else 0].flatten()
            rows.append(vector if is_there else numpy.full_like(vector, numpy.nan))
    return numpy.stack(rows) if rows else numpy.zeros((0, 0), dtype="float32")


def find_copy(doc: Doc, docs: Sequence[Doc]) -> Optional[Doc]:
    """Find another rendering of a sentence: its translation, or a code-switched copy.

    doc (Doc): the sentence.
    docs (Sequence[Doc]): where to look.
    RETURNS (Optional[Doc]): the first one of the same group; None if there is none.
    """
    group = get_group(doc)
    return next((other for other in docs if group and get_group(other) == group and other is not doc), None)


def choose_pairs(doc: Doc, width: int, order: Sequence[str] = (), most: int = LONGEST) -> List[TokenPair]:
    """Choose the pairs of a sentence whose similarities are shown.

    doc (Doc): the gold sentence.
    width (int): cells of a row.
    order (Sequence[str]): ids of entities, whose start-end pairs come first, in this order.
    most (int): how many at most.
    RETURNS (List[TokenPair]): start and end of each entity, then neighbours within entities, then at most as many
        neighbours that have no relation, at equal distances.
    """
    places = {name: k for k, name in enumerate(order) if name}
    ents = sorted(doc.ents, key=lambda ent: places.get(ent.ent_id_, len(places)))
    ends = [
        TokenPair(
            ent.end - 1,
            len(ent),
            f"{ent[0]} … {ent[-1]} {ent.label_}" if len(ent) > 1 else f"{ent} {ent.label_}",
        )
        for ent in ents
        if len(ent) < width
    ]
    inside = {i for ent in doc.ents for i in range(ent.start, ent.end - 1)}
    linked, others = (
        [TokenPair(i, 0, f"{doc[i]} {doc[i + 1]}") for i in range(len(doc) - 1) if (i in inside) is wanted]
        for wanted in (True, False)
    )
    chosen = [*ends, *linked][:most]
    return [*chosen, *spread(others, min(len(chosen), most - len(chosen)))]


class PairMap(NamedTuple):
    """Pairs whose similarities are shown.

    docs (Tuple[Doc, Doc]): the sentences of the rows and of the columns.
    pairs (Tuple[List[TokenPair], List[TokenPair]]): their pairs.
    """

    docs: Tuple[Doc, Doc]
    pairs: Tuple[List[TokenPair], List[TokenPair]]


def map_pairs(doc: Doc, other: Optional[Doc], width: int) -> PairMap:
    """Choose what to compare: a sentence with another rendering of it, or else its two relation views.

    doc (Doc): the gold sentence.
    other (Optional[Doc]): the other rendering, whose entities have the same ids.
    width (int): cells of a row.
    RETURNS (PairMap): the pairs; twice the same without another rendering.
    """
    rows = choose_pairs(doc, width)
    if other is None:
        return PairMap((doc, doc), (rows, rows))
    return PairMap((doc, other), (rows, choose_pairs(other, width, [ent.ent_id_ for ent in doc.ents])))


def compare_pairs(encoders: Encoders, shown: PairMap) -> numpy.ndarray:
    """Compare pairs of tokens (MCL-NER, figure 4).

    encoders (Encoders): those of a pipeline with relations.
    shown (PairMap): the pairs.
    RETURNS (ndarray): (rows, columns) cosine similarities in [-1, 1]: of two sentences the mean over the views; of one
        sentence those of its first view with its last one.
    """
    cells: Dict[int, numpy.ndarray] = {id(doc): encode_cells(encoders, [doc])[0] for doc in shown.docs}
    first, last = (
        numpy.stack([cells[id(doc)][pair.row, pair.cell] for pair in pairs])
        for doc, pairs in zip(*shown, strict=True)
    )
    if shown.docs[0] is shown.docs[1]:
        one: numpy.ndarray = first[:, 0] @ last[:, -1].T
        return one
    mean: numpy.ndarray = numpy.einsum("rvk,cvk->vrc", first, last).mean(axis=0)
    return mean
