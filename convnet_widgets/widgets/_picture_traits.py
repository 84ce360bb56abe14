"""RGB pictures as the traits that hold them in the browser."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from jaxtyping import UInt8
from numpy.typing import ArrayLike
from traitlets import TraitError

from ..rendering.encoding import encode
from ..rendering.mosaic import MosaicLayout, layout, mosaic
from ..rendering.reduction import reduced

_DRAFT_QUALITY = 80  # of JPEG: an eighth of the bytes of noise, made in 1–2 ms for 64 × 64 × 64
_DRAFT_PIXELS = 2**20  # of the sheet: to encode more takes longer than a step should wait
_BLOCK = 16  # pixels that JPEG codes together: no two pictures share one
_KINDS = "pictures are uint8 (pictures, height, width, 3), RGB, 0–255"


def picture_traits(pictures: ArrayLike, draft: bool = False) -> dict[str, Any]:
    """Traits of :class:`PictureGrid` for an array of pictures.

    Parameters
    ----------
    pictures : array of uint8, shape (pictures, height, width, 3)
        RGB, 0–255.
    draft : bool
        Whether a JPEG will do, of fewer pixels where they are many; else every value is exact.

    Returns
    -------
    dict
        ``_sheet``, all pictures on one sheet, as JPEG or as RGB bytes, and ``_cells``: `count`,
        `height` and `width` of the pictures, the `columns` of the sheet, and `down` and
        `across`, the pixels from one to the next. `jpeg` is 1 or 0, and `reduced` how many
        pixels of a side of the pictures are one of the sheet.

    Raises
    ------
    TypeError
        If the pictures are not uint8.
    ValueError
        If they have other axes, or an empty one.
    """
    array = _checked(pictures)
    if draft:
        side = draft_reduction(*array.shape[:3])
        return draft_traits(reduced(array, side), array.shape, side)
    sheet, places = _sheet(array)
    return {"_sheet": sheet.tobytes(), "_cells": places | {"jpeg": 0, "reduced": 1}}


def draft_reduction(count: int, height: int, width: int) -> int:
    """Pixels of a side that become one, so that a draft has about a million at most."""

    def fits(side: int) -> bool:
        rows, columns = _places(count, -(-height // side), -(-width // side)).shape
        return rows * columns <= _DRAFT_PIXELS

    longer = max(height, width)
    return next(filter(fits, range(1, longer)), longer)


def draft_traits(
    small: UInt8[np.ndarray, "pictures rows columns 3"], shape: tuple[int, ...], side: int
) -> dict[str, Any]:
    """The same of a draft, for pictures of that shape that are reduced already."""
    sheet, places = _sheet(small)
    cells = places | {"height": shape[1], "width": shape[2], "jpeg": 1, "reduced": side}
    return {"_sheet": encode(sheet, "jpeg", _DRAFT_QUALITY), "_cells": cells}


def _sheet(
    pictures: UInt8[np.ndarray, "pictures height width 3"],
) -> tuple[UInt8[np.ndarray, "rows columns 3"], dict[str, int]]:
    """All pictures in one, and where they are."""
    count, height, width = pictures.shape[:3]
    places = _places(count, height, width)
    ends = (0, places.height - height), (0, places.width - width)
    sheet = mosaic(np.pad(pictures, ((0, 0), *ends, (0, 0)), "edge"), places.columns, gap=0)
    cells = {"count": count, "height": height, "width": width, "columns": places.columns}
    return sheet, cells | {"down": places.height, "across": places.width}


def _places(count: int, height: int, width: int) -> MosaicLayout:
    return layout(count, height + -height % _BLOCK, width + -width % _BLOCK, gap=0)


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
