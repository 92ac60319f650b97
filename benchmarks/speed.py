"""Words per second and peak memory of prediction, beside the limit that the encoder alone sets, and beside others.

All in one run, on the same text and the same encoder with weights drawn at random: the encoder's forward pass on
batches that were packed before; the five systems; spaCy's `ner`; the token classification of transformers; GLiNER where
its weights are. Each is in a process of its own. A few updates on the text make the number of entities found plausible.
"""

import argparse
import json
import multiprocessing
import os
import statistics
import sys
from pathlib import Path
from typing import Any, Callable, Dict, List, Sequence

os.environ.setdefault("OMP_NUM_THREADS", "2")

import numpy  # noqa: E402
import spacy  # noqa: E402
import torch  # noqa: E402
from encoders import SHAPES, make_encoder  # noqa: E402
from spacy.language import Language  # noqa: E402
from spacy.tokens import Doc  # noqa: E402
from spacy.training import Example  # noqa: E402
from spacy.util import fix_random_seed, load_config, load_model_from_config  # noqa: E402
from stages import CONFIGS, find_file, peak_mib  # noqa: E402
from wasabi import table  # noqa: E402

from spacy_xner.architectures.encoder import build_encoder  # noqa: E402
from spacy_xner.cli._util import get_blank  # noqa: E402
from spacy_xner.corpora.convert import convert  # noqa: E402
from spacy_xner.corpora.reader import make_example  # noqa: E402
from spacy_xner.corpora.store import read_docs  # noqa: E402
from spacy_xner.errors import XnerError  # noqa: E402
from spacy_xner.evaluation.predict import make_input  # noqa: E402
from spacy_xner.evaluation.speed import measure_speed, time_runs  # noqa: E402
from spacy_xner.files import write_bytes  # noqa: E402
from spacy_xner.metadata import set_soft  # noqa: E402
from spacy_xner.pipeline import (
    find_component,  # noqa: E402
    use_gpu,  # noqa: E402
)
from spacy_xner.schemes import get_scheme  # noqa: E402

# The last stage of each system; paths of earlier ones are null.
SYSTEMS = {
    "dlbri": "dlbri_combine",
    "mcl": "mcl",
    "dualner": "dualner",
    "concner": "concner_student",
    "crop": "crop",
}
# Documents at once, as in the configs.
BATCH = 1000
# What measures a row: words per second of so many runs.
Measure = Callable[[int], List[float]]


def read_sample(data: Path, work: Path, languages: Sequence[str], limit: int) -> List[Doc]:
    """RETURNS (List[Doc]): the first labelled test sentences of each language."""
    docs: List[Doc] = []
    for language in languages:
        path = work / f"{language}-{limit}.spacy"
        if not path.exists():
            source = data / "conll" / language / "test.iob"
            convert(next(find_file(source), source), path, language=language, limit=limit)
        docs += read_docs(path, get_blank().vocab)
    return docs


def by_the_clock(run: Callable[[], Any], docs: Sequence[Doc]) -> Measure:
    """RETURNS (Measure): times what runs on the documents, after once to warm up."""

    def measure(repeats: int) -> List[float]:
        seconds = time_runs(lambda _: run(), lambda: None, repeats)
        return [sum(map(len, docs)) / second for second in seconds]

    return measure


def prepare_limit(encoder: str, docs: List[Doc]) -> Measure:
    """The encoder alone: for a transformer the forward pass on batches packed before, for the CNN all that it does."""
    layer = build_encoder(encoder)
    layer.initialize(X=docs[:2])
    if encoder == "hash":
        batches = [docs[start : start + BATCH] for start in range(0, len(docs), BATCH)]
        return by_the_clock(lambda: [layer.predict(batch) for batch in batches], docs)
    from spacy_xner.architectures.transformer import find_budget, get_shim
    from spacy_xner.architectures.wordpieces import make_batches

    model, tokenizer = get_shim(layer)._model.eval(), get_shim(layer)._hfmodel.tokenizer
    packed = make_batches(docs, tokenizer, window=128, overlap=32, budget=find_budget(layer))
    device = next(model.parameters()).device

    def run() -> None:
        with torch.inference_mode():
            for batch in packed:
                ids, mask = (torch.from_numpy(array).to(device) for array in (batch.ids, batch.mask))
                model(input_ids=ids, attention_mask=mask).last_hidden_state.cpu()

    return by_the_clock(run, docs)


