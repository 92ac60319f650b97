"""The site of docs/ as Chromium shows it. XNER_SITE names the folder that .ci/run has built it into."""

import os
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from browser import PATIENCE, RULES, SCHEMES, WIDTHS, check_keyboard, check_looks, open_page

SITE = os.environ.get("XNER_SITE")
PAGES = ["", "commands/", "objectives/", "python/", "reference/objectives/", "serving/"]
PAGES += ["tutorials/few-labels/", "tutorials/first-report/"]
# The theme's list of pages is scrolled: of those at its edge a part is seen.
SITE_RULES = {**RULES, "rules": {"target-size": {"enabled": False}}}


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


@pytest.mark.parametrize("name", PAGES)
def test_page_of_the_site(browser, address, name):
    """No error on the console, no outside request, looks and keyboard, commands that are read whole."""
    page, messages, requests = open_page(browser, address + name)
    # What fades from one scheme to the other has no contrast halfway.
    page.add_style_tag(content="*, ::before, ::after { transition: none !important }")
    check_looks(page, f"site-{name.strip('/').replace('/', '-') or 'index'}", SITE_RULES)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        commands = page.locator(".language-bash code").evaluate_all(
            "all => all.filter(e => e.scrollWidth > e.clientWidth).map(e => e.textContent)"
        )
        assert commands == [], width
    if not name.startswith("reference/"):  # which have hundreds of links
        check_keyboard(page, ".md-content :is(a[href], button, math)")
    assert (
        messages == [] and [url for url in requests if not url.startswith((address, "data:", "blob:"))] == []
    )


@pytest.mark.parametrize("scheme", SCHEMES)
def test_scheme_and_formulas(browser, address, scheme):
    page = browser.new_page(color_scheme=scheme)
    page.set_default_timeout(PATIENCE)
    page.goto(address + "objectives/")
    dark = page.evaluate("document.body.getAttribute('data-md-color-scheme') === 'slate'")
    assert dark == (scheme == "dark")
    assert page.locator("math").count() >= 8  # set, and not as text
    assert page.locator(".md-footer__link--next, .md-footer__link--prev").count() == 2
