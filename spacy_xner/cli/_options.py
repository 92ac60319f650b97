"""Options that several commands have, and what they mean."""

import contextlib
import sys
from enum import Enum
from pathlib import Path
from typing import Iterator, List, Optional, Sequence, Tuple

import typer
from spacy.tokens import Doc
from tqdm import tqdm
from typing_extensions import Annotated

from ..corpora.store import read_docs
from ..errors import Errors, XnerError
from ..metadata import get_language
from ..parallel.parts import cut_shard
from ..tokenizer import get_blank
from ..translation.engine import Progress
from ..translation.views import number_groups

DEFAULT_CACHE = Path(".cache/translations")


class Directions(str, Enum):
    """Which way to translate: from left to right, back, or both."""

    both = "both"
    forward = "forward"
    backward = "backward"


Model = Annotated[
    str, typer.Argument(metavar="MODEL", help="Trained pipeline: the name of a package, or a folder")
]
Labelled = Annotated[
    List[Path],
    typer.Argument(
        metavar="DATA...",
        help="Labelled text: .spacy, a folder of such, or .jsonl, .json, .csv, .tsv, .conll, .iob (see convert)",
    ),
]
Lang = Annotated[
    Optional[str],
    typer.Option("--lang", "-l", help="Code of the language of sentences that don't tell theirs"),
]
# What --raw is in each command that has it.
RAW = "Text without labels: .spacy, a folder of such, or a file as .txt, .jsonl and others (see convert)"
Source = Annotated[str, typer.Option("--source", "-s", help="Code of the source language")]
Target = Annotated[str, typer.Option("--target", "-t", help="Code of the target language")]
DirectionsOption = Annotated[
    Directions, typer.Option("--directions", help="What to translate: left to right, back, or both")
]
Targets = Annotated[
    str, typer.Option("--targets", "-t", help="Codes of the target languages, with commas between")
]
Engine = Annotated[
    Optional[str],
    typer.Option(
        "--engine",
        "-e",
        help="What translates: apertium, azure, chat, ctranslate2, deepl, firefox, google, lexicon, libretranslate, "
        "memory, seq2seq, or a .cfg file",
    ),
]
EngineSettings = Annotated[
    Optional[List[str]], typer.Option("--set", help="KEY=VALUE: a setting of the engine, such as model=NAME")
]
Aligner = Annotated[
    Optional[str],
    typer.Option("--aligner", help="What aligns words; eflomal, given, similarity, or a .cfg file"),
]
AlignerSettings = Annotated[
    Optional[List[str]],
    typer.Option("--aligner-set", help="KEY=VALUE: a setting of the aligner, such as encoder=NAME"),
]
Align = Annotated[
    Optional[Path],
    typer.Option("--align", "-a", help="Word alignments of the pairs, a line of i-j for each (see align)"),
]
_MATCH = (
    "How the text of an entity is looked for: exact; at last inflected (with endings and clitics, or in another "
    "script) or fuzzy (some other letters)"
)
OwnMatch = Annotated[str, typer.Option(help=_MATCH)]
Match = Annotated[str, typer.Option(help=f"{_MATCH}; loose (CROP's scripts, what the engine gave back)")]
CheckLanguage = Annotated[
    bool, typer.Option("--check-language", help="Leave out translations that are not in their language")
]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help="Only count what would be sent to a service; nothing is sent or written"),
]
Price = Annotated[
    float, typer.Option(min=0.0, help="Of a million characters, of tokens for chat, for --dry-run")
]
MaxCharacters = Annotated[
    Optional[int],
    typer.Option(min=1, help="Stop before more characters are sent to a service; the same command goes on"),
]
Lexicon = Annotated[
    Optional[Path], typer.Option("--lexicon", help="Table of names with a column for each language (.tsv)")
]
CacheFolder = Annotated[Path, typer.Option("--cache", help="Folder that keeps what engine and aligner found")]
Resume = Annotated[
    bool, typer.Option("--resume/--no-resume", help="Go on where an earlier run was stopped; or do all again")
]
Limit = Annotated[int, typer.Option("--limit", min=0, help="Most sentences, 0 for all")]
MaxDropped = Annotated[
    float,
    typer.Option(
        "--max-dropped",
        help="Largest share, 0 to 1, of entities that begin or end within a token: they are left out",
    ),
]
Shard = Annotated[
    str, typer.Option("--shard", help="Only one of n shards, i/n; each n-th sentence, from the i-th")
]
BatchSize = Annotated[
    Optional[int],
    typer.Option("--batch-size", "-b", min=1, help="Documents at once; by default the pipeline's own number"),
]
TextKey = Annotated[
    Optional[str],
    typer.Option("--text-key", "-tk", help="Key of the text in JSON, or its column in a table"),
]
GpuId = Annotated[int, typer.Option("--gpu-id", "-g", help="Number of the GPU, -1 for the CPU")]
Seed = Annotated[
    int, typer.Option("--seed", help="Seed of all that is drawn at random: the same gives the same")
]
DropEmpty = Annotated[bool, typer.Option("--drop-empty", help="Leave out sentences without entities")]
Texts = Annotated[
    Optional[List[Path]],
    typer.Option(
        "--texts",
        help="Files and folders of text: only word pieces that occur there stay; may be given again",
        metavar="CORPORA...",
    ),
]
Half = Annotated[
    bool, typer.Option("--half", help="Store the weights of transformers in half precision: half the room")
]
Threshold = Annotated[
    Optional[float],
    typer.Option(
        "--threshold",
        min=0,
        max=1,
        help="Lowest score, 0 to 1, of an entity that is shown; by default the pipeline's own",
    ),
]
Labels = Annotated[
    Optional[str],
    typer.Option(
        "--labels",
        help="Types that count, with commas between (PER,LOC); others are left out of gold and prediction",
    ),
]


