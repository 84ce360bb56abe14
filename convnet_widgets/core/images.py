"""Images from anywhere as RGB arrays, and the photographs that installed packages carry."""

import io
import warnings
from difflib import get_close_matches
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps, UnidentifiedImageError

from .package_files import package_file

# Files inside the wheels of these packages; their functions would import all of
# scikit-image, and fetch what a wheel does not hold.
_SAMPLES = {
    "cat": ("skimage", "data/chelsea.png"),
    "coffee": ("skimage", "data/coffee.png"),
    "astronaut": ("skimage", "data/astronaut.png"),
    "rocket": ("skimage", "data/rocket.jpg"),
    "camera": ("skimage", "data/camera.png"),
    "coins": ("skimage", "data/coins.png"),
    "hubble": ("skimage", "data/hubble_deep_field.jpg"),
    "retina": ("skimage", "data/retina.jpg"),
    "china": ("sklearn", "datasets/images/china.jpg"),
    "flower": ("sklearn", "datasets/images/flower.jpg"),
}
INSTALL_SAMPLES = 'install the packages that carry them: pip install "convnet-widgets[lab]"'
_URL_SCHEMES = ("http:", "https:", "ftp:", "file:", "data:")
_DEEP_MODES = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")


def sample_images() -> list[str]:
    """List the names of the photographs that `load_image` knows on this machine.

    Returns
    -------
    list of str
        Those that the installed scikit-image and scikit-learn carry; nothing
        is downloaded.

    Raises
    ------
    ModuleNotFoundError
        If neither package is installed.
    """
    names = [name for name, place in _SAMPLES.items() if package_file(*place) is not None]
    if not names:
        raise ModuleNotFoundError(f"there are no sample images; {INSTALL_SAMPLES}")
    return names


def load_image(source: Any) -> UInt8[np.ndarray, "height width 3"]:
    """Read an image from anywhere as RGB.

    Parameters
    ----------
    source : str, path, bytes, PIL.Image.Image or array_like
        A name of `sample_images`, a file, the bytes of a file, a Pillow image,
        or an array of shape (height, width), (height, width, 1), (height,
        width, 3) or (height, width, 4). A name goes before a file of that name;
        write ``"./cat"`` for the file.

        Arrays hold 0–255; ``uint16`` holds 0–65535 and ``bool`` 0–1. A
        floating array whose values all lie in 0–1 is taken as 0–1: as 0–255
        it would be black.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
        A new array, 0–255. The camera's rotation (EXIF) is applied,
        transparency is laid on white, 16 bits are scaled to 8, of an animation
        the first frame is taken.

    Raises
    ------
    TypeError
        If `source` is of another kind.
    FileNotFoundError, IsADirectoryError
        If there is no such sample or file, or it is a folder.
    ValueError
        If `source` is a web address, is not an image, is truncated or empty,
        has NaN, values out of range or an odd number of channels, or has more
        pixels than ``PIL.Image.MAX_IMAGE_PIXELS``.
    """
    if isinstance(source, str | PathLike):
        path = _find_file(source)
        return _decode(path.read_bytes(), str(path))
    if isinstance(source, bytes | bytearray | memoryview):
        return _decode(bytes(source), f"the {len(source)} bytes given")
    if isinstance(source, Image.Image):
        return _from_pillow(source, "the image given")
    return _from_array(source)


def _find_file(source: str | PathLike[str]) -> Path:
    name = str(source)
    if name in _SAMPLES and isinstance(source, str):
        found = package_file(*_SAMPLES[name])
        if found is None:
            raise FileNotFoundError(f"the sample image {name!r} is not here; {INSTALL_SAMPLES}")
        return found
    if name.lower().startswith(_URL_SCHEMES):
        raise ValueError(f"{name:.80} is a web address; download the file and give its path")
    return _checked_file(Path(name).expanduser(), name)


def _checked_file(path: Path, name: str) -> Path:
    if path.is_dir():
        raise IsADirectoryError(f"{name} is a folder; give one image file in it")
    if not path.exists():
        near = get_close_matches(name, _SAMPLES) or list(_SAMPLES)
        raise FileNotFoundError(
            f"there is no file {name!r}, nor a sample of that name (samples: {', '.join(near)})"
        )
    if not path.is_file():
        raise ValueError(f"{name} is not a regular file; give an image file")
    return path


