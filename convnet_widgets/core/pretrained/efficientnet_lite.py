"""EfficientNet-Lite0, a small classifier.

The network of M. Tan and Q. Le, "EfficientNet: Rethinking Model Scaling for
Convolutional Neural Networks" (2019), in the Lite variant of its authors:
B0 without squeeze-and-excitation, ReLU6 for swish.
"""

from typing import Any, NamedTuple

import keras

NAME = "efficientnetlite0"


class _Stage(NamedTuple):
    repeats: int
    kernel: int
    stride: int
    expansion: int
    filters: int


_STAGES = (
    _Stage(1, 3, 1, 1, 16),
    _Stage(2, 3, 2, 6, 24),
    _Stage(2, 5, 2, 6, 40),
    _Stage(3, 3, 2, 6, 80),
    _Stage(3, 5, 1, 6, 112),
    _Stage(4, 5, 2, 6, 192),
    _Stage(1, 3, 1, 6, 320),
)
_STEM_FILTERS, _TOP_FILTERS = 32, 1280
_LAST = "channels_last"


def efficientnet_lite0(
    *,
    include_top: bool = True,
    input_shape: tuple[int | None, int | None, int] | None = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: str | None = "softmax",
    name: str = NAME,
) -> keras.Model:
    """Build EfficientNet-Lite0 with Keras's initial weights.

    Layers are named as those of ``keras.applications.EfficientNetB0``.

    Parameters
    ----------
    include_top : bool
        With the classifier: pooling and a dense layer.
    input_shape : tuple of (height, width, channels), optional
        (224, 224, 3) with the classifier, any size without, if left out.
    pooling : {None, "avg", "max"}
        What follows the last convolution where there is no classifier.
    classes : int
        Outputs of the classifier.
    classifier_activation : str or None
        None gives logits.
    name : str
        Name of the model.

    Returns
    -------
    keras.Model
        From pixels (x − 127) / 128, shape (batch, height, width, channels).

    Raises
    ------
    ValueError
        If `pooling` is not one of those above.
    """
    if pooling not in (None, "avg", "max"):
        raise ValueError(f'expected pooling None, "avg" or "max", got {pooling!r}')
    size = 224 if include_top else None
    inputs = keras.Input(input_shape or (size, size, 3))
    x = _stages(_unit(inputs, "stem", _STEM_FILTERS, kernel=3, stride=2))
    x = _unit(x, "top", _TOP_FILTERS)
    if include_top:
        x = keras.layers.GlobalAveragePooling2D(data_format=_LAST, name="avg_pool")(x)
        x = keras.layers.Dense(classes, activation=classifier_activation, name="predictions")(x)
    elif pooling == "avg":
        x = keras.layers.GlobalAveragePooling2D(data_format=_LAST, name="avg_pool")(x)
    elif pooling == "max":
        x = keras.layers.GlobalMaxPooling2D(data_format=_LAST, name="max_pool")(x)
    return keras.Model(inputs, x, name=name)


def _stages(x: Any) -> Any:
    for number, stage in enumerate(_STAGES, start=1):
        for repeat in range(stage.repeats):
            block = f"block{number}{chr(ord('a') + repeat)}"
            x = _block(x, block, stage, stage.stride if repeat == 0 else 1)
    return x


def _block(x: Any, name: str, stage: _Stage, stride: int) -> Any:
    inputs, width = x, x.shape[-1]
    if stage.expansion != 1:
        x = _unit(x, f"{name}_expand", width * stage.expansion)
    x = keras.layers.DepthwiseConv2D(
        stage.kernel,
        stride,
        "same",
        data_format=_LAST,
        use_bias=False,
        name=f"{name}_dwconv",
    )(x)
    x = _activate(_normalise(x, f"{name}_bn"), name)
    x = _normalise(_convolve(x, f"{name}_project_conv", stage.filters), f"{name}_project_bn")
    if stride == 1 and width == stage.filters:
        x = keras.layers.Add(name=f"{name}_add")([x, inputs])
    return x


def _unit(x: Any, name: str, filters: int, kernel: int = 1, stride: int = 1) -> Any:
    x = _convolve(x, f"{name}_conv", filters, kernel, stride)
    return _activate(_normalise(x, f"{name}_bn"), name)


def _convolve(x: Any, name: str, filters: int, kernel: int = 1, stride: int = 1) -> Any:
    return keras.layers.Conv2D(
        filters, kernel, stride, "same", data_format=_LAST, use_bias=False, name=name
    )(x)


def _normalise(x: Any, name: str) -> Any:
    return keras.layers.BatchNormalization(axis=-1, epsilon=1e-3, name=name)(x)


def _activate(x: Any, name: str) -> Any:
    return keras.layers.Activation("relu6", name=f"{name}_activation")(x)
