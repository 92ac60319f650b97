"""The page of a report: one file, with all that it shows inside, which asks for nothing from elsewhere."""

import base64
import hashlib
import io
import re
import warnings
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Dots in an inch: twice as many in the picture as are shown, for sharp screens.
SHOWN, DRAWN = 100, 200


class Picture(NamedTuple):
    """A figure as PNG. title (str): what it shows. name (str): of its file. width (int): pixels on the page."""

    title: str
    name: str
    png: bytes
    width: int

    @property
    def data(self) -> str:
        """RETURNS (str): the PNG in base64."""
        return base64.b64encode(self.png).decode("ascii")


def take_picture(title: str, name: str, figure: "Figure") -> Picture:
    """Draw a figure as PNG.

    title (str): what it shows.
    name (str): of its file, without suffix; characters other than letters, digits, "_" and "-" become "_".
    figure (Figure): what is drawn.
    RETURNS (Picture): the PNG.
    """
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # The fonts of matplotlib have not all scripts; the texts stand on the page, too.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(buffer, format="png", dpi=DRAWN, metadata={"Software": None})
    # A language is what somebody wrote into a corpus.
    return Picture(
        title, re.sub(r"[^\w-]", "_", name), buffer.getvalue(), int(figure.get_size_inches()[0] * SHOWN)
    )


def render_page(**content: Any) -> str:
    """RETURNS (str): the page. content (Any): what `page.html` asks for, escaped unless it is marked as safe."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    script = _read("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode("utf8")).digest()).decode("ascii")
    return environment.from_string(_read("page.html")).render(
        # Our own files, in elements that know no escapes. The page runs no other script than that of this digest.
        style=Markup(_read("page.css")),
        script=Markup(script),
        digest=Markup(digest),
        shade=_shade,
        **content,
    )


def _read(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf8")


def _shade(value: float) -> str:
    """RETURNS (str): a colour for a similarity: blue for 1, white for 0, orange for -1."""
    red, green, blue = (0, 114, 178) if value > 0 else (213, 94, 0)
    return f"rgba({red}, {green}, {blue}, {min(abs(value), 1):.2f})"
