"""Labels of sentences carried to their renderings in another language: the step that makes CROP's training data."""

from collections import Counter
from typing import Dict, List, NamedTuple, Optional, Sequence, Set, Tuple

from spacy.tokens import Doc

from ...errors import Errors, XnerError
from ...metadata import get_group, get_language, set_provenance
from ...scores import get_scores
from ...tokens import copy_unlabelled
from ..cache import Cache
from ..engine import Progress, align_docs, translate_sentences
from ..lexicon import Lexicon
from ..types import Aligner, MarkedText, Translator, name_engines
from ..views import make_group
from .articles import Articles
from .entities import add_spans, drop_uncapitalized, find_repeats, project_entities
from .filters import Filter
from .finders import FALLBACKS, make_finders
from .matching import cut_marked, get_match
from .render import mark_entities, number_entities
from .report import Report

# What becomes of a name that a sentence has once more than was found, see `project_corpus`.
REPEATED = ("label", "drop", "outside")
REPEATS = "with a name that occurs again"


class Projected(NamedTuple):
    """A corpus with projected labels.

    kept (List[Doc]): the renderings with projected labels.
    dropped (List[Doc]): the others, without labels.
    report (Report): how many of each, why, and how entities were found.
    engine (Optional[Translator]): what translated the labelled sentences, None if nothing did.
    """

    kept: List[Doc]
    dropped: List[Doc]
    report: Report
    engine: Optional[Translator] = None


def project_corpus(
    labelled: Sequence[Doc],
    targets: Sequence[Doc],
    languages: Tuple[str, str],
    filters: Dict[str, Filter],
    *,
    engine: Optional[Translator] = None,
    match: str = "exact",
    aligner: Optional[Aligner] = None,
    lexicon: Optional[Lexicon] = None,
    fallback: str = "casefold",
    repeated: str = "label",
    capitals: bool = False,
    articles: Articles = frozenset(),
    threshold: float = 0.0,
    cache: Optional[Cache] = None,
    progress: Optional[Progress] = None,
) -> Projected:
    """Carry labels to the renderings of the labelled sentences. Sentences correspond by group.

    With an engine the labelled sentence is translated with marks, and the text between the marks is looked for in the
    rendering, whose own words stay as they are (CROP, steps iii and iv). With an aligner, entities that are not found
    so are found by word alignment between the two.

    labelled (Sequence[Doc]): labelled sentences, one of each group; those in another language are not used.
    targets (Sequence[Doc]): their renderings in groups (see `number_groups`); labels are not read.
    languages (Tuple[str, str]): codes of the labelled sentences and of the renderings.
    filters (Dict[str, Filter]): which sentences to drop, see `make_filters`.
    engine (Optional[Translator]): translates the labelled sentences into the language of the renderings.
    match (str): how the texts of entities are looked for, a key of `MATCHES`.
    aligner (Optional[Aligner]): aligns the words.
    lexicon (Optional[Lexicon]): renderings of names.
    fallback (str): whether an entity that is not found otherwise is looked for by its own text, in the source's
        language: "none" for never, as in the paper; "exact" as it is written; "casefold" at last in any case.
    repeated (str): what becomes of a name that the rendering has at another place as well, outside of all entities:
        "label" gives that place the same label, "drop" leaves the sentence out, "outside" takes it for no entity.
    capitals (bool): whether names have capitals in the renderings: entities without are then left out, and their
        sentences kept.
    articles (Articles): what belongs to a name in the renderings' language, see `find_articles`.
    threshold (float): entities that a pipeline found with a lower score stay without annotation in the rendering:
        neither entity nor outside.
    cache (Optional[Cache]): what engine and aligner found before.
    progress (Optional[Callable]): told of the sentences translated, and of all.
    RETURNS (Projected): kept and dropped sentences in order, and the counts.
    RAISES: X306 for an unknown `match`, `fallback` or `repeated`, X312 if there is a threshold and a sentence with
        entities has no scores, X219 if no group has both a labelled sentence and a rendering.
    """
    get_match(match)
    for option, value, known in (("--fallback", fallback, FALLBACKS), ("--repeated", repeated, REPEATED)):
        if value not in known:
            raise XnerError(Errors.X306.format(found=value, expected=f"one of {known}", option=option))
    pairs, alone = _pair(labelled, targets, languages)
    unsure = [_find_unsure(doc, threshold) if threshold else set() for doc, _ in pairs]
    returned: List[Optional[MarkedText]] = [None] * len(pairs)
    if engine is not None:
        returned = translate_sentences(engine, languages, _mark(pairs), cache=cache, progress=progress)
    alignments = align_docs(aligner, pairs, cache=cache)
    result = Projected([], [], Report(), engine)
    for (doc, target), low, text, alignment in zip(pairs, unsure, returned, alignments, strict=True):
        cut = None if text is None else cut_marked(text.text, text.spans)
        finders = make_finders(
            returned=cut,
            alignment=alignment,
            articles=articles,
            lexicon=lexicon,
            fallback=fallback,
            match=match,
        )
        projection = project_entities(doc, target, finders)
        if capitals:
            projection = drop_uncapitalized(projection)
        repeats = find_repeats(projection, target) if repeated != "outside" else []
        if repeated == "label":
            projection = add_spans(projection, repeats, "repeated")
        n_repeats = Counter(span.id_ for span in repeats)
        no_names = {span.id_ for span in projection.no_names}
        reason = next((name for name, found in filters.items() if found.drops(doc, target, projection)), None)
        if reason is None and repeats and repeated == "drop":
            reason = REPEATS
        result.report.add(reason or "kept", projection, low)
        # In the order of the source; with repeats, which it does not have, in that of the sentence if all is there.
        labels = [
            ent.label_ for ent in doc.ents if ent.id_ not in no_names for _ in range(1 + n_repeats[ent.id_])
        ]
        if repeated == "label" and repeats and not projection.missing:
            labels = [span.label_ for span in projection.spans]
        set_provenance(
            target,
            engines=name_engines(engine, doc, target),
            found=[] if reason else projection.found,
            labels=labels,
            dropped=reason or "",
            relabel=reason not in filters or filters[reason].relabel,
        )
        if reason is None:
            target.set_ents(
                [span for span in projection.spans if span.id_ not in low],
                missing=[span for span in projection.spans if span.id_ in low],
                # Where an entity was not found, nobody knows what is outside.
                default="missing" if projection.missing else "outside",
            )
        (result.dropped if reason else result.kept).append(target)
    for target in alone:
        result.report.sentences["without translation"] += 1
        result.dropped.append(target)
    return result


