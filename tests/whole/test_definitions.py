"""A public name of the package means one thing: no two modules define a class or function of the same name."""

import ast
from collections import defaultdict
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "spacy_xner"
# Thinc's words for the functions of a layer.
SHARED = {"forward", "init"}


def find_repeated(package):
    """RETURNS (Dict[str, List[str]]): the modules by what more than one of them defines."""
    modules = defaultdict(list)
    for path in sorted(package.rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf8")).body:
            if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                modules[node.name].append(path.relative_to(package).as_posix())
    return {
        name: paths
        for name, paths in modules.items()
        if len(paths) > 1 and not name.startswith("_") and name not in SHARED
    }


def test_each_public_name_is_defined_once():
    assert find_repeated(PACKAGE) == {}


def test_nothing_relies_on_assert():
    """`python -O` leaves such statements out."""
    found = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf8")))
        if isinstance(node, ast.Assert)
    ]
    assert found == []


@pytest.mark.parametrize(
    "other, found",
    [
        ("class Entity: pass", {"Entity": ["a.py", "room/b.py"]}),
        ("def Entity(): pass", {"Entity": ["a.py", "room/b.py"]}),
        ("class Other:\n    def Entity(self): pass", {}),
        ("def forward(): pass", {}),
        ("def _hidden(): pass", {}),
    ],
)
def test_a_repeated_name_would_be_found(other, found, tmp_path):
    (tmp_path / "room").mkdir()
    (tmp_path / "a.py").write_text(
        "class Entity: pass\ndef forward(): pass\ndef _hidden(): pass\n", encoding="utf8"
    )
    (tmp_path / "room" / "b.py").write_text(other, encoding="utf8")
    assert find_repeated(tmp_path) == found
