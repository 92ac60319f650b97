"""Translation by looking up sentences in a translation memory."""

from pathlib import Path
from typing import Callable, Dict, List, Optional, Sequence, Tuple

from ...errors import Errors, XnerError
from ...files import find_packed
from ..memory import normalize_key, read_pairs
from ..sentences import find_joined, pair_sentences
from ..types import MakeTranslator, MarkedText, Translator
from .origins import describe_origin

# Of more translations of one text the first ones count.
MOST_TRANSLATIONS = 5


def create_memory_translator(path: str, reverse: bool = False) -> MakeTranslator:
    """Create the engine `spacy-xner.MemoryTranslator.v1`.

    path (str): a file with lines of source text, tab, target text; or a folder with `{source}-{target}.tsv` or, for the
        other direction, `{target}-{source}.tsv`; each also as `.gz`.
    reverse (bool): for a file, whether the target text comes first; for a folder, whether to prefer the file of the
        other direction if both exist.
    RETURNS (MakeTranslator): makes the translator for two languages.
    RAISES: X101 if there is no memory, and errors of `read_pairs`; all when a translator is made.
    """

    def make_translator(source: str, target: str) -> Translator:
        return MemoryTranslator(*choose_file(Path(path), (source, target), reverse))

    return make_translator


class MemoryTranslator:
    """Looks up sentences by their text, or by their tokens separated by spaces.

    A text of several sentences that the memory has one by one is found, and so is a sentence of which the memory has
    only a text of several, if it can be seen which of the translation's sentences is its own.

    path (Path): the memory.
    is_swapped (bool): whether its columns are target and source.
    """

    by_tokens = True

    def __init__(self, path: Path, is_swapped: bool) -> None:
        found: Dict[str, Dict[str, None]] = {}
        for source, target in read_pairs(path):
            if is_swapped:
                source, target = target, source
            found.setdefault(normalize_key(source), {})[target] = None
        self.licence = "unknown"
        self.name = f"memory:{describe_origin(str(path))}" + (":reverse" if is_swapped else "")
        self.texts = {source: next(iter(targets)) for source, targets in found.items()}
        self.alternatives = [
            _Alternative(f"{self.name}:{k}", rows) for k, rows in enumerate(_list_others(found), start=2)
        ]
        self.parts: Dict[str, str] = {}
        for source, target in self.texts.items():
            for part, translation in pair_sentences(source, normalize_key(target)).items():
                self.parts.setdefault(part, translation)

    def translate(self, sentences: Sequence[MarkedText]) -> List[Optional[MarkedText]]:
        """Look up the translations of sentences. The places of spans are not known.

        sentences (Sequence[MarkedText]): the sentences.
        RETURNS (List[Optional[MarkedText]]): their translations, None for a sentence that the memory lacks.
        """
        return _translate(sentences, self._find)

    def _find(self, key: str) -> Optional[str]:
        places = (self.texts.get(key), self.parts.get(key))
        found = next((text for text in places if text is not None), None)
        return find_joined(key, self.texts) if found is None else found


class _Alternative:
    """Looks up further translations of sentences that a memory has several of."""

    licence = "unknown"

    def __init__(self, name: str, texts: Dict[str, str]) -> None:
        self.name = name
        self.texts = texts

    def translate(self, sentences: Sequence[MarkedText]) -> List[Optional[MarkedText]]:
        return _translate(sentences, self.texts.get)


def _translate(
    sentences: Sequence[MarkedText], find: Callable[[str], Optional[str]]
) -> List[Optional[MarkedText]]:
    results: List[Optional[MarkedText]] = []
    for sentence in sentences:
        key = normalize_key(sentence.text)
        text = find(key) if key else ""
        results.append(None if text is None else MarkedText(text, (None,) * len(sentence.spans)))
    return results


def _list_others(found: Dict[str, Dict[str, None]]) -> List[Dict[str, str]]:
    """RETURNS (List[Dict[str, str]]): the second translations by text, the third, and so on."""
    lists = {source: list(targets)[:MOST_TRANSLATIONS] for source, targets in found.items()}
    most = max(map(len, lists.values()), default=0)
    return [{source: texts[k] for source, texts in lists.items() if len(texts) > k} for k in range(1, most)]


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
