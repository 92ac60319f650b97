"""Scores of a pipeline on labelled corpora, for each language."""

from collections import Counter
from pathlib import Path
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Sequence

import srsly
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from ..corpora.convert import list_labelled, name_language, read_labelled
from ..corpora.prepare import UNSEEN
from ..errors import Errors, XnerError
from ..evaluation.metrics import score_language, score_micro
from ..evaluation.predict import (
    TaskOutput,
    find_output,
    is_annotated,
    keep_labels,
    keep_types,
    predict,
    predict_docs,
)
from ..evaluation.significance import count_entities, find_interval
from ..evaluation.table import NOTHING, format_scores
from ..metadata import get_language, get_tags


def evaluate(
    nlp: Language,
    paths: Sequence[Path],
    *,
    model: str = "",
    retokenize: bool = False,
    batch_size: Optional[int] = None,
    labels: Optional[Sequence[str]] = None,
    language: Optional[str] = None,
    bootstrap: int = 0,
) -> Dict[str, Any]:
    """Score a pipeline on labelled corpora.

    nlp (Language): the pipeline.
    paths (Sequence[Path]): folders of `.spacy` files, or files in any format that `convert` reads.
    model (str): name of the pipeline in the result.
    retokenize (bool): cut the text by the pipeline's tokenizer instead of keeping the gold tokens.
    batch_size (Optional[int]): sentences per batch, by default the pipeline's own setting.
    labels (Optional[Sequence[str]]): types that count; None for all.
    language (Optional[str]): the language of sentences that do not tell theirs, by default the name of their file.
    bootstrap (int): samples for the intervals, 0 for none.
    RETURNS (Dict[str, Any]): the scores of each language, with the 95 % interval of F1 if wanted, their mean, the
        scores of all entities together ("micro"), and the number of sentences of each language without annotation,
        which are left out ("skipped"). Languages whose files lie in a folder "unseen" are listed, and have a mean of
        their own ("mean_unseen", None without such): "mean" and "micro" are of the others, if there are others. If
        folders hold no labelled text, there are no languages, and the means are None.
    RAISES: as `predict_corpora`, and X303 if spaCy's scorer and strict seqeval differ.
    """
    predictions = predict_corpora(
        nlp, paths, retokenize=retokenize, batch_size=batch_size, labels=labels, language=language
    )
    languages = score_languages(predictions, bootstrap)
    unseen = predictions.unseen
    seen = [language for language in languages if language not in unseen]
    every = [example for language in seen for example in predictions.examples[language]]
    return {
        "model": model or get_name(nlp),
        "retokenized": retokenize,
        "labels": None if labels is None else sorted(labels),
        "languages": languages,
        "mean": _get_mean([languages[language] for language in seen]) if seen else None,
        "micro": score_micro(every) if every else None,
        "unseen": unseen,
        "mean_unseen": _get_mean([languages[language] for language in unseen]) if unseen else None,
        "skipped": predictions.skipped,
        **({} if languages else {"note": NOTHING}),
    }


class CorpusPredictions(NamedTuple):
    """Predictions on labelled corpora.

    examples (Dict[str, List[Example]]): predictions and gold by language, in alphabetical order.
    sources (Dict[str, List[str]]): the files of each language.
    type_output (Optional[TaskOutput]): the output for types, if all predictions have one.
    span_output (Optional[TaskOutput]): the output for spans, if all predictions have one. None if only some types
        count, since spans have no types.
    skipped (Dict[str, int]): the number of sentences of each language without annotation, which are left out.
    unseen (List[str]): languages whose files lie in a folder "unseen": no training has read them. Empty
        if that is so of all languages.
    unlabelled (Dict[str, List[Doc]]): predictions on files without any annotation, by language.
    """

    examples: Dict[str, List[Example]]
    sources: Dict[str, List[str]]
    type_output: Optional[TaskOutput]
    span_output: Optional[TaskOutput]
    skipped: Dict[str, int]
    unseen: List[str]
    unlabelled: Dict[str, List[Doc]]


