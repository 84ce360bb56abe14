"""Figures of patterns: what filters answer to most, alone and all of a layer."""

from collections.abc import Sequence
from math import ceil
from typing import Any

import numpy as np
from jaxtyping import Float64, UInt8
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from numpy.typing import ArrayLike

from ._axes import LABEL_SIZE, TITLE_SIZE, colour_bar, report_values, show_values, style, value_at
from ._checks import float_array
from .animation import tiled
from .colour_maps import lookup_table
from .intensity import per_map, signed
from .mosaic import layout, maps_to_tiles, mosaic
from .view_figure import INK, ViewFigure

_MARGIN = 5 / 64  # of a pattern's longer side, about each
_KERNELS = 16  # input channels that are shown
_ZOOM = 4  # pixels of the figure for a weight, so that gaps are narrow
_ACROSS = 6.6  # inches of a grid
_NUMBER_SIZE = 7.0  # points
_DIGIT_WIDTH = 0.64  # of the size
_LINE_HEIGHT = 1.3
_NUMBER_COLOUR = "#c8c8c8"  # on black


def margin(height: int, width: int) -> int:
    """Return how many pixels are about each pattern: 5 for 64."""
    return max(1, round(max(height, width) * _MARGIN))


def hatched(height: int, width: int) -> UInt8[np.ndarray, "height width 3"]:
    """Return what stands in the place of a pattern where there is none: grey stripes on black."""
    rows, columns = np.indices((height, width))
    stripes = np.where((rows + columns) % 8 < 2, 58, 28).astype(np.uint8)
    return np.repeat(stripes[..., None], 3, axis=-1)


def pattern_grid(
    pictures: UInt8[np.ndarray, "filters height width 3"], status: Sequence[str]
) -> UInt8[np.ndarray, "rows columns 3"]:
    """Return all patterns on black, silent filters hatched; 5 pixels of 64 between two."""
    return tiled(_shown(pictures, status), None, margin(*pictures.shape[1:3]))


def _shown(
    pictures: UInt8[np.ndarray, "filters height width 3"], status: Sequence[str]
) -> UInt8[np.ndarray, "filters height width 3"]:
    nothing = np.array([one == "silent" for one in status])
    return np.where(nothing[:, None, None, None], hatched(*pictures.shape[1:3]), pictures)


def patterns_figure(
    pictures: ArrayLike, filters: Sequence[int], status: Sequence[str], *, title: str = ""
) -> ViewFigure:
    """Draw the patterns of a layer on black, in the order given, each above its number.

    Parameters
    ----------
    pictures : array_like of uint8, shape (filters, height, width, 3)
        RGB, 0–255.
    filters : sequence of int
        Their numbers, told under the pointer too.
    status : sequence of str
        In the place of a "silent" one stands a hatched area.
    title : str
        Above the patterns; below it is said what hatched areas mean, where there are any.

    Returns
    -------
    ViewFigure
        A matplotlib figure.
    """
    array = np.asarray(pictures)
    height, width = array.shape[1:3]
    gap = margin(height, width)
    columns = layout(len(array), height, width, gap=gap).columns
    size, below = _numbers(filters, columns, width + gap)
    labelled = np.pad(_shown(array, status), ((0, 0), (0, below), (0, 0), (0, 0)))
    grid = tiled(labelled, columns, gap)
    figure = ViewFigure(7.5, 0.8 + _ACROSS * grid.shape[0] / grid.shape[1])
    axes = figure.add_subplot()
    _picture(axes, grid, "\n".join(filter(None, (title, _legend(status)))), TITLE_SIZE)
    places = layout(len(array), height + below, width, columns, gap)
    for place, number in enumerate(filters):
        row, column = places.origin(place)
        middle = (gap + column + (width - 1) / 2, gap + row + height + below / 2)
        _write(axes, middle, str(number), color=_NUMBER_COLOUR, fontsize=size)

    def told(row: int, column: int) -> str:
        found = places.locate(row - gap, column - gap)
        return "" if found is None else f"filter {filters[found[0]]}"

    report_values(axes, told)
    return figure


def _numbers(filters: Sequence[int], columns: int, across: int) -> tuple[float, int]:
    """Size of the numbers in points, and the pixels of the grid that a line of them takes."""
    points = 72 * _ACROSS / columns
    digits = max(len(str(number)) for number in filters) + 1  # and a gap
    size = min(_NUMBER_SIZE, points / (digits * _DIGIT_WIDTH))
    return size, ceil(_LINE_HEIGHT * size * across / points)


def _legend(status: Sequence[str]) -> str:
    return "hatched: did not fire" if "silent" in status else ""


