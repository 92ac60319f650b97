"""Translation by looking up sentences in a translation memory."""

from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple

from ...errors import Errors, XnerError
from ...files import find_packed
from ..memory import normalize_key, read_pairs
from ..types import MakeTranslator, MarkedText, Translator
from .origins import describe_origin


def create_memory_translator(path: str, reverse: bool = False) -> MakeTranslator:
    """Create the engine `spacy-xner.MemoryTranslator.v1`.

    path (str): a file with lines of source text, tab, target text; or a folder with `{source}-{target}.tsv` or, for the
        other direction, `{target}-{source}.tsv`; each also as `.gz`.
    reverse (bool): for a file, whether the target text comes first; for a folder, whether to prefer the file of the
        other direction if both exist.
    RETURNS (MakeTranslator): makes the translator for two languages.
    RAISES: X101 if there is no memory, and errors of `read_memory`; all when a translator is made.
    """

    def make_translator(source: str, target: str) -> Translator:
        return MemoryTranslator(*choose_file(Path(path), (source, target), reverse))

    return make_translator


class MemoryTranslator:
    """Looks up sentences by their text, or by their tokens separated by spaces.

    path (Path): the memory.
    is_swapped (bool): whether its columns are target and source.
    """

    by_tokens = True

    def __init__(self, path: Path, is_swapped: bool) -> None:
        self.texts: Dict[str, str] = {}
        for source, target in read_pairs(path):
            if is_swapped:
                source, target = target, source
            self.texts.setdefault(normalize_key(source), target)
        self.licence = "unknown"
        self.name = f"memory:{describe_origin(str(path))}" + (":reverse" if is_swapped else "")

    def translate(self, sentences: Sequence[MarkedText]) -> List[Optional[MarkedText]]:
        """Look up the translations of sentences. The places of spans are not known.

        sentences (Sequence[MarkedText]): the sentences.
        RETURNS (List[Optional[MarkedText]]): their translations, None for a sentence that the memory lacks.
        """
        results: List[Optional[MarkedText]] = []
        for sentence in sentences:
            key = normalize_key(sentence.text)
            text = self.texts.get(key) if key else ""
            results.append(None if text is None else MarkedText(text, (None,) * len(sentence.spans)))
        return results


def choose_file(path: Path, languages: Tuple[str, str], reverse: bool) -> Tuple[Path, bool]:
    """Find the translation memory of a language pair.

    path (Path): a file, or a folder of files named after language pairs.
    languages (Tuple[str, str]): codes of source and target.
    reverse (bool): for a folder, whether to prefer the other direction; for a file, whether it is of the other
        direction.
    RETURNS (Tuple[Path, bool]): the file, and whether its columns are target and source.
    RAISES: X101 if there is none.
    """
    if not path.is_dir():
        return path, reverse
    source, target = languages
    names = [(path / f"{source}-{target}.tsv", False), (path / f"{target}-{source}.tsv", True)]
    for name, is_swapped in names[::-1] if reverse else names:
        file = find_packed(name)
        if file is not None:
            return file, is_swapped
    raise XnerError(Errors.X101.format(path="' or '".join(str(name) for name, _ in names)))
