"""The floors of docs/adding.md section 1, read from the import statements."""

import ast
from functools import lru_cache
from pathlib import Path
from typing import Dict, FrozenSet, List, Set, Tuple

import pytest

PACKAGE = Path(__file__).parents[2] / "spacy_xner"
CONTRACTS = {
    "types",
    "errors",
    "schemes",
    "relations",
    "metadata",
    "tokens",
    "scores",
    "pipeline",
    "hub",
    "affixes",
    "tokenizer",
    "files",
}
GROUND = CONTRACTS | {
    "heads",
    "objectives",
    "decoding",
    "corpora",
    "evaluation",
    "training",
    "subwords",
    "parallel",
}
MIDDLE = {"components", "architectures", "encoders", "translation", "teaching", "reporting"}
# Apps for users: the server stands on what makes and shows predictions, and only the command line starts it.
SERVER = {"serving"}
TOP = {"cli"}
# Rooms that know tensors and arrays only.
PURE = ("heads", "objectives", "decoding")


def module_name(path: Path, package: Path = PACKAGE) -> str:
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room(module: str) -> str:
    """The room of a module of the package: "heads" for "spacy_xner.heads.boundary"."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


@lru_cache(maxsize=1)
def read_modules() -> Dict[str, Path]:
    return {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def find_imports(name: str, path: Path, known: FrozenSet[str]) -> Set[str]:
    """All modules that a file imports, wherever in it, by their full names."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found: Set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            up = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*up, *([node.module] if node.module else [])])
            # A name is a module of its own, or something inside of the module.
            found.update(f"{base}.{a.name}" if f"{base}.{a.name}" in known else base for a in node.names)
    return found


@lru_cache(maxsize=1)
def read_imports() -> Dict[str, Set[str]]:
    known = frozenset(read_modules())
    return {name: find_imports(name, path, known) for name, path in read_modules().items()}


def find_violations(imports: Dict[str, Set[str]]) -> List[Tuple[str, str]]:
    """Pairs (module, what it must not import)."""
    wrong = []
    for name, found in imports.items():
        here = room(name)
        for other in found:
            there = room(other)
            if not other.startswith("spacy_xner.") or there == here:
                continue
            allowed = {
                "contracts": CONTRACTS,
                "ground": CONTRACTS,
                "middle": GROUND,
                "server": GROUND | MIDDLE,
                "top": GROUND | MIDDLE | SERVER,
            }[find_floor(here)]
            if there not in allowed:
                wrong.append((name, other))
    return wrong


def find_floor(here: str) -> str:
    if here in CONTRACTS:
        return "contracts"
    floors = {"ground": GROUND, "middle": MIDDLE, "server": SERVER}
    return next((name for name, rooms in floors.items() if here in rooms), "top")


def find_circle(imports: Dict[str, Set[str]]) -> List[str]:
    """A circle of imports, [] if there is none."""
    done: Set[str] = set()

    def visit(name: str, path: List[str]) -> List[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        for other in sorted(imports.get(name, ())):
            circle = visit(other, [*path, name])
            if circle:
                return circle
        done.add(name)
        return []

    return next((circle for name in sorted(imports) if (circle := visit(name, []))), [])


def find_reached(name: str, imports: Dict[str, Set[str]]) -> Set[str]:
    """All that is imported together with a module, directly or not."""
    reached: Set[str] = set()
    left = [name]
    while left:
        for other in imports.get(left.pop(), set()) - reached:
            reached.add(other)
            left.append(other)
    return reached


def test_every_room_has_a_floor():
    rooms = {room(name) for name in read_modules()} - {""}
    assert rooms == GROUND | MIDDLE | SERVER | TOP


def test_nothing_is_imported_upwards_or_sideways():
    assert find_violations(read_imports()) == []


def test_no_circles():
    assert find_circle(read_imports()) == []


@pytest.mark.parametrize("pure", PURE)
def test_pure_rooms_know_nothing_of_spacy(pure):
    names = [name for name in read_modules() if room(name) == pure]
    assert names
    for name in names:
        outside = {other.partition(".")[0] for other in find_reached(name, read_imports())}
        assert not outside & {"spacy", "thinc", "transformers", "spacy_transformers", "srsly", "typer"}, name


def test_only_the_command_line_prints():
    for name, path in read_modules().items():
        calls = [
            node
            for node in ast.walk(ast.parse(path.read_text(encoding="utf8")))
            if isinstance(node, ast.Call)
        ]
        names = {call.func.id for call in calls if isinstance(call.func, ast.Name)}
        assert room(name) == "cli" or "print" not in names, name


@pytest.mark.parametrize(
    "line, expected",
    [
        ("import torch, spacy.tokens", {"torch", "spacy.tokens"}),
        ("from ..types import Outputs", {"spacy_xner.types"}),
        ("from .. import types, __version__", {"spacy_xner.types", "spacy_xner"}),
        ("from .reduce import masked_mean", {"spacy_xner.heads.reduce"}),
        ("from spacy_xner.cli import app", {"spacy_xner.cli"}),
        ("def f():\n    from ..cli.train import x", {"spacy_xner.cli.train"}),
    ],
)
def test_find_imports(tmp_path, line, expected):
    path = tmp_path / "new.py"
    path.write_text(line)
    assert find_imports("spacy_xner.heads.new", path, frozenset(read_modules())) == expected


@pytest.mark.parametrize(
    "name, other",
    [
        ("heads.new", "spacy_xner.architectures.model"),
        ("heads.new", "spacy_xner.objectives.reduce"),
        ("metadata", "spacy_xner.corpora.store"),
        ("teaching.new", "spacy_xner.components.factories"),
        ("components.new", "spacy_xner.cli.train"),
        ("reporting.new", "spacy_xner.serving.app"),
    ],
)
def test_violations_are_found(name, other):
    imports = {**read_imports(), f"spacy_xner.{name}": {other}}
    assert find_violations(imports) == [(f"spacy_xner.{name}", other)]


def test_circles_are_found():
    # schemes imports errors.
    assert find_circle({**read_imports(), "spacy_xner.errors": {"spacy_xner.schemes"}}) != []