def mark_labelled(
    labelled: Sequence[Doc], targets: Sequence[Doc], languages: Tuple[str, str]
) -> List[MarkedText]:
    """List what `project_corpus` translates: the labelled sentences that have renderings, and entities.

    labelled (Sequence[Doc]): labelled sentences, one of each group.
    targets (Sequence[Doc]): their renderings in groups.
    languages (Tuple[str, str]): codes of the labelled sentences and of the renderings.
    RETURNS (List[MarkedText]): the sentences with their entities marked; a blank one where there are none.
    RAISES: X219 if no group has both a labelled sentence and a rendering.
    """
    return _mark(_pair(labelled, targets, languages)[0])


def _mark(pairs: Sequence[Tuple[Doc, Doc]]) -> List[MarkedText]:
    return [mark_entities(doc) if doc.ents else MarkedText("") for doc, _ in pairs]


def _find_unsure(doc: Doc, threshold: float) -> Set[str]:
    """RETURNS (Set[str]): ids of the entities whose score is lower."""
    unsure = set()
    for ent, score in zip(doc.ents, get_scores(doc), strict=True):
        if score is None:
            raise XnerError(Errors.X312.format(text=doc.text[:60]))
        if score < threshold:
            unsure.add(ent.id_)
    return unsure


def _pair(
    labelled: Sequence[Doc], targets: Sequence[Doc], languages: Tuple[str, str]
) -> Tuple[List[Tuple[Doc, Doc]], List[Doc]]:
    """Pair labelled sentences with their renderings.

    RETURNS (Tuple[List[Tuple[Doc, Doc]], List[Doc]]): the sentences with copies of their renderings, and copies of the
        renderings that have none.
    """
    own = (doc for doc in labelled if get_language(doc) in (languages[0], ""))
    by_group = {get_group(doc): doc for doc in own if get_group(doc)}
    pairs: List[Tuple[Doc, Doc]] = []
    alone: List[Doc] = []
    for target in targets:
        # `translate` puts the language before the group of what it translates.
        names = (get_group(target), make_group(target, languages[0]))
        doc = next((by_group[name] for name in names if name in by_group), None)
        copy = copy_unlabelled(target, target.vocab)
        if doc is None:
            alone.append(copy)
            continue
        number_entities(doc)
        pairs.append((doc, copy))
    if targets and not pairs:
        raise XnerError(Errors.X219.format(n_labelled=len(labelled), n_targets=len(targets)))
    return pairs, alone
