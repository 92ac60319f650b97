"""Translation with the models of Firefox Translations: small, for the CPU, without account.

Their decoders are recurrent (SSRU), which CTranslate2 does not know; fxtranslate is the engine of Mozilla's translation
team in Rust.
"""

import re
from pathlib import Path
from typing import Any, Dict, List, Literal, Optional, Sequence, Tuple

from ...errors import Errors, XnerError, explain
from ..marks import extract_marks, insert_marks
from ..remote.clients import import_client
from ..types import MakeTranslator, MarkedText, Translator
from .languages import is_language
from .origins import describe_origin

Marks = Literal["brackets", "slots", "none"]

# The files of a model as they are delivered, by what they are for; a shortlist may be missing.
FILES = {
    "model": "model.*.bin",
    "shortlist": "lex.*.bin",
    "src_vocab": "srcvocab.*.spm",
    "trg_vocab": "trgvocab.*.spm",
}
SHARED = "vocab.*.spm"
# Both codes of a direction, as in model.enes.intgemm.alphas.bin.
_DIRECTION = re.compile(r"model\.([a-z]{2})([a-z]{2})\.")


def create_firefox_translator(model: str, marks: Marks = "brackets") -> MakeTranslator:
    """Create the engine `spacy-xner.FirefoxTranslator.v1`.

    model (str): a folder with the files of a model, or of such folders with names like "en-es", as the program
        `fxtranslate` keeps them.
    marks (str): how spans are marked in the text: "slots" (with numbers), "brackets", or "none".
    RETURNS (MakeTranslator): makes the translator for two languages.
    RAISES: X206 without the package fxtranslate, X207 if the model can't be loaded, X208 if it is of another direction;
        all when a translator is made.
    """

    def make_translator(source: str, target: str) -> Translator:
        return FirefoxTranslator(Path(model).expanduser(), (source, target), marks)

    return make_translator


class FirefoxTranslator:
    """Translates with fxtranslate.

    model (Path): the folder, see `create_firefox_translator`.
    languages (Tuple[str, str]): codes of source and target.
    marks (str): how spans are marked.
    """

    def __init__(self, model: Path, languages: Tuple[str, str], marks: Marks) -> None:
        module = import_client("firefox", "fxtranslate")
        folder = model / "-".join(languages) if (model / "-".join(languages)).is_dir() else model
        files = find_files(folder)
        check_direction(files["model"], languages)
        self.engine = load_bergamot(module, folder, files)
        self.marks = marks
        self.licence = "MPL-2.0"
        self.name = f"firefox:{describe_origin(str(folder))}:marks={marks}"

    def translate(self, sentences: Sequence[MarkedText]) -> List[Optional[MarkedText]]:
        """Translate sentences. Those that are too long for the model are translated in parts.

        sentences (Sequence[MarkedText]): the sentences.
        RETURNS (List[Optional[MarkedText]]): their translations.
        """
        return [self._translate(sentence) for sentence in sentences]

    def _translate(self, sentence: MarkedText) -> MarkedText:
        n_spans = len(sentence.spans)
        if not sentence.text.strip():
            return MarkedText("", (None,) * n_spans)
        if self.marks == "none":
            return MarkedText(self.engine.translate_long(sentence.text), (None,) * n_spans)
        text = self.engine.translate_long(insert_marks(sentence, self.marks))
        return extract_marks(text, self.marks, n_spans)


def find_files(folder: Path) -> Dict[str, Path]:
    """Find the files of a model.

    folder (Path): the folder.
    RETURNS (Dict[str, Path]): the files by what they are for, see `FILES`.
    RAISES: X207 if one is missing.
    """
    found = {kind: next(iter(sorted(folder.glob(pattern))), None) for kind, pattern in FILES.items()}
    shared = next(iter(sorted(folder.glob(SHARED))), None)
    for kind in ("src_vocab", "trg_vocab"):
        found[kind] = found[kind] or shared
    missing = [kind for kind in ("model", "src_vocab", "trg_vocab") if found[kind] is None]
    if missing:
        wanted = " or ".join([FILES[missing[0]], *([SHARED] if missing[0] != "model" else [])])
        raise XnerError(Errors.X207.format(name=folder, reason=f"the folder has no {wanted}"))
    return {kind: path for kind, path in found.items() if path is not None}


def check_direction(model: Path, languages: Tuple[str, str]) -> None:
    """Check that a model translates from one language to another, as far as the name of its file tells.

    model (Path): the file.
    languages (Tuple[str, str]): codes of source and target.
    RAISES: X208 if it does not.
    """
    codes = _DIRECTION.match(model.name)
    if codes is None:
        return
    wrong = [is_language(code, language) for code, language in zip(codes.groups(), languages, strict=True)]
    if False in wrong:
        found, (source, target) = "-".join(codes.groups()), languages
        raise XnerError(Errors.X208.format(engine="firefox", source=source, target=target, found=found))


def load_bergamot(module: Any, folder: Path, files: Dict[str, Path]) -> Any:
    """Load a model.

    module (Any): fxtranslate.
    folder (Path): the folder, for the message.
    files (Dict[str, Path]): its files, see `find_files`.
    RETURNS (fxtranslate.Translator): the model.
    RAISES: X207 if it can't be loaded.
    """
    try:
        return module.Translator(**{kind: path.read_bytes() for kind, path in files.items()})
    except (OSError, ValueError) as error:
        raise XnerError(Errors.X207.format(name=folder, reason=explain(error))) from error