def pattern_figure(
    picture: ArrayLike,
    feature_map: ArrayLike | None = None,
    kernel: ArrayLike | None = None,
    *,
    status: str = "ok",
    title: str = "",
    colour_map: str = "viridis",
) -> ViewFigure:
    """Draw the pattern of a filter beside the filter's feature map and its weights.

    Parameters
    ----------
    picture : array_like of uint8, shape (height, width, 3)
        RGB, 0–255.
    feature_map : array_like, shape (height, width), optional
        Drawn from its lowest to its highest value.
    kernel : array_like, shape (height, width, in_channels), optional
        Of many input channels the 16 of the largest weights are drawn, the largest first, on one
        scale centred at zero; those of one pixel as bars.
    status : str
        In the place of the pattern of a "silent" filter stands a hatched area with that word.
    title : str
        Above all.
    colour_map : str
        Of the feature map.

    Returns
    -------
    ViewFigure
        A matplotlib figure.
    """
    panels = 1 + (feature_map is not None) + (kernel is not None)
    figure = ViewFigure(max(3.4, 3.2 * panels), 3.4)
    figure.suptitle(title, color=INK, fontsize=TITLE_SIZE, x=0.01, horizontalalignment="left")
    first, *others = np.atleast_1d(figure.subplots(1, panels))
    _pattern(first, np.asarray(picture), status)
    rest = iter(others)
    if feature_map is not None:
        _feature_map(figure, next(rest), float_array(feature_map, "height, width"), colour_map)
    if kernel is not None:
        weights = float_array(kernel, "height, width, in_channels").astype(np.float64)
        _weights(figure, next(rest), weights)
    return figure


def _pattern(axes: Axes, picture: np.ndarray, status: str) -> None:
    if status != "silent":
        _picture(axes, picture, "pattern", LABEL_SIZE)
        return
    height, width = picture.shape[:2]
    _picture(axes, hatched(height, width), "pattern: did not fire", LABEL_SIZE)
    _write(axes, ((width - 1) / 2, (height - 1) / 2), status, color="#e0e0e0")


def _write(axes: Axes, middle: tuple[float, float], text: str, **style: Any) -> None:
    axes.text(*middle, text, ha="center", va="center", **style)


def _picture(axes: Axes, picture: np.ndarray, title: str, size: int) -> None:
    axes.imshow(picture).mouseover = False
    _bare(axes, title, size)


def _bare(axes: Axes, title: str, size: int) -> None:
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    style(axes, title, size=size)


def _feature_map(figure: ViewFigure, axes: Axes, values: np.ndarray, colour_map: str) -> None:
    scale = per_map(values[..., None])
    norm = Normalize(scale.low.item(), scale.high.item())
    image = show_values(axes, np.nan_to_num(values), norm, colour_map)
    _bare(axes, "feature map", LABEL_SIZE)
    colour_bar(figure, axes, image, panels=3)
    report_values(axes, lambda row, column: value_at(values, row, column))


def _weights(
    figure: ViewFigure, axes: Axes, weights: Float64[np.ndarray, "height width in_channels"]
) -> None:
    strength = np.square(weights).sum((0, 1))
    channels = np.argsort(-strength, kind="stable")[:_KERNELS]
    title = f"weights, {len(channels)} of {weights.shape[-1]}, strongest first"
    if weights.shape[:2] == (1, 1):
        _bars(axes, weights[0, 0, channels], channels, title)
    else:
        _kernels(figure, axes, weights, channels, title)


def _kernels(
    figure: ViewFigure,
    axes: Axes,
    weights: Float64[np.ndarray, "height width in_channels"],
    channels: np.ndarray,
    title: str,
) -> None:
    scale, (height, width, _) = signed(weights), weights.shape
    places = layout(len(channels), _ZOOM * height, _ZOOM * width, gap=2)
    fine = maps_to_tiles(weights[..., channels]).repeat(_ZOOM, axis=1).repeat(_ZOOM, axis=2)
    norm = Normalize(scale.low.item(), scale.high.item())
    image = show_values(axes, mosaic(fine, places.columns, 2, np.nan), norm, "coolwarm")
    _bare(axes, title, LABEL_SIZE)
    colour_bar(figure, axes, image, panels=3)

    def told(row: int, column: int) -> str:
        found = places.locate(row, column)
        if found is None:
            return ""
        channel = channels[found[0]]
        value = value_at(weights[..., channel], found[1] // _ZOOM, found[2] // _ZOOM)
        return f"input channel {channel}, {value}"

    report_values(axes, told)


def _bars(axes: Axes, weights: np.ndarray, channels: np.ndarray, title: str) -> None:
    below, above = lookup_table("coolwarm")[[40, 215]] / 255
    colours = [below if weight < 0 else above for weight in weights]
    axes.barh([str(channel) for channel in channels], weights, color=colours)
    axes.axvline(0, color=INK, linewidth=0.6)
    axes.invert_yaxis()
    axes.set_ylabel("input channel")
    style(axes, title, size=LABEL_SIZE)
