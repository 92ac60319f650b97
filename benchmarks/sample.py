"""What measurements of speed have in common: a sample of text, an encoder, a pipeline of a config that is made ready on
it, and what is read from the command line and written."""

import argparse
import gc
import json
import multiprocessing
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Sequence, Tuple

import numpy
import torch
from encoders import SHAPES, make_encoder
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import fix_random_seed, load_config, load_model_from_config, registry
from stages import CONFIGS, peak_mib, set_encoders
from thinc.api import Optimizer, set_gpu_allocator
from thinc.backends import context_pools

from spacy_xner.corpora.convert import convert
from spacy_xner.corpora.reader import make_example
from spacy_xner.corpora.store import read_docs
from spacy_xner.files import find_packed, write_json
from spacy_xner.metadata import set_soft_labels
from spacy_xner.pipeline import find_component, use_gpu
from spacy_xner.relations import band_width
from spacy_xner.schemes import get_scheme
from spacy_xner.tokenizer import get_blank

# The last stage of each system; paths of earlier ones are null.
SYSTEMS = {
    "dlbri": "dlbri_combine",
    "mcl": "mcl",
    "dualner": "dualner",
    "concner": "concner_student",
    "crop": "crop",
}

# Of the encoders of a pipeline, with the names of their settings.
NAMES = {"fp32": "float32", "bf16": "bfloat16"}
PRECISIONS = tuple(NAMES)

# Enough to find a plausible number of entities, if the encoder is small.
UPDATES = 60


def read_sample(data: Path, work: Path, languages: Sequence[str], limit: int) -> List[Doc]:
    """RETURNS (List[Doc]): the first labelled test sentences of each language."""
    docs: List[Doc] = []
    for language in languages:
        path = work / f"{language}-{limit}.spacy"
        if not path.exists():
            source = data / "conll" / language / "test.iob"
            convert(find_packed(source) or source, path, language=language, limit=limit)
        docs += read_docs(path, get_blank().vocab)
    return docs


def find_config(name: str) -> Path:
    """RETURNS (Path): a shipped config by its name, or one of examples/."""
    return find_packed(CONFIGS / f"{name}.cfg") or CONFIGS.parent / "examples" / f"{name}.cfg"


