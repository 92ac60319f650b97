"""MCL-NER with the shipped configs: the steps of `spacy project run mcl`, with eflomal for phrases that are no names,
one copy of a sentence, and with the small `hash` encoder a head of half the width."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional

from data import Data
from spacy.tokens import Doc
from stages import STAGE, Workspace, read

from spacy_xner.pipeline import find_component, load_pipeline
from spacy_xner.teaching.label import label_docs
from spacy_xner.teaching.unsure import unlabel_unsure
from spacy_xner.translation.cache import Cache
from spacy_xner.translation.codeswitch import codeswitch
from spacy_xner.translation.resolve import make_aligner
from spacy_xner.translation.views import number_groups

# What the log of pseudo-labels is called, in the folder of self-training.
LOG = "pseudo_labels.jsonl"


@dataclass(frozen=True)
class MCL:
    """The recipe of the workflow, which labels less as outside than the paper's (`mcl-paper`), and its ablations.

    semantic, relation (bool): the two contrasts.
    switched (bool): code-switched copies beside the source.
    ratio (float): probability with which a phrase is replaced.
    translations (float): probability that a copy is the whole translation.
    self_training (bool): the second stage.
    threshold (float): lowest score of an entity of a pseudo-labelled sentence.
    outside (float): lowest probability with which its other tokens are labelled as outside; the paper: 0.
    repeats (float): how often pseudo-labelled sentences are read beside the source sentences.
    share (float): share of the source data, which is read so much oftener.
    pseudo (int): most pseudo-labelled sentences, a random sample, 0 for all.
    epochs (int): of self-training, 0 for as many as there are anyway.
    gold (bool): log in `LOG` how well the model labels the target text as each epoch of self-training begins. The gold
        labels serve for nothing else.
    """

    semantic: bool = True
    relation: bool = True
    switched: bool = True
    ratio: float = 0.5
    translations: float = 0.5
    self_training: bool = True
    threshold: float = 0.5
    outside: float = 0.9
    repeats: float = 4.0
    share: float = 1.0
    pseudo: int = 0
    epochs: int = 0
    gold: bool = False

    def __call__(self, work: Workspace, data: Data) -> Path:
        views = [data.require_views(), *([data.views_dev] if data.views_dev else [])]
        aligner = make_aligner("eflomal", [])
        settings = {"ratio": self.ratio, "translations": self.translations}
        train = work.corpus(
            "codeswitched",
            [list(map(str, views)), settings],
            lambda: codeswitch(
                [doc for path in views for doc in read(path)],
                others=number(read(data.train)),
                aligner=aligner,
                cache=Cache(work.root),
                **settings,
            ),
        )
        common: Dict[str, Any] = {"paths.train": str(train), "paths.dev": str(data.dev)}
        weights = {name: 0.0 for name in ("semantic", "relation") if not getattr(self, name)}
        common.update({f"components.xner.objectives.{name}.weight": w for name, w in weights.items()})
        wanted: Optional[list] = None if self.switched else ["s"]
        if work.common["vars.encoder"] == "hash":
            common["components.xner.model.heads.relation.hidden"] = 64
            common["components.xner.model.heads.relation.projected"] = 64
        own = {"corpora.train.views": wanted, "corpora.train.share": self.share}
        first = work.train("mcl", "mcl", {**common, **own, **work.as_long("mcl", self.share)})
        if not self.self_training:
            return first
        taught = work.teach("taught", first, data.unlabelled, {"relation": "relation"})
        pseudo = work.corpus(
            "pseudo",
            [str(taught), self.threshold, self.outside],
            lambda: self.label(first, taught),
        )
        if self.pseudo:
            pseudo = work.shuffle(pseudo)
        return work.train(
            "mcl-selftrain",
            "mcl_selftrain",
            {
                **common,
                **{key.replace("train.", "train.corpora.source."): value for key, value in own.items()},
                **({"vars.source_ratio": 1 / self.share} if self.share < 1 else {}),
                "corpora.train.corpora.target.limit": self.pseudo,
                **({} if self.relation else {"vars.target_contrast": 0.0}),
                **({"training.max_epochs": self.epochs} if self.epochs else {}),
                **(self.log(data) if self.gold else {}),
                "vars.target_ratio": self.repeats,
                "paths.target": str(pseudo),
                "paths.init": str(first),
            },
        )

    def log(self, data: Data) -> Dict[str, Any]:
        """RETURNS (Dict[str, Any]): settings for the log of pseudo-labels."""
        return {"vars.gold": str(data.target_train), "training.before_update.output": f"{STAGE}/{LOG}"}

    def label(self, model: Path, taught: Path) -> List[Doc]:
        nlp = load_pipeline(str(model))
        docs = list(label_docs(nlp, read(taught), threshold=self.threshold, drop_empty=True))
        unlabel_unsure(docs, find_component(nlp, str(model)).schemes, self.outside)
        return docs


def number(docs: List[Doc]) -> List[Doc]:
    """RETURNS (List[Doc]): the documents, each in a group as `translate` had them."""
    number_groups(docs)
    return docs
