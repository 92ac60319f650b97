"""Names of pipelines that fit into a table."""

from pathlib import PurePath
from typing import List, Sequence

# What `spacy train` calls its checkpoints.
CHECKPOINTS = ("model-best", "model-last")


def shorten_names(names: Sequence[str]) -> List[str]:
    """Shorten folders to what tells them apart; names of packages stay.

    names (Sequence[str]): packages or folders, different ones.
    RETURNS (List[str]): the last two parts of each folder without the checkpoint's name, and as many more as it takes
        for them to differ.
    """
    parts = [list(PurePath(name).parts) for name in names]
    ends = [found[:-1] if len(found) > 1 and found[-1] in CHECKPOINTS else found for found in parts]
    for n in range(2, max(map(len, parts), default=0) + 1):
        short = ["/".join(found[-n:]) for found in ends]
        if len(set(short)) == len(short):
            return short
    return list(names)
