"""Image files in memory: uint8 pixels to PNG, WebP or JPEG bytes."""

from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

from ._checks import unknown

FORMATS = ("png", "webp", "jpeg")
_LONGEST = {"png": 2**31 - 1, "webp": 16383, "jpeg": 65535}
_JPEG_QUALITY = 90


def encode(image: ArrayLike, format: str = "png", quality: int | None = None) -> bytes:  # noqa: A002
    """Encode an image.

    Parameters
    ----------
    image : array_like of uint8, shape (height, width), (height, width, 3) or (height, width, 4)
        Grey, RGB or RGBA, 0–255.
    format : {"png", "webp", "jpeg"}
        PNG and, as long as no quality is given, WebP are lossless.
    quality : int, optional
        Of a lossy WebP or a JPEG, 1–100; a JPEG has 90 by default.

    Returns
    -------
    bytes
        The file.

    Raises
    ------
    TypeError
        If the image is not uint8.
    ValueError
        If its axes, the format or the quality are not among those above, or the format cannot
        hold an image of that size or with transparency.
    """
    if format not in FORMATS:
        raise unknown("image format", format, FORMATS)
    pixels = np.asarray(image)
    _check_pixels(pixels)
    _check_fit(pixels, format)
    file = BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, format, **_options(format, quality))
    return file.getvalue()


def _options(format: str, quality: int | None) -> dict[str, Any]:  # noqa: A002
    if quality is None:
        # exact: the colours under transparent pixels are kept as well
        webp = {"lossless": True, "exact": True}
        options: dict[str, dict[str, Any]] = {"webp": webp, "jpeg": {"quality": _JPEG_QUALITY}}
        return options.get(format, {})
    if format == "png" or not 1 <= quality <= 100:
        raise ValueError(
            f"expected a quality of 1–100, for WebP or JPEG; got {quality} for {format}"
        )
    return {"quality": quality}


def _check_pixels(pixels: np.ndarray) -> None:
    if pixels.dtype != np.uint8:
        raise TypeError(
            f"expected pixels of uint8; got {pixels.dtype}; apply a colour map to intensities "
            "first, with apply_colour_map()"
        )
    if pixels.ndim not in (2, 3) or pixels.shape[2:] not in ((), (3,), (4,)) or not pixels.size:
        raise ValueError(
            "expected an image (height, width), (height, width, 3) or (height, width, 4) with at "
            f"least one pixel; got shape {pixels.shape}"
        )


def _check_fit(pixels: np.ndarray, format: str) -> None:  # noqa: A002
    height, width = pixels.shape[:2]
    if max(height, width) > _LONGEST[format]:
        raise ValueError(
            f"{format} holds at most {_LONGEST[format]} pixels a side; got {height} × {width}; "
            "encode it as png"
        )
    if format == "jpeg" and pixels.shape[2:] == (4,):
        raise ValueError("jpeg holds no transparency; drop the fourth channel or use png or webp")
