"""What is varied in gradient ascent: the pixels of an image or its frequencies.

A parameterisation makes variables, all that gradient ascent changes, and an image of them, all
that the network sees.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import tensorflow as tf
from jaxtyping import Float32

# Square root of the covariance of the colours in ImageNet's pixels, over its largest column norm,
# so that no direction is amplified (Olah, Mordvintsev and Schubert 2017).
COLOUR_CORRELATION = np.array(
    [[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]], "float32"
) / np.float32(0.46195238)


@runtime_checkable
class Parameterisation(Protocol):
    """A frozen dataclass that makes variables and an image of them."""

    def start(
        self, shape: Sequence[int], generator: np.random.Generator
    ) -> Float32[np.ndarray, "images ..."]:
        """Draw the values to begin with for images (images, height, width, channels)."""

    def image(self, values: Any, shape: Sequence[int]) -> tf.Tensor:
        """Return the images, float32 (images, height, width, channels), 0–255, of values."""


@dataclass(frozen=True)
class GreyNoise:
    """Pixels as the network takes them, without bounds, that begin as grey with a little noise.

    As in Chollet, *Deep Learning with Python*, section 5.4.2: ``U(0, 1) · spread + level``.

    Parameters
    ----------
    level, spread : float
        The least value and the range of the start.
    """

    level: float = 128.0
    spread: float = 20.0

    def start(
        self, shape: Sequence[int], generator: np.random.Generator
    ) -> Float32[np.ndarray, "images height width channels"]:
        """Draw from U(level, level + spread)."""
        return generator.random(tuple(shape), "float32") * self.spread + self.level

    def image(self, values: Any, shape: Sequence[int]) -> tf.Tensor:  # noqa: ARG002
        """Return the values themselves."""
        return tf.convert_to_tensor(values)


@dataclass(frozen=True)
class Pixels:
    """Pixels behind a sigmoid, which keeps them within 0–255.

    Parameters
    ----------
    deviation : float
        Standard deviation of the normal values at the start, before the sigmoid.
    decorrelated : bool
        Whether three channels are varied along the colour directions of natural images.
    """

    deviation: float = 0.01
    decorrelated: bool = False

    def start(
        self, shape: Sequence[int], generator: np.random.Generator
    ) -> Float32[np.ndarray, "images height width channels"]:
        """Draw from N(0, deviation²)."""
        return generator.standard_normal(tuple(shape), "float32") * self.deviation

    def image(self, values: Any, shape: Sequence[int]) -> tf.Tensor:  # noqa: ARG002
        """Return ``255 · sigmoid(values)``, after colour correlation if asked for."""
        return _bounded(tf.convert_to_tensor(values), self.decorrelated)


@dataclass(frozen=True)
class Fourier:
    """Frequencies, scaled so that all of them are equally easy to change, behind a sigmoid.

    The spectrum of natural images falls as 1 / f; varied through ``scale · spectrum`` with
    ``scale = √(width · height) / max(f, 1 / max(width, height)) ** decay`` no frequency is
    preferred, and high ones do not drown the picture (Olah, Mordvintsev and Schubert, *Feature
    Visualization*, Distill 2017, doi:10.23915/distill.00007).

    Parameters
    ----------
    deviation : float
        Standard deviation of the real and the imaginary parts at the start.
    decay : float
        Exponent of the scale.
    decorrelated : bool
        Whether three channels are varied along the colour directions of natural images.
    """

    deviation: float = 0.01
    decay: float = 1.0
    decorrelated: bool = True

    def start(
        self, shape: Sequence[int], generator: np.random.Generator
    ) -> Float32[np.ndarray, "images channels height columns 2"]:
        """Draw real and imaginary parts of half a spectrum from N(0, deviation²)."""
        images, height, width, channels = shape
        parts = (images, channels, *frequencies(height, width).shape, 2)
        return generator.standard_normal(parts, "float32") * self.deviation

    def image(self, values: Any, shape: Sequence[int]) -> tf.Tensor:
        """Return ``255 · sigmoid`` of the image with the scaled spectrum."""
        return _bounded(self.plain(values, shape), self.decorrelated)

    def plain(self, values: Any, shape: Sequence[int]) -> tf.Tensor:
        """Return the image with the scaled spectrum, before colour correlation and sigmoid."""
        _, height, width, _ = shape
        spectrum = tf.complex(values[..., 0], values[..., 1])
        scale = fourier_scale(height, width, self.decay).astype("complex64")
        image = tf.signal.irfft2d(spectrum * scale)[..., :height, :width] / 4
        return tf.transpose(image, [0, 2, 3, 1])


@dataclass(frozen=True)
class Phase:
    """The phases of frequencies whose magnitudes are those of natural images.

    Magnitudes follow the law 1 / f of the mean spectrum of photographs and are never changed,
    which keeps the picture from filling with high frequencies (Fel et al. 2023, *Unlocking
    Feature Visualization for Deeper Networks with MAgnitude Constrained Optimization*,
    arXiv:2306.06805, where the magnitudes are those measured on ImageNet). Phases are brought to
    mean 0 and deviation 1, the image likewise, before colour correlation and sigmoid.

    Parameters
    ----------
    decay : float
        Exponent of the law.
    decorrelated : bool
        Whether three channels are varied along the colour directions of natural images.
    """

    decay: float = 1.0
    decorrelated: bool = True

    def start(
        self, shape: Sequence[int], generator: np.random.Generator
    ) -> Float32[np.ndarray, "images channels height columns"]:
        """Draw the phases from N(0, 1)."""
        images, height, width, channels = shape
        parts = (images, channels, *frequencies(height, width).shape)
        return generator.standard_normal(parts, "float32")

    def image(self, values: Any, shape: Sequence[int]) -> tf.Tensor:
        """Return ``255 · sigmoid`` of the standardised image with these phases."""
        _, height, width, _ = shape
        phase = _standardised(tf.convert_to_tensor(values))
        magnitude = fourier_scale(height, width, self.decay)
        spectrum = tf.complex(magnitude * tf.cos(phase), magnitude * tf.sin(phase))
        image = tf.signal.irfft2d(spectrum)[..., :height, :width]
        return _bounded(_standardised(tf.transpose(image, [0, 2, 3, 1])), self.decorrelated)


def frequencies(height: int, width: int) -> Float32[np.ndarray, "height columns"]:
    """Return the frequency, in cycles a pixel, at each place of half a spectrum.

    For an odd width there is a column more, and the image is to be cut to its width.
    """
    columns = width // 2 + 1 + width % 2
    across, down = np.fft.fftfreq(max(width, 2))[:columns], np.fft.fftfreq(height)[:, None]
    return np.sqrt(across**2 + down**2).astype("float32")


def fourier_scale(
    height: int, width: int, decay: float = 1.0
) -> Float32[np.ndarray, "height columns"]:
    """Return ``√(width · height) / max(f, 1 / max(width, height)) ** decay``."""
    least = 1.0 / max(width, height)
    scale = np.maximum(frequencies(height, width), least) ** -decay * np.sqrt(width * height)
    return scale.astype("float32")


def _standardised(values: tf.Tensor) -> tf.Tensor:
    """Each image with mean 0 and standard deviation 1."""
    axes = range(1, values.shape.rank)
    mean, variance = tf.nn.moments(values, axes, keepdims=True)
    return (values - mean) / (tf.sqrt(variance) + 1e-5)


def _bounded(image: tf.Tensor, decorrelated: bool) -> tf.Tensor:
    if decorrelated and image.shape[-1] == 3:
        image = tf.linalg.matmul(image, COLOUR_CORRELATION, transpose_b=True)
    return 255 * tf.sigmoid(image)
