"""Figures of heat on photographs: one, or several on one scale."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from ._axes import LABEL_SIZE, TITLE_SIZE, report_values, style
from ._heat import heat_bar, heat_of, highest_of, known, said_at, shares_of
from .overlays import blend, rgb
from .view_figure import INK, ViewFigure

_DIMMED = 0.3  # of the brightness of a photograph under a reason
_REASON_COLOUR = "#e0e0e0"  # on what is dimmed
_LETTERS = 11  # of a reason in an inch
_LINE_SPACING = 1.2  # in sizes of the letters, as matplotlib sets lines


@dataclass(frozen=True, eq=False)
class HeatmapPanel:
    """A photograph, the heat on it, and what is to be said of them.

    Parameters
    ----------
    photograph : array_like of uint8, shape (height, width, 3), (height, width, 1) or (height, \
width)
        RGB or grey, 0–255.
    heat : array_like, shape (height, width)
        0 or more; NaN where the network did not look.
    title : str
        Above the photograph: target, layer, method.
    reason : str
        Why there is no heat; written in place of it.
    """

    photograph: ArrayLike
    heat: ArrayLike
    title: str = ""
    reason: str = ""


def heatmap_figure(
    panels: HeatmapPanel | Sequence[HeatmapPanel],
    *,
    title: str = "",
    colour_map: str = "inferno",
    alpha: float | int = 0.5,
    threshold: float | int = 0.0,
    highest: float | int | None = None,
    label: str = "heat",
) -> ViewFigure:
    """Draw heat on a photograph, or several side by side on one scale from zero.

    There is one colour bar, of real values; the pointer reads them too.

    Parameters
    ----------
    panels : HeatmapPanel or sequence of HeatmapPanel
        What stands side by side.
    title : str
        Above all: the network and where its weights came from.
    colour_map : str
        Any name that matplotlib knows.
    alpha : float
        Opacity of the heat, in [0, 1].
    threshold : float
        Heat below this share of the highest, in [0, 1], is not drawn.
    highest : float, optional
        Upper end of the scale, above 0; the highest heat of all panels by default.
    label : str
        What the heat is, beside the colour bar.

    Returns
    -------
    ViewFigure
        A matplotlib figure.

    Raises
    ------
    TypeError
        If a photograph is not uint8, or heat not real numbers.
    ValueError
        If there is no panel, heat has not the size of its photograph or is negative, `highest`,
        `alpha` or `threshold` are out of their range, or there is no such colour map.
    """
    shown = [panels] if isinstance(panels, HeatmapPanel) else list(panels)
    if not shown:
        raise ValueError("expected at least one panel; got none")
    heats = [heat_of(panel.heat, "height, width") for panel in shown]
    lit = [heat for panel, heat in zip(shown, heats, strict=True) if not panel.reason]
    top = highest_of(lit, highest)
    look: dict[str, Any] = {"colour_map": known(colour_map), "alpha": alpha, "threshold": threshold}
    pictures = [
        _dimmed(panel.photograph)
        if panel.reason
        else blend(panel.photograph, shares_of(heat, top), **look)
        for panel, heat in zip(shown, heats, strict=True)
    ]
    further = max(panel.title.count("\n") for panel in shown)
    figure, columns = _columns([picture.shape for picture in pictures], title, further)
    for axes, panel, picture, heat in zip(columns, shown, pictures, heats, strict=True):
        axes.imshow(picture).mouseover = False
        _frame(axes, panel.title)
        if panel.reason:
            _write(axes, panel.reason, _width(len(shown)))
        _report(axes, heat[:0] if panel.reason else heat)
    if lit:
        heat_bar(figure, columns[-1], top, colour_map, label, threshold, len(shown))
    return figure


def _width(panels: int) -> float:
    """Of a panel, in inches."""
    return 4.6 if panels == 1 else max(1.75, 7 / panels)


def _columns(
    shapes: Sequence[tuple[int, ...]], title: str, further: int
) -> tuple[ViewFigure, Sequence[Axes]]:
    """Make room for pictures below a title and below `further` more lines of their own titles."""
    width = _width(len(shapes))
    tallest = max(width * shape[0] / shape[1] for shape in shapes)
    lines = (title.count("\n") * TITLE_SIZE + further * LABEL_SIZE) * _LINE_SPACING
    height = 0.9 + lines / 72 + float(np.clip(tallest, 1, 9))
    figure = ViewFigure(1.0 + width * len(shapes), height)
    figure.suptitle(
        title,
        color=INK,
        fontsize=TITLE_SIZE,
        x=0.04 / figure.get_figwidth(),
        horizontalalignment="left",
    )
    return figure, list(np.atleast_1d(figure.subplots(1, len(shapes))))


def _frame(axes: Axes, title: str) -> None:
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    style(axes, title, size=LABEL_SIZE)


def _dimmed(photograph: ArrayLike) -> UInt8[np.ndarray, "height width 3"]:
    grey = rgb(photograph).mean(axis=2, keepdims=True) * _DIMMED
    return grey.repeat(3, axis=2).astype(np.uint8)


def _write(axes: Axes, reason: str, width: float) -> None:
    axes.text(
        0.5, 0.5, fill(reason, int(width * _LETTERS)), transform=axes.transAxes,
        ha="center", va="center", color=_REASON_COLOUR, fontsize=LABEL_SIZE,
    )  # fmt: skip


def _report(axes: Axes, heat: Float[np.ndarray, "height width"]) -> None:
    report_values(axes, lambda *place: said_at(heat, place, ("row", "column")))
