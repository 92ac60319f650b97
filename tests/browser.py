"""Pages as Chromium shows them."""

from pathlib import Path
from typing import Any, Iterator, List, Tuple

# Kept, to be looked at.
ARTEFACTS = Path(__file__).parent.parent / "artefacts"


def open_page(browser: Any, path: Path) -> Tuple[Any, List[str], List[str]]:
    """RETURNS (Tuple[Page, List[str], List[str]]): a page, what it says on the console, and what it asks for."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    messages: List[str] = []
    requests: List[str] = []
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.as_uri())
    return page, messages, requests


def find_directions(page: Any) -> Iterator[Tuple[str, str]]:
    """YIELDS (Tuple[str, str]): the language of each sentence of a report, and the direction it is drawn in."""
    for article in page.locator("article").all():
        entities = article.locator(".entities").first
        yield article.get_attribute("data-language"), entities.evaluate("e => getComputedStyle(e).direction")


def check_widths(page: Any, name: str) -> None:
    """There is nothing to scroll sideways, on a screen as on a telephone, and all pictures are there."""
    for width in (1280, 400):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.screenshot(path=ARTEFACTS / f"{name}-{width}.png", full_page=True)
    assert all(image.evaluate("e => e.naturalWidth") > 100 for image in page.locator("img").all())


def check_alone(path: Path, messages: List[str], requests: List[str]) -> None:
    """The page said nothing, and asked for nothing but itself."""
    assert messages == [] and all(url.startswith(("file:", "data:")) for url in requests)
    assert [url for url in requests if url.startswith("file:")] == [path.as_uri()]