def predict_corpora(
    nlp: Language,
    paths: Sequence[Path],
    *,
    retokenize: bool = False,
    batch_size: Optional[int] = None,
    labels: Optional[Sequence[str]] = None,
    known: Iterable[str] = (),
    language: Optional[str] = None,
    unlabelled: bool = False,
) -> CorpusPredictions:
    """Run a pipeline on labelled corpora.

    nlp (Language): the pipeline.
    paths (Sequence[Path]): folders of `.spacy` files, or files in any format that `convert` reads; a file named twice
        is read once. A folder may be empty, and its files need no annotation.
    retokenize (bool): cut the text by the pipeline's tokenizer instead of keeping the gold tokens.
    batch_size (Optional[int]): number of sentences predicted at once, by default the pipeline's own.
    labels (Optional[Sequence[str]]): types that count; other types are removed from prediction and gold. None for all.
    known (Iterable[str]): types that `labels` may name besides those of gold and pipeline.
    language (Optional[str]): the language of sentences that do not tell theirs, by default the name of their file.
    unlabelled (bool): whether to predict files without any annotation too, instead of refusing them.
    RETURNS (CorpusPredictions): predictions and gold by language.
    RAISES: X101, X110, X111 for missing, unreadable and empty files, what `convert` raises for other formats, X307 for
        a file without annotation that is named by itself, X311 for an unknown type.
    """
    golds: Dict[Path, List[Doc]] = {}
    raw: Dict[Path, List[Doc]] = {}
    skipped: Counter[str] = Counter()
    named = [Path(path) for path in paths]
    for file in dict.fromkeys(file for path in named for file in list_labelled(path)):
        docs = list(read_labelled(file, nlp.vocab, language or name_language(file)))
        annotated = [doc for doc in docs if is_annotated(doc)]
        if not docs:
            raise XnerError(Errors.X111.format(path=file, detail=""))
        if not annotated and not unlabelled and file in named:
            raise XnerError(Errors.X307.format(path=file))
        if not annotated and unlabelled:
            raw[file] = docs
            continue
        golds[file] = annotated
        skipped.update(get_language(doc) for doc in docs if not is_annotated(doc))
    types = {*known, *list_labels(nlp)}
    types.update(ent.label_ for docs in golds.values() for doc in docs for ent in doc.ents)
    if any(golds.values()) and not types.issuperset(labels or ()):
        unknown = sorted(set(labels or ()) - types)
        raise XnerError(Errors.X311.format(labels=unknown, expected=sorted(types)))
    examples: Dict[str, List[Example]] = {}
    sources: Dict[str, List[str]] = {}
    for file, docs in golds.items():
        for example in predict(nlp, docs, retokenize=retokenize, batch_size=batch_size):
            if labels is not None:
                keep_labels(example, labels)
            found = get_language(example.reference)
            examples.setdefault(found, []).append(example)
            if str(file) not in sources.setdefault(found, []):
                sources[found].append(str(file))
    every = [example for group in examples.values() for example in group]
    outputs = [find_output(nlp, scheme) for scheme in ("type", "span")]
    type_output, span_output = (
        output
        if output is not None and all(output.name in get_tags(example.predicted) for example in every)
        else None
        for output in outputs
    )
    by_language: Dict[str, List[Doc]] = {}
    for file, docs in raw.items():
        for given, doc in zip(
            docs, predict_raw(nlp, docs, batch_size=batch_size, labels=labels), strict=True
        ):
            by_language.setdefault(get_language(given) or file.stem, []).append(doc)
    return CorpusPredictions(
        dict(sorted(examples.items())),
        sources,
        type_output,
        None if labels is not None else span_output,
        dict(sorted(skipped.items())),
        find_unseen(sources),
        dict(sorted(by_language.items())),
    )


