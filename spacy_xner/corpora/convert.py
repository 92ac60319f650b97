"""Conversion of labelled and raw text from common formats to `.spacy` files, and from these to other formats."""

from itertools import islice
from pathlib import Path
from typing import Callable, Iterator, List, Optional, Tuple, Union

from spacy.tokens import Doc
from spacy.vocab import Vocab

from ..errors import Errors, XnerError
from ..files import keep_inputs
from ..metadata import get_group, get_language, set_metadata
from ..tokenizer import get_blank
from ..tokens import copy_unlabelled
from .export import export_docs
from .formats import READERS, ReadOptions, detect_format, find_likeliest, is_brat
from .formats.writers import LINES, WRITERS
from .make import make_doc
from .store import find_corpora, pack_docs, read_docs, unpack_docs, write_docs
from .summary import ConvertSummary, check_summary, sift_records

TokenizerT = Callable[[str], Doc]

# A larger share of entities off token boundaries means shifted offsets or an unsuitable tokenizer.
MAX_DROPPED = 0.2
# Most tokens of a sentence.
MAX_TOKENS = 10000
# What files of data are named by, as in `train.en.jsonl`.
SPLITS = ("train", "dev", "test")

# The format of an output by the ending of its name.
ENDINGS = {
    ".spacy": "spacy",
    ".jsonl": "jsonl",
    ".json": "label-studio",
    ".parquet": "huggingface",
    ".iob": "iob2",
    ".conll": "iob2",
}


def tokenize_blank(text: str) -> Doc:
    """Tokenize with the mixed-script tokenizer, which is created at the first call.

    text (str): the raw text.
    RETURNS (Doc): the tokens.
    """
    return get_blank().tokenizer(text)


def convert(
    input_path: Union[str, Path],
    output_path: Union[str, Path],
    *,
    format: str = "auto",
    to: str = "auto",
    language: Optional[str] = None,
    view: Optional[str] = None,
    unlabelled: bool = False,
    limit: Optional[int] = None,
    max_tokens: int = MAX_TOKENS,
    max_dropped: float = MAX_DROPPED,
    skip_invalid: int = 0,
    text_key: Optional[str] = None,
    names: Optional[List[str]] = None,
    repair: bool = False,
    group_prefix: str = "",
    tokenizer: TokenizerT = tokenize_blank,
) -> ConvertSummary:
    """Convert a file. On any error nothing is written.

    input_path (Union[str, Path]): the file, gzipped if it ends in `.gz`.
    output_path (Union[str, Path]): the file to be written.
    format (str): "spacy", a key of `READERS`, or "auto" to infer it from name and content.
    to (str): "spacy", one of `WRITERS`, or "auto" to infer it from the name of the output.
    language (Optional[str]): the language of all sentences; None: the language given by the file.
    view (Optional[str]): the view of all sentences; None: the view given by the file.
    unlabelled (bool): drop the annotation, which must be well-formed all the same.
    limit (Optional[int]): most sentences to read.
    max_tokens (int): most tokens of a sentence.
    max_dropped (float): the largest share of entities that may be left out because they don't match token boundaries.
    skip_invalid (int): most invalid sentences that may be left out; each is reported.
    text_key (Optional[str]): the key of the text in JSON, or its column in a table; None for the usual names.
    names (Optional[List[str]]): the names of numeric tags, in order.
    repair (bool): repair tags that break the scheme, duplicate spans and empty tokens.
    group_prefix (str): prefix of the number that is the group of a sentence without an id.
    tokenizer (TokenizerT): tokenizes raw text; by default the mixed-script tokenizer. Tokens given by a format are
        kept.
    RETURNS (ConvertSummary): what was written.
    RAISES: X101-X109, X110, X115, X116, X129, X130, X135, X150, X151, X153, X154 (the input), X112, X131, X132,
        X137 (the output), X125 (pyarrow is missing), X306 (an option).
    """
    path, output = Path(input_path), Path(output_path)
    target = find_target(output, to)
    keep_inputs([path], output)
    _check_options(limit, max_tokens, skip_invalid, max_dropped)
    summary = ConvertSummary(path)
    docs = _read_docs(
        summary,
        ReadOptions(text_key, names, repair, unlabelled),
        format=_find_format(path, format, unlabelled),
        tokenizer=tokenizer,
        limit=limit,
        max_tokens=max_tokens,
        max_dropped=max_dropped,
        skip_invalid=skip_invalid,
        cut=target != "spacy",
    )

    def make_docs() -> Iterator[Doc]:
        for number, doc in docs:
            group = get_group(doc) or f"{group_prefix}{number}"
            set_metadata(doc, group=group, view=view, language=language)
            yield doc

    if target == "spacy":
        write_docs(output, make_docs())
    else:
        export_docs(output, make_docs(), target)
    return summary


def read_labelled(path: Union[str, Path], vocab: Vocab, language: Optional[str] = None) -> Iterator[Doc]:
    """Read labelled text in any format, without a file in between.

    path (Union[str, Path]): a `.spacy` file, a folder of them, or a file in any format that `convert` reads.
    vocab (Vocab): the vocabulary of the documents.
    language (Optional[str]): the language of sentences that do not tell theirs.
    YIELDS (Doc): the documents, as `convert` would store them.
    RAISES: X101, X110, X111 for `.spacy` files, and what `convert` raises for others.
    """
    path = Path(path)
    if path.is_dir() or path.suffix == ".spacy":
        docs = read_docs(path, vocab)
    else:
        # From tokens and characters to this vocabulary by the same way as through a file.
        found = _read_docs(ConvertSummary(path), ReadOptions(), format=_find_format(path, "auto", False))
        docs = iter(unpack_docs(pack_docs(doc for _, doc in found), vocab))
    for doc in docs:
        if language is not None and not get_language(doc):
            set_metadata(doc, language=language)
        yield doc


