"""Pictures one after another: as a GIF that plays, or side by side as a strip."""

from collections.abc import Iterable, Iterator
from os import PathLike
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from numpy.typing import ArrayLike
from PIL import Image

from .mosaic import mosaic

_COLOURS = 256  # that a GIF can hold
_SAMPLES = 1 << 16  # pixels that the palette is chosen for


def save_gif(
    frames: Iterable[ArrayLike],
    path: str | PathLike[str],
    seconds: float = 0.08,
    hold: float = 1.5,
    columns: int | None = None,
    gap: int = 5,
) -> None:
    """Write a GIF that plays again and again.

    Parameters
    ----------
    frames : iterable of uint8 arrays, (height, width, 3) or (pictures, height, width, 3)
        RGB, or of one channel, which becomes grey; all of one shape, at least one; taken one after
        another. Several pictures of a frame are put beside each other.
    path : str or path
        Ending in ``.gif``.
    seconds, hold : float
        How long a frame is shown, and the last one; a GIF counts hundredths of a second.
    columns : int, optional
        Pictures in a row; by default as many as bring the whole near a square.
    gap : int
        Black pixels between pictures and around them all.

    Raises
    ------
    TypeError
        If a frame is not uint8.
    ValueError
        If there are no frames, one has other axes or another shape than the first, the path ends
        otherwise, or a time is shorter than a hundredth of a second.

    Notes
    -----
    All frames share one palette of 256 colours, and nothing is dithered, so that nothing flickers
    that does not change. Few enough colours are kept as they are.
    """
    target = Path(path)
    if target.suffix.lower() != ".gif":
        raise ValueError(f"an animation is saved as .gif, got {str(path)!r}")
    if min(seconds, hold) < 0.01:
        raise ValueError(f"a frame is shown for at least 0.01 s; got {min(seconds, hold)}")
    pictures = [tiled(frame, columns, gap) for frame in _alike(frames)]
    first, *others = _in_one_palette(pictures)
    durations = [round(seconds * 1000)] * len(others) + [round(hold * 1000)]
    first.save(target, save_all=True, append_images=others, duration=durations, loop=0)


def frame_strip(
    frames: Iterable[ArrayLike], count: int = 6, gap: int = 5
) -> UInt8[np.ndarray, "height width 3"]:
    """Put some frames beside each other, evenly chosen, the first and the last among them.

    Parameters
    ----------
    frames : iterable of uint8 arrays, (height, width, 3) or (pictures, height, width, 3)
        RGB, or of one channel, which becomes grey; all of one shape, at least one. Several
        pictures of a frame stand below each other, so that a row follows one picture.
    count : int
        How many; all of them where there are fewer.
    gap : int
        Black pixels between frames and around them all.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)

    Raises
    ------
    TypeError
        If a frame is not uint8.
    ValueError
        If there are no frames, one has other axes or another shape than the first, or the count
        is less than 1.
    """
    if count < 1:
        raise ValueError(f"expected at least 1 frame to choose; got {count}")
    kept = [frame.reshape(-1, *frame.shape[-3:]) for frame in _alike(frames)]
    places = np.linspace(len(kept) - 1, 0, min(count, len(kept)))[::-1].round().astype(int)
    chosen = np.stack([kept[place] for place in places], axis=1)
    return tiled(chosen.reshape(-1, *chosen.shape[2:]), len(places), gap)


def tiled(
    pictures: ArrayLike, columns: int | None = None, gap: int = 5
) -> UInt8[np.ndarray, "height width 3"]:
    """Put one picture, or several beside each other, on black.

    Parameters
    ----------
    pictures : uint8 array, (height, width, 3) or (pictures, height, width, 3)
        RGB; a single one stays as it is.
    columns : int, optional
        Pictures in a row; by default as many as bring the whole near a square.
    gap : int
        Black pixels between pictures and around them all.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
    """
    array = np.asarray(pictures)
    if array.ndim == 3:
        return array
    return np.pad(mosaic(array, columns, gap), [(gap, gap), (gap, gap), (0, 0)])


def _alike(frames: Iterable[ArrayLike]) -> Iterator[np.ndarray]:
    """The frames, checked."""
    shape = None
    for number, frame in enumerate(frames):
        array = np.asarray(frame)
        _check(array, number)
        if array.shape != (shape := shape or array.shape):
            raise ValueError(
                f"all frames are of one shape; frame 0 has {shape}, frame {number} {array.shape}"
            )
        yield array if array.shape[-1] == 3 else np.repeat(array, 3, axis=-1)
    if shape is None:
        raise ValueError("expected at least one frame; got none")


def _check(frame: np.ndarray, number: int) -> None:
    if frame.dtype != np.uint8:
        raise TypeError(
            f"expected frames of uint8, 0–255; frame {number} is {frame.dtype}; Step.pictures has "
            "them so"
        )
    if frame.ndim not in (3, 4) or frame.shape[-1] not in (1, 3) or not frame.size:
        raise ValueError(
            "expected frames (height, width, 3) or (pictures, height, width, 3), or of 1 channel, "
            f"with at least one pixel; frame {number} has {frame.shape}; of more channels choose "
            "three, as frame[..., [0, 1, 2]]"
        )


def _in_one_palette(pictures: list[np.ndarray]) -> list[Image.Image]:
    """The pictures with the 256 colours that serve all of them best."""
    palette = _palette(pictures)
    return [
        Image.fromarray(picture).quantize(palette=palette, dither=Image.Dither.NONE)
        for picture in pictures
    ]


def _palette(pictures: list[np.ndarray]) -> Image.Image:
    every = -(-sum(picture[..., 0].size for picture in pictures) // _SAMPLES)
    sample = np.concatenate([picture.reshape(-1, 3)[::every] for picture in pictures])
    return Image.fromarray(sample[None]).quantize(_COLOURS, Image.Quantize.MEDIANCUT, kmeans=1)
