"""Docstrings of what is public say what goes in, what comes out, which errors there are and where a formula is from."""

import ast
import re
from pathlib import Path
from typing import Iterator, List, NamedTuple, Optional, Set

import pytest

PACKAGE = Path(__file__).parents[2] / "spacy_xner"
ARRAY = re.compile(r"\b(Tensor|Floats\dd|Ints\dd|ndarray|Padded)\b")
SHAPE = re.compile(r"\([\w*+ ]+,[^)]*\)|scalar|\bshape")
UNIT = re.compile(r"\bnats\b|squared")
SOURCE = re.compile(r"\b(DLBri|MCL-NER|DualNER|ConCNER|CROP|et al\.|[Oo]urs\b)")


class Function(NamedTuple):
    """A public function or method, and where it is."""

    place: str
    node: ast.FunctionDef
    doc: str

    @property
    def parameters(self) -> List[ast.arg]:
        arguments = self.node.args
        found = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        return [argument for argument in found if argument.arg not in ("self", "cls")]

    @property
    def returns(self) -> str:
        return ast.unparse(self.node.returns) if self.node.returns else "None"

    def find_parameter(self, name: str) -> Optional[str]:
        """RETURNS (Optional[str]): what is said of a parameter, up to the next."""
        entry = rf"(?<!\w)(?:\w+, )*{name}(?:, \w+)* \((?:[^()]|\([^()]*\))*\): (.*?)"
        end = r"(?=\n\w+(?:, \w+)* \(|\bRETURNS\b|\bYIELDS\b|\bRAISES\b|\Z)"
        found = re.search(entry + end, self.doc, re.S)
        return found[1] if found else None


def is_command(node: ast.FunctionDef) -> bool:
    """RETURNS (bool): whether its docstring is the help of a command instead."""
    return any("command(" in ast.unparse(decorator) for decorator in node.decorator_list)


def find_functions(body: List[ast.stmt], place: str) -> Iterator[Function]:
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from find_functions(node.body, f"{place} {node.name}")
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and not is_command(node):
            yield Function(f"{place} {node.name}", node, ast.get_docstring(node) or "")


def find_classes(tree: ast.Module) -> Iterator[ast.ClassDef]:
    return (n for n in tree.body if isinstance(n, ast.ClassDef) and not n.name.startswith("_"))


MODULES = {
    path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text("utf8")) for path in PACKAGE.rglob("*.py")
}
FUNCTIONS = [
    function for name, tree in sorted(MODULES.items()) for function in find_functions(tree.body, name)
]
BUILDERS = [f for f in FUNCTIONS if f.place.startswith("objectives/") and " create_" in f.place]
BUILDERS += [f for f in FUNCTIONS if f.place.startswith("architectures/heads.py build_")]


def raised_codes(node: ast.FunctionDef) -> Set[str]:
    raised = (ast.unparse(part.exc) for part in ast.walk(node) if isinstance(part, ast.Raise) and part.exc)
    return {code for text in raised for code in re.findall(r"Errors\.X(\d+)", text)}


def named_codes(doc: str) -> Set[str]:
    codes = set(re.findall(r"X(\d+)", doc))
    for first, last in re.findall(r"X(\d+)-X(\d+)", doc):
        codes.update(f"{number:03}" for number in range(int(first), int(last) + 1))
    return codes


def test_there_are_functions():
    assert len(FUNCTIONS) > 400 and len(BUILDERS) > 10


def test_everything_public_is_documented():
    missing = [f.place for f in FUNCTIONS if not f.doc]
    missing += [
        f"{name} {node.name}"
        for name, tree in sorted(MODULES.items())
        for node in find_classes(tree)
        if not ast.get_docstring(node)
    ]
    assert missing == []


