"""The Python of docs/serving.md: a client, Presidio, Ray Serve."""

import json
from pathlib import Path
from typing import Any, Dict

import pytest
from pages import find_blocks

PAGE = Path(__file__).parents[2] / "docs" / "serving.md"
# A sentence that the pipeline of these tests knows, in the place of the page's.
TEXT = "Angela Merkel met Barack Obama in Berlin ."


def find_code(word: str, **replaced: str) -> str:
    """RETURNS (str): the block of the page with this word, its pipeline and its sentence replaced."""
    (code,) = [b.text for b in find_blocks(PAGE) if b.language == "python" and word in b.text]
    for old, new in replaced.items():
        code = code.replace(old, new)
    return code.replace("Angela Merkel besuchte Madrid.", TEXT)


def count_lines(code: str) -> int:
    """RETURNS (int): the lines that do something."""
    return sum(bool(line.strip()) and "import" not in line for line in code.splitlines())


def run(code: str, **names: Any) -> Dict[str, Any]:
    exec(compile(code, PAGE.name, "exec"), names)
    return names


def test_client(model, capsys):
    from tests.serving.load import Server

    with Server(model) as server:
        run(find_code("urlopen"), address=f"http://127.0.0.1:{server.port}")
        assert server.stop() == 0
    assert "('Angela Merkel', 'PER', 0.9" in capsys.readouterr().out


@pytest.mark.filterwarnings("ignore")  # theirs
def test_presidio(model):
    pytest.importorskip("presidio_analyzer", reason="presidio-analyzer is not installed")
    code = find_code("presidio_analyzer", xx_xner_dlbri=model)
    assert count_lines(code) <= 10
    analyzer = run(code)["analyzer"]
    found = analyzer.analyze(TEXT, language="de")
    places = sorted((result.start, result.end, result.entity_type) for result in found)
    assert places == [(0, 13, "PER"), (18, 30, "PER"), (34, 40, "LOC")]
    assert all(0.9 < result.score <= 1 for result in found)
    assert {r.entity_type for r in analyzer.analyze(TEXT, language="de", entities=["LOC"])} == {"LOC"}


@pytest.mark.filterwarnings("ignore")  # theirs
def test_ray_serve(model):
    import urllib.request

    ray = pytest.importorskip("ray", reason="Ray is not installed")
    # A package of its extra, without which the module can be there, but not all that it needs.
    pytest.importorskip("watchfiles", reason="Ray Serve is not installed: pip install 'ray[serve]'")
    serve = pytest.importorskip("ray.serve", reason="Ray Serve is not installed: pip install 'ray[serve]'")
    code = find_code("ray import", **{"num_replicas=2": "num_replicas=1", "xx_xner_dlbri": model})
    assert count_lines(code) <= 10
    ray.init(num_cpus=2, include_dashboard=False, logging_level="ERROR")
    try:
        run(code)
        body = json.dumps({"texts": [TEXT]}).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request("http://127.0.0.1:8000/recognise", body, headers)
        answer = json.load(urllib.request.urlopen(request, timeout=60))
    finally:
        serve.shutdown()
        ray.shutdown()
    assert answer["model"] == "dlbri"
    assert [entity["label"] for entity in answer["documents"][0]["entities"]] == ["PER", "PER", "LOC"]