def read_labels(labels: Optional[str], option: str = "--labels") -> Optional[List[str]]:
    """Read the option --labels, or another that lists names.

    labels (Optional[str]): types with commas between, None if the option is not given.
    option (str): its name.
    RETURNS (Optional[List[str]]): the types, None for all.
    RAISES: X306 for an empty list.
    """
    if labels is None:
        return None
    found = [label.strip() for label in labels.split(",") if label.strip()]
    if not found:
        raise XnerError(
            Errors.X306.format(found=labels, expected="types, with commas between", option=option)
        )
    return found


def split_codes(codes: str, option: str) -> List[str]:
    """Read a list of codes, of languages or views.

    codes (str): what an option says, with commas between.
    option (str): its name, for the message.
    RETURNS (List[str]): the codes, in order.
    RAISES: X306 if there is none.
    """
    found = [code.strip() for code in codes.split(",") if code.strip()]
    if not found:
        raise XnerError(Errors.X306.format(found=codes, expected="a list of language codes", option=option))
    return found


def read_shard(shard: str) -> Tuple[int, int]:
    """Read the option --shard.

    shard (str): "i/n".
    RETURNS (Tuple[int, int]): i and n.
    RAISES: X306 unless 1 <= i <= n.
    """
    part, _, total = shard.partition("/")
    if not (part.isdecimal() and total.isdecimal() and 1 <= int(part) <= int(total)):
        raise XnerError(Errors.X306.format(found=shard, expected="i/n with i from 1 to n", option="--shard"))
    return int(part), int(total)


def name_shard(name: str, shard: Tuple[int, int]) -> str:
    """Name a file for its shard.

    name (str): the name without suffix, or whole where it is put before one.
    shard (Tuple[int, int]): i, from 1, and n.
    RETURNS (str): "NAME.i-of-n", the name itself if there is only one shard.
    """
    return name if shard == (1, 1) else f"{name}.{shard[0]}-of-{shard[1]}"


def name_file(path: Path, shard: Tuple[int, int]) -> Path:
    """Put the shard into the name of a file.

    path (Path): the file of the whole; ".gz" stays behind the suffix before it.
    shard (Tuple[int, int]): i, from 1, and n.
    RETURNS (Path): the file of the shard, in the same folder: the path itself if there is only one.
    """
    ending = "".join(path.suffixes[-2:]) if path.suffix == ".gz" else path.suffix
    return path.with_name(name_shard(path.name.removesuffix(ending), shard) + ending)


def choose(
    docs: Sequence[Doc], language: str, *, limit: int = 0, shard: Tuple[int, int] = (1, 1)
) -> List[Doc]:
    """Choose the documents that a command works on.

    docs (Sequence[Doc]): a corpus, of one language or several.
    language (str): the code of the language; documents that do not tell theirs count as in it.
    limit (int): only the first so many in the language; 0 for all.
    shard (Tuple[int, int]): which of these, see `cut_shard`.
    RETURNS (List[Doc]): the documents, in order.
    """
    own = [doc for doc in docs if get_language(doc) in (language, "")]
    return list(cut_shard(own[: limit or None], shard))


def read_numbered(path: Path) -> List[Doc]:
    """Read a corpus whose sentences correspond to others by group.

    path (Path): a `.spacy` file, or a folder of them.
    RETURNS (List[Doc]): the documents in order; those without a group get their number in the corpus.
    RAISES: X101, X110, X111 (the corpus).
    """
    docs = list(read_docs(path, get_blank().vocab))
    number_groups(docs)
    return docs


def remove_other_forms(path: Path, shard: Tuple[int, int]) -> None:
    """Remove the file of the whole where its shards are written, and the shards where the whole is.

    Who reads the folder must not read sentences twice.

    path (Path): the file of the whole.
    shard (Tuple[int, int]): what is written now.
    """
    others = [path] if shard != (1, 1) else path.parent.glob(f"{path.stem}.*-of-*{path.suffix}")
    for other in others:
        other.unlink(missing_ok=True)


def require(option: str, value: object, needed: str, is_there: object) -> None:
    """Check that an option has beside it the one that it belongs to.

    option (str): the option's name, for the message.
    value (object): what was given for it; nothing is checked if that is false, as None or 0.
    needed (str): the name of the other one.
    is_there (object): true if that was given.
    RAISES: X306 if the other is missing.
    """
    if value and not is_there:
        raise XnerError(
            Errors.X306.format(found=option, expected=f"of use without {needed}", option="one of them")
        )


@contextlib.contextmanager
def show_progress(label: str, unit: str = "sentences", total: int = 0) -> Iterator[Progress]:
    """A bar on stderr; where that is a file, a line in half a minute at most.

    label (str): what is done.
    unit (str): what is counted.
    total (int): how many there are, 0 if that is not known yet.
    YIELDS (Callable[[int, int], None]): to be told of what is done, and of all, 0 if that is not known.
    """
    interval = 0.1 if sys.stderr.isatty() else 30.0
    with tqdm(
        desc=label, unit=f" {unit}", total=total or None, file=sys.stderr, mininterval=interval, leave=False
    ) as bar:

        def update(done: int, total: int) -> None:
            bar.total = max(done, total) or None
            bar.update(done - bar.n)

        yield update
