"""Figures of filters: learned kernels in colour, per channel, as bars where they are 1×1."""

import numpy as np
from jaxtyping import Float64
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from ._axes import (
    LABEL_SIZE,
    TITLE_SIZE,
    colour_bar,
    report_values,
    show_values,
    style,
    value_at,
    whole_ticks,
)
from ._checks import real_array
from ._numbered import NumberedMosaic
from .colour_maps import kernel_colours, lookup_table
from .figures import mosaic_figure
from .intensity import signed
from .view_figure import INK, ViewFigure


def filter_figure(
    kernel: ArrayLike, *, title: str = "", colour_map: str = "coolwarm"
) -> ViewFigure:
    """Draw one filter: its weights for each input channel, on one scale centred at zero.

    A kernel over three channels is drawn in colour too; a 1×1 kernel, which has one weight for
    each input channel and no extent, as bars; any other as a mosaic of its channels.

    Parameters
    ----------
    kernel : array_like, shape (height, width, in_channels)
        The weights of one filter; three input channels are taken as red, green, blue.
    title : str
        Above the filter.
    colour_map : str
        Any name that matplotlib knows; a diverging one shows the sign.

    Returns
    -------
    ViewFigure
        A matplotlib figure.

    Raises
    ------
    TypeError, ValueError
        If the kernel is not of real numbers (height, width, in_channels), or there is no such
        colour map.
    """
    weights = real_array(kernel, "height, width, in_channels").astype(np.float64)
    if weights.ndim != 3:
        raise ValueError(
            "expected the kernel (height, width, in_channels) of one filter; got shape "
            f"{weights.shape}; choose one filter"
        )
    if weights.shape[:2] == (1, 1):
        return _bars(weights[0, 0], title, colour_map)
    if weights.shape[2] == 3:
        return _colour_and_channels(weights, title, colour_map)
    return mosaic_figure(weights, title=title, colour_map=colour_map, mode="signed")


def filters_figure(
    kernels: ArrayLike, *, title: str = "", colour_map: str = "coolwarm"
) -> ViewFigure:
    """Draw all filters of a layer on one scale centred at zero, as far as a plane can hold them.

    Kernels over three channels are drawn in colour, those over one channel (grey images,
    depthwise convolutions) by a colour map; 1×1 kernels as the matrix of their weights, a row
    for each filter.

    Parameters
    ----------
    kernels : array_like, shape (filters, height, width, in_channels)
        The weights of the layer; three input channels are taken as red, green, blue.
    title : str
        Above the filters.
    colour_map : str
        Any name that matplotlib knows; a diverging one shows the sign.

    Returns
    -------
    ViewFigure
        A matplotlib figure.

    Raises
    ------
    TypeError, ValueError
        If the kernels are not of real numbers (filters, height, width, in_channels), have more
        channels than a picture can show, or there is no such colour map.
    """
    weights = real_array(kernels, "filters, height, width, in_channels").astype(np.float64)
    filters, height, width, in_channels = weights.shape
    if in_channels == 1:
        return mosaic_figure(
            np.moveaxis(weights[..., 0], 0, -1), title=title, colour_map=colour_map, mode="signed"
        )
    if (height, width) == (1, 1):
        return _matrix(weights[:, 0, 0], title, colour_map)
    if in_channels == 3:
        return _colours(weights, title)
    raise ValueError(
        f"{filters} filters over {in_channels} channels do not fit in one picture; choose one "
        "filter and draw it with filter_figure()"
    )


def _bars(weights: Float64[np.ndarray, " in_channels"], title: str, colour_map: str) -> ViewFigure:
    figure = ViewFigure(7.5, 3.2)
    axes = figure.add_subplot()
    finite = np.nan_to_num(weights, posinf=0, neginf=0)
    edges = np.arange(len(finite) + 1) - 0.5
    # short of the ends, which are often too dark for thin bars on a dark page
    below, above = lookup_table(colour_map)[[40, 215]] / 255
    axes.stairs(np.maximum(finite, 0), edges, fill=True, color=above)
    axes.stairs(np.minimum(finite, 0), edges, fill=True, color=below)
    axes.axhline(0, color=INK, linewidth=0.6)
    axes.set(xlabel="input channel", ylabel="weight", xlim=(edges[0], edges[-1]))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    style(axes, title)
    report_values(axes, lambda _, column: _weight_at(weights, column))
    return figure


