"""What a docstring says of parameters, results and errors, as a list on the page."""

import re
from typing import Any

import griffe

ENTRY = re.compile(r"^(\w+(?:, \w+)*|RETURNS|YIELDS) (\((?:[^()]|\([^()]*\))*\)): (?=\S)|^(RAISES): ")


def make_list(text: str) -> str:
    """RETURNS (str): the docstring with a list item for each parameter, result and the errors."""
    lines, listed = [], False
    for line in text.splitlines():
        found = ENTRY.match(line)
        if found:
            if not listed and lines and lines[-1]:
                lines.append("")
            name, kind = found[1] or found[3], f" `{found[2][1:-1]}`" if found[2] else ""
            line = f"- **{name}**{kind}: {line[found.end() :]}"
        listed = bool(found) or (listed and line.startswith("    "))
        lines.append(line)
    return "\n".join(lines)


class Docstrings(griffe.Extension):
    """Named in mkdocs.yml."""

    def on_object(self, *, obj: griffe.Object, **kwargs: Any) -> None:
        if obj.docstring:
            obj.docstring.value = make_list(obj.docstring.value)
