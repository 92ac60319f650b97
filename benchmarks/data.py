"""What a benchmark gives to a method, and the corpora that it is made of."""

from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import List, Optional, Sequence, Tuple

from spacy.tokens import Doc, Span

from spacy_xner.corpora.convert import convert
from spacy_xner.corpora.store import read_docs, write_docs
from spacy_xner.errors import Errors, XnerError
from spacy_xner.files import find_packed, write_bytes
from spacy_xner.metadata import copy_identity, set_metadata
from spacy_xner.tokenizer import get_blank, get_tokenizer
from spacy_xner.translation.cache import Cache
from spacy_xner.translation.memory import read_pairs
from spacy_xner.translation.projection.translations import Translations
from spacy_xner.translation.projection.workflow import translate_corpus

# Written without spaces: tokens are cut as the pipelines' tokenizer does.
UNSPACED = ("ja", "km", "lo", "my", "th", "zh")


@dataclass(frozen=True)
class Data:
    """The corpora of one language.

    languages (Tuple[str, str]): codes of source and target.
    parallel (Optional[Path]): target text with translation into the source language.
    translated (Optional[Path]): source text with translation.
    train, dev (Path): labelled source text.
    text (Path): the source text that `translated` translates: `train`, or unlabelled text.
    unlabelled (Path): target text without annotation.
    views, views_dev (Path): views of source sentences and their translations.
    target_train, target_dev (Path): labelled target text, which only the upper bounds may read.
    """

    languages: Tuple[str, str]
    parallel: Optional[Path]
    translated: Optional[Path]
    train: Path
    dev: Path
    text: Path
    unlabelled: Path
    views: Optional[Path]
    views_dev: Optional[Path]
    target_train: Path
    target_dev: Path

    def require_views(self) -> Path:
        """RETURNS (Path): the views, for methods that can't do without. RAISES: X101 if there are none."""
        if self.views is None:
            raise XnerError(Errors.X101.format(path=f"translated text of {self.languages}"))
        return self.views

    def read_sources(self) -> Tuple[List[Path], List[str]]:
        """RETURNS (Tuple[List[Path], List[str]]): the labelled source text with its translations, and their views.
        Where unlabelled text was translated, the labelled is beside it."""
        views = self.require_views()
        if self.text == self.train:
            return [views], ["s", "t"]
        return [self.train, views], ["", "s", "t"]


def prepare(
    data: Path,
    work: Path,
    corpora: Tuple[str, str],
    languages: Tuple[str, str],
    parallel: Sequence[str],
    limit: int,
) -> Data:
    """Convert what is in `data/{corpus}/{language}`, `data/{corpus}_translated`, `data/{corpus}_parallel`, and make the
    views of labelled text that is translated. Where it is not, other parallel text takes the place of both.

    corpora (Tuple[str, str]): names of source and target corpus.
    languages (Tuple[str, str]): codes of source and target.
    parallel (Sequence[str]): names of corpora of parallel text, `data/{name}/{source}-{target}.tsv`.
    limit (int): most sentences of each training corpus, 0 for all.
    RETURNS (Data): the corpora.
    """
    (source, target), pair = languages, "-".join(languages)
    folders = data / corpora[0], data / corpora[1]
    train = prepare_split(folders[0], work, source, "train", limit=limit)
    dev = prepare_split(folders[0], work, source, "dev")
    raw = prepare_split(folders[1], work, target, "train", unlabelled=True, limit=limit)
    gold = (
        prepare_split(folders[1], work, target, "train", limit=limit),
        prepare_split(folders[1], work, target, "dev"),
    )
    if not parallel:
        views = prepare_views(data, work, corpora[0], languages, train)
        found = (
            find_packed(data / name / f"{pair}.tsv")
            for name in (f"{corpora[1]}_parallel", f"{corpora[0]}_translated")
        )
        return Data(languages, *found, train, dev, train, raw, *views, *gold)
    places = [data / name / f"{pair}.tsv" for name in parallel]
    memories = [find_packed(path) or path for path in places]
    text, other, memory = prepare_pairs(memories, work / "corpora" / "-".join(parallel), languages, limit)
    both = memory.parent / f"{corpora[1]}-unlabelled.spacy"
    if not both.exists():
        vocab = get_blank().vocab
        write_docs(both, [*read_docs(raw, vocab), *read_docs(other, vocab)])
    return Data(languages, memory, memory, train, dev, text, both, None, None, *gold)