def _weight_at(weights: Float64[np.ndarray, " in_channels"], channel: int) -> str:
    inside = 0 <= channel < len(weights)
    return f"input channel {channel}: {weights[channel]:.4g}" if inside else ""


def _matrix(
    weights: Float64[np.ndarray, "filters in_channels"], title: str, colour_map: str
) -> ViewFigure:
    figure = ViewFigure(7.5, 5.0)
    axes = figure.add_subplot(xlabel="input channel", ylabel="filter")
    image = show_values(axes, np.nan_to_num(weights), _norm(weights[None]), colour_map)
    axes.set_aspect("auto")
    whole_ticks(axes)
    style(axes, title)
    colour_bar(figure, axes, image, "weight")
    report_values(axes, lambda row, column: _matrix_at(weights, row, column))
    return figure


def _matrix_at(weights: Float64[np.ndarray, "filters in_channels"], row: int, column: int) -> str:
    weight = _weight_at(weights[row], column) if 0 <= row < len(weights) else ""
    return f"filter {row}, {weight}" if weight else ""


def _colours(weights: Float64[np.ndarray, "filters height width 3"], title: str) -> ViewFigure:
    numbered = NumberedMosaic(*weights.shape[:3])
    colours = kernel_colours(weights)
    opaque = np.full_like(colours[..., :1], 255)
    figure = ViewFigure(7.5, 0.8 + numbered.inches)
    axes = figure.add_subplot()
    style(axes, title, "one scale for all, zero is mid-grey")
    tiles = np.concatenate([colours, opaque], axis=-1)
    axes.imshow(numbered.picture(tiles, 0)).mouseover = False
    numbered.label(axes)
    numbered.report(
        axes, lambda tile, row, column: f"filter {tile} · {_colour_at(weights[tile], row, column)}"
    )
    return figure


def _colour_and_channels(
    weights: Float64[np.ndarray, "height width 3"], title: str, colour_map: str
) -> ViewFigure:
    figure = ViewFigure(8.4, 2.6)
    figure.suptitle(title, color=INK, fontsize=TITLE_SIZE, x=0.01, horizontalalignment="left")
    panels = figure.subplots(1, 4)
    panels[0].imshow(kernel_colours(weights)).mouseover = False
    report_values(panels[0], lambda row, column: _colour_at(weights, row, column))
    norm = _norm(weights)
    for channel, axes in enumerate(panels[1:]):
        one = weights[..., channel]
        image = show_values(axes, np.nan_to_num(one), norm, colour_map)
        _report_channel(axes, one)
    for axes, name in zip(panels, ("in colour", "red", "green", "blue"), strict=True):
        style(axes, name, size=LABEL_SIZE)
        axes.set(xticks=[], yticks=[])
    colour_bar(figure, panels[-1], image, "weight", panels=len(panels))
    return figure


def _norm(weights: Float64[np.ndarray, "*axes"]) -> Normalize:
    scale = signed(weights)
    return Normalize(scale.low.item(), scale.high.item())


def _report_channel(axes: Axes, weights: Float64[np.ndarray, "height width"]) -> None:
    report_values(axes, lambda row, column: value_at(weights, row, column))


def _colour_at(weights: Float64[np.ndarray, "height width 3"], row: int, column: int) -> str:
    height, width, _ = weights.shape
    if not (0 <= row < height and 0 <= column < width):
        return ""
    red, green, blue = weights[row, column]
    return f"row {row}, column {column}: red {red:.4g}, green {green:.4g}, blue {blue:.4g}"
