from pathlib import Path
from typing import List, Optional

import srsly
import typer
from spacy.language import Language
from typing_extensions import Annotated
from wasabi import msg

from ..errors import Errors, XnerError
from ..files import write_bytes, write_json
from ..pipeline import find_pipeline, list_components, load_pipeline, save_pipeline, store_half
from ..reporting.card import describe_corpora, make_facts, render_card
from ..reporting.evaluate import read_scores
from ._options import Half, Model, Texts, require
from ._util import app, user_errors

Data = Annotated[
    Optional[List[Path]],
    typer.Argument(metavar="DATA...", help="Corpora that it learnt from: .spacy files, or folders of such"),
]
Scores = Annotated[Optional[Path], typer.Option(help="JSON file that evaluate --output wrote")]
Output = Annotated[
    Optional[Path],
    typer.Option("--output", "-o", help="Where to write; a folder for a copy of the pipeline"),
]
Name = Annotated[
    Optional[str], typer.Option(help="Name of the pipeline without the language, such as xner_mcl")
]
MethodName = Annotated[str, typer.Option(help="Method that it was trained with, such as MCL-NER")]
Command = Annotated[str, typer.Option(help="Command line that trains it")]
Licence = Annotated[str, typer.Option(help="Licence of the pipeline, such as mit")]


@app.command("card")
@user_errors
def card_cli(
    model: Model,
    data: Data = None,
    scores: Scores = None,
    output: Output = None,
    name: Name = None,
    method: MethodName = "",
    command: Command = "",
    licence: Licence = "",
    half: Half = False,
    texts: Texts = None,
) -> None:
    """Write a pipeline's model card, README.md, and the same facts into its meta.json.

    It tells data, languages, translation engines with their licences, scores with intervals if there are any, how it
    was made and with which versions. `spacy package` takes both along. With --half and --texts a copy of the pipeline
    becomes smaller: numbers of 16 bits, and only the word pieces of text like that which it is to read.
    """
    require("--half", half, "--output", output)
    require("--texts", texts, "--output", output)
    folder = find_pipeline(model)
    if not (folder / "meta.json").is_file():
        raise XnerError(Errors.X304.format(path=model, reason="there is no meta.json"))
    nlp = load_pipeline(str(folder))
    if texts:
        _trim(nlp, texts)
    if name is not None:
        nlp.meta["name"] = name
    found = None if scores is None else read_scores(scores)
    facts = make_facts(
        nlp,
        method=method,
        corpora=describe_corpora(data or []),
        scores=found,
        command=command,
        licence=licence,
    )
    if half:
        store_half(nlp)
    if output is not None:
        folder = output
        save_pipeline(nlp, folder)
    # Not nlp.meta, which knows more than the file: what is told twice would be told wrongly when one of them changes.
    meta = {
        **srsly.read_json(folder / "meta.json"),
        "name": nlp.meta["name"],
        **{key: value for key, value in facts.items() if value is not None},
    }
    write_bytes(folder / "README.md", render_card(nlp, facts).encode("utf8"))
    write_json(folder / "meta.json", meta)
    msg.good(f"{folder / 'README.md'}, {folder / 'meta.json'}")


def _trim(nlp: Language, texts: List[Path]) -> None:
    """Leave out of the encoders of a pipeline the word pieces that do not occur in texts."""
    from ..architectures.export import find_transformers  # transformers takes seconds
    from ..architectures.transformer import get_shim
    from ..encoders.make import trim_encoder

    for pipe in list_components(nlp):
        found = find_transformers(pipe.model)
        for name, layer in {layer.id: (name, layer) for name, layer in found.items()}.values():
            loaded = get_shim(layer)._hfmodel
            loaded.tokenizer, facts = trim_encoder(
                get_shim(layer)._model,
                loaded.tokenizer,
                texts,
                split=lambda text: [token.text for token in nlp.make_doc(text)],
                name=f"{pipe.name}: {name}",
            )
            layer.attrs["origin"] = {**layer.attrs["origin"], "vocabulary": facts}
            layer.attrs["trimmed"] = True
            msg.info(f"Encoder '{name}' keeps {facts['pieces']:,} of {facts['before']:,} word pieces")
