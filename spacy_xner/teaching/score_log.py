"""A log of a pipeline's scores on a corpus at the beginning of each epoch (MCL-NER figure 6c)."""

from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

import srsly
from spacy.language import Language
from spacy.vocab import Vocab

from ..corpora.store import read_docs
from ..errors import Errors, XnerError
from ..evaluation.metrics import score_micro
from ..evaluation.predict import is_annotated, predict
from ..files import replace_file


def create_score_log(path: Optional[str], output: str) -> Callable[[Language, Dict[str, Any]], None]:
    """Create a callback for `[training.before_update]` that scores the pipeline at the beginning of each epoch.

    The text is not used for anything else. With labelled target text, the scores measure the quality of the model's
    pseudo-labels. The line of epoch 0 belongs to the model that training starts from; for the scores after the last
    epoch, use `evaluate`.

    path (Optional[str]): labelled `.spacy` file, or folder of them; None for no log.
    output (str): JSONL file with "epoch", "step", "precision", "recall" and "f1" in [0, 1]. It is overwritten unless a
        training is resumed.
    RETURNS (Callable): the callback, which gets the pipeline, and step and epoch.
    RAISES: X101, X110, X111 if the text can't be read, X307 if it has no annotation. These are raised before training.
    """
    if path is not None and not any(map(is_annotated, read_docs(path, Vocab()))):
        raise XnerError(Errors.X307.format(path=path))
    lines: List[Dict[str, Any]] = []
    file = Path(output)

    def log(nlp: Language, at: Dict[str, Any]) -> None:
        if path is None:
            return
        if not lines and at["step"] and file.is_file():  # the training was resumed
            lines.extend(line for line in srsly.read_jsonl(file) if line["step"] < at["step"])
        if lines and lines[-1]["epoch"] == at["epoch"]:
            return
        golds = [doc for doc in read_docs(path, nlp.vocab) if is_annotated(doc)]
        scores = score_micro(predict(nlp, golds))
        lines.append({"epoch": at["epoch"], "step": at["step"], **scores})
        with replace_file(file) as temporary:
            srsly.write_jsonl(temporary, lines)

    return log
