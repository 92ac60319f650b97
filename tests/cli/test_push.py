"""`xner push`, against a hub of our own on this machine."""

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import spacy
from trained import make_trained
from util import get_ents, run_xner

REPO = "me/xx_xner_x"


class Hub(BaseHTTPRequestHandler):
    """As much of the hub as an upload asks for: what it got is in `server.got`, how it fails in `server.status`."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.got.append((self.path, self.headers.get("Authorization")))
        if self.server.status != 200:
            return self.answer({"error": "You don't have the rights"}, self.server.status)
        if self.path == "/api/repos/create":
            self.server.repo = json.loads(body)
            return self.answer({"url": f"{self.server.url}/{REPO}"})
        if self.path.endswith("/preupload/main"):
            names = [item["path"] for item in json.loads(body)["files"]]
            return self.answer(
                {"files": [{"path": name, "uploadMode": "regular", "shouldIgnore": False} for name in names]}
            )
        if self.path.endswith("/commit/main"):
            for line in map(json.loads, body.splitlines()):
                if line["key"] == "header":
                    self.server.message = line["value"]["summary"]
                elif line["key"] == "file":
                    self.server.files[line["value"]["path"]] = base64.b64decode(line["value"]["content"])
            return self.answer(
                {"success": True, "commitOid": "0" * 40, "commitUrl": f"{self.server.url}/{REPO}/commit/0"}
            )
        return self.answer({"errors": [], "warnings": []})

    def do_GET(self):
        self.server.got.append((self.path, self.headers.get("Authorization")))
        self.answer({"sha": "0" * 40, "id": REPO, "siblings": []})

    def answer(self, data, status=200):
        content = json.dumps(data).encode("utf8")
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args):
        pass


@pytest.fixture
def hub(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    server.url = f"http://127.0.0.1:{server.server_address[1]}"
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", server.url)
    server.got, server.files, server.status, server.repo, server.message = [], {}, 200, None, ""
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def model(tmp_path):
    make_trained("xner").to_disk(tmp_path / "model")
    run_xner("card", tmp_path / "model", "--name", "xner_x", "--method", "MCL-NER")
    return tmp_path / "model"


def test_what_was_pushed_is_the_pipeline(hub, model, tmp_path):
    printed = run_xner("push", model, REPO, "--private")
    assert f"/{REPO}" in printed and "hf_secret" not in printed and "hf_secret" not in str(hub.files)
    assert hub.repo["name"] == "xx_xner_x" and hub.repo["organization"] == "me" and hub.repo["private"]
    assert all(token == "Bearer hf_secret" for _, token in hub.got)
    assert hub.message == "xx_xner_x 0.0.0"
    expected = {
        str(path.relative_to(model)): path.read_bytes() for path in model.rglob("*") if path.is_file()
    }
    assert hub.files == expected and "README.md" in hub.files
    for name, content in hub.files.items():
        path = tmp_path / "back" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    text = "Angela Merkel met Barack Obama in Berlin ."
    assert get_ents(spacy.load(tmp_path / "back")(text)) == get_ents(spacy.load(model)(text)) != []


def test_errors(hub, model, tmp_path, monkeypatch):
    for args, expected in [
        (("no_such_model", REPO), "[X304]"),
        ((tmp_path, REPO), "[X315]"),
        ((model, "no/such/name"), "[X316]"),
    ]:
        assert expected in run_xner("push", *args, code=1)
    assert not hub.got
    hub.status = 403
    assert "[X316] Can't upload to 'me/xx_xner_x': 403" in run_xner("push", model, REPO, code=1)
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    assert "[X316]" in run_xner("push", model, REPO, code=1)
    (model / "README.md").unlink()
    printed = run_xner("push", model, REPO, code=1)
    assert "[X315]" in printed and "README.md" in printed and "spacy xner card" in printed
