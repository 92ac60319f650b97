"""Formats of labelled and raw text. A reader turns a file into records; `READERS` has them all by name."""

from typing import Dict

from .columns import COLUMN_READERS
from .detect import detect_format
from .raw import RAW_READERS
from .records import Reader, Record, TextRecord, TextSpan, TokenRecord

READERS: Dict[str, Reader] = {**COLUMN_READERS, **RAW_READERS}

__all__ = ["READERS", "Reader", "Record", "TextRecord", "TextSpan", "TokenRecord", "detect_format"]
