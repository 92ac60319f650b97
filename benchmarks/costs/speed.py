"""Words per second and peak memory of prediction, beside the limit that the encoder alone sets, and beside others.

All in one run, on the same text and the same encoder with random weights: the encoder's forward pass on batches that
were packed before; all systems; spaCy's `ner`; the token classification of transformers. Each is in a process of its
own, on a GPU all in one. A few updates on the text make the number of entities found plausible.
"""

import sys
from argparse import Namespace
from functools import partial
from statistics import median
from typing import Any, Callable, Iterator, List, Sequence

import torch
from spacy.cli.init_config import init_config
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import fix_random_seed, load_model_from_config
from thinc.api import get_current_ops
from transformers import pipeline

from spacy_xner.architectures.encoder import build_encoder
from spacy_xner.architectures.transformer import find_budget, get_shim
from spacy_xner.architectures.wordpieces import make_batches
from spacy_xner.corpora.reader import make_example
from spacy_xner.errors import XnerError, explain
from spacy_xner.evaluation.predict import make_input
from spacy_xner.evaluation.speed import measure_speed, time_runs
from spacy_xner.hub import HASH

from .command import Setting, list_settings, make_parser, make_pool, run, show_turns
from .headings import SPEED, Row, compare_speeds
from .methods import list_systems
from .peak import measure_memory, start_measuring, wait
from .sample import make_trained, read_sample, train_a_little

# Documents at once, as in the configs.
BATCH = 1000
# What measures a row: words per second of each of n runs.
Measure = Callable[[int], List[float]]


def by_the_clock(predict: Callable[[], Any], docs: Sequence[Doc]) -> Measure:
    """RETURNS (Measure): times what runs on the documents, after once to warm up."""

    def run_all(_: Any) -> None:
        predict()
        wait()

    n_words = sum(map(len, docs))
    return lambda repeats: [n_words / seconds for seconds in time_runs(run_all, lambda: None, repeats)]


def prepare_limit(setting: Setting, docs: List[Doc], updates: int = 0) -> Measure:
    """The encoder alone: for a transformer the forward pass on batches packed before, for the CNN all that it does."""
    layer = build_encoder(setting.path)
    layer.initialize(X=docs[:2])
    if setting.encoder == HASH:
        batches = [docs[start : start + BATCH] for start in range(0, len(docs), BATCH)]
        return by_the_clock(lambda: [layer.predict(batch) for batch in batches], docs)
    model, tokenizer = get_shim(layer)._model.eval(), get_shim(layer)._hfmodel.tokenizer
    packed = make_batches(docs, tokenizer, window=128, overlap=32, budget=find_budget(layer))
    device = next(model.parameters()).device

    def run_encoder() -> None:
        half = torch.autocast(device.type, dtype=torch.bfloat16, enabled=setting.precision == "bf16")
        with torch.inference_mode(), half:
            for batch in packed:
                ids, mask = (torch.from_numpy(array).to(device) for array in (batch.ids, batch.mask))
                model(input_ids=ids, attention_mask=mask).last_hidden_state.cpu()

    return by_the_clock(run_encoder, docs)


def prepare_system(name: str, setting: Setting, docs: List[Doc], updates: int) -> Measure:
    config = list_systems()[name]
    return prepare_pipe(make_trained(config, setting.overrides(config), docs, updates), docs)


def prepare_pipe(nlp: Language, docs: List[Doc]) -> Measure:
    n_entities = sum(len(doc.ents) for doc in nlp.pipe(make_input(nlp, doc) for doc in docs))
    print(f"{n_entities} entities in {sum(map(len, docs))} words", file=sys.stderr)
    return lambda repeats: measure_speed(nlp, docs, repeats=repeats, batch_size=BATCH)


def prepare_spacy(setting: Setting, docs: List[Doc], updates: int) -> Measure:
    """spaCy's `ner` as of `spacy init config`, on the same encoder. Its mixed precision (fp16) fails on a CPU."""
    fix_random_seed(0)
    config = init_config(lang="xx", pipeline=["ner"], gpu=setting.encoder != HASH)
    if setting.encoder != HASH:
        half = setting.precision == "bf16" and get_current_ops().name == "cupy"
        config["components"]["transformer"]["model"].update(name=setting.path, mixed_precision=half)
    nlp = load_model_from_config(config)
    examples = [make_example(doc, nlp.vocab) for doc in docs]
    nlp.initialize(lambda: examples)
    train_a_little(nlp, examples, updates)
    return prepare_pipe(nlp, docs)


def prepare_transformers(setting: Setting, docs: List[Doc], updates: int) -> Measure:
    """The token classification pipeline of transformers; nearly all tokens are outside."""
    device = torch.cuda.current_device() if get_current_ops().name == "cupy" else -1
    precision = torch.bfloat16 if setting.precision == "bf16" else torch.float32
    model = {"model": setting.path, "tokenizer": setting.path, "model_kwargs": {"num_labels": 9}}
    found = {"aggregation_strategy": "simple", "ignore_labels": ["LABEL_0"], "batch_size": 32}
    pipe = pipeline("token-classification", device=device, torch_dtype=precision, **model, **found)
    with torch.no_grad():
        pipe.model.classifier.bias[0] = 3.0
    texts = [doc.text for doc in docs]
    return by_the_clock(lambda: pipe(texts), docs)


LIMIT, SPACY, OTHER = "encoder alone", "spaCy ner", "transformers pipeline"
# What prepares a row that is none of our systems.
MAKERS = {LIMIT: prepare_limit, SPACY: prepare_spacy, OTHER: prepare_transformers}


def measure(args: Namespace, setting: Setting, row: str) -> Row:
    """RETURNS (Row): speed, by turns with the encoder, as others slow the machine down, and memory; or why not."""
    try:
        start_measuring(args.gpu_id)
        docs = read_sample(args)
        prepare = MAKERS.get(row, partial(prepare_system, row))
        run_row = prepare(setting, docs, args.updates)
        start_measuring(args.gpu_id)  # without the updates
        run_row(1)
        # Before the encoder is there a second time.
        memory = measure_memory(args.gpu_id)
        run_limit = prepare_limit(setting, docs)
        turns = [(run_row(1)[0], run_limit(1)[0]) for _ in range(args.repeats)]
    except (ImportError, OSError, XnerError, torch.OutOfMemoryError) as error:
        return {"skipped": explain(error)}
    speed = round(median(speed for speed, _ in turns), 1)
    ratios = show_turns([speed / limit for speed, limit in turns], "of_encoder")
    return {"words_per_second": speed, **ratios, **memory}


def measure_all(args: Namespace) -> Iterator[Row]:
    """YIELDS (Row): those of all pipelines with each encoder and precision."""
    with make_pool(args.gpu_id) as pool:
        for setting in list_settings(args):
            for row in (LIMIT, *list_systems(), SPACY, *([] if setting.encoder == HASH else [OTHER])):
                found = pool.apply(measure, (args, setting, row))
                yield {**setting.columns, "pipeline": row, **found}


if __name__ == "__main__":
    parser = make_parser(__doc__, "speed.json", sentences=800, repeats=5)
    parser.add_argument("--updates", type=int, default=60, help="of a pipeline before it is measured")
    run(parser, measure_all, {"pipeline": SPEED}, compare_speeds)
