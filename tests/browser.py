"""Pages as Chromium shows them."""

from pathlib import Path
from typing import Any, Iterator, List, Tuple, Union

import pytest

# Kept, to be looked at.
ARTEFACTS = Path(__file__).parent.parent / "artefacts"
WIDTHS = (1280, 400)
SCHEMES = ("light", "dark")
# Pixels of a picture, and milliseconds until a busy machine has drawn it.
LONGEST, PATIENCE = 5000, 120_000
# What WCAG 2.2 asks for at the levels A and AA, as far as a program can tell.
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


def open_page(browser: Any, place: Union[Path, str]) -> Tuple[Any, List[str], List[str]]:
    """Open a file, or an address.

    RETURNS (Tuple[Page, List[str], List[str]]): the page, what it says on the console, and what it asks for.
    """
    page = browser.new_page(viewport={"width": WIDTHS[0], "height": 900})
    page.set_default_timeout(PATIENCE)
    messages: List[str] = []
    requests: List[str] = []
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(place if isinstance(place, str) else place.as_uri())
    return page, messages, requests


def find_directions(page: Any) -> Iterator[Tuple[str, str]]:
    """YIELDS (Tuple[str, str]): the language of each sentence of a report, and the direction it is drawn in."""
    for article in page.locator("article").all():
        entities = article.locator(".entities").first
        yield article.get_attribute("data-language"), entities.evaluate("e => getComputedStyle(e).direction")


def check_looks(page: Any, name: str, rules: Any = RULES) -> None:
    """In light and in dark, on a screen as on a telephone: nothing to scroll sideways, and what WCAG asks for at the
    level AA, such as contrast. A picture of each is kept."""
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="needs axe-playwright-python"
    ).Axe()
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            take_screenshot(page, ARTEFACTS / f"{name}-{width}-{scheme}.png")
        found = axe.run(page, options=rules)
        assert not found.response["violations"], found.generate_report()
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})


def take_screenshot(page: Any, path: Path) -> None:
    """The page from its top as far as LONGEST."""
    size = page.viewport_size
    height = min(LONGEST, page.evaluate("document.documentElement.scrollHeight"))
    clip = {"x": 0, "y": 0, "width": size["width"], "height": height}
    page.screenshot(path=path, full_page=True, clip=clip)


def check_keyboard(page: Any, selector: str) -> None:
    """The tabulator leads to each of these elements that is shown; the focus can be seen there or on the next label."""
    expected = page.locator(selector).evaluate_all("all => all.filter(e => e.checkVisibility()).length")
    page.evaluate("document.activeElement.blur(); window.reached = new Set()")
    for _ in range(400):
        page.keyboard.press("Tab")
        focus = page.evaluate(
            """selector => {
              const e = document.activeElement;
              if (e === document.body || window.reached.has(e)) return null;
              window.reached.add(e);
              const shown = [e, ...document.querySelectorAll(':focus + label')];
              const styles = shown.map(e => getComputedStyle(e).outlineStyle);
              return [e.matches(selector), styles.some(style => style !== 'none')];
            }""",
            selector,
        )
        if focus is None:
            break
        assert focus[1]
    reached = page.evaluate(
        "selector => [...window.reached].filter(e => e.matches(selector)).length", selector
    )
    assert expected and reached == expected


def check_alone(path: Path, messages: List[str], requests: List[str]) -> None:
    """The page said nothing, and asked for nothing but itself."""
    assert messages == [] and all(url.startswith(("file:", "data:")) for url in requests)
    assert [url for url in requests if url.startswith("file:")] == [path.as_uri()]
