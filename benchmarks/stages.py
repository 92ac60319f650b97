"""Stages of a recipe in a work folder. A finished stage is not run again; its cost is remembered."""

import contextlib
import fcntl
import hashlib
import json
import math
import random
import re
import resource
import shutil
import time
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, Optional

from spacy.cli.train import train
from spacy.tokens import Doc
from spacy.util import load_config, load_model_from_config
from thinc.api import NumpyOps, set_current_ops

from spacy_xner.corpora.store import read_docs, write_docs
from spacy_xner.metadata import get_view
from spacy_xner.pipeline import load_pipeline, use_gpu
from spacy_xner.teaching.teach import teach_corpus
from spacy_xner.tokenizer import get_blank

CONFIGS = Path(__file__).parent.parent / "configs"

# With the small `hash` encoder on two cores: epochs, sentences in a batch, and steps between evaluations, which
# cost more than the steps there. Larger encoders take what the config says.
HASH_BUDGET = {
    "source_only": (4, 16, 800),
    "source_ensemble": (2, 16, 800),
    "decomposed": (4, 16, 800),
    "dlbri_bridge": (1, 64, 100),
    "dlbri_teachers": (3, 32, 400),
    "dlbri_students": (3, 32, 400),
    "dlbri_shared_teachers": (3, 32, 400),
    "dlbri_shared_students": (3, 32, 400),
    "dlbri_combine": (2, 32, 250),
    "crop": (4, 32, 1000),
    "mcl": (4, 16, 800),  # source sentences, each with its copies
    "mcl_selftrain": (1, 16, 500),
    "dualner": (4, 32, 400),
    "dualner_student": (2, 32, 400),
    "concner": (30, 64, 100),
    "concner_student": (4, 32, 400),
}

# With a pretrained encoder: steps, and examples of a batch. A stage and its baseline take as many steps, of as many
# sentences; a bridge goes once through 4,000 sentences and their counterparts, combination starts from what is trained.
PRETRAINED_BUDGET = {
    "source_only": (500, 16),
    "decomposed": (500, 16),
    "dlbri_bridge": (125, 64),
    "dlbri_teachers": (500, 16),
    "dlbri_students": (500, 32),
    "dlbri_shared_teachers": (500, 16),
    "dlbri_shared_students": (500, 32),
    "dlbri_combine": (250, 16),
    "crop": (500, 32),
    "mcl": (500, 16),
    "mcl_selftrain": (500, 32),
    "dualner": (500, 16),
    "dualner_student": (500, 32),
    "concner": (500, 64),
    "concner_student": (500, 16),
}

# In a setting: the folder of the stage, for what a training writes beside its checkpoints.
STAGE = "{stage}"

# A line of spaCy's log: epoch, step, scores.
EVALUATION = re.compile(r"^\s*\d+\s+\d+\s", re.MULTILINE)

# Regularization that suits a small encoder and noisy labels.
NOISY_LABELS = {"training.dropout": 0.3}
# Of a training that is as long as its epochs nobody knows the steps before: its rate stays as it is.
BY_EPOCHS = {
    "training.max_steps": 0,
    "training.optimizer.learn_rate.warmup_steps": 0,
    "training.optimizer.heads_learn_rate.warmup_steps": 0,
}
# Heads that were trained before need a warm-up all the same, in steps: the optimizer has not met their gradients yet.
WARM_UP = {"mcl_selftrain": {"training.optimizer.heads_learn_rate.warmup_steps": 100}}


