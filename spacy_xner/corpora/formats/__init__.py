"""Formats of labelled and raw text. A reader turns a file into records; `READERS` lists all readers by name.

The module `writers` turns documents into files.
"""

from typing import Dict

from .columns import COLUMN_READERS
from .csv_table import read_csv
from .detect import detect_format, find_likeliest, is_brat
from .doccano import read_doccano
from .gliner import read_gliner
from .huggingface import read_huggingface
from .label_studio import read_label_studio
from .prodigy import read_prodigy
from .raw import RAW_READERS
from .records import Found, Note, Reader, ReadOptions, Record, TextRecord, TextSpan, TokenRecord

READERS: Dict[str, Reader] = {
    **COLUMN_READERS,
    **RAW_READERS,
    "csv": read_csv,
    "prodigy": read_prodigy,
    "doccano": read_doccano,
    "label-studio": read_label_studio,
    "huggingface": read_huggingface,
    "gliner": read_gliner,
}

__all__ = [
    "READERS",
    "Found",
    "Note",
    "ReadOptions",
    "Reader",
    "Record",
    "TextRecord",
    "TextSpan",
    "TokenRecord",
    "detect_format",
    "find_likeliest",
    "is_brat",
]
