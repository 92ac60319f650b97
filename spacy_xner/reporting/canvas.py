"""The paper of all charts, small enough for a telephone's width."""

from typing import TYPE_CHECKING, Any, Tuple

import numpy

from ..errors import Errors, XnerError, tell_install
from .palette import LINE, TEXT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Distinct for most readers, in print too (Okabe and Ito).
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")

# Inches.
WIDTH, HEIGHT, BAR = 3.9, 2.9, 0.28


def plain(text: str, most: int = 16) -> str:
    """Make text that matplotlib shows as it is: without mathematics, and cut so that it leaves room for the chart.

    text (str): a name.
    most (int): characters.
    RETURNS (str): the text.
    """
    return (text if len(text) <= most else text[: most - 1] + "…").replace("$", r"\$")


def new_figure(width: float = WIDTH, height: float = HEIGHT, columns: int = 1) -> Tuple["Figure", Any]:
    """Make a figure with empty axes.

    width, height (float): inches.
    columns (int): axes side by side.
    RETURNS (Tuple[Figure, Any]): the figure, and its axes: an array if there are several.
    RAISES: X125 without matplotlib.
    """
    try:
        from matplotlib.figure import Figure  # without pyplot: no window, no figure that stays open
    except ImportError as error:
        raise XnerError(
            Errors.X125.format(what="A report", package="matplotlib", command=tell_install("report"))
        ) from error
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots(1, columns)
    for axis in numpy.ravel(axes):
        axis.spines[["top", "right"]].set_visible(False)
        axis.spines[["bottom", "left"]].set_color(LINE.light)
        axis.tick_params(color=LINE.light, labelcolor=TEXT.light)
        axis.xaxis.label.set_color(TEXT.light)
        axis.yaxis.label.set_color(TEXT.light)
    return figure, axes
