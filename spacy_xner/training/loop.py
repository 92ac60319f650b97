"""Training as in `spacy train`, which can be resumed after it was killed at any moment."""

import shutil
from pathlib import Path
from typing import IO, Any, Callable, Dict, Iterator, List, Optional, Tuple

from spacy.language import Language
from spacy.schemas import ConfigSchemaTraining
from spacy.training.example import Example
from spacy.training.loop import (
    DIR_MODEL_BEST,
    DIR_MODEL_LAST,
    clean_output_dir,
    create_before_to_disk_callback,
    create_evaluation_callback,
    create_train_batches,
    train_while_improving,
    update_meta,
)
from spacy.util import registry, resolve_dot_names
from thinc.api import fix_random_seed, set_gpu_allocator

from ..errors import NotFiniteError
from ..files import replace_folder, restore_folder, write_json
from .checkpoint import TrainingProgress, load_checkpoint, read_progress, save_checkpoint
from .choice import FINISHED, tell_choice
from .draws import draw_apart, get_draws, set_draws

CHECKPOINT = "checkpoint.safetensors"

Info = Dict[str, Any]
Log = Callable[[Optional[Info]], None]
Score = Tuple[float, Dict[str, Any]]


def train(
    nlp: Language,
    output: Path,
    inputs: str,
    *,
    resume: bool = False,
    returns: int = 0,
    use_gpu: int = -1,
    stdout: IO,
    stderr: IO,
) -> None:
    """Train a pipeline, with a checkpoint at each evaluation.

    Unlike spaCy's own loop, it draws the order of the data with a random state of its own, so that the batches before a
    checkpoint can be skipped without training on them; and it writes each pipeline atomically. After a checkpoint, two
    things differ from a training without interruption: random numbers of CuPy on a GPU (dropout of Thinc's layers), and
    the scale of 16-bit gradients. If the callback of `[training.before_update]` has `to_bytes` and `from_bytes`, its
    state is stored in the checkpoint.

    nlp (Language): the initialized pipeline.
    output (Path): the folder for `model-last` and `model-best`, and for the checkpoint until the training is finished.
    inputs (str): the hash of config and data from `hash_inputs`.
    resume (bool): go on from the checkpoint if it has the same inputs; otherwise earlier results are removed.
    returns (int): how often to return to the checkpoint when a loss is not finite; the last two batches are then left
        out.
    use_gpu (int): the GPU, which must be activated already; -1 for none.
    stdout (IO): the stream for the log.
    stderr (IO): the stream for the progress bar.
    RAISES: X008, X031 (a loss or an output that is not finite), X030 (the checkpoint), X112 (the output), and what
        data, components and callbacks raise.
    """
    settings = nlp.config.interpolate()["training"]
    progress = find_progress(output, inputs) if resume else None
    if resume and progress is None and any((output / name).is_file() for name in (CHECKPOINT, FINISHED)):
        stdout.write(
            f"Config, data or packages are not those of the training in '{output}': it begins anew.\n"
        )
    if settings["seed"] is not None:
        fix_random_seed(settings["seed"])
    if use_gpu >= 0 and settings["gpu_allocator"]:
        set_gpu_allocator(settings["gpu_allocator"])
    for path in output.glob(f".{CHECKPOINT}.*"):  # left by a training that was killed while writing
        path.unlink()
    if progress is None:
        for name in (FINISHED, CHECKPOINT):
            (output / name).unlink(missing_ok=True)
        clean_output_dir(output)
        progress = TrainingProgress(inputs, [], get_draws(), get_draws(), [])
    elif progress.evaluations:
        stdout.write(
            f"Going on from step {progress.evaluations[-1]['step']} of the training in '{output}'.\n"
        )
    run = _Run(nlp, output, progress, tell=True)
    log, finalize = _make_logger(nlp, stdout, stderr)
    try:
        while True:
            try:
                run.run(log)
                break
            except NotFiniteError as error:
                progress = run.progress
                if not returns or not progress.evaluations:
                    raise
                returns -= 1
                # The cause may be a gradient of the batch before that was too large.
                lost = [run.step - 1, run.step]
                progress.skipped.extend(lost)
                stdout.write(f"{error} Going on from the checkpoint, without the batches of steps {lost}.\n")
                run = _Run(nlp, output, progress, tell=False)
        told = tell_choice(run.progress.evaluations, run.step - 1)
        write_json(output / FINISHED, {"inputs": inputs, **told})
        (output / CHECKPOINT).unlink(missing_ok=True)
    finally:
        finalize()


def is_finished(output: Path, inputs: str) -> bool:
    """Check whether a training was finished before and its pipelines exist.

    output (Path): the folder of the training.
    inputs (str): the hash of what it depends on.
    RETURNS (bool): True if there is nothing to do.
    """
    marker = output / FINISHED
    made = [output / name for name in (DIR_MODEL_BEST, DIR_MODEL_LAST)]
    for path in made:
        restore_folder(path)
    if not (marker.is_file() and inputs in marker.read_text("utf8") and all(path.is_dir() for path in made)):
        return False
    (output / CHECKPOINT).unlink(missing_ok=True)  # the training may have been killed before it removed this
    return True


def find_progress(output: Path, inputs: str) -> Optional[TrainingProgress]:
    """Find the progress of a training that was interrupted.

    output (Path): the folder of the training.
    inputs (str): the hash of what it depends on.
    RETURNS (Optional[TrainingProgress]): the progress, None if there is no checkpoint or it belongs to another
        training.
    RAISES: X030 if the checkpoint can't be read.
    """
    if not (output / CHECKPOINT).is_file():
        return None
    progress = read_progress(output / CHECKPOINT)
    return progress if progress.inputs == inputs else None


