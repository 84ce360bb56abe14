"""Figures of feature maps: axes, colour bars and the real values under the pointer."""

import numpy as np
from jaxtyping import Float
from matplotlib.colors import Normalize
from numpy.typing import ArrayLike

from ._axes import colour_bar, report_values, show_values, style, value_at, whole_ticks
from ._checks import float_array
from ._numbered import NumberedMosaic
from .intensity import Scale, scale
from .mosaic import maps_to_tiles
from .view_figure import ViewFigure

_NOTES = {
    "map": "each on its own scale, from its minimum to its maximum",
    "layer": "one scale for all",
    "standardised": "each on its own scale, in standard deviations from its mean",
    "signed": "one scale for all, centred at zero",
}


def map_figure(
    maps: ArrayLike,
    channel: int = 0,
    *,
    title: str = "",
    colour_map: str = "viridis",
    mode: str = "map",
) -> ViewFigure:
    """Draw one feature map with axes, a colour bar and its real values under the pointer.

    Parameters
    ----------
    maps : array_like, shape (height, width, channels)
        All maps of the layer, since some modes scale a map by the others too.
    channel : int
        The map to draw.
    title : str
        Above the map.
    colour_map : str
        Any name that matplotlib knows.
    mode : {"map", "layer", "standardised", "signed"}
        What the colours are scaled by, see `convnet_widgets.rendering.intensity.scale`; the
        colour bar has real values in every mode.

    Returns
    -------
    ViewFigure
        A matplotlib figure.

    Raises
    ------
    TypeError, ValueError
        If the maps are not real numbers (height, width, channels), or there is no such mode or
        colour map.
    IndexError
        If there is no such channel.
    """
    values = _values(maps)
    height, width, channels = values.shape
    if not 0 <= channel < channels:
        raise IndexError(f"expected a channel from 0 to {channels - 1}; got {channel}")
    low, high = _limits(scale(values, mode), channel)
    figure = ViewFigure(5.6, 0.7 + np.clip(4.4 * height / width, 0.8, 9))
    axes = figure.add_subplot()
    style(axes, title)
    one = values[..., channel]
    drawn = np.nan_to_num(one, nan=low, posinf=high, neginf=low)
    image = show_values(axes, drawn, Normalize(low, high), colour_map)
    axes.set_aspect("equal" if height > 1 else "auto")  # a line has no height of its own
    whole_ticks(axes)
    clipped = mode == "standardised"
    colour_bar(figure, axes, image, f"channel {channel}", "both" if clipped else "neither")
    report_values(axes, lambda row, column: value_at(one, row, column))
    return figure


def mosaic_figure(
    maps: ArrayLike,
    *,
    title: str = "",
    colour_map: str = "viridis",
    mode: str = "map",
    columns: int | None = None,
    channels: ArrayLike | None = None,
) -> ViewFigure:
    """Draw all feature maps of a layer, numbered, with their real values under the pointer.

    There is a colour bar where one scale serves all maps; where each map has its own, a note
    says so. Maps too small for a number each are numbered by row and column.

    Parameters
    ----------
    maps : array_like, shape (height, width, channels)
        The maps of the layer.
    title : str
        Above the mosaic.
    colour_map : str
        Any name that matplotlib knows.
    mode : {"map", "layer", "standardised", "signed"}
        What the colours are scaled by, see `convnet_widgets.rendering.intensity.scale`.
    columns : int, optional
        Maps in a row; by default as many as bring the mosaic near a square.
    channels : array_like of int, shape (channels,), optional
        Which channels the maps are, where they are some of a layer; 0 … by default.

    Returns
    -------
    ViewFigure
        A matplotlib figure.

    Raises
    ------
    TypeError, ValueError
        If the maps are not real numbers (height, width, channels), there is no such mode or
        colour map, or the channels are more or fewer than the maps.
    """
    values = _values(maps)
    height, width, count = values.shape
    numbers = None if channels is None else np.ravel(channels).tolist()
    if numbers is not None and len(numbers) != count:
        raise ValueError(f"expected a channel for each of {count} maps; got {len(numbers)}")
    numbered = NumberedMosaic(count, height, width, columns, numbers)
    drawn, norm = _scaled(values, mode)
    figure = ViewFigure(7.5, 0.8 + numbered.inches)
    axes = figure.add_subplot()
    style(axes, title, _NOTES[mode])
    picture = numbered.picture(maps_to_tiles(drawn), np.nan)
    image = show_values(axes, picture, norm, colour_map)
    if mode != "map":
        colour_bar(figure, axes, image, extend="both" if mode == "standardised" else "neither")
    numbered.label(axes)
    numbered.report(
        axes,
        lambda tile, row, column: (
            f"channel {numbered.number(tile)} · {value_at(values[..., tile], row, column)}"
        ),
    )
    return figure


def _values(maps: ArrayLike) -> Float[np.ndarray, "height width channels"]:
    values = float_array(maps, "height, width, channels")
    if values.ndim != 3:
        raise ValueError(
            f"expected maps (height, width, channels) of one image; got shape {values.shape}; "
            "choose one image of a batch"
        )
    return values


def _limits(of: Scale, channel: int) -> tuple[float, float]:
    low, high = of.low.reshape(-1), of.high.reshape(-1)
    at = min(channel, len(low) - 1)
    return float(low[at]), float(high[at])


def _scaled(
    values: Float[np.ndarray, "height width channels"], mode: str
) -> tuple[Float[np.ndarray, "height width channels"], Normalize]:
    of = scale(values, mode)
    if mode in ("layer", "signed"):
        low, high = _limits(of, 0)
        return np.nan_to_num(values, nan=low, posinf=high, neginf=low), Normalize(low, high)
    shares = of(values)
    if mode == "map":
        return shares, Normalize(0, 1)
    return (shares * 255 - 128) / 64, Normalize(-128 / 64, 127 / 64)
