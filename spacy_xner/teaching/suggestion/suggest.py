"""From the examined parts of a corpus to the sentences that are suggested."""

from collections import Counter, defaultdict
from pathlib import Path
from typing import DefaultDict, Dict, FrozenSet, Iterable, List, NamedTuple, Sequence, Tuple

import numpy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab

from ...corpora.gather import gather_texts
from ...corpora.store import unpack_docs
from ...corpora.texts import make_text_key
from ...errors import Errors, XnerError
from ...pipeline import find_component
from .choose import Chosen, choose_candidates
from .examine import read_examined
from .pool import Candidate, CandidatePool, Group, Shares, check_names, find_size


class Suggestion(NamedTuple):
    """The sentences that are suggested.

    chosen (List[Chosen]): why each was chosen, those first that teach the most.
    docs (List[Doc]): their documents, in the same order.
    pool (CandidatePool): what they were chosen from.
    """

    chosen: List[Chosen]
    docs: List[Doc]
    pool: CandidatePool


def suggest(
    nlp: Language,
    parts: Sequence[Path],
    n: int,
    *,
    shares: Shares,
    max_tokens: int = 0,
    known: FrozenSet[int] = frozenset(),
    corpus: str = "",
) -> Suggestion:
    """Choose the sentences to label next.

    The parts are read three times, one at a time: for the most unsure sentences, for vectors of these, and for the
    documents of those that are chosen.

    nlp (Language): the pipeline that examined them.
    parts (Sequence[Path]): the results of `Examiner`.
    n (int): how many sentences.
    shares (Shares): of languages and labels.
    max_tokens (int): most tokens of a sentence, 0 for any number.
    known (FrozenSet[int]): keys of texts that are labelled already.
    corpus (str): where the sentences are from, for the message.
    RETURNS (Suggestion): the sentences.
    RAISES: X318 if there are fewer, X340 if a share is of a language that none of them is in.
    """
    pool = CandidatePool(find_size(n), shares, max_tokens)
    for number, examined in enumerate(read_examined(parts)):
        pool.add(number, examined, known)
    check_names(shares.languages, pool.languages, "--language-shares", corpus)
    groups = pool.list_groups()
    sizes = shares.divide(n, {name: len(items) for name, items in groups.items()})
    if sum(sizes.values()) < n:
        raise XnerError(Errors.X318.format(path=corpus, found=sum(sizes.values()), n=n))
    groups = {name: items for name, items in groups.items() if sizes[name]}
    chosen = choose_candidates(groups, sizes, embed_groups(nlp, parts, groups))
    docs = dict(read_candidates(parts, [item.candidate for item in chosen], Vocab()))
    ordered = [docs[item.candidate.part, item.candidate.place] for item in chosen]
    return Suggestion(chosen, ordered, pool)


def embed_groups(
    nlp: Language, parts: Sequence[Path], groups: Dict[Group, List[Candidate]]
) -> Dict[Group, numpy.ndarray]:
    """Compute the vector of each candidate.

    It is the mean of its tokens' vectors, weighted by how unsure the model is of them: what the model does not know is
    compared.

    nlp (Language): the pipeline, whose first encoder is used.
    parts (Sequence[Path]): the results of `Examiner`.
    groups (Dict[Group, List[Candidate]]): the candidates.
    RETURNS (Dict[Group, ndarray]): (m, d) float32 of the candidates of each group.
    """
    encoder = find_component(nlp).model.layers[0]
    vectors: Dict[Tuple[int, int], numpy.ndarray] = {}
    by_part: DefaultDict[int, List[Candidate]] = defaultdict(list)
    for item in (item for items in groups.values() for item in items):
        by_part[item.part].append(item)
    for items in by_part.values():
        with nlp.memory_zone():
            found = list(read_candidates(parts, items, nlp.vocab))
            weights = {(item.part, item.place): item.finding.weights for item in items}
            encoded = encoder.predict([doc for _, doc in found])
            for (key, _), values in zip(found, encoded, strict=True):
                weight = numpy.frombuffer(weights[key], dtype="float16").astype("float32") + 1e-6
                vectors[key] = weight @ encoder.ops.to_numpy(values) / weight.sum()
    return {
        name: numpy.stack([vectors[item.part, item.place] for item in items])
        for name, items in groups.items()
    }


def read_candidates(
    parts: Sequence[Path], candidates: Iterable[Candidate], vocab: Vocab
) -> Iterable[Tuple[Tuple[int, int], Doc]]:
    """Read the documents of candidates.

    parts (Sequence[Path]): the results of `Examiner`.
    candidates (Iterable[Candidate]): the candidates.
    vocab (Vocab): the vocabulary of the documents.
    YIELDS (Tuple[Tuple[int, int], Doc]): part and place of each candidate with its document, part by part.
    """
    wanted: DefaultDict[int, List[int]] = defaultdict(list)
    for item in candidates:
        wanted[item.part].append(item.place)
    for part, places in sorted(wanted.items()):
        (examined,) = read_examined([parts[part]])
        docs = unpack_docs(examined.docs, vocab)
        yield from (((part, place), docs[place]) for place in places)


def read_known(paths: Iterable[Path]) -> FrozenSet[int]:
    """Read the texts that are labelled already.

    paths (Iterable[Path]): files or folders in any format.
    RETURNS (FrozenSet[int]): their keys, see `make_text_key`.
    RAISES: those of `gather_texts`.
    """
    return frozenset(make_text_key(record.text) for record in gather_texts(paths))


def sum_up(found: Suggestion) -> List[str]:
    """Say in sentences what was chosen from what, and why.

    found (Suggestion): the sentences.
    RETURNS (List[str]): the sentences of the summary.
    """
    pool, chosen = found.pool, found.chosen
    told = [f"{len(chosen)} of {pool.n_inputs} texts"]
    for n, what in (
        (pool.n_inputs - pool.n_words, "without words"),
        (pool.n_known, "labelled already"),
        (pool.n_long, f"longer than {pool.max_tokens} tokens"),
    ):
        if n:
            told.append(f"{n} {what} left out")
    findings = [item.candidate.finding for item in chosen]
    mean, own = pool.score / max(pool.n_words, 1), sum(f.score for f in findings) / max(len(chosen), 1)
    lines = [
        ", ".join(told),
        f"uncertainty per text: {own:.2f} of those chosen, {mean:.2f} of all; tokens per text: "
        f"{sum(f.n_tokens for f in findings) / max(len(chosen), 1):.0f}",
        "new in each: "
        f"{sum(item.covered.novelty for item in chosen) / max(len(chosen), 1):.2f} of what it stands for",
    ]
    for title, names in (
        ("by language", [f.language for f in findings]),
        ("most unsure of", [f.label for f in findings]),
    ):
        if any(names):
            counts = Counter(name or "?" for name in names).most_common()
            lines.append(f"{title}: " + ", ".join(f"{name} {n}" for name, n in counts))
    return lines
