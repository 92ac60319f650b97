"""Translation with Apertium, which has rules, dictionaries and native marks."""

import hashlib
import os
import re
import subprocess
from pathlib import Path
from typing import List, Literal, Optional, Sequence, Tuple

from ...errors import Errors, XnerError
from ..marks import extract_marks, insert_marks
from ..programs import run_group
from ..types import MakeTranslator, MarkedText, Translator
from .apertium_stream import escape, join_places, parse_stream
from .families import shorten
from .languages import get_forms
from .origins import describe_origin

Marks = Literal["blanks", "brackets", "none"]

# Most sentences of a call, and most characters, unless the first sentence is longer.
MAX_SENTENCES, MAX_CHARACTERS = 100, 20000


def create_apertium_translator(
    marks: Marks = "blanks", retry: bool = True, timeout: float = 60.0, mark_unknown: bool = False
) -> MakeTranslator:
    """Create the engine `spacy-xner.ApertiumTranslator.v1`.

    marks (Marks): how spans are marked: "blanks" (Apertium's own), "brackets" in the text, or "none".
    retry (bool): whether to translate a sentence again with brackets if the words of a span were scattered; Apertium
        does not scatter words in brackets.
    timeout (float): timeout in seconds of a call, which translates up to 100 sentences.
    mark_unknown (bool): whether to put "*" before words that Apertium does not know.
    RETURNS (MakeTranslator): makes the translator for two languages.
    RAISES: X206 without Apertium, X208 without data for the languages, X209 if listing the languages takes too long;
        all when a translator is made.
    """

    def make_translator(source: str, target: str) -> Translator:
        return ApertiumTranslator((source, target), marks, retry, timeout, mark_unknown)

    return make_translator


class ApertiumTranslator:
    """Translates with the program `apertium`. For the other arguments see `create_apertium_translator`.

    languages (Tuple[str, str]): codes of source and target.
    """

    def __init__(
        self, languages: Tuple[str, str], marks: Marks, retry: bool, timeout: float, mark_unknown: bool
    ) -> None:
        self.marks = marks
        self.brackets: Optional[ApertiumTranslator] = None
        if retry and marks == "blanks":
            self.brackets = ApertiumTranslator(languages, "brackets", False, timeout, mark_unknown)
        self.timeout = timeout
        mode = find_mode(*languages, timeout)
        self.command = ["apertium", "-f", "none", "-z", *([] if mark_unknown else ["-u"]), mode]
        self.licence = "GPL-2.0-or-later"
        unknown = ":mark_unknown" if mark_unknown else ""
        self.name = (
            f"apertium:{describe_data(mode)}:marks={marks}{unknown}{':retry' if self.brackets else ''}"
        )

    def translate(self, sentences: Sequence[MarkedText]) -> List[Optional[MarkedText]]:
        """Translate sentences. A span whose words were scattered is None.

        sentences (Sequence[MarkedText]): the sentences.
        RETURNS (List[Optional[MarkedText]]): their translations, None for a sentence at which Apertium stops or hangs.
        RAISES: X209 if Apertium fails, or hangs at every single sentence.
        """
        results: List[Optional[MarkedText]] = []
        chunk: List[MarkedText] = []
        for sentence in sentences:
            size = sum(len(other.text) for other in chunk) + len(sentence.text)
            if chunk and (len(chunk) == MAX_SENTENCES or size > MAX_CHARACTERS):
                results += self._translate_chunk(chunk)
                chunk = []
            chunk.append(sentence)
        results += self._translate_chunk(chunk) if chunk else []
        return results if self.brackets is None else self._retry(sentences, results, self.brackets)

    def _retry(
        self,
        sentences: Sequence[MarkedText],
        results: List[Optional[MarkedText]],
        brackets: "ApertiumTranslator",
    ) -> List[Optional[MarkedText]]:
        """RETURNS (List[Optional[MarkedText]]): the results.

        One with lost spans is replaced by the translation with brackets if that has all spans.
        """
        lost = [
            k
            for k, result in enumerate(results)
            if result is not None and result.text and None in result.spans and None not in sentences[k].spans
        ]
        for k, again in zip(lost, brackets.translate([sentences[k] for k in lost]), strict=True):
            if again is not None and None not in again.spans:
                results[k] = again
        return results

    def _translate_chunk(self, sentences: Sequence[MarkedText]) -> List[Optional[MarkedText]]:
        texts = [self._write(sentence) for sentence in sentences]
        try:
            outputs = self._run([f"{text}[][{i}]" for i, text in enumerate(texts)])
        except subprocess.TimeoutExpired as error:
            if len(sentences) == 1:
                return [None]
            # Translated one by one, they show at which sentence it hangs. If it hangs at all, Apertium is at fault.
            each = [self._translate_chunk([sentence])[0] for sentence in sentences[:2]]
            if each == [None, None]:
                reason = (
                    f"took more than {self.timeout:g} seconds for {len(texts)} sentences, and for each of two"
                )
                raise XnerError(Errors.X209.format(engine="apertium", reason=reason)) from error
            return each + [self._translate_chunk([sentence])[0] for sentence in sentences[2:]]
        results: List[Optional[MarkedText]] = []
        for i, sentence in enumerate(sentences):
            output = outputs[i] if i < len(outputs) else ""
            if not sentence.text.strip():
                results.append(MarkedText("", (None,) * len(sentence.spans)))
            elif output.endswith(f"[{i}]"):
                results.append(self._read(output, len(sentence.spans)))
            elif len(sentences) > 1:
                # Apertium stopped at a sentence; the sentences after it are translated again.
                results += self._translate_chunk(sentences[i : i + 1])
            else:
                results.append(None)
        return results

    def _write(self, sentence: MarkedText) -> str:
        """RETURNS (str): the sentence in Apertium's format."""
        if self.marks != "blanks":
            return escape(sentence.text if self.marks == "none" else insert_marks(sentence, self.marks))
        parts: List[str] = []
        at = 0
        for (start, end), i in sorted((span, i) for i, span in enumerate(sentence.spans) if span is not None):
            inner = sentence.text[start:end]
            start += len(inner) - len(inner.lstrip())
            parts.append(escape(sentence.text[at:start]))
            if inner.strip():
                parts.append(f"[[t:b:{i}]]{escape(inner.strip())}[[/]]")
            at = start + len(inner.strip())
        return "".join([*parts, escape(sentence.text[at:])])

    def _read(self, output: str, n_spans: int) -> MarkedText:
        text, places = parse_stream(output)
        if self.marks not in ("blanks", "none"):
            return extract_marks(text, self.marks, n_spans)
        return MarkedText(text, join_places(text, places, n_spans))

    def _run(self, texts: List[str]) -> List[str]:
        """RETURNS (List[str]): the output up to each NUL."""
        data = "".join(f"{text}\0" for text in texts).encode("utf8", "replace")
        # A pipeline of a dozen processes, which must all be killed on timeout.
        status, out, err = run_group(self.command, self.timeout, data)
        if status:
            lines = err.decode("utf8", "replace").strip().splitlines() or ["no message"]
            reason = f"failed with status {status} ({lines[-1]})"
            raise XnerError(Errors.X209.format(engine="apertium", reason=reason))
        return out.decode("utf8", "replace").split("\0")


