"""The page of a report: a single file that loads nothing else."""

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

# Dots per inch: pictures have twice as many as are shown, for screens of high resolution.
SHOWN, DRAWN = 100, 200


class Picture(NamedTuple):
    """A figure as PNG.

    title (str): its title.
    name (str): the name of its file.
    png (bytes): the image.
    width (int): its width on the page in pixels.
    """

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

    title (str): its title.
    name (str): the name of its file, without suffix; characters other than letters, digits, "_" and "-" become "_".
    figure (Figure): the figure.
    RETURNS (Picture): the PNG.
    """
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # The fonts of matplotlib lack some scripts; the texts are also on the page.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(buffer, format="png", dpi=DRAWN, metadata={"Software": None})
    # The language in a corpus may be any text.
    return Picture(
        title, re.sub(r"[^\w-]", "_", name), buffer.getvalue(), int(figure.get_size_inches()[0] * SHOWN)
    )


def render_page(**content: Any) -> str:
    """Render the page.

    content (Any): the variables of `page.html`, which are escaped unless marked as safe.
    RETURNS (str): the page.
    """
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    script = _read("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode("utf8")).digest()).decode("ascii")
    return environment.from_string(_read("page.html")).render(
        # Our own files, in elements without escapes. The page runs only the script with this digest.
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