def prepare_system(config: str, encoder: str, docs: List[Doc]) -> Measure:
    """One of our pipelines, after a few updates."""
    found = load_config(CONFIGS / f"{config}.cfg")
    overrides = {f"paths.{name}": None for name in found["paths"]}
    # An encoder without knowledge learns nothing from so few updates at the rate for one with.
    overrides.update({"vars.encoder": encoder, "training.optimizer.learn_rate.transformer": 0.0001})
    fix_random_seed(0)
    nlp = load_model_from_config(load_config(CONFIGS / f"{config}.cfg", overrides=overrides))
    pipe = find_component(nlp, config)
    nlp.initialize(lambda: [make_example(doc, nlp.vocab) for doc in docs])
    for doc in docs:
        store_gold(pipe, doc)
    train_a_little(nlp, [make_example(doc, nlp.vocab) for doc in docs])
    return prepare_pipe(nlp, docs)


def store_gold(pipe: Any, doc: Doc) -> None:
    """Store the gold labels as the distributions that the objectives read."""
    iob = doc.to_array(["ENT_IOB"]).astype("int64")
    types = numpy.array(
        [pipe.labels.index(t.ent_type_) + 1 if t.ent_type_ else 0 for t in doc], dtype="int64"
    )
    for objective in pipe.objectives.values():
        for name, output in objective.soft.items():
            scheme = get_scheme(pipe.schemes[output])
            classes = scheme.classes(pipe.labels)
            gold = numpy.eye(len(classes))[scheme.encode(iob[None], types[None], 0)[0]]
            set_soft(doc, name, classes, numpy.log(numpy.maximum(gold, 1e-6)).astype("float32"))


def train_a_little(nlp: Language, examples: List[Example], steps: int = 60, size: int = 8) -> None:
    optimizer = nlp.create_optimizer()
    for step in range(steps):
        start = step * size % max(len(examples) - size, 1)
        nlp.update(examples[start : start + size], sgd=optimizer)


def prepare_pipe(nlp: Language, docs: List[Doc]) -> Measure:
    n_entities = sum(len(doc.ents) for doc in nlp.pipe(make_input(nlp, doc) for doc in docs))
    print(f"{n_entities} entities in {sum(map(len, docs))} words", file=sys.stderr)
    return lambda repeats: measure_speed(nlp, docs, repeats=repeats, batch_size=BATCH)


def prepare_spacy(encoder: str, docs: List[Doc]) -> Measure:
    """spaCy's `ner` on the same encoder."""
    fix_random_seed(0)
    nlp = spacy.blank("xx")
    if encoder == "hash":
        tok2vec = {
            "@architectures": "spacy.Tok2Vec.v2",
            "embed": {
                "@architectures": "spacy.MultiHashEmbed.v2",
                "width": 96,
                "attrs": ["NORM", "PREFIX", "SUFFIX", "SHAPE"],
                "rows": [5000, 2500, 2500, 2500],
                "include_static_vectors": False,
            },
            "encode": {
                "@architectures": "spacy.MaxoutWindowEncoder.v2",
                "width": 96,
                "depth": 4,
                "window_size": 1,
                "maxout_pieces": 3,
            },
        }
    else:
        trf = {"@architectures": "spacy-transformers.TransformerModel.v3", "name": encoder}
        windows = {"@span_getters": "spacy-transformers.strided_spans.v1", "window": 128, "stride": 96}
        nlp.add_pipe("transformer", config={"model": {**trf, "get_spans": windows}})
        tok2vec = {
            "@architectures": "spacy-transformers.TransformerListener.v1",
            "grad_factor": 1.0,
            "pooling": {"@layers": "reduce_mean.v1"},
        }
    parser = {
        "@architectures": "spacy.TransitionBasedParser.v2",
        "state_type": "ner",
        "extra_state_tokens": False,
        "hidden_width": 64,
        "maxout_pieces": 2,
        "use_upper": encoder == "hash",
        "tok2vec": tok2vec,
    }
    nlp.add_pipe("ner", config={"model": parser})
    examples = [make_example(doc, nlp.vocab) for doc in docs]
    nlp.initialize(lambda: examples)
    train_a_little(nlp, examples)
    return prepare_pipe(nlp, docs)


def prepare_transformers(encoder: str, docs: List[Doc]) -> Measure:
    """The token classification pipeline of transformers; nearly all tokens are outside."""
    from transformers import AutoModelForTokenClassification, AutoTokenizer, pipeline

    model = AutoModelForTokenClassification.from_pretrained(encoder, num_labels=9)
    with torch.no_grad():
        model.classifier.bias[0] = 3.0
    pipe = pipeline(
        "token-classification",
        model=model,
        tokenizer=AutoTokenizer.from_pretrained(encoder),
        aggregation_strategy="simple",
        ignore_labels=["LABEL_0"],
        batch_size=32,
        device=0 if torch.cuda.is_available() else -1,
    )
    texts = [doc.text for doc in docs]
    return by_the_clock(lambda: pipe(texts), docs)


