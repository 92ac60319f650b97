"""The pages of README.md, docs/ and other folders, their blocks, and the commands that a shell would run of these."""

import re
import subprocess
from pathlib import Path
from typing import Iterator, List, NamedTuple

from markdown_it import MarkdownIt

ROOT = Path(__file__).parent.parent
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "assets/README.md", "examples/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
# What a shell finds in place of these says what it was asked for; the rest (awk, sed, iconv, cp) is what it is.
PROGRAMS = (
    ".venv/bin/python",
    "bin/python",
    "bin/python3",
    "bin/pip",
    "bin/sudo",
    "bin/huggingface-cli",
    ".ci/run",
)
RECORDER = """#!/usr/bin/env bash
{ printf '%s\\0' "$0" "$@"; printf '\\n\\0'; } >> "$RECORD"
if [ "${1-}" = - ]; then cat > "$RECORD.stdin"; fi
"""


class Block(NamedTuple):
    """A block of code: its language, "" for an indented one, its text and its line in the page."""

    language: str
    text: str
    line: int


def find_blocks(page: Path) -> Iterator[Block]:
    for token in MarkdownIt().parse(page.read_text(encoding="utf8")):
        if token.type in ("fence", "code_block"):
            language = token.info.strip() if token.type == "fence" else ""
            yield Block(language, token.content, (token.map or [0])[0] + 1)


def is_shell(block: Block) -> bool:
    """RETURNS (bool): whether a block is commands. README.md's sections Run and Test begin with an indented one."""
    return block.language == "bash" or (
        not block.language and block.text.startswith(("python", ".venv/bin/python", "sudo"))
    )


def record_commands(script: str, folder: Path, has_files: bool = True) -> List[List[str]]:
    """Let bash run a script in a folder where Python and other programs only note their arguments.

    script (str): the commands.
    folder (Path): an empty folder.
    has_files (bool): whether what the script reads is there, or needs nothing.
    RETURNS (List[List[str]]): each command with its arguments, the program without its folder.
    """
    for name in PROGRAMS:
        program = folder / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(RECORDER)
        program.chmod(0o755)
    record = folder / "record"
    record.touch()
    environment = {"PATH": f"{folder / 'bin'}:/usr/bin:/bin", "RECORD": str(record), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, timeout=60
    )
    wrong = "not found|syntax error" + ("|No such file" if has_files else "")
    assert not re.search(f"^bash: .*({wrong})", done.stderr, re.M), done.stderr
    commands = record.read_bytes().decode("utf8").split("\n\0")[:-1]
    split = [command.split("\0")[:-1] for command in commands]
    return [[Path(program).name, *arguments] for program, *arguments in split]


def find_commands(page: Path, folder: Path, has_files: bool = True) -> List[List[str]]:
    """RETURNS (List[List[str]]): what a reader runs who copies all blocks of a page, in order."""
    return record_commands("\n".join(b.text for b in find_blocks(page) if is_shell(b)), folder, has_files)