def prepare_split(
    folder: Path, work: Path, language: str, split: str, unlabelled: bool = False, limit: int = 0
) -> Path:
    """Convert `folder/{language}/{split}.iob[.gz]`. RETURNS (Path): the `.spacy` file."""
    output = work / "corpora" / folder.name / language / f"{'unlabelled-' if unlabelled else ''}{split}.spacy"
    if not output.exists():
        gold = folder / language / f"{split}.iob"
        source = find_packed(gold) or gold
        prefix = f"{language}-{split}-"
        # An interrupted run must not leave tokens that are not cut.
        first = output.with_name(f"whole-{output.name}") if language in UNSPACED else output
        convert(
            source, first, language=language, group_prefix=prefix, unlabelled=unlabelled, limit=limit or None
        )
        if first != output:
            write_docs(output, [cut_tokens(doc) for doc in read_docs(first, get_blank().vocab)])
            first.unlink()
    return output


def cut_tokens(doc: Doc) -> Doc:
    """RETURNS (Doc): a copy without spaces whose tokens are those of the pipelines' tokenizer."""
    parts = [[part.text for part in get_blank().tokenizer(token.text)] for token in doc]
    ends = list(accumulate(map(len, parts), initial=0))
    words = [word for part in parts for word in part]
    copy = Doc(doc.vocab, words=words, spaces=[False] * len(words))
    if doc.has_annotation("ENT_IOB"):
        copy.set_ents(
            [Span(copy, ends[ent.start], ends[ent.end], label=ent.label) for ent in doc.ents],
            default="outside",
        )
    copy_identity(doc, copy)
    return copy


def prepare_views(
    data: Path, work: Path, corpus: str, languages: Tuple[str, str], train: Path
) -> Tuple[Optional[Path], Optional[Path]]:
    """Make the views of the source text from the translations, and set 3 % aside to watch bridging.

    RETURNS (Tuple[Optional[Path], Optional[Path]]): the two corpora, None where there is no translation.
    """
    language = languages[1]
    outputs = [work / "corpora" / corpus / language / f"views-{name}.spacy" for name in ("train", "dev")]
    folder = data / f"{corpus}_translated"
    if not folder.exists():
        return None, None
    if not all(output.exists() for output in outputs):
        sentences = list(read_docs(train, get_blank().vocab))
        parts = make_views(sentences, languages, Translations(memory=folder, tokenized=True), train)
        for output, part in zip(outputs, parts, strict=True):
            write_docs(output, part)
    return outputs[0], outputs[1]


def make_views(
    sentences: List[Doc],
    languages: Tuple[str, str],
    translations: Translations,
    corpus: Path,
    cache: Optional[Cache] = None,
) -> Tuple[List[Doc], List[Doc]]:
    """Make the views of labelled sentences that have a translation, and set 3 % aside.

    RETURNS (Tuple[List[Doc], List[Doc]]): the rest, and what is set aside.
    """
    found = translate_corpus(sentences, languages, translations, corpus=corpus, cache=cache)
    print(languages[1], "views", found.report.to_dict(), flush=True)
    return found.train, found.dev


def prepare_pairs(
    memories: Sequence[Path], folder: Path, languages: Tuple[str, str], limit: int
) -> Tuple[Path, Path, Path]:
    """Tokenize parallel text, of which each source sentence counts once.

    RETURNS (Tuple[Path, Path, Path]): corpora of its source and of its target sentences, and a memory of both.
    """
    folder = folder / languages[1]
    outputs = [folder / f"{language}.spacy" for language in languages]
    memory = folder / f"{'-'.join(languages)}.tsv"
    if not all(path.exists() for path in (*outputs, memory)):
        found: dict = {}
        for path in memories:
            for source, target in read_pairs(path):
                found.setdefault(source, target)
        pairs = list(found.items())[: limit or None]
        tokenizer = get_tokenizer(tokenized=False)
        for output, language, texts in zip(outputs, languages, zip(*pairs, strict=True), strict=True):
            write_docs(output, [_make_doc(tokenizer(text), language, k) for k, text in enumerate(texts)])
        lines = "".join(f"{source}\t{target}\n" for source, target in pairs)
        write_bytes(memory, lines.encode("utf8"))
    return outputs[0], outputs[1], memory


def _make_doc(doc: Doc, language: str, k: int) -> Doc:
    set_metadata(doc, group=f"{language}-pairs-{k}", language=language)
    return doc
