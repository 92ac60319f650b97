"""The page of a report: a single file that loads nothing else."""

import base64
import hashlib
import io
import re
import warnings
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Dict, NamedTuple

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from .palette import use_variables, write_variables

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TEMPLATES = files(__package__) / "templates"
# Texts stay texts, in the reader's fonts. Names of parts depend on the salt alone.
STYLE: Dict[str, Any] = {"svg.fonttype": "none", "font.family": "sans-serif", "hatch.linewidth": 0.8}
NOTHING = dict.fromkeys(("Creator", "Date", "Format", "Type"))
# What a picture needs as a file, and not in a page; names that several pictures have.
BESIDE = re.compile(r"<metadata>.*?</metadata>|<!--.*?-->| xmlns(?::\w+)?=\"[^\"]*\"", re.DOTALL)
GROUP_NAME = re.compile(r'<g id="[^"]*"')
SIZE = re.compile(r'^<svg (.*?)(?:width|height)="([\d.]+)pt" (.*?)(?:width|height)="([\d.]+)pt"', re.DOTALL)


class Picture(NamedTuple):
    """A figure as SVG.

    title (str): its title.
    name (str): the name of its file.
    svg (str): the image, a file of its own.
    """

    title: str
    name: str
    svg: str

    @property
    def inline(self) -> Markup:
        """RETURNS (Markup): the image as an element of a page, whose colours are the page's variables."""
        svg = BESIDE.sub("", self.svg[self.svg.index("<svg") :])
        svg = SIZE.sub(r"<svg \1\3", GROUP_NAME.sub("<g", svg), count=1)
        title = Markup.escape(self.title)
        return Markup(use_variables(svg).replace("<svg", f'<svg role="img" aria-label="{title}"', 1))


def take_picture(title: str, name: str, figure: "Figure") -> Picture:
    """Draw a figure as SVG.

    title (str): its title.
    name (str): the name of its file, without suffix; characters other than letters, digits, "_" and "-" become "_".
    figure (Figure): the figure.
    RETURNS (Picture): the SVG.
    """
    from matplotlib import rc_context

    # The language in a corpus may be any text.
    name = re.sub(r"[^\w-]", "_", name)
    buffer = io.StringIO()
    style: Any = {**STYLE, "svg.hashsalt": name}
    with warnings.catch_warnings(), rc_context(style):
        # The fonts of matplotlib, by which texts are measured, lack some scripts; the reader's have them.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(buffer, format="svg", metadata=NOTHING, transparent=True)
    return Picture(title, name, buffer.getvalue())


def render_page(name: str = "page", policy: str = "", **content: Any) -> str:
    """Render a page.

    name (str): which of those in `templates`: its HTML and, if there is one, its script.
    policy (str): what the page may load beside images that are in it, as its Content-Security-Policy says it.
    content (Any): the variables of the HTML, which are escaped unless marked as safe.
    RETURNS (str): the page.
    """
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=FunctionLoader(_read),
    )
    environment.filters.update(shade=_shade, percent=_percent)
    script = _read(f"{name}.js") if (TEMPLATES / f"{name}.js").is_file() else ""
    digest = base64.b64encode(hashlib.sha256(script.encode("utf8")).digest()).decode("ascii")
    return environment.get_template(f"{name}.html").render(
        # Our own files, in elements without escapes. The page runs only the script with this digest.
        style=Markup(_read("page.css")),
        light=Markup(write_variables(dark=False)),
        dark=Markup(write_variables(dark=True)),
        script=Markup(script),
        digest=Markup(digest),
        policy=Markup(policy),
        **content,
    )


def _read(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf8")


def _shade(value: float) -> str:
    """RETURNS (str): a colour for a similarity: blue for 1, that of the page for 0, orange for -1."""
    red, green, blue = (0, 114, 178) if value > 0 else (213, 94, 0)
    return f"rgba({red}, {green}, {blue}, {min(abs(value), 1):.2f})"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"
