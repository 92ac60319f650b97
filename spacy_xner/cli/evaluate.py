"""`xner evaluate`: the scores of a trained pipeline on labelled corpora."""

from collections import Counter
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

import srsly
import typer
from spacy.language import Language
from spacy.training import Example
from typing_extensions import Annotated
from wasabi import msg

from ..corpora.store import find_corpora, read_docs
from ..errors import Errors, XnerError
from ..evaluation.metrics import Scores, score_examples, score_micro
from ..evaluation.predict import find_type_output, is_annotated, predict
from ..evaluation.table import format_scores
from ..files import write_bytes
from ..metadata import get_language, get_tags
from ..pipeline import load_pipeline, use_gpu
from ._options import BatchSize, GpuId
from ._util import app, user_errors


@app.command("evaluate")
@user_errors
def evaluate_cli(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Package or folder of a trained pipeline")],
    data: Annotated[List[Path], typer.Argument(metavar="DATA...", help="Labelled .spacy files, or folders")],
    output: Annotated[Optional[Path], typer.Option("--output", "-o", help="JSON file for the scores")] = None,
    gpu_id: GpuId = -1,
    retokenize: Annotated[
        bool, typer.Option("--retokenize", help="Cut the text by the pipeline's tokenizer")
    ] = False,
    batch_size: BatchSize = None,
) -> None:
    """Evaluate a pipeline on labelled corpora, for each language and type.

    The language is that of the sentence, or the name of the file. Sentences without complete annotation are
    left out.
    """
    use_gpu(gpu_id)
    nlp = load_pipeline(model)
    result = evaluate(nlp, data, model=model, retokenize=retokenize, batch_size=batch_size)
    print(format_scores(result))
    skipped = sum(result["skipped"].values())
    if skipped:
        msg.warn(f"{skipped:,} sentences without complete annotation were left out")
    if output is not None:
        write_bytes(output, (srsly.json_dumps(result, indent=2) + "\n").encode("utf8"))
        msg.good(f"Saved the scores to {output}")


def evaluate(
    nlp: Language,
    paths: Sequence[Path],
    *,
    model: str = "",
    retokenize: bool = False,
    batch_size: Optional[int] = None,
) -> Dict[str, Any]:
    """Score a pipeline on labelled corpora.

    nlp (Language): the pipeline.
    paths (Sequence[Path]): `.spacy` files, or folders of them.
    model (str): name of the pipeline in the result.
    retokenize (bool): cut the text by the pipeline's tokenizer instead of keeping the gold tokens.
    batch_size (Optional[int]): number of sentences predicted at once, by default the pipeline's own.
    RETURNS (Dict[str, Any]): scores of each language, their mean, those of all entities together ("micro"),
        and how many sentences of each language were left out for missing annotation ("skipped").
    RAISES: X101, X110, X111 for missing, unreadable and empty files, X307 for a file without annotation,
        X303 if spaCy's scorer and strict seqeval differ.
    """
    examples: Dict[str, List[Example]] = {}
    sources: Dict[str, List[str]] = {}
    skipped: Counter[str] = Counter()
    for file in dict.fromkeys(file for path in paths for file in find_corpora(path)):
        docs = list(read_docs(file, nlp.vocab))
        golds = [doc for doc in docs if is_annotated(doc)]
        if not docs:
            raise XnerError(Errors.E111.format(path=file, detail=""))
        if not golds:
            raise XnerError(Errors.E307.format(path=file))
        skipped.update(get_language(doc) or file.stem for doc in docs if not is_annotated(doc))
        for example in predict(nlp, golds, retokenize=retokenize, batch_size=batch_size):
            language = get_language(example.reference) or file.stem
            examples.setdefault(language, []).append(example)
            if str(file) not in sources.setdefault(language, []):
                sources[language].append(str(file))
    every = [example for group in examples.values() for example in group]
    type_output = find_type_output(nlp)
    if type_output and not all(type_output.name in get_tags(example.predicted) for example in every):
        type_output = None
    languages = {
        language: score_examples(group, type_output, ", ".join(sources[language]))
        for language, group in sorted(examples.items())
    }
    return {
        "model": model or f"{nlp.lang}_{nlp.meta['name']}",
        "retokenized": retokenize,
        "languages": languages,
        "mean": _get_mean(list(languages.values())),
        "micro": score_micro(every),
        "skipped": dict(sorted(skipped.items())),
    }


def _get_mean(scores: Sequence[Scores]) -> Dict[str, Any]:
    def mean(values: List[float]) -> float:
        return sum(values) / len(values)

    return {
        "precision": mean([s["precision"] for s in scores]),
        "recall": mean([s["recall"] for s in scores]),
        "f1": mean([s["f1"] for s in scores]),
        "span": {
            "precision": mean([s["span"]["precision"] for s in scores]),
            "recall": mean([s["span"]["recall"] for s in scores]),
            "f1": mean([s["span"]["f1"] for s in scores]),
        },
        "type_accuracy": mean([s["type_accuracy"] for s in scores]),
    }
