"""Words per second and peak memory of prediction, beside the limit that the encoder alone sets, and beside others.

All in one run, on the same text and the same encoder with weights drawn at random: the encoder's forward pass on
batches that were packed before; the five systems; spaCy's `ner`; the token classification of transformers; GLiNER where
its weights are. Each is in a process of its own, on a GPU all in one. A few updates on the text make the number of
entities found plausible.
"""

import argparse
import os
import statistics
import sys
from itertools import product
from typing import Any, Callable, Dict, List, Sequence

os.environ.setdefault("OMP_NUM_THREADS", "2")

import spacy  # noqa: E402
import torch  # noqa: E402
from sample import (  # noqa: E402
    SYSTEMS,
    UPDATES,
    add_precisions,
    make_parser,
    make_pool,
    make_trained,
    measure_memory,
    prepare_all,
    read_sample,
    set_precision,
    show_memory,
    start_measuring,
    train_a_little,
    vary_precision,
    write_rows,
)
from spacy.language import Language  # noqa: E402
from spacy.tokens import Doc  # noqa: E402
from spacy.util import fix_random_seed  # noqa: E402
from tables import OTHERS, compare_speeds, show_ratio  # noqa: E402
from thinc.api import get_current_ops  # noqa: E402
from wasabi import table  # noqa: E402

from spacy_xner.architectures.encoder import build_encoder  # noqa: E402
from spacy_xner.corpora.reader import make_example  # noqa: E402
from spacy_xner.errors import XnerError, explain  # noqa: E402
from spacy_xner.evaluation.predict import make_input  # noqa: E402
from spacy_xner.evaluation.speed import measure_speed, time_runs  # noqa: E402

# Documents at once, as in the configs.
BATCH = 1000
# What measures a row: words per second of so many runs.
Measure = Callable[[int], List[float]]


def by_the_clock(run: Callable[[], Any], docs: Sequence[Doc]) -> Measure:
    """RETURNS (Measure): times what runs on the documents, after once to warm up."""

    def run_all() -> None:
        run()
        if torch.cuda.is_available():
            torch.cuda.synchronize()

    def measure(repeats: int) -> List[float]:
        seconds = time_runs(lambda _: run_all(), lambda: None, repeats)
        return [sum(map(len, docs)) / second for second in seconds]

    return measure


def prepare_limit(encoder: str, precision: str, docs: List[Doc]) -> Measure:
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
        half = torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bf16")
        with torch.inference_mode(), half:
            for batch in packed:
                ids, mask = (torch.from_numpy(array).to(device) for array in (batch.ids, batch.mask))
                model(input_ids=ids, attention_mask=mask).last_hidden_state.cpu()

    return by_the_clock(run, docs)


def prepare_system(config: str, encoder: str, precision: str, docs: List[Doc], updates: int) -> Measure:
    """One of our pipelines, after a few updates."""
    settings = {"vars.encoder": encoder, **set_precision(config, precision)}
    return prepare_pipe(make_trained(config, settings, docs, updates), docs)


def prepare_pipe(nlp: Language, docs: List[Doc]) -> Measure:
    n_entities = sum(len(doc.ents) for doc in nlp.pipe(make_input(nlp, doc) for doc in docs))
    print(f"{n_entities} entities in {sum(map(len, docs))} words", file=sys.stderr)
    return lambda repeats: measure_speed(nlp, docs, repeats=repeats, batch_size=BATCH)


def prepare_spacy(encoder: str, precision: str, docs: List[Doc], updates: int) -> Measure:
    """spaCy's `ner` on the same encoder. Its mixed precision is fp16, and fails on a CPU."""
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
        trf = {
            "@architectures": "spacy-transformers.TransformerModel.v3",
            "name": encoder,
            "mixed_precision": precision == "bf16" and get_current_ops().name == "cupy",
        }
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
    train_a_little(nlp, examples, updates)
    return prepare_pipe(nlp, docs)


def prepare_transformers(encoder: str, precision: str, docs: List[Doc]) -> Measure:
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
        device=torch.cuda.current_device() if get_current_ops().name == "cupy" else -1,
        torch_dtype=torch.bfloat16 if precision == "bf16" else torch.float32,
    )
    texts = [doc.text for doc in docs]
    return by_the_clock(lambda: pipe(texts), docs)


