"""Replacing a teacher within a training when the student is better (DualNER section 2.2, appendix B)."""

import logging
from functools import partial
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

import srsly
from spacy.language import Language
from spacy.training import Example
from spacy.training.loop import create_evaluation_callback
from spacy.util import resolve_dot_names

from ..errors import Errors, XnerError
from ..files import replace_file
from ..metadata import get_soft_labels
from ..pipeline import Recogniser, find_component
from .teach import store_soft_labels

logger = logging.getLogger("spacy_xner")


def create_teacher_replacement(frequency: int = 250, output: Optional[str] = None) -> "TeacherReplacement":
    """Create a callback for `[training.before_update]` that replaces the teacher when the student is better.

    The first teacher is the model that training starts from; it must be the one whose soft labels the corpus holds.
    Teacher and student are scored like checkpoints, on `[training.dev_corpus]` by `[training.score_weights]`. If the
    student's score is higher, a copy of its component becomes the teacher, and the training examples get its soft
    labels. Those of an example are computed when it is next in a batch. The copy takes as much memory as the component,
    and a comparison takes as long as an evaluation.

    `spacy xner train --resume` goes on with the teacher of the training's last evaluation.

    frequency (int): steps between comparisons, 250 in the paper; 0 for none.
    output (Optional[str]): JSONL file with "step", "score" (of the student), "teacher" (the score it is compared with)
        and "replaced". It is overwritten unless a training is resumed. None for no file.
    RETURNS (TeacherReplacement): the callback, which gets the pipeline, and step and epoch.
    RAISES: X306 if the frequency is negative, and at the first step X040 if the component does not read the soft labels
        of one teacher, one for each output, X011 without such a component.
    """
    if frequency < 0:
        expected = "a number of steps, from 0 up"
        raise XnerError(Errors.X306.format(found=frequency, expected=expected, option="'frequency'"))
    return TeacherReplacement(frequency, None if output is None else Path(output))


class TeacherReplacement:
    """The callback that compares student and teacher.

    frequency (int): steps between comparisons, 0 for none.
    output (Optional[Path]): the file of the comparisons.
    lines (List[Dict[str, Any]]): the comparisons; the one at step 0 holds the first teacher's score.
    version (int): how many teachers were replaced.
    """

    def __init__(self, frequency: int, output: Optional[Path]) -> None:
        self.frequency = frequency
        self.output = output
        self.lines: List[Dict[str, Any]] = []
        self.version = 0
        self._pipe: Optional[Recogniser] = None
        self._teacher: Optional[Recogniser] = None
        self._weights = b""  # the weights of a teacher that is not built yet

    def __call__(self, nlp: Language, at: Dict[str, Any]) -> None:
        """Compare student and teacher if a comparison is due.

        nlp (Language): the pipeline in training.
        at (Dict[str, Any]): "step", the number of updates so far, and "epoch".
        RAISES: X011, X040 as `create_teacher_replacement`.
        """
        if self._pipe is None:
            self._begin(nlp)
        if self.frequency and (not self.lines or (at["step"] and at["step"] % self.frequency == 0)):
            self._compare(nlp, at["step"])

    def _begin(self, nlp: Language) -> None:
        self._pipe = find_component(nlp)
        last = nlp.config.interpolate()["training"]["max_steps"]
        if 0 < last < self.frequency:  # there would be no comparison after that of step 0
            self.frequency = 0
        if self.frequency:
            self._pipe.renew = partial(self.renew, names=_find_outputs(self._pipe))
        if self._weights:
            self._teacher = self._pipe.copy()
            self._teacher.model.from_bytes(self._weights)
            self._weights = b""

    def _compare(self, nlp: Language, step: int) -> None:
        score = _score(nlp)
        best = max((line["score"] for line in self.lines), default=score)
        replaced = score > best
        if replaced:
            self._teacher = find_component(nlp).copy()
            self.version += 1
            logger.info("step %d: a student with score %.4f replaces its teacher (%.4f)", step, score, best)
        self.lines.append({"step": step, "score": score, "teacher": best, "replaced": replaced})
        if self.output is not None:
            with replace_file(self.output) as path:
                srsly.write_jsonl(path, self.lines)

    def renew(self, examples: Sequence[Example], *, names: Dict[str, str]) -> None:
        """Replace soft labels of an earlier teacher in the references of a batch.

        examples (Sequence[Example]): the batch. References without soft labels get none.
        names (Dict[str, str]): the outputs, with the names of their soft labels.
        """
        if self._teacher is None:
            return
        docs = [eg.reference for eg in examples]
        found = [[get_soft_labels(doc, name) for name in names.values()] for doc in docs]
        stale = [
            doc
            for doc, softs in zip(docs, found, strict=True)
            if any(soft is not None and soft.version < self.version for soft in softs)
        ]
        store_soft_labels(self._teacher, stale, names, version=self.version)

    def to_bytes(self) -> bytes:
        """RETURNS (bytes): the state for resuming a training: the comparisons and the teacher's weights."""
        weights = self._weights if self._teacher is None else self._teacher.model.to_bytes()
        return srsly.msgpack_dumps({"lines": self.lines, "version": self.version, "weights": weights})

    def from_bytes(self, data: bytes) -> "TeacherReplacement":
        """Load the state of a training that is resumed.

        data (bytes): the state, from `to_bytes`.
        RETURNS (TeacherReplacement): itself.
        """
        state = srsly.msgpack_loads(data)
        self.lines, self.version, self._weights = state["lines"], state["version"], state["weights"]
        self._teacher = None
        return self


def _find_outputs(pipe: Recogniser) -> Dict[str, str]:
    """RETURNS (Dict[str, str]): the outputs for which objectives read soft labels, with the names of these.

    RAISES: X040 if there are none, or several for one output.
    """
    pairs = {
        (output, name)
        for objective in pipe.objectives.values()
        if objective.weight != 0
        for name, output in objective.soft.items()
    }
    names = dict(sorted(pairs))
    if not pairs or len(names) < len(pairs):
        raise XnerError(Errors.X040.format(name=pipe.name, found=sorted(name for _, name in pairs)))
    return names


def _score(nlp: Language) -> float:
    """RETURNS (float): the pipeline's current score, by which checkpoints are chosen."""
    config = nlp.config.interpolate()
    settings = config["training"]
    (dev_corpus,) = resolve_dot_names(config, [settings["dev_corpus"]])
    score, _ = create_evaluation_callback(nlp, dev_corpus, settings["score_weights"])()
    return float(score)
