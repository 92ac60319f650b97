"""Word-by-word translation with a lexicon, as a baseline or for languages without another engine."""

from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple

from ..lexicon import read_lexicon
from ..types import Chars, MakeTranslator, MarkedText, Translator
from .origins import describe_origin


def create_lexicon_translator(path: str) -> MakeTranslator:
    """Create the engine `spacy-xner.LexiconTranslator.v1`.

    path (str): a table of names and words with a column for each language (see `read_lexicon`).
    RETURNS (MakeTranslator): makes the translator for two languages.
    RAISES: X205 if the table lacks one of the languages, and errors of reading it; all when a translator is made.
    """

    def make_translator(source: str, target: str) -> Translator:
        return LexiconTranslator(Path(path), source, target)

    return make_translator


class LexiconTranslator:
    """Replaces the longest phrases of the lexicon, from left to right, by their first translation.

    Other words are kept. Words are joined by single spaces. Spans are translated separately, so none is lost.

    path (Path): the lexicon.
    source, target (str): the names of its columns.
    """

    def __init__(self, path: Path, source: str, target: str) -> None:
        import spacy

        from ...tokenizer import create_mixed_script_tokenizer

        self.tokenizer = create_mixed_script_tokenizer()(spacy.blank("xx"))
        self.phrases: Dict[Tuple[str, ...], str] = {}
        for name, renderings in read_lexicon(path, source, target).items():
            self.phrases.setdefault(tuple(self._tokenize(name)), " ".join(renderings[0].split()))
        self.longest = max(map(len, self.phrases), default=0)
        self.licence = "unknown"
        self.name = f"lexicon:{describe_origin(str(path))}:{source}-{target}"

    def translate(self, sentences: Sequence[MarkedText]) -> List[Optional[MarkedText]]:
        """Translate sentences.

        sentences (Sequence[MarkedText]): the sentences.
        RETURNS (List[Optional[MarkedText]]): their translations; a span is None only if it covers nothing.
        """
        return [self._translate(sentence) for sentence in sentences]

    def _translate(self, sentence: MarkedText) -> MarkedText:
        text = ""
        spans: List[Optional[Chars]] = [None] * len(sentence.spans)
        at = 0
        numbered = sorted((span, i) for i, span in enumerate(sentence.spans) if span is not None)
        pieces = []
        for (start, end), i in numbered:
            pieces += [(sentence.text[at:start], None), (sentence.text[start:end], i)]
            at = end
        for piece, number in [*pieces, (sentence.text[at:], None)]:
            translated = self._replace(self._tokenize(piece))
            if not translated:
                continue
            text += " " if text else ""
            if number is not None:
                spans[number] = (len(text), len(text) + len(translated))
            text += translated
        return MarkedText(text, tuple(spans))

    def _replace(self, words: List[str]) -> str:
        folded = [word.casefold() for word in words]
        result = []
        at = 0
        while at < len(words):
            ends = range(min(at + self.longest, len(words)), at, -1)
            end = next((end for end in ends if tuple(folded[at:end]) in self.phrases), None)
            result.append(words[at] if end is None else self.phrases[tuple(folded[at:end])])
            at = end or at + 1
        return " ".join(result)

    def _tokenize(self, text: str) -> List[str]:
        return [token.text for token in self.tokenizer(text) if not token.is_space]
