"""A photograph and its heatmap as the traits that hold them in the browser."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np
from jaxtyping import Float32
from numpy.typing import ArrayLike
from PIL import Image

from ..rendering.encoding import encode
from ..rendering.quantisation import quantise
from ..rendering.reduction import reduced

_MOST_SIDE = 640  # pixels of the photograph's longer side that are sent
_SMALL = 128  # pixels of the longer side; so much enlarged the blocks of JPEG would show
_ROUNDING = 1e-6  # beyond [0, 1], as a division leaves it
_BOX = "a box is (top, left, height, width) in pixels of the photograph"

NO_HEAT: dict[str, Any] = {
    **{"_codes": b"", "_range": [0.0, 0.0], "_unseen": b"", "_box": []},
    **{"_map_height": 0, "_map_width": 0},
}
"""Where there is no heatmap."""

NO_PHOTOGRAPH: dict[str, Any] = {"_photograph": b"", "height": 0, "width": 0}
"""Where there is no photograph: the heatmap is drawn alone."""


def photograph_traits(photograph: ArrayLike | bytes, size: Sequence[int] | None) -> dict[str, Any]:
    """Traits of :class:`HeatmapOverlay` for a photograph.

    Parameters
    ----------
    photograph : bytes, or array of uint8, shape (height, width, 3) or (height, width)
        An image file that browsers read, or pixels 0–255, which are sent with at most 640 to a
        side.
    size : pair of int, optional
        Height and width in pixels that places are told in, where the file has others.

    Raises
    ------
    TypeError
        If the pixels are not uint8.
    ValueError
        If they have other axes, or the size is none.
    """
    if isinstance(photograph, bytes | bytearray | memoryview):
        return _placed(bytes(photograph), size)
    pixels = np.asarray(photograph)
    file = encode(_at_most(pixels), "png" if max(pixels.shape[:2]) <= _SMALL else "jpeg")
    return _placed(file, pixels.shape[:2] if size is None else size)


def heat_traits(values: ArrayLike, box: Sequence[float] | None) -> dict[str, Any]:
    """Traits of :class:`HeatmapOverlay` for a heatmap.

    Parameters
    ----------
    values : array of float, shape (rows, columns)
        Heat in [0, 1]; NaN where nothing was seen.
    box : four numbers, optional
        Top, left, height and width in pixels of the photograph that the map lies over; all of
        it by default.

    Raises
    ------
    TypeError
        If the values are not real numbers.
    ValueError
        If the values have other axes or are outside [0, 1], or the box is none.
    """
    heat = _checked(values)
    unseen = np.isnan(heat)
    quantised = quantise(heat[..., None])
    return {
        "_codes": quantised.codes,
        "_range": [float(limit) for limit in quantised.ranges[0]],
        "_unseen": unseen.astype(np.uint8).tobytes() if unseen.any() else b"",
        "_map_height": heat.shape[0],
        "_map_width": heat.shape[1],
        "_box": [] if box is None else _checked_box(box),
    }


def _placed(file: bytes, size: Sequence[int] | None) -> dict[str, Any]:
    sides = [int(side) for side in (_size_of(file) if size is None else size)]
    if len(sides) != 2 or min(sides) < 1:
        raise ValueError(f"a size is (height, width) in pixels, from 1 on; got {size!r}")
    return {"_photograph": file, "height": sides[0], "width": sides[1]}


def _size_of(file: bytes) -> tuple[int, int]:
    with Image.open(BytesIO(file)) as image:
        return image.height, image.width


def _at_most(pixels: np.ndarray) -> np.ndarray:
    side = -(-max(pixels.shape[:2], default=0) // _MOST_SIDE)
    if side <= 1 or pixels.dtype != np.uint8:
        return pixels
    colour = pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2)
    return reduced(colour[None], side)[0]


def _checked(values: ArrayLike) -> Float32[np.ndarray, "rows columns"]:
    heat = np.asarray(values)
    if heat.dtype.kind not in "bfiu":
        raise TypeError(f"heat is real numbers; got {heat.dtype}. Convert it to float32.")
    if heat.ndim != 2 or not heat.size:
        raise ValueError(
            f"heat is (rows, columns) of one image; got shape {heat.shape}. "
            "Choose one heatmap of a batch."
        )
    finite = heat[~np.isnan(heat)].astype(np.float64)
    if finite.size and not (finite.min() >= -_ROUNDING and finite.max() <= 1 + _ROUNDING):
        raise ValueError(
            f"heat is in [0, 1], or NaN where nothing was seen; got {finite.min():.4g} to "
            f"{finite.max():.4g}. Divide it by its maximum first."
        )
    return np.clip(heat.astype(np.float32), 0, 1)


def _checked_box(box: Sequence[float]) -> list[float]:
    sides = [float(side) for side in box]
    if len(sides) != 4 or not np.isfinite(sides).all() or min(sides[2:]) <= 0:
        raise ValueError(f"{_BOX}, the last two above 0; got {box!r}")
    return sides
