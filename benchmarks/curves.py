"""Learning curves: how good methods become by share of the labelled source text and by amount of pseudo-labelled target
text, how good pseudo-labels and projected labels are, and where source-only training falls short of target labels.

Target labels train nothing but target-supervised and target-decomposed. The studies `mcl-epochs` and `projection`
compare labels that methods gave to the target's training text with its gold labels, which serve for the comparison
only: no checkpoint is chosen by them. `plots.py` draws the rows.
"""

import argparse
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Sequence

import srsly
from data import Data
from mcl import LOG, MCL
from projection import compare, judge
from recipes import METHODS, ONE_ROUND, FineTuning
from spacy.util import load_config
from stages import Workspace, read
from transfer import Rows, Variant, add_options, judge_model, make_tasks, run_tasks

from spacy_xner.corpora.store import read_docs
from spacy_xner.evaluation.metrics import score_micro
from spacy_xner.evaluation.predict import predict
from spacy_xner.metadata import get_group, set_metadata
from spacy_xner.pipeline import load_pipeline
from spacy_xner.translation.views import split_group

SHARES = (0.1, 0.25, 0.5, 1.0)
AMOUNTS = (500, 1000, 2000, 4000, 0)

# CROP as in the paper, and with our options.
CROPS: Dict[str, Any] = {name: METHODS[name] for name in ("crop-plain", "crop")}

# Of methods that learn from source labels, what has learnt from target labels in the same way.
BOUNDS = {
    "source-only": "target-supervised",
    "decomposed": "target-decomposed",
    "dlbri": "target-decomposed",
}


def mcl_share(args: argparse.Namespace) -> List[Variant]:
    """MCL-NER figure 6a: self-training, its first stage and plain training by share of the source sentences."""
    return [
        make_variant("mcl-share", name, share, recipe)
        for share in args.shares
        for name, recipe in (
            ("source-only", FineTuning("source_only", share=share)),
            ("mcl-stage-1", MCL(self_training=False, share=share)),
            ("mcl", MCL(share=share)),
        )
    ]


def mcl_pseudo(args: argparse.Namespace) -> List[Variant]:
    """MCL-NER figure 6b: self-training by number of pseudo-labelled sentences, from none."""
    some = [make_amount("mcl-pseudo", "mcl", n, MCL(pseudo=n)) for n in args.amounts]
    return [make_variant("mcl-pseudo", "mcl", 0, MCL(self_training=False)), *some]


def mcl_epochs(args: argparse.Namespace) -> List[Variant]:
    """MCL-NER figure 6c: how good the labels are that the model gives to raw text, epoch by epoch of self-training."""
    return [make_variant("mcl-epochs", "mcl", None, MCL(epochs=args.epochs, gold=True), judge_epochs)]


def dualner_share(args: argparse.Namespace) -> List[Variant]:
    """DualNER figure 3: stage 1, and with one round of stage 2, by share of the source sentences that have labels."""
    return [
        make_variant("dualner-share", name, share, replace(ONE_ROUND, rounds=rounds, share=share))
        for share in args.shares
        for rounds, name in enumerate(("dualner-stage-1", "dualner-one-round"))
    ]


def crop_pseudo(args: argparse.Namespace) -> List[Variant]:
    """CROP figure 5 and table 7: the last student by number of target sentences that have labels, from none."""
    found = []
    for name, recipe in CROPS.items():
        # Without target text the tagger is left, or a student of the labelled translations if there are such.
        none = replace(recipe, rounds=0) if recipe.translations else recipe.train_tagger
        found.append(make_variant("crop-pseudo", name, 0, none))
        found += [make_amount("crop-pseudo", name, n, replace(recipe, pseudo=n)) for n in args.amounts]
    return found


def crop_source(args: argparse.Namespace) -> List[Variant]:
    """CROP figure 5, the other way: by share of the source sentences that have labels."""
    return [
        make_variant("crop-source", name, share, recipe)
        for share in args.shares
        for name, recipe in (
            ("source-only", FineTuning("source_only", share=share)),
            *((name, replace(crop, share=share)) for name, crop in CROPS.items()),
        )
    ]


def projection(args: argparse.Namespace) -> List[Variant]:
    """CROP figure 6: labels that were carried to raw text against gold, and gold labels carried to translations against
    a reference, for each language."""
    raw = [
        make_variant("projection", f"raw-{name}", None, crop.label_raw, judge_labels)
        for name, crop in CROPS.items()
    ]
    carried = [
        make_variant(
            "projection",
            f"translations-{item.partition(',')[0]}",
            None,
            partial(carry, args.data, args.corpus, item, args.limit),
            give_rates,
        )
        for item in args.aligners
    ]
    return [*raw, *carried]


def subtasks(args: argparse.Namespace) -> List[Variant]:
    """DLBri tables 1 and 7: how far source labels are behind target labels in finding spans and in telling types, with
    one tagger for both and with one for each."""
    return [
        make_variant("subtasks", name, labels, METHODS[name])
        for labels, names in (("source", BOUNDS), ("target", dict.fromkeys(BOUNDS.values())))
        for name in names
    ]


STUDIES: Dict[str, Callable[[argparse.Namespace], List[Variant]]] = {
    "mcl-share": mcl_share,
    "mcl-pseudo": mcl_pseudo,
    "mcl-epochs": mcl_epochs,
    "dualner-share": dualner_share,
    "crop-pseudo": crop_pseudo,
    "crop-source": crop_source,
    "projection": projection,
    "subtasks": subtasks,
}

# With other parallel text all translations are labelled by a tagger that has read all source labels.
TRANSLATED_SOURCE = ("mcl-share", "crop-source")


