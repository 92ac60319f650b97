from pathlib import Path

import typer
from typing_extensions import Annotated
from wasabi import msg

from ..errors import Errors, XnerError
from ..files import keep_inputs, write_bytes
from ..translation.aligned import read_memory
from ..translation.learn import learn_lexicon
from ._options import Align, Source, Target
from ._util import app, user_errors


@app.command("lexicon")
@user_errors
def lexicon_cli(
    pairs: Annotated[Path, typer.Argument(help="Sentence pairs, tokenized by spaces: source, tab, target")],
    output: Annotated[Path, typer.Argument(help="Where the lexicon goes (.tsv)")],
    align: Align,
    source: Source,
    target: Target,
    max_words: Annotated[int, typer.Option(min=1, help="Most words; of a phrase")] = 3,
    min_count: Annotated[int, typer.Option(min=1, help="How often a phrase must have its rendering")] = 2,
) -> None:
    """Learn a lexicon from parallel text, for the engine lexicon and for --lexicon."""
    keep_inputs([pairs, align], output)
    memory = read_memory(pairs, align)
    words = [(text.split(), found.text.split()) for text, found in memory.items()]
    alignments = [found.alignment or set() for found in memory.values()]
    entries = learn_lexicon(words, alignments, max_words=max_words, min_count=min_count)
    if not entries:
        raise XnerError(Errors.X225.format(path=pairs, n=min_count))
    lines = [f"{source}\t{target}\n", *(f"{phrase}\t{rendering}\n" for phrase, rendering in entries)]
    write_bytes(output, "".join(lines).encode("utf8"))
    msg.good(f"{output}: {len(entries)} phrases")
