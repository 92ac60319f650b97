"""The site of docs/ as Chromium shows it. XNER_SITE names the folder that .ci/run has built it into."""

import os
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from browser import ARTEFACTS, PATIENCE, SCHEMES, WIDTHS, take_screenshot

SITE = os.environ.get("XNER_SITE")
PAGES = ["", "commands/", "objectives/", "reference/objectives/", "tutorials/first-report/"]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def address():
    if SITE is None or not Path(SITE, "index.html").is_file():
        pytest.skip("XNER_SITE names no built site")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=SITE)) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_pages_of_the_site(browser, address, scheme):
    """No error on the console, no outside request, nothing to scroll sideways, in light and in dark."""
    page = browser.new_page(color_scheme=scheme)
    page.set_default_timeout(PATIENCE)
    errors, requests = [], []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    for name in PAGES:
        page.goto(address + name)
        dark = page.evaluate("document.body.getAttribute('data-md-color-scheme') === 'slate'")
        assert dark == (scheme == "dark")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
            commands = page.locator(".language-bash code").evaluate_all(
                "all => all.filter(e => e.scrollWidth > e.clientWidth).map(e => e.textContent)"
            )
            assert commands == [], (name, width)
            place = name.strip("/").replace("/", "-") or "index"
            take_screenshot(page, ARTEFACTS / f"site-{place}-{width}-{scheme}.png")
    page.goto(address + "objectives/")
    assert page.locator("math").count() >= 8  # set, and not as text
    assert page.locator(".md-footer__link--next, .md-footer__link--prev").count() == 2
    assert errors == [] and [url for url in requests if not url.startswith((address, "data:", "blob:"))] == []