def _decode(data: bytes, name: str) -> UInt8[np.ndarray, "height width 3"]:
    if not data:
        raise ValueError(f"{name}: empty, 0 bytes; give an image file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(data))
    except UnidentifiedImageError:
        raise ValueError(
            f"{name}: not an image of a kind that Pillow reads, such as PNG, JPEG, WebP, GIF, TIFF"
        ) from None
    except Image.DecompressionBombError as error:
        raise ValueError(f"{name}: too large, {error}; make it smaller first") from error
    except Exception as error:
        raise _damaged(name, error) from error
    return _from_pillow(image, name)


def _from_pillow(image: Image.Image, name: str) -> UInt8[np.ndarray, "height width 3"]:
    _check_pixels(image.width, image.height, name)
    try:
        # Pillow warns of harmless oddities in files, such as damaged EXIF.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image.load()
            image = ImageOps.exif_transpose(image)
    except Exception as error:
        raise _damaged(name, error) from error
    if image.mode in _DEEP_MODES:
        return _from_array(_deep_array(image))
    return np.array(_on_white(image, name))


def _damaged(name: str, error: Exception) -> ValueError:
    return ValueError(f"{name}: truncated or damaged ({error}); get the file again")


def _check_pixels(width: int, height: int, name: str) -> None:
    limit = Image.MAX_IMAGE_PIXELS
    if width * height == 0:
        raise ValueError(f"{name}: empty, {width} × {height} pixels; give an image with pixels")
    if limit is not None and width * height > limit:
        raise ValueError(
            f"{name}: too large, {width} × {height} pixels, more than Pillow's limit of {limit}; "
            "make it smaller first, or raise PIL.Image.MAX_IMAGE_PIXELS if you trust it"
        )


def _deep_array(image: Image.Image) -> np.ndarray:
    array = np.asarray(image)
    # Pillow keeps 16-bit files in 32-bit integers where it has no other mode.
    is_deep = array.dtype.kind in "iu" and array.min() >= 0 and array.max() <= 65535
    return array.astype("uint16") if is_deep else array


def _on_white(image: Image.Image, name: str) -> Image.Image:
    try:
        if not image.has_transparency_data:
            return image.convert("RGB")
        colour = image.convert("RGBA")
    except ValueError as error:
        raise ValueError(f"{name}: mode {image.mode} has no RGB; convert it first") from error
    return Image.alpha_composite(Image.new("RGBA", colour.size, "white"), colour).convert("RGB")


def _from_array(source: Any) -> UInt8[np.ndarray, "height width 3"]:
    array = _checked_array(source)
    pixels = np.rint(_as_255(array))
    if pixels.shape[2] == 4:
        alpha = pixels[..., 3:] / 255
        pixels = np.rint(pixels[..., :3] * alpha + 255 * (1 - alpha))
    return np.array(np.broadcast_to(pixels, (*pixels.shape[:2], 3)), "uint8")


def _checked_array(source: Any) -> np.ndarray:
    try:
        array = np.asarray(source)
    except (TypeError, ValueError):
        array = np.asarray(None)
    if array.dtype.kind not in "buif":
        raise TypeError(
            "expected a sample name, path, bytes, Pillow image or array of numbers, "
            f"got {type(source).__name__} {source!r:.60}"
        )
    if array.size == 0:
        raise ValueError(f"the array is empty: its shape is {array.shape}; give one with pixels")
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3 or array.shape[2] not in (1, 3, 4):
        raise ValueError(
            "expected one image (height, width) or (height, width, channels) with 1, 3 or 4 "
            f"channels last, got an array of shape {array.shape}"
        )
    _check_pixels(array.shape[1], array.shape[0], "the array given")
    return array


def _as_255(array: np.ndarray) -> np.ndarray:
    match array.dtype.kind:
        case "b":
            return array * 255.0
        case "u" if array.dtype.itemsize == 2:
            return array / 257
        case "f" if not np.isfinite(array).all():
            raise ValueError(
                "the array has NaN or infinite values; replace them, say by nan_to_num"
            )
        case "f" if array.min() >= 0 and array.max() <= 1:
            return array * 255.0
    if array.min() < 0 or array.max() > 255:
        raise ValueError(
            f"expected values 0–255, got {array.min():g} to {array.max():g}; scale the array first"
        )
    return array.astype("float32")
