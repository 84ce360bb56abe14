"""RGB pictures as the traits that hold them in the browser."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from jaxtyping import UInt8
from numpy.typing import ArrayLike
from traitlets import TraitError

from ..rendering.encoding import encode
from ..rendering.mosaic import layout, mosaic

_DRAFT_QUALITY = 80  # of JPEG: an eighth of the bytes of noise, made in 1–2 ms for 64 × 64 × 64
_BLOCK = 16  # pixels that JPEG codes together: no two pictures share one
_KINDS = "pictures are uint8 (pictures, height, width, 3), RGB, 0–255"


def picture_traits(pictures: ArrayLike, draft: bool = False) -> dict[str, Any]:
    """Traits of :class:`PictureGrid` for an array of pictures.

    Parameters
    ----------
    pictures : array of uint8, shape (pictures, height, width, 3)
        RGB, 0–255.
    draft : bool
        Whether a JPEG will do; else every value is exact.

    Returns
    -------
    dict
        ``_sheet``, all pictures on one sheet, as JPEG or as RGB bytes, and ``_cells``: `count`,
        `height` and `width` of the pictures, the `columns` of the sheet, and `down` and
        `across`, the pixels from one to the next. `jpeg` is 1 or 0.

    Raises
    ------
    TypeError
        If the pictures are not uint8.
    ValueError
        If they have other axes, or an empty one.
    """
    array = _checked(pictures)
    count, height, width = array.shape[:3]
    down, across = -height % _BLOCK, -width % _BLOCK
    padded = np.pad(array, ((0, 0), (0, down), (0, across), (0, 0)), "edge")
    places = layout(count, height + down, width + across, gap=0)
    sheet = mosaic(padded, places.columns, gap=0)
    cells = {"count": count, "height": height, "width": width, "columns": places.columns}
    cells |= {"down": places.height, "across": places.width, "jpeg": int(draft)}
    data = encode(sheet, "jpeg", _DRAFT_QUALITY) if draft else sheet.tobytes()
    return {"_sheet": data, "_cells": cells}


def _checked(pictures: ArrayLike) -> UInt8[np.ndarray, "pictures height width 3"]:
    array = np.asarray(pictures)
    if array.dtype != np.uint8:
        raise TypeError(f"{_KINDS}; got {array.dtype}. Clip, round and convert them first.")
    if array.ndim != 4 or array.shape[-1] != 3 or not array.size:
        raise ValueError(
            f"{_KINDS}, of at least one pixel; got shape {array.shape}. "
            "A single picture needs another axis: picture[None]."
        )
    return array


def about_each(values: Iterable[Any], count: int) -> list[str]:
    """Texts for `count` pictures, one each; none at all stands for the usual ones.

    Raises
    ------
    traitlets.TraitError
        If there are more or fewer than pictures.
    """
    texts = [str(value) for value in values]
    if texts and len(texts) != count:
        raise TraitError(f"expected one for each of {count} pictures; got {len(texts)}")
    return texts
