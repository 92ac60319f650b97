"""What a benchmark gives to a method."""

from dataclasses import dataclass
from pathlib import Path
from typing import Optional, Tuple

from spacy_xner.errors import Errors, XnerError


@dataclass(frozen=True)
class Data:
    """The corpora of one language.

    languages (Tuple[str, str]): codes of source and target.
    parallel (Optional[Path]): target text with machine translation into the source language.
    translated (Optional[Path]): source text with machine translation.
    train, dev (Path): labelled source text.
    unlabelled (Path): target text without annotation.
    views, views_dev (Path): views of source sentences and their translations.
    target_train (Path): labelled target text, which only `target-supervised` may read.
    """

    languages: Tuple[str, str]
    parallel: Optional[Path]
    translated: Optional[Path]
    train: Path
    dev: Path
    unlabelled: Path
    views: Optional[Path]
    views_dev: Optional[Path]
    target_train: Path

    def require_views(self) -> Path:
        """RETURNS (Path): the views, for methods that can't do without. RAISES: X101 if there are none."""
        if self.views is None:
            raise XnerError(Errors.E101.format(path=f"translated text of {self.languages}"))
        return self.views
