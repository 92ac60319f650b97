"""CROP with the shipped config: the steps of `spacy project run crop` with translation memories for an engine, and
five options of ours."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional, Tuple

from data import Data
from parallel import learn_vectors, pair_text, use_vectors
from spacy.tokens import Doc
from stages import NOISY_LABELS, Workspace, read

from spacy_xner.pipeline import load_pipeline
from spacy_xner.teaching.combine import combine_labels
from spacy_xner.teaching.label import label_docs
from spacy_xner.teaching.vote import vote_types
from spacy_xner.translation.cache import Cache
from spacy_xner.translation.filters import make_filters, make_identifier
from spacy_xner.translation.project import project_corpus
from spacy_xner.translation.projection import capitals_mark_names
from spacy_xner.translation.resolve import make_aligner
from spacy_xner.translation.types import Aligner

FILTERS = {"max_words": 128, "drop_empty": True}


@dataclass(frozen=True)
class CROP:
    """The paper's recipe, five options of ours, and ablations.

    Where an engine would translate the tagged sentence back, a memory has the raw sentence itself, without marks: its
    entities are found by alignment.

    rounds (int): 1 without self-training, 2 in the paper; 0 trains on source and labelled translations only.
    relabel, agree (str): rules of the second round, see `combine_labels`.
    tagger (str): config of the source tagger; "source_ensemble", which averages three, is ours.
    aligner (Optional[str]): None finds only entities that both languages write alike.
    translations (bool): train on labelled translations of the source as well (ours).
    vectors (bool): static vectors learnt from all text of the transfer (ours).
    vote (bool): one type for each name of the translations (ours).
    students (Tuple[float, ...]): instead of rounds three students side by side, each of which learns only from
        projected entities with at least a certain score (ours).
    capitals (bool): leave out entities without a capital where capitals mark names (ours).
    """

    rounds: int = 2
    relabel: str = "count"
    agree: str = "types"
    tagger: str = "source_ensemble"
    aligner: Optional[str] = "eflomal"
    translations: bool = True
    vectors: bool = True
    vote: bool = True
    capitals: bool = True
    students: Tuple[float, ...] = ()

    def __call__(self, work: Workspace, data: Data) -> Path:
        pairs = pair_text(work, data)
        raw, gold = pairs[0], pairs[-1]
        settings: Dict[str, Any] = {
            **NOISY_LABELS,
            "paths.train": str(data.train),
            "paths.dev": str(data.dev),
        }
        student = {**settings, "vars.views_ratio": 0.0}
        if self.vectors and work.common["vars.encoder"] == "hash":
            vectors = learn_vectors(work, pairs)
            settings.update(use_vectors(vectors, "abc" if self.tagger == "source_ensemble" else "a"))
            student.update(use_vectors(vectors, "a"))
        if self.translations or not self.rounds:
            views = data.require_views()
            if data.text == data.train:
                views, _ = self.project(
                    work, data, "translations", (gold, "s"), (gold, "t"), data.parallel, {}
                )
            student.update({"paths.views": str(views), "vars.views_ratio": 1.0})
        if not self.rounds:
            return work.train("translate-train", "crop", {**student, "vars.target_ratio": 0.0})
        tagger = work.train("tagger", self.tagger, settings)

        def tag() -> List[Doc]:
            found = label(tagger, read(raw, "t"))
            if self.vote:
                print(data.languages[1], "types by vote", vote_types(found), flush=True)
            return found

        tagged = work.corpus("tagged", [str(tagger), str(raw), self.vote], tag)
        if self.students:
            return self.vary(work, data, tagged, raw, student)
        kept, dropped = self.project_raw(work, data, tagged, raw)
        target = kept
        model = work.train("round-1", "crop", {**student, "paths.target": str(target)})
        for k in range(2, self.rounds + 1):
            target = self.combine(work, data, model, kept, dropped)
            model = work.train(f"round-{k}", "crop", {**student, "paths.target": str(target)})
        return model

    def vary(self, work: Workspace, data: Data, tagged: Path, raw: Path, settings: Dict[str, Any]) -> Path:
        """Train students that differ in their seed and in the projected labels that they learn, and put them side by
        side. RETURNS (Path): the folder of the pipeline."""
        found: Dict[str, Any] = {}
        for k, (name, threshold) in enumerate(zip("abc", self.students, strict=True)):
            kept, _ = self.project_raw(work, data, tagged, raw, threshold)
            own = {
                **settings,
                "paths.target": str(kept),
                "system.seed": work.common["system.seed"] + 1000 * k,
            }
            found[f"paths.{name}"] = str(work.train("round-1", "crop", own))
        sources = {"paths.train": str(data.train), "paths.dev": str(data.dev)}
        if "paths.vectors" in settings:
            found.update(use_vectors(Path(settings["paths.vectors"]), "abc"))
        return work.assemble("best", "best", {**sources, **found})

    def project_raw(
        self, work: Workspace, data: Data, tagged: Path, raw: Path, threshold: float = 0.0
    ) -> List[Path]:
        """RETURNS (List[Path]): kept and dropped sentences of the raw text."""
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
            filters,
            *([threshold] if threshold else []),
        ]
        found = work.corpora(name, key, make)
        return [found["kept"], found["dropped"]]


def label(model: Path, docs: List[Doc]) -> List[Doc]:
    """RETURNS (List[Doc]): copies with the entities that a trained pipeline finds."""
    return list(label_docs(load_pipeline(str(model)), docs))
