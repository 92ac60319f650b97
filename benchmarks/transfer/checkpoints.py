"""By what the checkpoint of each training is chosen, whatever the method."""

import shlex
from typing import Sequence, Tuple

# F1 on source dev; none, the last checkpoint; agreement; the papers' protocol, the mean of F1 by language.
RULES = ("best", "last", "agreement", "dev")
# Of the rules that read dev text of the targets, the values of `prepare --target-dev` and of `train --choose-by`.
TEXT, HOW = {"agreement": "text", "dev": "labels"}, {"agreement": "agreement", "dev": "languages"}
TARGET, DEV = "corpus/target", "corpus/dev"


def adapt(lines: Sequence[str], rule: str) -> Tuple[str, ...]:
    """RETURNS (Tuple[str, ...]): a step's lines; they prepare held-out text, teach it like target text, read it."""
    held, found = {TARGET: DEV}, []
    for line in lines if rule in HOW else ():
        words = shlex.split(line)
        name, *given = (words[6:] if "-C" in words[4:5] else words[4:]) or [""]
        found.append(line)
        if name == "prepare":
            found[-1] += f" --target-dev {TEXT[rule]}"
        elif name == "train" and "--from" not in given:
            found[-1] += f" --choose-by {HOW[rule]} --choose-on {[*held.values()][-1]}"
        for read in [place for place in held if name == "teach" and given[1].startswith(place)][:1]:
            held[given[2]] = given[2].replace("corpus/", "corpus/dev-", 1)
            others = {given[1]: given[1].replace(read, held[read], 1), given[2]: held[given[2]]}
            found.append(shlex.join(others.get(word, word) for word in words))
    return tuple(found) or tuple(lines)