def test_summaries():
    """The first paragraph says what it is; parameters come after it."""
    docs = [(f.place, f.doc) for f in FUNCTIONS]
    docs += [
        (f"{name} {node.name}", ast.get_docstring(node) or "")
        for name, tree in sorted(MODULES.items())
        for node in find_classes(tree)
    ]
    entry = re.compile(
        r"(?:^|[.:] |\n)(?:\w+, )*\w+ \([A-Z]?[\w\[\], ]*\): |(?<!^)\b(?:RETURNS|YIELDS|RAISES) ?[:(]"
    )
    wrong = []
    for place, doc in docs:
        summary = doc.partition("\n\n")[0]
        entries_only = "\n" not in summary and summary.startswith(("RETURNS", "YIELDS"))
        is_form = entries_only or (summary.endswith((".", ":")) and not entry.search(summary))
        if not is_form:
            wrong.append(place)
    assert wrong == []


def test_summaries_are_one_line():
    paths = [*PACKAGE.rglob("*.py"), *(PACKAGE.parent / "benchmarks").rglob("*.py")]
    kinds = (ast.FunctionDef, ast.ClassDef, ast.Module)
    long = [
        (path.name, getattr(node, "name", "the module"))
        for path in paths
        for node in ast.walk(ast.parse(path.read_text("utf8")))
        if isinstance(node, kinds) and "\n" in (ast.get_docstring(node) or "").partition("\n\n")[0]
    ]
    assert len(paths) > 200 and long == []


def test_parameters():
    unknown = [(f.place, p.arg) for f in FUNCTIONS for p in f.parameters if f.find_parameter(p.arg) is None]
    assert unknown == []


def test_no_parameter_is_gone():
    known = re.compile(r"^((?:\w+, )*\w+) \((?:[^()]|\([^()]*\))*\): ", re.M)
    gone = []
    for function in FUNCTIONS:
        names = {name for found in known.findall(function.doc) for name in found.split(", ")}
        arguments = {
            argument.arg for argument in ast.walk(function.node.args) if isinstance(argument, ast.arg)
        }
        gone += [(function.place, name) for name in names - arguments - {"RETURNS", "YIELDS"}]
    assert gone == []


def test_returns():
    unsaid = [
        f.place
        for f in FUNCTIONS
        if f.returns not in ("None", "NoReturn") and not re.search(r"\b(RETURNS|YIELDS) \(", f.doc)
    ]
    assert unsaid == []


def test_errors():
    unsaid = [(f.place, sorted(raised_codes(f.node) - named_codes(f.doc))) for f in FUNCTIONS]
    assert [item for item in unsaid if item[1]] == []


def test_codes_exist():
    text = (PACKAGE / "errors.py").read_text("utf8")
    existing = set(re.findall(r"^    X(\d+) = ", text, re.M))
    assert existing
    assert [
        (f.place, n) for f in FUNCTIONS for n in re.findall(r"X(\d{3})", f.doc) if n not in existing
    ] == []


def test_shapes():
    """Of each array that goes in or comes out."""
    unsaid = []
    for function in FUNCTIONS:
        for parameter in function.parameters:
            kind = ast.unparse(parameter.annotation) if parameter.annotation else ""
            said = function.find_parameter(parameter.arg)
            if (
                ARRAY.search(kind)
                and not kind.startswith(("Callable", "Model"))
                and not SHAPE.search(said or "")
            ):
                unsaid.append((function.place, parameter.arg))
        if ARRAY.search(function.returns) and not re.match("Callable|Model", function.returns):
            said = re.split(r"\b(?:RETURNS|YIELDS) ", function.doc)[-1]
            if not SHAPE.search(said):
                unsaid.append((function.place, "RETURNS"))
    assert unsaid == []


def test_units():
    """A loss is in nats, or the mean of something squared."""
    losses = [f for f in FUNCTIONS if f.place.startswith("objectives/") and re.search(r"a scalar", f.doc)]
    assert len(losses) > 8
    assert [f.place for f in losses if not UNIT.search(f.doc)] == []


@pytest.mark.parametrize("function", BUILDERS, ids=lambda function: function.node.name)
def test_sources(function):
    """What a config can name says which paper it is from, or that it is ours."""
    assert SOURCE.search(function.doc)
