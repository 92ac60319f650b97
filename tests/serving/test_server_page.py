"""The server's pages as a browser shows them: a person types, sees, slides; nothing else is asked, nothing is run."""

import re
from typing import Any, List

import pytest
from browser import check_keyboard, check_looks, open_page
from util import SENTENCES

TEXT, ENTS = SENTENCES[0]
# The first is how the pipeline writes it; what follows would run in a careless page.
BAD = "<script>document.title = 'run'</script><img src=x onerror=\"document.title = 'run'\"> & &amp;"
ARABIC = "زارت ميركل القاهرة"


@pytest.fixture(scope="module")
def server(model):
    from tests.serving.load import Server

    with Server(f"<b>one</b>={model}", f"two={model}", "--max-length", "1000") as running:
        yield running
        assert running.stop() == 0


@pytest.fixture
def opened(browser, server):
    """The page, with what it says and asks: nothing, and only its own server."""
    url = f"http://127.0.0.1:{server.port}/"
    page, messages, requests = open_page(browser, url)
    yield page
    page.wait_for_load_state("networkidle")
    # Of a status the browser tells itself.
    assert [text for text in messages if "status of 413" not in text] == []
    assert page.title() == "<b>one</b>, two"
    assert {re.sub(r"^data:.*", "data", request) for request in requests} <= {
        url,
        f"{url}recognise",
        f"{url}docs",
        "data",
    }


def get_marks(page: Any) -> List[str]:
    return page.locator("#lines mark").all_text_contents()


def type_text(page: Any, text: str, n_lines: int) -> None:
    page.fill("#text", text)
    page.wait_for_function(
        "([text, n]) => document.querySelectorAll('#lines article').length === n"
        " && texts.join('\\n') === text.split('\\n').filter(line => line.trim()).join('\\n')",
        arg=[text, n_lines],
    )


def test_types_sees_slides(opened):
    page = opened
    page.locator("#text").press_sequentially(TEXT)
    page.wait_for_selector("#lines mark")
    type_text(page, f"{TEXT}\n\n😀 {TEXT}", 2)
    marks = get_marks(page)
    assert [re.sub(r" [A-Z]+ [\d.]+$", "", mark) for mark in marks] == 2 * [
        "Angela Merkel",
        "Barack Obama",
        "Berlin",
    ]
    # Behind a sign that JavaScript counts as two.
    assert page.locator("#lines article").nth(1).inner_text().startswith("😀 Angela Merkel PER")
    assert page.locator("#rows tr").count() == 6 and page.locator("#shown").inner_text() == "6 of 6 entities"
    scores = sorted(float(score) for score in page.locator("#rows td.main").all_text_contents())
    lowest = round(scores[-1] + 0.001, 2)
    for value, shown in ((str(lowest), 0), ("0", 6), (f"{scores[2]:.2f}", None)):
        page.locator("#threshold").fill(value)
        found = page.locator("#rows tr").count()
        assert len(get_marks(page)) == found and page.locator("#lowest").inner_text() == f"{float(value):.2f}"
        if shown is not None and lowest <= 1:
            assert found == shown
    page.locator("#threshold").fill("0")
    # A label is drawn in the colour that it has in the report.
    assert page.locator("#lines mark.tint-0").first.inner_text().startswith("Angela Merkel")
    page.fill("#text", "")
    page.wait_for_function("() => !document.querySelector('#lines article')")
    assert page.locator("#table").is_hidden()


def test_markup_is_shown_and_not_run(opened):
    page = opened
    type_text(page, f"{BAD} {TEXT}", 1)
    page.wait_for_timeout(200)
    remove = "e => { for (const label of e.querySelectorAll('.label')) label.remove(); return e.textContent }"
    shown = page.locator("#lines article").evaluate(remove)
    assert "".join(shown.split()) == "".join(f"{BAD} {TEXT}".split())  # but for spaces before labels
    assert page.locator("#lines img, #lines script").count() == 0
    assert page.locator("#model option").first.inner_text() == "<b>one</b>"


def test_right_to_left(opened):
    page = opened
    type_text(page, f"{ARABIC} EU\n{TEXT}", 2)
    lines = page.locator("#lines .entities")
    directions = [line.evaluate("e => getComputedStyle(e).direction") for line in lines.all()]
    assert directions == ["rtl", "ltr"]
    assert page.locator("#text").evaluate("e => getComputedStyle(e).direction") == "rtl"


def test_what_is_refused(opened):
    """A sentence says why, and what is right is answered after it."""
    page = opened
    page.fill("#text", 1001 * "a")
    problem = page.locator("#problem")
    problem.wait_for(state="visible")
    assert "[X324]" in problem.inner_text() and "1001 characters" in problem.inner_text()
    type_text(page, TEXT, 1)
    problem.wait_for(state="hidden")


def test_another_pipeline(opened):
    page = opened
    type_text(page, TEXT, 1)
    with page.expect_response(lambda response: response.url.endswith("/recognise")) as response:
        page.select_option("#model", "two")
    assert response.value.json()["model"] == "two"


def test_looks(opened):
    page = opened
    check_keyboard(page, "textarea, select, input, a")
    type_text(page, f"{TEXT}\n{ARABIC} EU\n{BAD} {100 * 'x'}", 3)
    check_looks(page, "serve")
    page.get_by_role("link", name="How a program asks").click()
    page.wait_for_selector("h2")
    assert page.locator("h2").all_inner_texts()[0] == "POST /recognise"
    check_looks(page, "serve-docs")
    page.go_back()
