from pathlib import Path
from typing import Any, Dict, Optional

import typer
from typing_extensions import Annotated
from wasabi import msg

from ..errors import Errors, XnerError
from ..files import keep_inputs, write_bytes, write_json
from ..pipeline import use_gpu
from ..translation.bleu import EngineScore, score_engine
from ..translation.cache import Cache
from ..translation.memory import read_pairs
from ..translation.resolve import make_engine
from ._options import (
    DEFAULT_CACHE,
    CacheFolder,
    Directions,
    DirectionsOption,
    Engine,
    EngineSettings,
    GpuId,
    Limit,
    Resume,
    Source,
    Target,
    show_progress,
)
from ._util import app, user_errors

Pairs = Annotated[Path, typer.Argument(help="Sentence pairs: text, tab, its translation")]
Output = Annotated[
    Optional[Path],
    typer.Option(
        "--output",
        "-o",
        help="Where to write; a folder for scores.json, and source, reference and translation of each",
    ),
]
Tokenize = Annotated[
    Optional[str],
    typer.Option(
        help="How sacrebleu cuts tokens: 13a, zh, char, flores101 (fetches a model), none (at spaces); by default as "
        "it does for the language"
    ),
]


@app.command("evaluate-translator")
@user_errors
def evaluate_translator_cli(
    pairs: Pairs,
    engine: Engine = None,
    engine_settings: EngineSettings = None,
    source: Source = "en",
    target: Target = "es",
    directions: DirectionsOption = Directions.both,
    tokenize: Tokenize = None,
    output: Output = None,
    limit: Limit = 0,
    cache: CacheFolder = DEFAULT_CACHE,
    resume: Resume = True,
    gpu_id: GpuId = -1,
) -> None:
    """Score a translation engine by BLEU on sentence pairs, in one direction or both.

    sacrebleu computes it; its signature, which is printed too, says how.
    """
    if engine is None:
        raise XnerError(Errors.X306.format(found="nothing", expected="an engine", option="--engine"))
    ways = {Directions.forward: (source, target), Directions.backward: (target, source)}
    keep_inputs([pairs], *(output and output / f"{'-'.join(codes)}.tsv" for codes in ways.values()))
    use_gpu(gpu_id)
    make, store = make_engine(engine, engine_settings or []), Cache(cache, resume=resume)
    lines = list(read_pairs(pairs))[: limit or None]
    scores: Dict[str, Dict[str, Any]] = {}
    for way, languages in ways.items():
        if directions in (way, Directions.both):
            turned = lines if way is Directions.forward else [(right, left) for left, right in lines]
            name, translator = "-".join(languages), make(*languages)
            with show_progress(name) as progress:
                found = score_engine(
                    translator, languages, turned, tokenize=tokenize, cache=store, progress=progress
                )
            scores[name] = {**tell_score(name, found), "engine": translator.name}
            if output is not None:
                text = "".join("\t".join(row) + "\n" for row in found.rows)
                write_bytes(output / f"{name}.tsv", text.encode("utf8"))
    if output is not None:
        write_json(output / "scores.json", scores)


def tell_score(name: str, found: EngineScore) -> Dict[str, Any]:
    """Print a score.

    name (str): the direction.
    found (EngineScore): the score.
    RETURNS (Dict[str, Any]): what is printed.
    """
    missing = f", {found.missing} without a translation" if found.missing else ""
    msg.good(f"{name}: BLEU {found.bleu.score:.1f} of {len(found.rows)} sentences{missing}")
    print(f"  {found.bleu.signature}")
    return {
        "bleu": found.bleu.score,
        "signature": found.bleu.signature,
        "sentences": len(found.rows),
        "missing": found.missing,
    }
