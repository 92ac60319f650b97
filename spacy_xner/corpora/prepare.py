"""Converting a folder of data in several languages to the corpora of a workflow."""

import re
from pathlib import Path
from typing import Dict, List, Optional, Sequence

from ..errors import Errors, XnerError
from .convert import MAX_DROPPED, SPLITS, TokenizerT, convert
from .store import remove_others
from .summary import ConvertSummary

# Copies, locks and unfinished downloads that editors, version control and browsers leave beside a file.
LEFTOVER = re.compile(
    r"~$|#$|\.(bak|backup|old|orig|rej|tmp|temp|part|swp|swo|lock|md5|sha256)$", re.IGNORECASE
)


def find_split(data: Path, language: str, split: str) -> Optional[Path]:
    """Find the file of a language and split: `{split}.{language}.*` or `{language}/{split}.*`.

    Files that editors leave behind are ignored.

    data (Path): the folder.
    language (str): code of the language.
    split (str): train, dev or test.
    RETURNS (Optional[Path]): the file, None if there is none.
    RAISES: X152 if there are several.
    """
    found = [*sorted(data.glob(f"{split}.{language}.*")), *sorted((data / language).glob(f"{split}.*"))]
    found = [path for path in found if path.is_file() and not LEFTOVER.search(path.name)]
    if len(found) > 1:
        raise XnerError(Errors.X152.format(found=", ".join(f"'{path}'" for path in found)))
    return found[0] if found else None


def prepare_data(
    data: Path,
    output: Path,
    source: str,
    targets: Sequence[str],
    *,
    tokenizer: TokenizerT,
    limit: Optional[int] = None,
    max_dropped: float = MAX_DROPPED,
) -> Dict[str, ConvertSummary]:
    """Convert labelled source text, unlabelled target text and labelled test text.

    This writes `source/{train,dev,test}.spacy`, `target/{language}.spacy` without annotation, and
    `test/{language}.spacy` for languages with test text; without any, an empty folder. No other label of a target
    language is kept. Files of other languages in these folders are removed.

    data (Path): the folder, see `find_split`, with files in any format that `convert` reads.
    output (Path): the folder for the corpora.
    source (str): code of the source language.
    targets (Sequence[str]): codes of the target languages.
    tokenizer (Callable[[str], Doc]): tokenizes raw text.
    limit (Optional[int]): most sentences of each training corpus.
    max_dropped (float): the largest share of entities of a file that may be off token boundaries.
    RETURNS (Dict[str, ConvertSummary]): what was read and written, by file name.
    RAISES: X101 (no folder, or no source text), X152 (several files for one), X301 (no text of a target language), and
        what `convert` raises.
    """
    if not data.is_dir():
        raise XnerError(Errors.X101.format(path=data))
    jobs: List[tuple] = []
    for split in SPLITS:
        path = find_split(data, source, split)
        if path is None and split != "test":
            raise XnerError(Errors.X101.format(path=data / f"{split}.{source}.*"))
        if path is not None:
            jobs.append((path, f"source/{split}.spacy", source, split, False))
    for language in targets:
        train, test = find_split(data, language, "train"), find_split(data, language, "test")
        if train is None:
            raise XnerError(Errors.X301.format(language=language, path=data))
        jobs.append((train, f"target/{language}.spacy", language, "train", True))
        if test is not None:
            jobs.append((test, f"test/{language}.spacy", language, "test", False))
    written = {}
    for path, name, language, split, unlabelled in jobs:
        written[name] = convert(
            path,
            output / name,
            language=language,
            view="s" if language == source else None,
            unlabelled=unlabelled,
            limit=limit if split == "train" else None,
            max_dropped=max_dropped,
            group_prefix=f"{language}-{split}-",
            tokenizer=tokenizer,
        )
    for folder in ("source", "target", "test"):
        remove_others(output / folder, [Path(name).stem for name in written if name.startswith(f"{folder}/")])
    (output / "test").mkdir(exist_ok=True)  # which later steps read: without test text they say so
    return written
