"""Every public name resolves from the installed package, and resolving them costs a blank pipeline little."""

import ast
import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path
from typing import Dict, Set, Tuple

import pytest
import spacy
import spacy.util
import srsly
from spacy.util import registry

ROOT = Path(__file__).parents[2]
ENTRY_POINTS = [
    entry_point
    for entry_point in importlib.metadata.distribution("spacy-xner").entry_points
    if entry_point.group.startswith(("spacy_", "thinc_"))
]
SETUP = [(point.group, point.name) for point in ENTRY_POINTS]


def get_setup_entry_points() -> Dict[str, str]:
    """{group/name: target} as setup.py has it."""
    tree = ast.parse((ROOT / "setup.py").read_text(encoding="utf8"))
    (groups,) = (
        ast.literal_eval(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and node.arg == "entry_points"
    )
    pairs = [(group, *line.split(" = ")) for group, lines in groups.items() for line in lines]
    return {f"{group}/{name}": target for group, name, target in pairs}


def get_used_names(path: Path) -> Set[Tuple[str, str]]:
    """The registered names of this package in a config or in code: (registry, name)."""
    found = re.findall(r'@(\w+)"?\s*[=:]\s*"(spacy-xner\.[\w.]+)"', path.read_text(encoding="utf8"))
    return set(found)


def test_installed_is_what_setup_says():
    # Where this fails after a change of setup.py: pip install -e . again.
    assert {f"{point.group}/{point.name}": point.value for point in ENTRY_POINTS} == get_setup_entry_points()


@pytest.mark.parametrize("point", ENTRY_POINTS, ids=[f"{group}/{name}" for group, name in SETUP])
def test_name_resolves(point):
    function = point.load()
    assert callable(function)
    if point.group == "spacy_factories":
        # What an entry point brings must also have registered itself with spaCy.
        nlp = spacy.blank("xx")
        assert nlp.get_factory_meta(point.name).factory == point.name
        assert type(nlp.add_pipe(point.name)).__module__.startswith("spacy_xner.components")
    else:
        kind = point.group.partition("_")[2]
        assert registry.get(kind, point.name) is function


@pytest.mark.parametrize("group, name", SETUP)
def test_names_are_versioned(group, name):
    if group in ("spacy_factories", "spacy_cli"):
        assert re.fullmatch(r"xner(_[a-z]+)*", name)
    else:
        assert re.fullmatch(r"spacy-xner\.\w+\.v\d+", name)


def test_used_names_are_registered():
    places = ("configs/*.cfg", "examples/*.cfg", "spacy_xner/**/*.cfg", "spacy_xner/**/*.py", "tests/*.py")
    files = [path for place in places for path in ROOT.glob(place)]
    used = set().union(*(get_used_names(path) for path in files))
    assert len(used) > 15
    known = {(group.partition("_")[2], name) for group, name in SETUP}
    assert used <= known


def test_configs_use_known_factories():
    configs = [path.read_text(encoding="utf8") for path in ROOT.glob("configs/*.cfg")]
    used = {name for text in configs for name in re.findall(r'^factory = "(\w+)"', text, re.MULTILINE)}
    assert used
    assert used <= {name for group, name in SETUP if group == "spacy_factories"}


LIGHT = """
import sys
import catalogue
from importlib.metadata import EntryPoints, distribution

# Only our own entry points: those of other packages may import what they like.
catalogue.AVAILABLE_ENTRY_POINTS = EntryPoints(distribution("spacy-xner").entry_points)
import spacy
import srsly

nlp = spacy.blank("xx")
assert sys.modules["spacy_xner.components.factories"]._read_preset.cache_info().currsize == 0
heavy = ["transformers", "spacy_transformers", "tokenizers", "seqeval", "sklearn", "scipy"]
rooms = ("cli", "architectures", "translation", "teaching", "evaluation", "components.cross_lingual_ner")
own = ["spacy_xner." + room for room in rooms]
print(srsly.json_dumps([name for name in heavy + own if name in sys.modules]))
"""


def test_blank_pipeline_stays_light():
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert srsly.json_loads(done.stdout) == []