def predict_raw(
    nlp: Language, docs: Sequence[Doc], *, batch_size: Optional[int], labels: Optional[Sequence[str]]
) -> List[Doc]:
    """Run a pipeline on text without labels.

    nlp (Language): the pipeline.
    docs (Sequence[Doc]): the documents, whose annotation it is not shown.
    batch_size (Optional[int]): number of sentences predicted at once, by default the pipeline's own.
    labels (Optional[Sequence[str]]): types that count; None for all.
    RETURNS (List[Doc]): the predictions.
    """
    found = list(predict_docs(nlp, docs, batch_size=batch_size))
    if labels is not None:
        for doc in found:
            keep_types(doc, labels)
    return found


def find_unseen(sources: Dict[str, List[str]]) -> List[str]:
    """Find the languages that no training has read: those whose files `xner prepare` puts into a folder "unseen".

    sources (Dict[str, List[str]]): the files of each language.
    RETURNS (List[str]): their codes, sorted; none if that is so of all, as then there is nothing to tell apart.
    """
    apart = {
        language
        for language, files in sources.items()
        if all(Path(file).parent.name == UNSEEN for file in files)
    }
    return sorted(apart) if len(apart) < len(sources) else []


def score_languages(predictions: CorpusPredictions, bootstrap: int) -> Dict[str, Dict[str, Any]]:
    """Score the predictions of each language.

    predictions (CorpusPredictions): the predictions from `predict_corpora`.
    bootstrap (int): samples for the intervals, 0 for none.
    RETURNS (Dict[str, Dict[str, Any]]): the `Scores` of each language, with the 95 % interval of F1 as "interval" if
        there are samples.
    RAISES: X303 if spaCy's scorer and strict seqeval differ.
    """
    languages: Dict[str, Dict[str, Any]] = {}
    for language, examples in predictions.examples.items():
        source = ", ".join(predictions.sources[language])
        scores = score_language(examples, predictions.type_output, source, predictions.span_output)
        languages[language] = {**scores}
        if bootstrap:
            languages[language]["interval"] = find_interval(count_entities(examples), resamples=bootstrap)
    return languages


def read_scores(path: Path) -> Dict[str, Any]:
    """Read the scores of a pipeline.

    path (Path): a JSON file written by `spacy xner evaluate --output`.
    RETURNS (Dict[str, Any]): the result of `evaluate`.
    RAISES: X101 if there is no such file, X308 if it has other content.
    """
    if not path.is_file():
        raise XnerError(Errors.X101.format(path=path))
    try:
        result: Dict[str, Any] = srsly.read_json(path)
        format_scores(result)  # to check all keys that are used
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise XnerError(Errors.X308.format(path=path)) from error
    return result


def list_labels(nlp: Language) -> List[str]:
    """List the labels of all components of a pipeline.

    nlp (Language): the pipeline.
    RETURNS (List[str]): each label once, sorted.
    """
    return sorted({label for _, pipe in nlp.pipeline for label in getattr(pipe, "labels", ())})


def get_name(nlp: Language) -> str:
    """Get the name of a pipeline with its language, as in the name of its package.

    nlp (Language): the pipeline.
    RETURNS (str): "{language}_{name}".
    """
    return f"{nlp.lang}_{nlp.meta['name']}"


def _get_mean(scores: Sequence[Dict[str, Any]]) -> Dict[str, Any]:
    def mean(values: List[float]) -> float:
        return sum(values) / len(values)

    outputs = [s["span_output"] for s in scores if s["span_output"] is not None]
    return {
        "precision": mean([s["precision"] for s in scores]),
        "recall": mean([s["recall"] for s in scores]),
        "f1": mean([s["f1"] for s in scores]),
        "span": {
            "precision": mean([s["span"]["precision"] for s in scores]),
            "recall": mean([s["span"]["recall"] for s in scores]),
            "f1": mean([s["span"]["f1"] for s in scores]),
        },
        "span_output": mean(outputs) if len(outputs) == len(scores) else None,
        "type_accuracy": mean([s["type_accuracy"] for s in scores]),
    }
