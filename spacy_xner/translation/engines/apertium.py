"""Translation with the rules and dictionaries of Apertium, which carries marks natively."""

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

# A call translates at most so many sentences and, but for the first of them, characters.
MAX_SENTENCES, MAX_CHARACTERS = 100, 20000


def create_apertium_translator(
    marks: Marks = "blanks", retry: bool = True, timeout: float = 60.0, mark_unknown: bool = False
) -> MakeTranslator:
    """Registered as `spacy-xner.ApertiumTranslator.v1`.

    marks (Marks): how spans are marked: "blanks" (by Apertium itself), "brackets" in the text, or "none".
    retry (bool): whether sentences one of whose spans came back scattered are translated again with brackets, which
        Apertium does not move apart.
    timeout (float): seconds for a call, which translates up to 100 sentences.
    mark_unknown (bool): whether words that Apertium does not know begin with "*" in the translation.
    RETURNS (MakeTranslator): makes the translator for two languages.
    RAISES: X206 without Apertium, X208 without data for the languages, X209 if listing these takes too long; all when a
        translator is made.
    """

    def make_translator(source: str, target: str) -> Translator:
        return ApertiumTranslator((source, target), marks, retry, timeout, mark_unknown)

    return make_translator


class ApertiumTranslator:
    """Translates with the program `apertium`. The arguments are those of `create_apertium_translator`; languages
    (Tuple[str, str]) are source and target.
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
        """Translate sentences. Of a span whose words were scattered the place is None.

        sentences (Sequence[MarkedText]): the sentences.
        RETURNS (List[Optional[MarkedText]]): their translations, None for one at which Apertium broke off.
        RAISES: X209 if Apertium fails, or is too slow for single sentences, too. None for one that it hangs at.
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
        """RETURNS (List[Optional[MarkedText]]): the results, where a span is lost that with brackets if it has all."""
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
            # Which of them it hangs at shows when they go singly; where all do, Apertium is at fault.
            each = [self._translate_chunk([sentence])[0] for sentence in sentences[:2]]
            if each == [None, None]:
                reason = (
                    f"took more than {self.timeout:g} seconds for {len(texts)} sentences, and for each of two"
                )
                raise XnerError(Errors.E209.format(engine="apertium", reason=reason)) from error
            return each + [self._translate_chunk([sentence])[0] for sentence in sentences[2:]]
        results: List[Optional[MarkedText]] = []
        for i, sentence in enumerate(sentences):
            output = outputs[i] if i < len(outputs) else ""
            if not sentence.text.strip():
                results.append(MarkedText("", (None,) * len(sentence.spans)))
            elif output.endswith(f"[{i}]"):
                results.append(self._read(output, len(sentence.spans)))
            elif len(sentences) > 1:
                # A stage broke off at a sentence; those after it are not to blame.
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
        # A pipeline of a dozen processes: all must end when time is out.
        status, out, err = run_group(self.command, self.timeout, data)
        if status:
            lines = err.decode("utf8", "replace").strip().splitlines() or ["no message"]
            reason = f"failed with status {status} ({lines[-1]})"
            raise XnerError(Errors.E209.format(engine="apertium", reason=reason))
        return out.decode("utf8", "replace").split("\0")


def find_mode(source: str, target: str, timeout: float) -> str:
    """Find what Apertium calls a direction.

    source, target (str): codes of ISO 639-1, or those that Apertium uses, such as "eng_US".
    timeout (float): seconds for the call.
    RETURNS (str): the mode, such as "eng-spa".
    RAISES: X206 without Apertium, X208 if there is no such mode, X209 if the call takes too long.
    """
    try:
        listed = subprocess.run(["apertium", "-l"], capture_output=True, text=True, timeout=timeout)
    except FileNotFoundError as error:
        command = "apt-get install apertium apertium-eng-spa"
        raise XnerError(
            Errors.E206.format(engine="apertium", what="the program apertium", command=command)
        ) from error
    except subprocess.TimeoutExpired as error:
        reason = f"took more than {timeout:g} seconds to list its directions"
        raise XnerError(Errors.E209.format(engine="apertium", reason=reason)) from error
    modes = sorted(line.strip() for line in listed.stdout.splitlines() if line.strip())
    pairs = [f"{left}-{right}" for left in get_forms(source) for right in get_forms(target)]
    for pair in pairs:
        if pair in modes:
            return pair
    raise XnerError(Errors.E208.format(engine="apertium", source=source, target=target, found=shorten(modes)))


def describe_data(mode: str) -> str:
    """Name a direction so that other data has another name.

    mode (str): what `find_mode` gave.
    RETURNS (str): the mode, with a digest of the files that it reads as far as they can be found.
    """
    folder = Path(os.environ.get("APERTIUM_DATADIR", "/usr/share/apertium"))
    file = folder / "modes" / f"{mode}.mode"
    if not file.is_file():
        return mode
    data = re.findall(r"'([^']+)'", file.read_text(encoding="utf8"))
    stamps = " ".join(describe_origin(name) for name in data if Path(name).is_file())
    return f"{mode}@{hashlib.sha1(stamps.encode(), usedforsecurity=False).hexdigest()[:8]}"
