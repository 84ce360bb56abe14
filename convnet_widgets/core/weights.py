"""Where the weights of a named network come from, and what takes their place."""

import gc
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import keras

from .downloads import PATIENCE, bounded_downloads
from .initialisation import build_empty, build_random
from .model_files import is_keras_format, short_reason
from .pretrained import hed, lite_weights
from .pretrained.efficientnet_lite import efficientnet_lite0
from .weight_files import load_weights, loading_in_pieces

IMAGENET = "imagenet"
_PATIENCE_AUTO = 2.0  # seconds; a fallback is near
_LAB = 'pip install "convnet-widgets[lab]"'
_KERAS_FILES = (".h5", ".hdf5", ".keras")


class WeightsWarning(UserWarning):
    """Other weights were taken than ``weights="auto"`` looks for first."""


class WeightsUnavailableError(OSError):
    """The weights that were asked for cannot be had."""


@dataclass(frozen=True)
class Source:
    """A constructor and what it is called with, apart from weights.

    Parameters
    ----------
    name : str
        ``"VGG16"``.
    constructor : callable
        Of a Keras model.
    keywords : dict
        For the constructor.
    seed : int
        Of random weights.
    """

    name: str
    constructor: Callable[..., Any]
    keywords: dict[str, Any]
    seed: int

    @property
    def is_lite(self) -> bool:
        """Whether this is the network whose ImageNet weights are embedded."""
        return self.constructor is efficientnet_lite0

    @property
    def without_weights(self) -> dict[str, Any]:
        """The keywords for a model whose weights are random or loaded later."""
        return self.keywords if self.is_lite else {"weights": None, **self.keywords}


def build(source: Source, weights: str | PathLike[str]) -> tuple[keras.Model, str]:
    """Build a network and say where its weights came from.

    Parameters
    ----------
    source : Source
    weights : {"auto", "imagenet", "hed", "random"} or path
        "auto" takes the first to be had of Keras's ImageNet weights, embedded
        ones, random ones, and warns if these are not ImageNet's.

    Returns
    -------
    keras.Model, str
        The provenance is "imagenet", "hed-bsds500", "hed-bsds500 under a random
        top (seed 0)", "random (seed 0)" or the name of a file.

    Raises
    ------
    WeightsUnavailableError
        If the weights asked for cannot be had, with the remedy.
    ValueError
        If they do not fit the network.
    """
    match weights:
        case "auto":
            return _first_available(source)
        case "imagenet":
            return _imagenet(source, PATIENCE), IMAGENET
        case "hed":
            return _hed(source)
        case "random":
            return _random(source)
        case _:
            return _from_file(source, Path(weights)), Path(weights).name


def _first_available(source: Source) -> tuple[keras.Model, str]:
    try:
        return _imagenet(source, _PATIENCE_AUTO), IMAGENET
    except (WeightsUnavailableError, ValueError) as error:
        reason = str(error)
    gc.collect()  # of the network that was to have ImageNet's: VGG16 takes 528 MB
    model, provenance = _stand_in(source)
    warnings.warn(
        f"{source.name} has the weights {provenance!r}, not ImageNet's: {reason}",
        WeightsWarning,
        stacklevel=4,
    )
    return model, provenance


def _stand_in(source: Source) -> tuple[keras.Model, str]:
    if source.name == "VGG16" and hed.weights_file() is not None:
        try:
            return _hed(source)
        except ValueError:  # its filters take three channels
            return _random(source)
    return _random(source)


def _imagenet(source: Source, patience: float) -> keras.Model:
    if source.is_lite:
        return _embedded(source)
    with bounded_downloads(patience) as asked:
        try:
            with loading_in_pieces():
                return build_empty(source.constructor, weights=IMAGENET, **source.keywords)
        except (TypeError, ValueError) as error:
            if not asked:  # a keyword is wrong, or does not go with ImageNet's weights
                raise
            reason: Exception = error
        except Exception as error:
            reason = error
    raise WeightsUnavailableError(
        f"Keras could not get the ImageNet weights of {source.name} ({reason}). Connect to the "
        "network and load again, or put Keras's file for them into its cache (~/.keras/models), "
        'or ask for weights="random" or for "EfficientNetLite0", whose weights are embedded'
    ) from reason


def _embedded(source: Source) -> keras.Model:
    path = lite_weights.weights_file()
    if path is None:
        raise WeightsUnavailableError(
            f"the package with the weights of {source.name} is not installed; {_LAB}"
        )
    model = build_empty(source.constructor, **source.keywords)
    lite_weights.load_pth(model, path)
    return model


def _hed(source: Source) -> tuple[keras.Model, str]:
    if source.name != "VGG16":
        raise ValueError(f'weights="hed" are VGG16\'s convolutions, {source.name} has others')
    path = hed.weights_file()
    if path is None:
        raise WeightsUnavailableError(f'the package with weights="hed" is not installed; {_LAB}')
    model, _ = _random(source)
    hed.load_hed(model, path)
    has_top = source.keywords.get("include_top", True)
    top = f" under a random top (seed {source.seed})" if has_top else ""
    return model, hed.PROVENANCE + top


def _random(source: Source) -> tuple[keras.Model, str]:
    model = build_random(source.constructor, source.seed, **source.without_weights)
    return model, f"random (seed {source.seed})"


def _from_file(source: Source, path: Path) -> keras.Model:
    if not path.is_file():
        raise FileNotFoundError(
            f'there is no weights file {str(path)!r}; weights are "auto", "imagenet", "hed", '
            '"random", or a file'
        )
    known = (".pth", *_KERAS_FILES) if source.is_lite else _KERAS_FILES
    if path.suffix not in known:
        raise ValueError(f"{path.name}: {source.name} takes weights from {', '.join(known)} files")
    model = build_empty(source.constructor, **source.without_weights)
    if path.suffix == ".pth":
        lite_weights.load_pth(model, path)
        return model
    if not is_keras_format(path):
        raise _misfit(source, path, "it is neither the archive that Keras writes nor HDF5")
    with warnings.catch_warnings(record=True) as noticed:
        try:
            load_weights(model, path)
        except Exception as error:  # with a warning and a line for each weight
            raise _misfit(source, path, short_reason(error)) from error
    for warning in noticed:
        warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    return model


def _misfit(source: Source, path: Path, reason: str) -> ValueError:
    return ValueError(
        f"{path.name}: not weights of {source.name} as it is built here ({reason}); name the "
        "network that they were saved from, with the keywords it was built with"
    )