def prepare_gliner(encoder: str, precision: str, docs: List[Doc]) -> Measure:
    """GLiNER with its own weights, where they are."""
    from gliner import GLiNER

    model = GLiNER.from_pretrained("urchade/gliner_multi-v2.1", local_files_only=True)
    texts = [doc.text for doc in docs]
    return by_the_clock(lambda: model.run(texts, ["person", "place", "organisation"], batch_size=32), docs)


def prepare(row: str, encoder: str, precision: str, docs: List[Doc], updates: int) -> Measure:
    others = {
        "encoder alone": prepare_limit,
        "transformers pipeline": prepare_transformers,
        "gliner": prepare_gliner,
    }
    if row in others:
        return others[row](encoder, precision, docs)
    if row == "spaCy ner":
        return prepare_spacy(encoder, precision, docs, updates)
    return prepare_system(SYSTEMS[row], encoder, precision, docs, updates)


def measure(
    row: str, encoder: str, precision: str, sample: Dict[str, Any], args: argparse.Namespace
) -> Dict[str, Any]:
    """Measure a row, by turns with the encoder alone: a machine that others use changes its speed from one minute to
    the next. RETURNS (Dict[str, Any]): words per second, the ratio to the encoder, and memory; or why not."""
    try:
        start_measuring(args.gpu_id)
        docs = read_sample(**sample)
        run = prepare(row, encoder, precision, docs, args.updates)
        start_measuring(args.gpu_id)  # without the updates
        run(1)
        # Before the encoder is there a second time.
        memory = measure_memory(args.gpu_id)
        run_limit = prepare_limit(encoder, precision, docs)
        turns = [(run(1)[0], run_limit(1)[0]) for _ in range(args.repeats)]
        ratios = [speed / limit for speed, limit in turns]
        return {
            "words_per_second": round(statistics.median(speed for speed, _ in turns), 1),
            "of_encoder": round(statistics.median(ratios), 3),
            "least": round(min(ratios), 3),
            "most": round(max(ratios), 3),
            **memory,
        }
    except (ImportError, OSError, XnerError, torch.OutOfMemoryError) as error:
        return {"skipped": explain(error)}


def main(args: argparse.Namespace) -> int:
    """Measure all rows with each encoder; write JSON and print the table. RETURNS (int): the exit status."""
    rows = ["encoder alone", *SYSTEMS, "spaCy ner", "transformers pipeline", "gliner"]
    results: List[Dict[str, Any]] = []
    sample, encoders = prepare_all(args)
    with make_pool(args.gpu_id) as pool:
        for (name, encoder, precision), row in product(vary_precision(encoders, args.precisions), rows):
            if (name == "hash" and row in ("transformers pipeline", "gliner")) or (
                row == "gliner" and precision != args.precisions[0]
            ):
                continue
            found = pool.apply(measure, (row, encoder, precision, sample, args))
            results.append({"encoder": name, "precision": precision, "pipeline": row, **found})
            write_rows(args.out, results)
    print(format_results(results))
    return 0


def format_results(results: List[Dict[str, Any]]) -> str:
    """RETURNS (str): a table with the ratio to the encoder alone and to the others on the same encoder."""
    header = [
        *("encoder", "precision", "pipeline", "words/s", "of encoder", "spread", "of spaCy"),
        *("of transformers", "MiB"),
    ]
    lines = []
    for result in compare_speeds(results):
        names = [result[name] for name in ("encoder", "precision", "pipeline")]
        if "skipped" in result:
            lines.append([*names, "skipped", "", result["skipped"][:40], "", "", ""])
            continue
        ratios = [show_ratio(result[f"of_{name}"]) for name in OTHERS]
        spread = f"{result['least']:.2f} to {result['most']:.2f}"
        speed, memory = f"{result['words_per_second']:,.0f}", show_memory(result)
        lines.append([*names, speed, show_ratio(result["of_encoder"]), spread, *ratios, memory])
    aligns = ("l", "l", "l", "r", "r", "r", "r", "r", "r")
    return str(table(lines, header=header, divider=True, aligns=aligns))


if __name__ == "__main__":
    parser = make_parser(__doc__, "speed.json", sentences=800, repeats=5)
    add_precisions(parser)
    parser.add_argument("--updates", type=int, default=UPDATES, help="of a pipeline before it is measured")
    sys.exit(main(parser.parse_args()))
