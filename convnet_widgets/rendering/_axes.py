"""What the figures share: axes, colour bars and titles that read on light and dark."""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from jaxtyping import Real
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator

from .colour_maps import lookup_table
from .view_figure import INK, ViewFigure

TITLE_SIZE = 11
LABEL_SIZE = 9
LINE_COLOURS = ("#3987d6", "#d4702a", "#2f9e62", "#b069c9", "#a88a1e")
"""Each with a contrast of 3 : 1 on white and on JupyterLab's dark background."""
_BAR_WIDTH = 0.18  # inches


def style(axes: Axes, *lines: str, size: int = TITLE_SIZE) -> None:
    """Give axes a transparent ground, grey lines and a title of the lines that are not empty."""
    axes.set_facecolor("none")
    axes.tick_params(colors=INK, labelsize=LABEL_SIZE, width=0.6, length=3)
    for spine in axes.spines.values():
        spine.set(edgecolor=INK, linewidth=0.6)
    axes.xaxis.label.set(color=INK, fontsize=LABEL_SIZE)
    axes.yaxis.label.set(color=INK, fontsize=LABEL_SIZE)
    axes.set_title("\n".join(filter(None, lines)), loc="left", color=INK, fontsize=size)


def show_values(
    axes: Axes, values: Real[np.ndarray, "height width"], norm: Normalize, colour_map: str
) -> AxesImage:
    """Draw an array of values, NaN transparent."""
    lookup_table(colour_map)  # an unknown name fails with the near ones
    # coloured before it is resampled, a mosaic of a large layer would take 400 MB
    image = axes.imshow(
        values.astype(np.float32, copy=False),
        cmap=colour_map,
        norm=norm,
        interpolation_stage="data",
    )
    image.mouseover = False  # the axes report the values themselves
    return image


def colour_bar(
    figure: ViewFigure,
    axes: Axes,
    image: ScalarMappable,
    label: str = "",
    extend: Literal["neither", "both"] = "neither",
    panels: int = 1,
) -> Axes:
    """Draw a colour bar beside the axes, the last of `panels` in a row, as high as they are.

    The axes of the bar are returned.
    """
    width = _BAR_WIDTH * panels / figure.get_figwidth()
    beside = axes.inset_axes((1 + width / 2, 0, width, 1))
    bar = figure.colorbar(image, cax=beside, extend=extend)
    style(beside)
    bar.outline.set(edgecolor=INK, linewidth=0.6)
    bar.set_label(label, color=INK, fontsize=LABEL_SIZE)
    return beside


def whole_ticks(axes: Axes) -> None:
    """Label whole numbers alone, since the axes count pixels or channels."""
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))


def report_values(axes: Axes, say: Callable[[int, int], str]) -> None:
    """Show under the pointer what `say` tells of the row and the column of a pixel."""

    def at(x: Any, y: Any) -> str:
        return say(int(np.floor(y + 0.5)), int(np.floor(x + 0.5)))

    axes.format_coord = at  # type: ignore[method-assign]


def value_at(values: Real[np.ndarray, "height width"], row: int, column: int) -> str:
    """Say the value at a pixel; nothing outside of the array."""
    height, width = values.shape
    if not (0 <= row < height and 0 <= column < width):
        return ""
    return f"row {row}, column {column}: {values[row, column]:.4g}"
