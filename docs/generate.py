"""Writes what the site is built from into build/docs: the pages of this folder, and those that are made of the code,
which are all options of the commands, a page for each room of the package, and one of the errors."""

import re
import shutil
from importlib.metadata import distribution
from inspect import cleandoc
from pathlib import Path
from typing import Any, Dict, List

import typer
from latex2mathml.converter import convert

from spacy_xner.cli import app
from spacy_xner.errors import Errors, Warnings

DOCS = Path(__file__).parent
PACKAGE = DOCS.parent / "spacy_xner"
OUTPUT = DOCS.parent / "build" / "docs"
FORMULA = re.compile(r"^```math\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def write(name: str, lines: List[str]) -> None:
    path = OUTPUT / "reference" / f"{name}.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf8")


def copy_pages() -> None:
    """Copy what is written by hand, with formulas as MathML, which browsers set without any script."""
    shutil.rmtree(OUTPUT, ignore_errors=True)
    shutil.copytree(DOCS, OUTPUT, ignore=shutil.ignore_patterns("*.py", "*.txt", "my_*", "__pycache__"))
    for page in OUTPUT.rglob("*.md"):
        text = FORMULA.sub(write_formula, page.read_text(encoding="utf8"))
        page.write_text(text, encoding="utf8")


def write_formula(found: "re.Match[str]") -> str:
    """RETURNS (str): a block of LaTeX as MathML. What is wider than the page is scrolled, by keyboard too."""
    return convert(found[1].strip(), display="block").replace("<math ", '<math tabindex="0" ', 1)


def list_rooms() -> Dict[str, List[str]]:
    """RETURNS (Dict[str, List[str]]): the modules of each room; those at the top are the contracts."""
    rooms: Dict[str, List[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts[0] == "cli" or any(part.startswith("_") for part in parts):
            continue
        rooms.setdefault(parts[0] if len(parts) > 1 else "contracts", []).append(
            ".".join(("spacy_xner", *parts))
        )
    return rooms


def write_rooms() -> None:
    for room, modules in list_rooms().items():
        write(room, [f"# {room}", "", *(f"::: {module}\n" for module in modules)])


def write_index() -> None:
    """What a config or a command line can name, and where it is made."""
    rooms = list_rooms()
    lines = [
        "# Reference",
        "",
        "Names that a config can give, and what makes them:",
        "",
        "| name | group | made by |",
    ]
    lines.append("|---|---|---|")
    for point in sorted(distribution("spacy-xner").entry_points, key=lambda point: (point.group, point.name)):
        module, _, function = point.value.partition(":")
        room = module.split(".")[1]
        page = room if room in rooms else "contracts"
        made = (
            "[commands](../commands.md)"
            if room == "cli"
            else f"[`{function}`]({page}.md#{module}.{function})"
        )
        lines.append(f"| `{point.name}` | `{point.group}` | {made} |")
    lines += [
        "",
        "[All commands](../commands.md), [all errors](errors.md), and each room of the package:",
        "",
    ]
    write("index", lines + [f"- [{room}]({room}.md)" for room in rooms])


def write_commands() -> None:
    """All options, at the end of the page on commands."""
    group = typer.main.get_command(app)
    lines = [
        "",
        "## All options",
        "",
        "Each command begins with `python -m spacy xner`, and has `--help`.",
        "",
    ]
    for name, command in sorted(group.commands.items()):  # type: ignore[attr-defined]
        lines += [
            f"### {name}",
            "",
            cleandoc(command.help or ""),
            "",
            "| argument or option | default | what |",
            "|---|---|---|",
        ]
        lines += [describe(parameter) for parameter in command.params] + [""]
    with (OUTPUT / "commands.md").open("a", encoding="utf8") as page:
        page.write("\n".join(lines))


def describe(parameter: Any) -> str:
    """RETURNS (str): the row of an argument or option."""
    if parameter.param_type_name == "argument":
        name = f"`{parameter.metavar or parameter.name.upper()}`"
    else:
        name = ", ".join(f"`{option}`" for option in [*parameter.opts, *parameter.secondary_opts])
    default = parameter.default
    if parameter.required:
        shown = "required"
    else:
        shown = (
            ""
            if callable(default) or default in (None, (), [], "")
            else f"`{getattr(default, 'value', default)}`"
        )
    return f"| {name} | {shown} | {escape(parameter.help or '')} |"


def escape(text: str) -> str:
    """RETURNS (str): a text as it can stand in a table."""
    parts = text.replace("|", "\\|").split("`")
    parts[::2] = [re.sub(r"([*_\[\]])", r"\\\1", part).replace("<", "&lt;") for part in parts[::2]]
    return "`".join(parts)


def write_errors() -> None:
    lines = [
        "# Errors",
        "",
        "What is in braces is told by the message. [Troubleshooting](../troubleshooting.md) has more.",
    ]
    for title, messages in (("Errors", Errors), ("Warnings", Warnings)):
        lines += ["", f"## {title}", "", "| code | message |", "|---|---|"]
        for name in sorted(vars(messages)):
            if name.startswith("X"):
                code, _, text = cleandoc(getattr(messages, name)).partition("] ")
                lines.append(f"| {code[1:]} | {escape(text)} |")
    write("errors", lines)


if __name__ == "__main__":
    copy_pages()
    write_rooms()
    write_index()
    write_commands()
    write_errors()