def prepare_gliner(encoder: str, docs: List[Doc]) -> Measure:
    """GLiNER with its own weights, where they are."""
    from gliner import GLiNER

    model = GLiNER.from_pretrained("urchade/gliner_multi-v2.1", local_files_only=True)
    texts = [doc.text for doc in docs]
    return by_the_clock(lambda: model.run(texts, ["person", "place", "organisation"], batch_size=32), docs)


def prepare(row: str, encoder: str, docs: List[Doc]) -> Measure:
    others = {
        "encoder alone": prepare_limit,
        "spaCy ner": prepare_spacy,
        "transformers pipeline": prepare_transformers,
        "gliner": prepare_gliner,
    }
    return others[row](encoder, docs) if row in others else prepare_system(SYSTEMS[row], encoder, docs)


def measure(row: str, encoder: str, sample: Dict[str, Any], repeats: int, gpu_id: int) -> Dict[str, Any]:
    """Measure a row. RETURNS (Dict[str, Any]): words per second and memory, or why not."""
    try:
        use_gpu(gpu_id)
        speeds = prepare(row, encoder, read_sample(**sample))(repeats)
        found = {
            "words_per_second": round(statistics.median(speeds), 1),
            "slowest": round(min(speeds), 1),
            "fastest": round(max(speeds), 1),
            "peak_mib": round(peak_mib(), 1),
        }
        if gpu_id >= 0:
            found["peak_gpu_mib"] = round(torch.cuda.max_memory_allocated() / 2**20, 1)
        return found
    except (ImportError, OSError, XnerError) as error:
        return {"skipped": str(error).splitlines()[0]}


def main(args: argparse.Namespace) -> int:
    """Measure all rows with each encoder; write JSON and print the table. RETURNS (int): the exit status."""
    rows = ["encoder alone", *SYSTEMS, "spaCy ner", "transformers pipeline", "gliner"]
    results: List[Dict[str, Any]] = []
    args.work.mkdir(parents=True, exist_ok=True)
    sample = {"data": args.data, "work": args.work, "languages": args.languages, "limit": args.sentences}
    texts = [doc.text for doc in read_sample(**sample)]
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for name in args.encoders:
            encoder = name if name == "hash" else str(make_encoder(name, texts, args.work))
            for row in rows:
                if name == "hash" and row in ("transformers pipeline", "gliner"):
                    continue
                found = pool.apply(measure, (row, encoder, sample, args.repeats, args.gpu_id))
                results.append({"encoder": name, "pipeline": row, **found})
                write_bytes(args.out, (json.dumps(results, indent=1) + "\n").encode("utf8"))
                print(json.dumps(results[-1]), flush=True)
    print(format_results(results))
    return 0


def format_results(results: Sequence[Dict[str, Any]]) -> str:
    """RETURNS (str): a table with the ratio to the encoder alone and to the others on the same encoder."""
    header = ["encoder", "pipeline", "words/s", "spread", "of encoder", "of spaCy", "of transformers", "MiB"]
    lines = []
    for result in results:
        if "skipped" in result:
            lines.append(
                [result["encoder"], result["pipeline"], "skipped", result["skipped"][:40], "", "", "", ""]
            )
            continue
        same = {
            r["pipeline"]: r.get("words_per_second") for r in results if r["encoder"] == result["encoder"]
        }
        speed = result["words_per_second"]
        bases = (same.get(name) for name in ("encoder alone", "spaCy ner", "transformers pipeline"))
        ratios = [f"{speed / base:.2f}" if base else "" for base in bases]
        spread = f"{result['slowest']:,.0f} to {result['fastest']:,.0f}"
        lines.append(
            [
                result["encoder"],
                result["pipeline"],
                f"{speed:,.0f}",
                spread,
                *ratios,
                f"{result['peak_mib']:,.0f}",
            ]
        )
    aligns = ("l", "l", "r", "r", "r", "r", "r", "r")
    return str(table(lines, header=header, divider=True, aligns=aligns))


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with conll/LANGUAGE/test.iob[.gz]")
    parser.add_argument("--languages", nargs="+", default=["en"])
    parser.add_argument("--sentences", type=int, default=800, help="of each language")
    parser.add_argument("--encoders", nargs="+", default=["hash", "small"], choices=["hash", *SHAPES])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--work", type=Path, default=Path("benchmark/speed"), help="keeps text and encoders")
    parser.add_argument("--out", type=Path, default=Path("speed.json"))
    parser.add_argument("--gpu-id", type=int, default=-1, help="GPU to use, -1 for the CPU")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main(parse_args()))
