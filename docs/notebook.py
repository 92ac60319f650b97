"""Write docs/python.md as the notebook docs/python.ipynb: `python docs/notebook.py`, `--run` to run its cells first.

Blocks of Python are its cells, and a block of text that follows one is what it prints.
"""

import contextlib
import io
import json
import re
import sys
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple

PAGE = Path(__file__).parent / "python.md"
NOTEBOOK = PAGE.with_suffix(".ipynb")
BLOCK = re.compile(r"^```python\n(?P<code>.*?)^```\n(?:\n```text\n(?P<output>.*?)^```\n)?", re.M | re.S)


class Cell(NamedTuple):
    """A cell: the heading that it stands under, Markdown or code, and what the code prints."""

    section: str
    kind: str
    text: str
    output: str = ""


def read_cells(page: str) -> Iterator[Cell]:
    """YIELDS (Cell): the cells of a page, in order."""
    section, end = "", 0
    for block in BLOCK.finditer(page):
        text = page[end : block.start()].strip()
        section = next(reversed(re.findall(r"^## (.*)$", text, re.M)), section)
        if text:
            yield Cell(section, "markdown", text)
        yield Cell(section, "code", block["code"].rstrip("\n"), block["output"] or "")
        end = block.end()
    if page[end:].strip():
        yield Cell(section, "markdown", page[end:].strip())


def make_notebook(page: str) -> str:
    """RETURNS (str): the notebook of a page, as Jupyter writes it."""
    cells: List[Dict[str, Any]] = []
    for number, cell in enumerate(read_cells(page)):
        common = {"cell_type": cell.kind, "id": f"cell-{number}", "metadata": {}}
        source = cell.text.splitlines(keepends=True)
        if cell.kind == "markdown":
            cells.append({**common, "source": source})
            continue
        lines = cell.output.splitlines(keepends=True)
        outputs = [{"name": "stdout", "output_type": "stream", "text": lines}] if lines else []
        cells.append({**common, "execution_count": None, "outputs": outputs, "source": source})
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    found = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def run_page(page: str) -> str:
    """RETURNS (str): the page with what its cells print now, in the place of what they printed."""
    namespace: Dict[str, Any] = {}

    def run(block: "re.Match[str]") -> str:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(block["code"], PAGE.name, "exec"), namespace)
        output = f"\n```text\n{printed.getvalue()}```\n" if printed.getvalue() else ""
        return f"```python\n{block['code']}```\n{output}"

    return BLOCK.sub(run, page)


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf8")
    if "--run" in sys.argv:
        text = run_page(text)
        PAGE.write_text(text, encoding="utf8")
    NOTEBOOK.write_text(make_notebook(text), encoding="utf8")