def find_mode(source: str, target: str, timeout: float) -> str:
    """Find Apertium's name of a direction.

    source, target (str): codes of ISO 639-1, or those that Apertium uses, such as "eng_US".
    timeout (float): timeout of the call in seconds.
    RETURNS (str): the mode, such as "eng-spa".
    RAISES: X206 without Apertium, X208 if there is no such mode, X209 if the call takes too long.
    """
    try:
        listed = subprocess.run(["apertium", "-l"], capture_output=True, text=True, timeout=timeout)
    except FileNotFoundError as error:
        command = "apt-get install apertium apertium-eng-spa"
        raise XnerError(
            Errors.X206.format(engine="apertium", what="the program apertium", command=command)
        ) from error
    except subprocess.TimeoutExpired as error:
        reason = f"took more than {timeout:g} seconds to list its directions"
        raise XnerError(Errors.X209.format(engine="apertium", reason=reason)) from error
    modes = sorted(line.strip() for line in listed.stdout.splitlines() if line.strip())
    pairs = [f"{left}-{right}" for left in get_forms(source) for right in get_forms(target)]
    for pair in pairs:
        if pair in modes:
            return pair
    raise XnerError(Errors.X208.format(engine="apertium", source=source, target=target, found=shorten(modes)))


def describe_data(mode: str) -> str:
    """Name a direction together with its data, so that other data gives another name.

    mode (str): the mode from `find_mode`.
    RETURNS (str): the mode, with a digest of the files that it reads if they can be found.
    """
    folder = Path(os.environ.get("APERTIUM_DATADIR", "/usr/share/apertium"))
    file = folder / "modes" / f"{mode}.mode"
    if not file.is_file():
        return mode
    data = re.findall(r"'([^']+)'", file.read_text(encoding="utf8"))
    stamps = " ".join(describe_origin(name) for name in data if Path(name).is_file())
    return f"{mode}@{hashlib.sha1(stamps.encode(), usedforsecurity=False).hexdigest()[:8]}"
