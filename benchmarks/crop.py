"""CROP with the shipped config: the steps of `spacy project run crop` with translation memories for an engine, and
options of ours."""

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional, Tuple

from data import Data
from parallel import learn_vectors, pair_text, use_vectors
from spacy.tokens import Doc
from stages import NOISY_LABELS, Workspace, read

from spacy_xner.corpora.invent import invent_names
from spacy_xner.metadata import get_group, set_metadata
from spacy_xner.pipeline import load_pipeline
from spacy_xner.teaching.combine import combine_labels
from spacy_xner.teaching.label import label_docs
from spacy_xner.teaching.vote import vote_types
from spacy_xner.translation.cache import Cache
from spacy_xner.translation.projection.corpus import project_corpus
from spacy_xner.translation.projection.entities import capitals_mark_names
from spacy_xner.translation.projection.filters import make_filters, make_identifier
from spacy_xner.translation.resolve import make_aligner
from spacy_xner.translation.types import Aligner
from spacy_xner.translation.views import split_group

FILTERS = {"max_words": 128, "drop_empty": True}


@dataclass(frozen=True)
class CROP:
    """The paper's recipe, options of ours, and ablations.

    Where an engine would translate the tagged sentence back, a memory has the raw sentence itself, without marks: its
    entities are found by alignment.

    rounds (int): 1 without self-training, 2 in the paper; 0 trains on source and labelled translations only.
    relabel, agree (str): rules of the second round, see `combine_labels`.
    tagger (str): config of the source tagger; "source_ensemble", which averages three, is ours.
    aligner (Optional[str]): None finds only entities that both languages write alike.
    fallback (str): whether entities are also looked for by their own text, see `project_corpus`; the paper: "none".
    repeated (str): what becomes of names that a sentence has once more, see `project_corpus`.
    translations (bool): train on labelled translations of the source as well (ours).
    vectors (bool): static vectors learnt from all text of the transfer (ours).
    vote (bool): one type for each name of the translations (ours).
    students (Tuple[float, ...]): instead of rounds three students side by side, each of which learns only from
        projected entities with at least a certain score (ours).
    capitals (bool): leave out entities without a capital where capitals mark names (ours).
    invented (bool): the tagger also reads the source text with invented names (ours).
    share (float): share of the source sentences whose labels are read, so much oftener. All translations serve for
        vectors still, and where other text than the labelled was translated its labels come from more.
    pseudo (int): most target sentences with labels that the student of the last round reads, a random sample, 0 for
        all.
    """

    rounds: int = 2
    relabel: str = "count"
    agree: str = "types"
    tagger: str = "source_ensemble"
    aligner: Optional[str] = "eflomal"
    fallback: str = "casefold"
    repeated: str = "label"
    translations: bool = True
    vectors: bool = True
    vote: bool = True
    capitals: bool = True
    students: Tuple[float, ...] = ()
    invented: bool = False
    share: float = 1.0
    pseudo: int = 0

    def __call__(self, work: Workspace, data: Data) -> Path:
        pairs = pair_text(work, data)
        student = {**self.settings(work, data, pairs), "vars.views_ratio": 0.0}
        if self.translations or not self.rounds:
            views = data.require_views()
            if data.text == data.train:
                gold = self.sample(work, data, pairs[-1])
                views, _ = self.project(
                    work, data, "translations", (gold, "s"), (gold, "t"), data.parallel, {}
                )
            student.update({"paths.views": str(views), "vars.views_ratio": 1.0 / self.share})
        if not self.rounds:
            return work.train("translate-train", "crop", {**student, "vars.target_ratio": 0.0})
        if self.students:
            return self.vary(work, data, student)
        kept, dropped = self.label_raw(work, data)
        target = kept
        for k in range(1, self.rounds + 1):
            found = self.read_target(work, target, last=k == self.rounds)
            model = work.train(f"round-{k}", "crop", {**student, **found})
            if k < self.rounds:
                target = self.combine(work, data, model, kept, dropped)
        return model

    def vary(self, work: Workspace, data: Data, settings: Dict[str, Any]) -> Path:
        """Train students that differ in their seed and in the projected labels that they learn, and put them side by
        side. RETURNS (Path): the folder of the pipeline."""
        found: Dict[str, Any] = {}
        for k, (name, threshold) in enumerate(zip("abc", self.students, strict=True)):
            kept, _ = self.label_raw(work, data, threshold)
            own = {
                **settings,
                "paths.target": str(kept),
                "system.seed": work.common["system.seed"] + 1000 * k,
            }
            found[f"paths.{name}"] = str(work.train("round-1", "crop", own))
        sources = {key: settings[key] for key in ("paths.train", "paths.dev")}
        if "paths.vectors" in settings:
            found.update(use_vectors(Path(settings["paths.vectors"]), "abc"))
        return work.assemble("best", "best", {**sources, **found})

    def settings(self, work: Workspace, data: Data, pairs: List[Path], encoders: str = "a") -> Dict[str, Any]:
        """RETURNS (Dict[str, Any]): what a tagger or student is trained with in any case."""
        train = self.sample(work, data, data.train, repeat=True)
        found = {**NOISY_LABELS, "paths.train": str(train), "paths.dev": str(data.dev)}
        if self.vectors and work.common["vars.encoder"] == "hash":
            found.update(use_vectors(learn_vectors(work, pairs), encoders))
        return found

    def sample(self, work: Workspace, data: Data, corpus: Path, repeat: bool = False) -> Path:
        """RETURNS (Path): of source sentences or their translations those of the share that is read. Larger shares
        hold smaller ones. repeat (bool): as often as it takes to have as many sentences as before."""
        if self.share == 1:
            return corpus

        def make() -> List[Doc]:
            groups = [get_group(doc) for doc in read(data.train)]
            random.Random(0).shuffle(groups)
            chosen = set(groups[: max(1, round(self.share * len(groups)))])
            every = read(corpus)
            docs = [doc for doc in every if split_group(get_group(doc), data.languages[1]) in chosen]
            return repeat_docs(docs, len(every)) if repeat else docs

        return work.corpus("share", [str(corpus), str(data.train), self.share, repeat], make)

    def read_target(self, work: Workspace, target: Path, last: bool) -> Dict[str, Any]:
        """RETURNS (Dict[str, Any]): settings of a student for the target sentences that it reads."""
        if not (self.pseudo and last):
            return {"paths.target": str(target)}
        return {
            "paths.target": str(work.shuffle(target)),
            "corpora.train.corpora.target.limit": self.pseudo,
        }

    def train_tagger(self, work: Workspace, data: Data) -> Path:
        encoders = "abc" if self.tagger == "source_ensemble" else "a"
        settings = self.settings(work, data, pair_text(work, data), encoders)
        if self.invented:
            train = settings["paths.train"]
            settings["paths.train"] = str(
                work.corpus("invented", train, lambda: invent_names(read(Path(train))))
            )
        return work.train("tagger", self.tagger, settings)

    def label_raw(self, work: Workspace, data: Data, threshold: float = 0.0) -> List[Path]:
        """Tag the translations of raw text and carry the labels over. RETURNS (List[Path]): corpora of the sentences
        that have labels now and of those that were left out."""
        tagger, raw = self.train_tagger(work, data), pair_text(work, data)[0]

        def tag() -> List[Doc]:
            found = label(tagger, read(raw, "t"))
            if self.vote:
                print(data.languages[1], "types by vote", vote_types(found), flush=True)
            return found

        tagged = work.corpus("tagged", [str(tagger), str(raw), self.vote], tag)
        return self.project(work, data, "raw", (tagged, "t"), (raw, "s"), data.translated, FILTERS, threshold)

    def combine(self, work: Workspace, data: Data, model: Path, kept: Path, dropped: Path) -> Path:
        """Choose between projected labels and those of a model. RETURNS (Path): the corpus."""

        def make() -> List[Doc]:
            found, fates = combine_labels(
                read(kept),
                label(model, [*read(kept), *read(dropped)]),
                relabel=self.relabel,
                agree=self.agree,
                drop_empty=True,
            )
            print(data.languages[1], "combined", dict(fates), flush=True)
            return found

        key = [str(model), str(kept), str(dropped), self.relabel, self.agree]
        return work.corpus("combined", key, make)

    def make_aligner(self, extra: Optional[Path]) -> Optional[Aligner]:
        if self.aligner is None:
            return None
        return make_aligner(self.aligner, [f"extra={extra}"] if extra and self.aligner == "eflomal" else [])

    def project(
        self,
        work: Workspace,
        data: Data,
        name: str,
        labelled: Tuple[Path, str],
        targets: Tuple[Path, str],
        extra: Optional[Path],
        filters: Dict[str, Any],
        threshold: float = 0.0,
    ) -> List[Path]:
        """Carry labels from a corpus and view to another. RETURNS (List[Path]): corpora of kept and of dropped
        sentences."""

        def make() -> Dict[str, Iterable[Doc]]:
            sentences = read(*targets)
            source, target = data.languages
            check = {"identify": make_identifier(data.languages), "language": source} if filters else {}
            result = project_corpus(
                read(*labelled),
                sentences,
                (source, target),
                make_filters(**filters, **check),
                aligner=self.make_aligner(extra),
                fallback=self.fallback,
                repeated=self.repeated,
                capitals=self.capitals and capitals_mark_names(sentences),
                threshold=threshold,
                cache=Cache(work.root),
            )
            print(target, name, result.report.to_dict(), flush=True)
            return {"kept": result.kept, "dropped": result.dropped}

        key = [
            labelled,
            targets,
            str(extra),
            self.aligner,
            self.capitals,
            self.fallback,
            self.repeated,
            filters,
            *([threshold] if threshold else []),
        ]
        found = work.corpora(name, key, make)
        return [found["kept"], found["dropped"]]


def repeat_docs(docs: List[Doc], n: int) -> List[Doc]:
    """RETURNS (List[Doc]): documents as often as it takes to be n, the repeated in groups of their own."""
    found = docs[:n]
    for k in range(len(docs), n):
        found.append(docs[k % len(docs)].copy())
        set_metadata(found[-1], group=f"{get_group(found[-1])}#{k // len(docs)}")
    return found


def label(model: Path, docs: List[Doc]) -> List[Doc]:
    """RETURNS (List[Doc]): copies with the entities that a trained pipeline finds."""
    return list(label_docs(load_pipeline(str(model)), docs))