def _make_logger(nlp: Language, stdout: IO, stderr: IO) -> Tuple[Log, Callable[[], None]]:
    settings = nlp.config.interpolate()["training"]
    setup = registry.resolve({"logger": settings["logger"]})["logger"]
    with nlp.select_pipes(disable=settings["frozen_components"]):
        return setup(nlp, stdout, stderr)


class _Run:
    """One run of the loop, from the start or a checkpoint, until it is done or a loss is not finite.

    progress (TrainingProgress): the progress so far, which is updated.
    tell (bool): whether to log the evaluations before the checkpoint.
    step (int): the current step.
    """

    def __init__(self, nlp: Language, output: Path, progress: TrainingProgress, *, tell: bool) -> None:
        self.nlp = nlp
        self.output = output
        self.progress = progress
        self.tell = tell
        config = nlp.config.interpolate()
        self.settings = registry.resolve(config["training"], schema=ConfigSchemaTraining)
        names = [self.settings["train_corpus"], self.settings["dev_corpus"]]
        self.train_corpus, self.dev_corpus = resolve_dot_names(config, names)
        self.recalled = list(progress.evaluations)
        self.step = 0

    def run(self, log: Log) -> None:
        """Train to the end, and save the last state of the pipeline."""
        settings = self.settings
        steps = train_while_improving(
            self.nlp,
            settings["optimizer"],
            self.make_batches(),
            self.make_evaluation(),
            dropout=settings["dropout"],
            accumulate_gradient=settings["accumulate_gradient"],
            patience=settings["patience"],
            max_steps=settings["max_steps"],
            eval_frequency=self.find_frequency(),
            exclude=settings["frozen_components"],
            annotating_components=settings["annotating_components"],
            before_update=self.before_update,
        )
        before = self.recalled[-1] if self.recalled else {"step": -1, "words": 0, "seconds": 0}
        recalled = {info["step"]: info for info in self.recalled}
        for _, info, is_best in steps:
            self.step = info["step"] + 1
            if info["step"] <= before["step"]:
                info.update(recalled.get(info["step"], {}))
                if info["step"] == before["step"]:
                    state = load_checkpoint(self.output / CHECKPOINT, self.nlp, settings["optimizer"])
                    if state:
                        settings["before_update"].from_bytes(state)
                    set_draws(self.progress.now)
                    self.update_meta(info)
                if not self.tell:
                    continue
            else:
                info["words"] += before["words"]
                info["seconds"] += before["seconds"]
                if is_best is not None:
                    self.save(info, is_best)
            log(info if is_best is not None else None)
        saved = self.progress.evaluations[-1:]
        if not saved or saved[0]["step"] != self.step - 1:
            self.save_last()

    def find_frequency(self) -> int:
        """RETURNS (int): steps between evaluations; a training that has fewer of them is evaluated at its end."""
        wanted, last = self.settings["eval_frequency"], self.settings["max_steps"]
        return min(wanted, last) if last else wanted

    def make_batches(self) -> Iterator[Tuple[int, List[Example]]]:
        """YIELDS (Tuple[int, List[Example]]): epochs and batches; batches to skip are empty."""
        settings = self.settings
        batches = create_train_batches(
            self.nlp, self.train_corpus, settings["batcher"], settings["max_epochs"]
        )
        n_done = self.recalled[-1]["step"] + 1 if self.recalled else 0
        for step, (epoch, batch) in enumerate(draw_apart(batches, self.progress.start)):
            yield epoch, [] if step < n_done or step in self.progress.skipped else list(batch)

    def make_evaluation(self) -> Callable[[], Score]:
        """RETURNS (Callable): returns the scores of the evaluations before the checkpoint, then evaluates."""
        evaluate = create_evaluation_callback(self.nlp, self.dev_corpus, self.settings["score_weights"])
        recalled = iter([(info["score"], info["other_scores"]) for info in self.recalled])
        return lambda: next(recalled, None) or evaluate()

    def save(self, info: Info, is_best: bool) -> None:
        """Save the pipeline, then the checkpoint, but after the last step, when nothing is left to go on with.

        If killed in between, a resumed training does the same again.
        """
        self.update_meta(info)
        self.save_last()
        info["output_path"] = str(self.output / DIR_MODEL_LAST)
        if is_best:
            with replace_folder(self.output / DIR_MODEL_BEST) as folder:
                shutil.copytree(self.output / DIR_MODEL_LAST, folder)
        self.progress.evaluations.append({key: value for key, value in info.items() if key != "checkpoints"})
        self.progress = self.progress._replace(now=get_draws())
        if info["step"] == (self.settings["max_steps"] or None):  # 0 stands for no last step
            return
        keep = getattr(self.settings["before_update"], "to_bytes", bytes)
        optimizer = self.settings["optimizer"]
        save_checkpoint(self.output / CHECKPOINT, self.nlp, optimizer, self.progress, keep())

    def before_update(self, nlp: Language, at: Dict[str, Any]) -> None:
        """Call the callback of the config, except for steps that are skipped."""
        callback, last = self.settings["before_update"], self.recalled[-1]["step"] if self.recalled else -1
        if callback is not None and at["step"] > last:
            callback(nlp, at)

    def update_meta(self, info: Info) -> None:
        with self.nlp.select_pipes(disable=self.settings["frozen_components"]):
            update_meta(self.settings, self.nlp, info)

    def save_last(self) -> None:
        prepare = create_before_to_disk_callback(self.settings["before_to_disk"])
        averages, last = self.settings["optimizer"].averages, self.output / DIR_MODEL_LAST
        with self.nlp.use_params(averages), replace_folder(last) as folder:
            prepare(self.nlp).to_disk(folder)
