"""Heat on a photograph: as the book adds it, and as the browser blends it."""

import numpy as np
from jaxtyping import Float, Shaped, UInt8
from numpy.typing import ArrayLike

from ._checks import real_array
from .colour_maps import apply_colour_map

OVERLAY_COLOUR_MAPS = ("inferno", "viridis", "magma", "cividis", "gray", "jet")
"""The names offered for choice. All but jet, the book's, grow lighter with the heat."""


def superimpose(
    photograph: ArrayLike,
    heat: ArrayLike,
    *,
    colour_map: str = "inferno",
    intensity: float | int = 0.4,
) -> UInt8[np.ndarray, "height width 3"]:
    """Add the colours of the heat to a photograph, as listing 5.44 of the book does.

    ``min(255, colour · intensity + photograph)``, rounded: where the photograph is light already,
    the sum stays at 255, as in Chollet, *Deep Learning with Python*, section 5.4.3.

    Parameters
    ----------
    photograph : array_like of uint8, shape (height, width, 3), (height, width, 1) or (height, \
width)
        RGB or grey, 0–255.
    heat : array_like, shape (height, width)
        In [0, 1]; where it is NaN, the photograph is left as it is.
    colour_map : str
        Any name that matplotlib knows; the book's is "jet".
    intensity : float
        Share of the colours that is added, 0 or more.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
        RGB.

    Raises
    ------
    TypeError
        If the photograph is not uint8, or the heat not real numbers.
    ValueError
        If the sizes differ, heat or intensity are out of their range, or there is no such colour
        map.
    """
    if not 0 <= intensity < np.inf:
        raise ValueError(f"expected an intensity of 0 or more; got {intensity}")
    pixels, shares = _checked(photograph, heat)
    return _mixed(pixels, shares, ~np.isnan(shares), colour_map, (1, intensity))


def blend(
    photograph: ArrayLike,
    heat: ArrayLike,
    *,
    colour_map: str = "inferno",
    alpha: float | int = 0.5,
    threshold: float | int = 0.0,
) -> UInt8[np.ndarray, "height width 3"]:
    """Blend the colours of the heat with a photograph, as the overlay in the browser does.

    ``photograph · (1 − alpha) + colour · alpha``, rounded, where the heat reaches the threshold.

    Parameters
    ----------
    photograph : array_like of uint8, shape (height, width, 3), (height, width, 1) or (height, \
width)
        RGB or grey, 0–255.
    heat : array_like, shape (height, width)
        In [0, 1]; where it is NaN or below the threshold, the photograph is left as it is.
    colour_map : str
        Any name that matplotlib knows.
    alpha : float
        Opacity of the colours, in [0, 1].
    threshold : float
        The least heat that is shown, in [0, 1].

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
        RGB.

    Raises
    ------
    TypeError
        If the photograph is not uint8, or the heat not real numbers.
    ValueError
        If the sizes differ, the heat, alpha or threshold are outside [0, 1], or there is no such
        colour map.
    """
    for name, value in (("alpha", alpha), ("threshold", threshold)):
        if not 0 <= value <= 1:
            raise ValueError(f"expected {name} in [0, 1]; got {value}")
    pixels, shares = _checked(photograph, heat)
    return _mixed(pixels, shares, shares >= threshold, colour_map, (1 - alpha, alpha))


def _checked(
    photograph: ArrayLike, heat: ArrayLike
) -> tuple[UInt8[np.ndarray, "height width 3"], Shaped[np.ndarray, "height width"]]:
    pixels, shares = rgb(photograph), real_array(heat, "height, width")
    if shares.shape != pixels.shape[:2]:
        raise ValueError(
            f"expected heat at the size of the photograph, {pixels.shape[:2]}; got shape "
            f"{shares.shape}; bring it there first, as the method resized() of a heatmap does"
        )
    return pixels, shares


def rgb(photograph: ArrayLike) -> UInt8[np.ndarray, "height width 3"]:
    """Return a photograph, RGB or grey, as RGB; refuse what is not uint8 or no photograph."""
    pixels = np.asarray(photograph)
    if pixels.dtype != np.uint8:
        raise TypeError(
            f"expected a photograph of uint8, 0–255; got {pixels.dtype}; make one of other images "
            "with photograph()"
        )
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 3) or not pixels.size:
        raise ValueError(
            "expected a photograph (height, width, 3), or grey (height, width, 1) or (height, "
            f"width); got shape {np.shape(photograph)}"
        )
    return np.broadcast_to(pixels, (*pixels.shape[:2], 3))


def _mixed(
    pixels: UInt8[np.ndarray, "height width 3"],
    shares: Shaped[np.ndarray, "height width"],
    shown: Shaped[np.ndarray, "height width"],
    colour_map: str,
    weights: tuple[float | int, float | int],
) -> UInt8[np.ndarray, "height width 3"]:
    colours = apply_colour_map(np.where(np.isnan(shares), 0, shares), colour_map)
    table = _sums(*weights)
    # row by row, since the indices of a whole photograph would take 16 times its bytes
    sums = np.stack([table[row, colour] for row, colour in zip(pixels, colours, strict=True)])
    return np.where(shown[..., None], sums, pixels)


def _sums(of_photograph: float | int, of_heat: float | int) -> UInt8[np.ndarray, "256 256"]:
    """What every byte of a photograph becomes with every byte of a colour."""
    levels: Float[np.ndarray, " 256"] = np.arange(256.0)
    sums = levels[:, None] * of_photograph + levels * of_heat
    return np.clip(np.floor(sums + 0.5), 0, 255).astype(np.uint8)
