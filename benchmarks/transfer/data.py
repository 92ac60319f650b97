"""The files of one language pair, as a user would lay them out: labelled text, raw text, translations.

Labelled text is in `DIR/{corpus}/{language}/{split}.iob`, its translations in `DIR/{corpus}_translated`, those of raw
text in `DIR/{corpus}_parallel`, other parallel text in `DIR/{name}`, each file also as `.gz`.
"""

from argparse import ArgumentDefaultsHelpFormatter, ArgumentParser
from pathlib import Path
from typing import Any, Dict, Optional, Sequence, Tuple

import srsly
from spacy.tokens import Doc
from weasel.util import get_checksum

from spacy_xner.corpora.convert import convert
from spacy_xner.corpora.store import read_docs
from spacy_xner.errors import Errors, XnerError
from spacy_xner.files import find_packed
from spacy_xner.tokenizer import get_blank
from spacy_xner.translation.memory import read_pairs

SPLITS = ("train", "dev", "test")
# Written without spaces: the text is joined, and tokens are cut as the pipelines' tokenizer does.
UNSPACED = ("ja", "km", "lo", "my", "th", "zh")


def make_data_parser(description: Optional[str], out: str, work: str = "benchmark") -> ArgumentParser:
    """RETURNS (ArgumentParser): the options for data. out, work (str): the defaults of --out and --work."""
    parser = ArgumentParser(description=description, formatter_class=ArgumentDefaultsHelpFormatter)
    add = parser.add_argument
    add("--data", type=Path, required=True, help="folder of the corpora")
    add("--corpus", default="conll")
    add("--source", default="en")
    add("--targets", nargs="+", required=True)
    add("--limit", type=int, default=0, help="most sentences of a training corpus, 0 for all")
    add("--work", type=Path, default=Path(work), help="keeps what is made; remove it if the code changes")
    add("--out", type=Path, default=Path(out), help="gets the rows")
    return parser


def lay_out(
    data: Path,
    folder: Path,
    corpora: Tuple[str, str],
    languages: Tuple[str, str],
    parallel: Sequence[str],
    engine: Optional[str] = None,
) -> Dict[str, Any]:
    """Put the files of a language pair (source, target) together.

    folder (Path): where they go: data/, memory/ (of labelled text) and parallel/ (of raw text).
    parallel (Sequence[str]): names of corpora of parallel text, for labelled text without translation.
    engine (Optional[str]): a .cfg with a block [translator]; None for the translations of raw text that there are, in
        which words are aligned instead of marks that come back.
    RETURNS (Dict[str, Any]): vars of the projects.
    RAISES: X101 without labelled text, or without the engine's file.
    """
    pair = "-".join(languages)
    for corpus, language in zip(corpora, languages, strict=True):
        for split in SPLITS:
            path = find_packed(data / corpus / language / f"{split}.iob")
            if path is None:
                if split != "test":
                    raise XnerError(Errors.X101.format(path=data / corpus / language / f"{split}.iob"))
            elif language in UNSPACED:
                columns = folder / "columns" / language / f"{path.name}.spacy"
                target = folder / "data" / language / f"{split}.jsonl"
                if not target.exists():
                    convert(path, columns, language=language)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    srsly.write_jsonl(target, map(to_row, read_docs(columns, get_blank().vocab)))
            else:
                link(path, folder / "data" / language / path.name)
    found = {"data": "data", "memory": "memory", "source": languages[0]}
    found.update(dict.fromkeys(("targets", "target", "languages"), languages[1]))
    found.update(engine="memory --set path=parallel", gazetteer="null", variants=0)
    if engine is not None:
        if not Path(engine).is_file():
            raise XnerError(Errors.X101.format(path=engine))
        found["engine"] = f"engine/{get_checksum(engine)}.cfg"  # of another text it is another file
        write_text(folder / found["engine"], Path(engine).read_text(encoding="utf8").splitlines())
    else:
        found["options_project"] = "--aligner eflomal"
    if not parallel:
        for place, name in (("memory", f"{corpora[0]}_translated"), ("parallel", f"{corpora[1]}_parallel")):
            (folder / place).mkdir(parents=True, exist_ok=True)
            for path in sorted((data / name).glob(f"{pair}.*")):
                link(path, folder / place / path.name)
        return found
    files = [data / name / f"{pair}.tsv" for name in parallel]
    pairs = {source: target for path in files for source, target in read_pairs(find_packed(path) or path)}
    write_text(folder / "memory" / f"{pair}.tsv", map("\t".join, pairs.items()))
    link(folder / "memory", folder / "parallel")
    write_text(folder / "pairs.txt", pairs)
    return {**found, "start": "start-parallel", "pairs": "pairs.txt"}


def to_row(doc: Doc) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): a sentence as text without spaces, with its spans."""
    starts = [0]
    for token in doc:
        starts.append(starts[-1] + len(token))
    spans = [{"start": starts[e.start], "end": starts[e.end], "label": e.label_} for e in doc.ents]
    return {"text": "".join(token.text for token in doc), "spans": spans}


def link(path: Path, target: Path) -> None:
    """Link to a file or folder, if that has not been done."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        target.symlink_to(path.resolve())


def write_text(path: Path, lines: Any) -> None:
    """Write lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf8")
