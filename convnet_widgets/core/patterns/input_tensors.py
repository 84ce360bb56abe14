"""The one image that a network takes, as a tensor of any size."""

from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from ..preparation import is_channels_first
from ..signatures import Signature, declared_signature
from .sizes import Size

_SIDE = 64  # where a network takes any size


@dataclass(frozen=True)
class InputTensor:
    """What a network takes.

    Attributes
    ----------
    signature : Signature
        Of a single input.
    channels_first : bool
        Whether its channels come first.
    """

    signature: Signature
    channels_first: bool

    @property
    def channels(self) -> int:
        """Channels of the images; 3 where the network does not say."""
        return self._shape[1 if self.channels_first else -1] or 3

    @property
    def declared_size(self) -> Size:
        """Height and width that the network declares, None where it takes any."""
        return self.size(self._shape)

    @property
    def _shape(self) -> tf.TensorShape:
        return self.signature.specs[0].shape

    def size(self, shape: tf.TensorShape) -> Size:
        """Height and width in the shape of an input; None where there are none."""
        if shape.rank != 4:
            return None, None
        return (shape[2], shape[3]) if self.channels_first else (shape[1], shape[2])

    def zeros(self) -> tf.Tensor:
        """An input of the declared size."""
        return tf.zeros([1, *(side or _SIDE for side in self._shape[1:])])

    def pack(self, tensor: tf.Tensor) -> Any:
        """The input in the structure that the network takes."""
        return self.signature.pack([tensor])

    def check(self, images: tf.Tensor) -> None:
        """Refuse images of other channels; they come last."""
        if images.shape[-1] not in (self.channels, None):
            raise ValueError(
                f"the network takes images of {self.channels} channels, got {images.shape[-1]} "
                f"in a tensor of shape {tuple(images.shape)}; channels come last"
            )


def single_input(model: keras.Model) -> InputTensor:
    """The only input of a network.

    Raises
    ------
    ValueError
        If the network is not built, has several inputs, or takes whole numbers.
    """
    signature = declared_signature(model)
    if signature is None or not model.built:
        raise ValueError(
            f"the network {model.name!r} was never called, so that it has no weights; call it "
            "once on an image"
        )
    if len(signature.specs) != 1:
        raise ValueError(
            f"gradient ascent varies one image, and the network {model.name!r} takes "
            f"{len(signature.specs)} inputs; give a network of one, such as a model inside it"
        )
    if not signature.specs[0].dtype.is_floating:
        raise ValueError(
            f"the network {model.name!r} takes {signature.specs[0].dtype.name}, and no gradient "
            "goes to whole numbers; give the part of it that takes floating numbers"
        )
    return InputTensor(signature, is_channels_first(model))