def set_precision(config: str, precision: str) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): overrides that let all encoders of a config compute in one of `PRECISIONS`."""
    return set_encoders(find_config(config), "precision", NAMES[precision])


def make_pipeline(config: str, settings: Dict[str, Any], docs: Sequence[Doc]) -> Language:
    """Make the pipeline of a config, its weights drawn at random.

    settings (Dict[str, Any]): config overrides; paths without one are null.
    docs (Sequence[Doc]): labelled documents to initialize it on.
    RETURNS (Language): the pipeline.
    """
    path = find_config(config)
    overrides = {f"paths.{name}": None for name in load_config(path)["paths"]}
    fix_random_seed(0)
    nlp = load_model_from_config(load_config(path, overrides={**overrides, **settings}))
    nlp.initialize(lambda: [make_example(doc, nlp.vocab) for doc in docs], sgd=create_optimizer(nlp))
    return nlp


def make_trained(
    config: str, settings: Dict[str, Any], docs: Sequence[Doc], updates: int = UPDATES
) -> Language:
    """RETURNS (Language): the pipeline of a config after a few updates, so that it finds a plausible number of
    entities."""
    nlp = make_pipeline(config, settings, docs)
    pipe = find_component(nlp, config)
    for doc in docs:
        store_gold(pipe, doc)
    train_a_little(nlp, [make_example(doc, nlp.vocab) for doc in docs], updates)
    return nlp


def store_gold(pipe: Any, doc: Doc) -> None:
    """Store the gold labels as the distributions that the objectives read."""
    iob = doc.to_array(["ENT_IOB"]).astype("int64")
    types = numpy.array(
        [pipe.labels.index(t.ent_type_) + 1 if t.ent_type_ else 0 for t in doc], dtype="int64"
    )
    width = band_width(pipe.longest)
    for objective in pipe.objectives.values():
        for name, output in objective.soft.items():
            scheme = get_scheme(pipe.schemes[output])
            classes = scheme.classes(pipe.labels)
            gold = numpy.eye(len(classes))[scheme.encode(iob[None], types[None], width)[0]]
            set_soft_labels(doc, name, classes, numpy.log(numpy.maximum(gold, 1e-6)).astype("float32"))


def create_optimizer(nlp: Language) -> Optimizer:
    """RETURNS (Optimizer): that of the pipeline's config. spaCy's own method does not fill in variables."""
    settings = nlp.config.interpolate()["training"]["optimizer"]
    return registry.resolve({"optimizer": settings})["optimizer"]


def train_a_little(nlp: Language, examples: List[Example], updates: int, size: int = 8) -> None:
    optimizer = create_optimizer(nlp)
    for step in range(updates):
        start = step * size % max(len(examples) - size, 1)
        nlp.update(examples[start : start + size], sgd=optimizer)
        optimizer.step_schedules()
    for node in (node for _, pipe in nlp.pipeline for node in pipe.model.walk()):
        for shim in node.shims:
            shim._model.zero_grad(set_to_none=True)  # gradients count as memory


def make_pool(gpu_id: int) -> Any:
    """RETURNS (Pool): one process at a time, a new one for each task: the memory of a process is its peak. On a GPU the
    peak can be set back, see `start_measuring`, and one process does all: it takes long to start."""
    return multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1 if gpu_id < 0 else None)


def start_measuring(gpu_id: int) -> None:
    """Use a GPU, if one is wanted, whose memory is counted from here on."""
    use_gpu(gpu_id)
    if gpu_id >= 0:
        set_gpu_allocator("pytorch")  # which counts CuPy's memory, too
        gc.collect()
        context_pools.get()["pytorch"].free_all_blocks()
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def measure_memory(gpu_id: int = -1) -> Dict[str, float]:
    """RETURNS (Dict[str, float]): the peak memory of this process so far; of a GPU, if one is used, since
    `start_measuring`."""
    found = {"peak_mib": round(peak_mib(), 1)}
    if gpu_id >= 0:
        found["peak_gpu_mib"] = round(torch.cuda.max_memory_allocated() / 2**20, 1)
    return found


def show_memory(row: Dict[str, Any]) -> str:
    """RETURNS (str): the peak memory that `measure_memory` found, of the GPU if one was used."""
    return f"{row.get('peak_gpu_mib', row['peak_mib']):,.0f}"


def make_parser(description: str, out: str, *, sentences: int, repeats: int = 0) -> argparse.ArgumentParser:
    """RETURNS (ArgumentParser): what every measurement can be told, how often to repeat it if it is repeated."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with conll/LANGUAGE/test.iob[.gz]")
    parser.add_argument("--languages", nargs="+", default=["en"])
    parser.add_argument("--sentences", type=int, default=sentences, help="of each language")
    parser.add_argument("--encoders", nargs="+", default=["hash", "small"], choices=["hash", *SHAPES])
    if repeats:
        parser.add_argument("--repeats", type=int, default=repeats)
    parser.add_argument("--work", type=Path, default=Path("benchmark/speed"), help="keeps text and encoders")
    parser.add_argument("--out", type=Path, default=Path(out))
    parser.add_argument("--gpu-id", type=int, default=-1, help="GPU to use, -1 for the CPU")
    return parser


def add_precisions(parser: argparse.ArgumentParser) -> None:
    """Let precisions be chosen, each of which is measured."""
    parser.add_argument("--precisions", nargs="+", default=["fp32"], choices=PRECISIONS, help="of encoders")


def vary_precision(
    encoders: Iterable[Tuple[str, str]], precisions: Sequence[str]
) -> Iterator[Tuple[str, str, str]]:
    """YIELDS (Tuple[str, str, str]): each encoder in each precision; the CNN computes in fp32 alone."""
    for name, path in encoders:
        for precision in precisions if name != "hash" else PRECISIONS[:1]:
            yield name, path, precision


def prepare_all(args: argparse.Namespace) -> Tuple[Dict[str, Any], Iterator[Tuple[str, str]]]:
    """Make sample and encoders. RETURNS (Tuple[Dict[str, Any], Iterator[Tuple[str, str]]]): the arguments of
    `read_sample`; names of encoders as given, and as configs have them."""
    args.work.mkdir(parents=True, exist_ok=True)
    sample = {"data": args.data, "work": args.work, "languages": args.languages, "limit": args.sentences}
    texts = [doc.text for doc in read_sample(**sample)]
    names = (
        (name, name if name == "hash" else str(make_encoder(name, texts, args.work)))
        for name in args.encoders
    )
    return sample, names


def write_rows(path: Path, rows: Sequence[Dict[str, Any]]) -> None:
    """Write all rows so far as JSON, and print the last."""
    write_json(path, rows)
    print(json.dumps(rows[-1]), flush=True)
