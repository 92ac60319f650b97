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
# Codes of languages, as "pt", "fil", "pt-BR" or "zh-Hant".
CODE = re.compile(r"[a-z]{2,3}(-([A-Z]{2}|[A-Z][a-z]{3}))?")
# The folder of test text in languages that no training reads.
UNSEEN = "unseen"
# What is read of the targets' dev text.
DEV = ("none", "text", "labels")


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


def find_languages(data: Path, split: str) -> List[str]:
    """List the languages whose files of a split `find_split` finds.

    data (Path): the folder.
    split (str): train, dev or test.
    RETURNS (List[str]): their codes, sorted; names that are no codes of languages are ignored.
    """
    codes = {path.name.split(".")[1] for path in data.glob(f"{split}.*.*")}
    codes.update(path.parent.name for path in data.glob(f"*/{split}.*"))
    return sorted(code for code in codes if CODE.fullmatch(code) and find_split(data, code, split))


def prepare_data(
    data: Path,
    output: Path,
    source: str,
    targets: Sequence[str],
    *,
    tokenizer: TokenizerT,
    limit: Optional[int] = None,
    max_dropped: float = MAX_DROPPED,
    unseen: bool = True,
    dev: str = DEV[0],
) -> Dict[str, ConvertSummary]:
    """Convert labelled source text, unlabelled target text and labelled test text.

    This writes `source/{train,dev,test}.spacy`, `target/{language}.spacy` without annotation, and
    `test/{language}.spacy` for targets with test text; without any, the folder is empty. Test text of further languages
    goes to `test/unseen/{language}.spacy`: what no training reads. Dev text of the targets goes to
    `dev/{language}.spacy` if asked for. No other label of another language is kept. Files of other languages in these
    folders are removed.

    data (Path): the folder, see `find_split`, with files in any format that `convert` reads.
    output (Path): the folder for the corpora.
    source (str): code of the source language.
    targets (Sequence[str]): codes of the target languages.
    tokenizer (Callable[[str], Doc]): tokenizes raw text.
    limit (Optional[int]): most sentences of each training corpus.
    max_dropped (float): the largest share of entities of a file that may be off token boundaries.
    unseen (bool): whether to convert test text of languages that are neither source nor target.
    dev (str): what of the targets' dev text to convert, "none", its "text", or its "labels" too: by these a checkpoint
        can be chosen.
    RETURNS (Dict[str, ConvertSummary]): what was read and written, by file name.
    RAISES: X101 (no folder, no source text, or no dev text that is asked for), X152 (several files for one), X301 (no
        text of a target language), X306 for another value of `dev`, and what `convert` raises.
    """
    if dev not in DEV:
        raise XnerError(Errors.X306.format(found=dev, expected=f"one of {DEV}", option="--target-dev"))
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
        if dev != "none":
            path = find_split(data, language, "dev")
            if path is None:
                raise XnerError(Errors.X101.format(path=data / f"dev.{language}.*"))
            jobs.append((path, f"dev/{language}.spacy", language, "dev", dev == "text"))
    for language in find_languages(data, "test") if unseen else ():
        if language not in (source, *targets):
            test = find_split(data, language, "test")
            jobs.append((test, f"test/{UNSEEN}/{language}.spacy", language, "test", False))
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
    for folder in ("source", "target", *(["dev"] if dev != "none" else []), "test", f"test/{UNSEEN}"):
        kept = [Path(name).stem for name in written if str(Path(name).parent) == folder]
        remove_others(output / folder, kept)
    (output / "test").mkdir(exist_ok=True)  # which later steps read: without test text they say so
    return written