def list_labelled(path: Path) -> List[Path]:
    """List the files that `read_labelled` reads.

    path (Path): a file, or a folder.
    RETURNS (List[Path]): the file itself, or the `.spacy` files of the folder, sorted; none for an empty folder.
    RAISES: X101 if the path does not exist, X111 if a folder has other files alone.
    """
    if path.is_dir() and not any(path.iterdir()):
        return []
    return find_corpora(path)


def name_language(path: Path) -> str:
    """Name a language by a file, as far as its name tells one.

    path (Path): a file such as `de.spacy` or, with a split as in a folder of data, `test.de.jsonl`.
    RETURNS (str): "de" of these, else the name of the file without its endings.
    """
    if path.suffix == ".spacy":
        return path.stem
    first, *others = path.name.split(".")
    return others[0] if first in SPLITS and len(others) > 1 else first


def _read_docs(
    summary: ConvertSummary,
    options: ReadOptions,
    *,
    format: str,
    tokenizer: TokenizerT = tokenize_blank,
    limit: Optional[int] = None,
    max_tokens: int = MAX_TOKENS,
    max_dropped: float = MAX_DROPPED,
    skip_invalid: int = 0,
    cut: bool = False,
) -> Iterator[Tuple[int, Doc]]:
    """Read the summary's file; what there is to tell of its sentences is in the summary then.

    YIELDS (Tuple[int, Doc]): the sentences with their numbers in the file.
    RAISES: as `convert`, at the end for the file as a whole.
    """
    path, vocab = summary.path, Vocab()

    def read() -> Iterator[Tuple[str, Doc]]:
        if format == "spacy":
            for number, doc in enumerate(read_docs(path, vocab), start=1):
                yield f"line {number}", copy_unlabelled(doc, vocab) if options.unlabelled else doc
            return
        for record in sift_records(READERS[format](path, options), summary, skip_invalid):
            doc, dropped = make_doc(record, vocab, tokenizer, options.unlabelled, cut=cut)
            summary.dropped += [f"{record.place}: {found}" for found in dropped]
            yield record.place, doc

    for number, (place, doc) in enumerate(islice(read(), limit)):
        if cut and not doc.text.strip():
            continue  # other formats have no sentences without text
        if len(doc) > max_tokens:
            error = Errors.X108.format(path=path, place=place, found=len(doc), limit=max_tokens)
            summary.reject(XnerError(error), skip_invalid)
            continue
        summary.sentences += 1
        summary.unlabelled += len(doc) > 0 and not doc.has_annotation("ENT_IOB")
        summary.tokens += len(doc)
        summary.entities.update(ent.label_ for ent in doc.ents)
        yield number, doc
    # Before anything is written, so that a warning turned into an error leaves no file either.
    check_summary(summary, max_dropped)


def _check_options(limit: Optional[int], max_tokens: int, skip_invalid: int, max_dropped: float) -> None:
    for option, value, expected, fits in (
        ("--limit", limit, "a positive number", limit is None or limit > 0),
        ("--max-tokens", max_tokens, "a positive number", max_tokens > 0),
        ("--skip-invalid", skip_invalid, "a number of sentences", skip_invalid >= 0),
        ("--max-dropped", max_dropped, "a share from 0 to 1", 0 <= max_dropped <= 1),
    ):
        if not fits:
            raise XnerError(Errors.X306.format(found=value, expected=expected, option=option))


def _find_format(path: Path, format: str, unlabelled: bool) -> str:
    """RETURNS (str): "spacy" or a key of `READERS`. RAISES: X109 (unknown), X135 (not recognized), X154 (brat)."""
    if format == "auto" and not unlabelled and is_brat(path):
        raise XnerError(Errors.X154.format(path=path))
    name = detect_format(path) if format == "auto" else format
    known = ["spacy", *sorted(READERS)]
    if name in known:
        return str(name)
    if format != "auto":
        raise XnerError(Errors.X109.format(found=format, path=path, expected=known))
    likeliest, detail = find_likeliest(path), ""
    if likeliest is not None:
        found = READERS[likeliest](path, ReadOptions())
        errors = (str(item).partition("] ")[2] for item in found if isinstance(item, XnerError))
        detail = (
            f"; as '{likeliest}', which it is most like, it fails: {next(errors, 'few lines end in a tag')}"
        )
    raise XnerError(Errors.X135.format(path=path, detail=detail, expected=known))


def find_target(path: Path, to: str) -> str:
    """Find the format of an output file.

    path (Path): the file; its ending gives the format, and ".gz" stands for compression.
    to (str): "spacy", one of `WRITERS`, or "auto" to infer it from the name.
    RETURNS (str): "spacy" or one of `WRITERS`.
    RAISES: X132 if it can't be inferred, is unknown or can't be compressed.
    """
    name = path.name.removesuffix(".gz")
    endings = (ending for ending in ENDINGS if name.endswith(ending))
    target = ENDINGS.get(next(endings, ""), "") if to == "auto" else to
    if target not in ("spacy", *WRITERS) or (path.suffix == ".gz" and target not in LINES):
        raise XnerError(
            Errors.X132.format(path=path, found=to, endings=", ".join(ENDINGS), expected=["spacy", *WRITERS])
        )
    return target