class Workspace:
    """The stages of one recipe for one language and seed.

    root (Path): the folder; stages with the same settings and inputs share a result in it.
    common (Dict[str, Any]): config overrides of every training, the encoder and the seed among them.
    static (Optional[Path]): static vectors for the encoders of every training.
    gpu_id (int): the GPU to train on, -1 for the CPU.
    checkpoint (str): what of a training goes on, "best" on the dev text of the source, or "last".
    """

    def __init__(
        self, root: Path, common: Dict[str, Any], gpu_id: int = -1, checkpoint: str = "best"
    ) -> None:
        self.root = root
        self.gpu_id = gpu_id
        self.checkpoint = checkpoint
        self.common = common
        self.used: List[Path] = []
        self.static: Optional[Path] = None

    def train(self, name: str, config: str, overrides: Dict[str, Any]) -> Path:
        """Train with a shipped config. RETURNS (Path): the folder of the chosen checkpoint."""
        path = CONFIGS / f"{config}.cfg"
        settings = {**self.budget(config), **self.common, **self.use_static(path), **overrides}
        if settings.get("training.max_epochs"):
            settings = {**BY_EPOCHS, **WARM_UP.get(config, {}), **settings}

        def work(folder: Path) -> None:
            own = {
                key: value.replace(STAGE, str(folder)) if isinstance(value, str) else value
                for key, value in settings.items()
            }
            with open(folder / "log.txt", "w", encoding="utf8") as log, contextlib.redirect_stdout(log):
                train(path, folder, use_gpu=self.gpu_id, overrides=own)
            if len(EVALUATION.findall((folder / "log.txt").read_text(encoding="utf8"))) == 1:
                print(f"{folder.name}: fewer steps than training.eval_frequency, untrained", flush=True)

        folder = self._run(name, [path.read_text(encoding="utf8"), settings], work)
        return folder / f"model-{self.checkpoint}"

    def budget(self, config: str) -> Dict[str, Any]:
        """RETURNS (Dict[str, Any]): settings of a config for the encoder."""
        if self.common["vars.encoder"] == "hash":
            keys = ("training.max_epochs", "training.batcher.size", "training.eval_frequency")
            return dict(zip(keys, HASH_BUDGET.get(config, ()), strict=False))
        keys = ("training.max_steps", "training.batcher.size")
        return dict(zip(keys, PRETRAINED_BUDGET.get(config, ()), strict=False))

    def as_long(self, config: str, share: float) -> Dict[str, Any]:
        """RETURNS (Dict[str, Any]): settings with which a share of a corpus is trained on for as many steps as all of
        it, where its length is given in epochs. With fewer, training on a small share would end before the first
        evaluation, its checkpoint untrained."""
        if share == 1:
            return {}
        known = {**self.budget(config), **self.common}
        epochs = known.get("training.max_epochs", 0)
        return {"training.max_epochs": math.ceil(epochs / share)} if epochs else {}

    def assemble(self, name: str, config: str, overrides: Dict[str, Any]) -> Path:
        """Put a pipeline together from parts of others. RETURNS (Path): its folder."""
        path = CONFIGS / f"{config}.cfg"
        settings = {**self.common, **self.use_static(path), **overrides}

        def work(folder: Path) -> None:
            nlp = load_model_from_config(load_config(path, overrides=settings, interpolate=True))
            nlp.initialize()
            nlp.to_disk(folder / "model-best")

        return self._run(name, [path.read_text(encoding="utf8"), settings], work) / "model-best"

    def use_static(self, config: Path) -> Dict[str, Any]:
        """RETURNS (Dict[str, Any]): settings that let all encoders of a config read static vectors, if there are."""
        if self.static is None:
            return {}
        return {"paths.vectors": str(self.static), **set_encoders(config, "static_vectors", True)}

    def teach(self, name: str, model: Path, corpus: Path, names: Dict[str, str]) -> Path:
        """Store a teacher's distributions. RETURNS (Path): the corpus."""

        key = [str(model), str(corpus), names]
        return self.corpus(name, key, lambda: teach_corpus(load_pipeline(str(model)), corpus, names=names))

    def corpus(self, name: str, key: Any, make: Callable[[], Iterable[Doc]]) -> Path:
        """Make a corpus. key (Any): all that it depends on. RETURNS (Path): the corpus."""

        def work(folder: Path) -> None:
            write_docs(folder / "corpus.spacy", make())

        return self._run(name, key, work) / "corpus.spacy"

    def shuffle(self, corpus: Path) -> Path:
        """RETURNS (Path): a corpus in random order: its first n documents are a sample, those of more hold those of
        less."""

        def make() -> List[Doc]:
            docs = read(corpus)
            random.Random(0).shuffle(docs)
            return docs

        return self.corpus("shuffled", str(corpus), make)

    def corpora(self, name: str, key: Any, make: Callable[[], Dict[str, Iterable[Doc]]]) -> Dict[str, Path]:
        """Make several corpora at once. RETURNS (Dict[str, Path]): the corpora by name."""

        def work(folder: Path) -> None:
            for part, docs in make().items():
                write_docs(folder / f"{part}.spacy", docs)

        folder = self._run(name, key, work)
        return {path.stem: path for path in sorted(folder.glob("*.spacy"))}

    def file(self, name: str, key: Any, write: Callable[[Path], Any]) -> Path:
        """Make a file or folder. key (Any): all that it depends on. write (Callable): writes it. RETURNS (Path): it."""
        return self._run(name, key, lambda folder: write(folder / name)) / name

    def costs(self) -> Dict[str, float]:
        """RETURNS (Dict[str, float]): seconds and peak memory (MiB) of all stages used, those run before too."""
        found = [json.loads((folder / "done.json").read_text()) for folder in dict.fromkeys(self.used)]
        return {
            "seconds": round(sum(cost["seconds"] for cost in found), 1),
            "peak_mib": round(max((cost["peak_mib"] for cost in found), default=0.0), 1),
        }

    def _run(self, name: str, key: Any, work: Callable[[Path], None]) -> Path:
        digest = hashlib.sha1(json.dumps(key, sort_keys=True, default=str).encode("utf8")).hexdigest()[:10]
        folder = self.root / f"{name}-{digest}"
        self.used.append(folder)
        self.root.mkdir(parents=True, exist_ok=True)
        # Another process may be at the same stage: wait for it instead of doing it twice.
        with open(self.root / f".{folder.name}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (folder / "done.json").exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                start = time.perf_counter()
                work(folder)
                cost = {"seconds": time.perf_counter() - start, "peak_mib": peak_mib()}
                (folder / "done.json").write_text(json.dumps(cost))
        return folder


def set_encoders(config: Path, option: str, value: Any) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): overrides that set an option of all encoders of a config."""
    return {
        f"components.{name}.model.encoders.{encoder}.{option}": value
        for name, component in load_config(config)["components"].items()
        for encoder in component["model"]["encoders"]
    }


def use_device(gpu_id: int) -> None:
    """Use a GPU, or NumPy's BLAS on the CPU: thrice as fast as Thinc's own BLIS where that doesn't know the CPU."""
    use_gpu(gpu_id)
    if gpu_id < 0:
        set_current_ops(NumpyOps(use_blis=False))


def read(corpus: Path, view: str = "") -> List[Doc]:
    """RETURNS (List[Doc]): the documents of a corpus, of one view or all."""
    docs = read_docs(corpus, get_blank().vocab)
    return [doc for doc in docs if view in ("", get_view(doc))]


def read_overrides(items: List[str]) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): the settings of a list of KEY=JSON."""
    return {key: json.loads(value) for key, _, value in (item.partition("=") for item in items)}


def peak_mib() -> float:
    """RETURNS (float): the highest resident memory of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
