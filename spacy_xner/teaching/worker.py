"""Processing the parts of a corpus with a pipeline, which is loaded by the process that does the work."""

import json
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Iterable, Iterator, List, Optional, Tuple

from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab

from ..corpora.batcher import batch_by_length
from ..corpora.formats import ReadOptions, TextRecord
from ..corpora.store import find_corpora, pack_docs, read_docs, unpack_docs
from ..corpora.texts import TEXT_READERS, check_name, count_texts, read_texts
from ..metadata import set_fields, set_metadata
from ..parallel.parts import Work
from ..pipeline import find_pipeline, load_pipeline, use_gpu

# Most documents of a part, and most tokens (of documents) or characters (of texts).
PART, PART_LENGTH = 1000, 1_000_000
# Settings of a worker on which its speed depends, but not its result.
SPEED = ("batch_size", "n_process")


@dataclass(frozen=True)
class Worker:
    """Processes the parts of a corpus. Calling it loads the pipeline and returns the function to call with each part.

    model (str): a package, or a folder that exists on every machine.
    texts (bool): whether a part holds texts; otherwise it holds documents; see `read_contents`.
    gpu_id (int): the GPU, -1 for none.
    """

    model: str
    texts: bool
    gpu_id: int

    def __call__(self) -> Work:
        use_gpu(self.gpu_id)
        nlp = load_pipeline(self.model)

        def work(data: bytes) -> bytes:
            # Otherwise the vocabulary would grow with every word.
            with nlp.memory_zone():
                return self.work(nlp, unpack_texts(data, nlp) if self.texts else unpack_docs(data, nlp.vocab))

        return work

    def work(self, nlp: Language, inputs: List[Doc]) -> bytes:
        """Process a part; implemented by each kind of worker.

        nlp (Language): the pipeline named by `model`.
        inputs (List[Doc]): the documents of the part, or its tokenized texts.
        RETURNS (bytes): the result.
        """
        raise NotImplementedError

    def describe(self) -> str:
        """RETURNS (str): what the result depends on: settings, versions and the state of the pipeline's files."""
        folder = find_pipeline(self.model)
        files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".pyc"]
        states = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
        settings = {name: value for name, value in asdict(self).items() if name not in SPEED}
        versions = [version(name) for name in ("spacy-xner", "spacy", "torch", "transformers")]
        return json.dumps([type(self).__name__, {**settings, "gpu_id": self.gpu_id >= 0}, versions, states])


def read_contents(
    path: Path, vocab: Vocab, text_key: Optional[str] = None
) -> Tuple[bool, Iterator[Tuple[bytes, int]]]:
    """Read a corpus and divide it into parts.

    path (Path): `.spacy` file, folder of them, or a file of texts, see `read_texts`.
    vocab (Vocab): the vocabulary.
    text_key (Optional[str]): the key or column of the text in a file of texts; None for the usual names.
    RETURNS (Tuple[bool, Iterator[Tuple[bytes, int]]]): whether the corpus holds texts, and the content of each part
        with the number of its documents.
    RAISES: X101, X110, X111, X127 and those of `read_texts`.
    """
    if path.is_dir() or path.suffix == ".spacy":
        docs = batch_by_length(read_docs(path, vocab), PART, PART_LENGTH, len)
        return False, ((pack_docs(part), len(part)) for part in docs)
    check_name(path, [".spacy", *TEXT_READERS])
    found = read_texts(path, ReadOptions(text_key=text_key))
    texts = batch_by_length(found, PART, PART_LENGTH, lambda record: len(record.text))
    return True, ((pack_texts(part), len(part)) for part in texts)


def count_inputs(path: Path) -> int:
    """Count the documents of a corpus, for a bar of progress.

    path (Path): `.spacy` file, folder of them, or a file of texts.
    RETURNS (int): the number of documents; of a file of texts that of its lines, which may be more; 0 if it can't be
        told without the work itself.
    """
    try:
        if path.is_dir() or path.suffix == ".spacy":
            return sum(len(DocBin().from_disk(file)) for file in find_corpora(path))
        return count_texts(path)
    except Exception:  # what is wrong with a file is told by who reads it
        return 0


def pack_texts(records: Iterable[TextRecord]) -> bytes:
    """Pack texts into a part.

    records (Iterable[TextRecord]): the texts; the group of a text without one is the number of its line.
    RETURNS (bytes): the texts with their groups, languages, views and other fields, as JSON.
    """
    rows = [(r.text, r.group or str(r.line), r.language, r.view, r.fields, r.error) for r in records]
    return json.dumps(rows).encode()


def unpack_texts(data: bytes, nlp: Language) -> List[Doc]:
    """Unpack the texts of a part, and tokenize them.

    data (bytes): the part, from `pack_texts`.
    nlp (Language): the pipeline, whose tokenizer is used.
    RETURNS (List[Doc]): the tokenized texts with their metadata.
    """
    docs = []
    for text, group, language, view, fields, error in json.loads(data):
        # Not `make_doc`, which refuses a text of more than a million characters.
        docs.append(nlp.tokenizer(text))
        set_metadata(docs[-1], group=group, language=language, view=view)
        if fields or error:
            set_fields(docs[-1], fields, error)
    return docs