def make_variant(
    study: str,
    method: str,
    x: Any,
    recipe: Callable[[Workspace, Data], Any],
    judge: Callable[[Workspace, Data, Any, Path], Rows] = judge_model,
) -> Variant:
    """RETURNS (Variant): one point of a study. x (Any): what varies, None where the judge finds it out."""
    return Variant({"study": study, "method": method, "x": x}, recipe, judge)


def make_amount(study: str, method: str, n: int, recipe: Callable[[Workspace, Data], Any]) -> Variant:
    """RETURNS (Variant): a point with so many target sentences. n (int): as wanted, 0 for all."""
    variant = make_variant(study, method, None, recipe, judge_amount)
    return variant._replace(columns={**variant.columns, "amount": n or "all"})


def judge_amount(work: Workspace, data: Data, model: Path, test: Path) -> Rows:
    """RETURNS (Rows): the scores of a model and, as x, how many target sentences it was trained on by its config."""
    target = load_config(model / "config.cfg", interpolate=True)["corpora"]["train"]["corpora"]["target"]
    n = len(read(Path(target["path"])))
    return [{**row, "x": min(n, target["limit"] or n)} for row in judge_model(work, data, model, test)]


def judge_epochs(work: Workspace, data: Data, model: Path, test: Path) -> Rows:
    """RETURNS (Rows): the scores on the target's training text as each epoch began, and after the last. All types
    count, also those that the text does not have."""
    rows: Rows = [
        {"x": line["epoch"], **{key: line[key] for key in ("precision", "recall", "f1")}}
        for line in srsly.read_jsonl(model.parent / LOG)
    ]
    nlp = load_pipeline(str(model.with_name("model-last")))
    last = score_micro(predict(nlp, list(read_docs(data.target_train, nlp.vocab))))
    return [*rows, {"x": rows[-1]["x"] + 1, **last}]


def judge_labels(work: Workspace, data: Data, labelled: Sequence[Path], test: Path) -> Rows:
    """RETURNS (Rows): how good the labels of CROP's target sentences are, where these have gold labels, and the share
    of sentences that have labels."""
    source, target = data.languages
    kept, dropped = map(read, labelled)
    for doc in kept:  # translated into the source language, it belonged to a group of the translation
        set_metadata(doc, group=split_group(get_group(doc), source))
    groups = {get_group(doc) for doc in kept}
    golds = [doc for doc in read(data.target_train) if get_group(doc) in groups]
    row: Dict[str, Any] = {"x": target, "kept": len(kept) / max(len(kept) + len(dropped), 1)}
    if golds:
        row.update(to_shares(compare(kept, golds)))
    return [row]


def carry(data: Path, corpus: str, item: str, limit: int, work: Workspace, given: Data) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): what `projection.py` finds out about an aligner."""
    return judge(data, corpus, given.languages, item, work.root, keep_partial=True, limit=limit)


def give_rates(work: Workspace, data: Data, found: Dict[str, Any], test: Path) -> Rows:
    """RETURNS (Rows): the rates and scores of `projection.py`."""
    return [{"x": data.languages[1], "seconds": found["seconds"], **to_shares(found)}]


def to_shares(found: Dict[str, Any]) -> Dict[str, float]:
    """RETURNS (Dict[str, float]): what `projection.py` says in per cent, by the names that rows have."""
    names = {"p": "precision", "r": "recall", "f1": "f1", "rate": "rate"}
    return {names[key]: value / 100 for key, value in found.items() if key in names}


def add_gaps(rows: Rows) -> None:
    """Add to the rows of `subtasks` how far they are behind target labels in spans and types, when it is known."""
    by_key = {
        (row["method"], row["language"], row["seed"]): row
        for row in rows
        if row["study"] == "subtasks" and "error" not in row
    }
    for (method, *place), row in by_key.items():
        name, *options = method.split("+")
        bound = by_key.get(("+".join([BOUNDS.get(name, ""), *options]), *place))
        if bound is not None:
            row["span_gap"] = bound["span_f1"] - row["span_f1"]
            row["type_gap"] = bound["type_accuracy"] - row["type_accuracy"]


def find_variants(args: argparse.Namespace) -> List[Variant]:
    """RETURNS (List[Variant]): all that is to be trained."""
    variants = [variant for study in args.studies for variant in STUDIES[study](args)]
    return [variant for variant in variants if not args.methods or variant.columns["method"] in args.methods]


def main(args: argparse.Namespace) -> int:
    """Run studies and write their JSON rows. RETURNS (int): the exit status."""
    refused = [study for study in args.studies if study in TRANSLATED_SOURCE]
    if args.parallel and refused:
        raise SystemExit(
            f"{', '.join(refused)}: not with --parallel, whose text a tagger labels that has read all source labels"
        )
    return run_tasks(make_tasks(args, find_variants(args)), args.jobs, args.out, add_gaps)


def read_amount(text: str) -> int:
    return 0 if text == "all" else int(text)


def parse_args(words: Optional[Sequence[str]] = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--studies", nargs="+", choices=list(STUDIES), default=list(STUDIES))
    parser.add_argument("--methods", nargs="+", help="only these methods of the studies")
    parser.add_argument("--shares", nargs="+", type=float, default=SHARES, help="of the source sentences")
    parser.add_argument(
        "--amounts", nargs="+", type=read_amount, default=AMOUNTS, help="target sentences, `all` or 0 for all"
    )
    parser.add_argument("--epochs", type=int, default=5, help="of self-training in mcl-epochs")
    parser.add_argument(
        "--aligners", nargs="+", default=["none", "eflomal", "given"], help="as for projection.py"
    )
    parser.add_argument("--out", type=Path, default=Path("curves.json"))
    add_options(parser)
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main(parse_args()))
