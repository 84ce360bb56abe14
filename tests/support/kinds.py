"""Small networks of every kind that people bring, with seeded weights and an input for each."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers

SIZE = 12


def pixels(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 255, shape).astype("float32")


def seeded(model: keras.Model, seed: int = 0) -> keras.Model:
    """The same model with small weights of either sign, so that every layer says something."""
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        positive = "variance" in weight.path or "gamma" in weight.path
        value = (
            rng.uniform(0.5, 1.5, weight.shape) if positive else rng.normal(0, 0.1, weight.shape)
        )
        weight.assign(value)
    return model


def backbone(name: str = "backbone", bands: int = 3, size: int | None = SIZE) -> keras.Model:
    x = image = keras.Input((size, size, bands))
    x = layers.Conv2D(4, 3, name="conv1", activation="relu")(x)
    x = layers.BatchNormalization(name="bn1")(x)
    x = layers.Conv2D(5, 3, name="conv2", padding="same")(x)
    x = layers.Activation("relu", name="relu2")(x)
    return seeded(keras.Model(image, x, name=name))


def functional() -> keras.Model:
    base = backbone()
    x = layers.GlobalAveragePooling2D(name="pool")(base.output)
    return seeded(keras.Model(base.input, layers.Dense(3, name="head")(x), name="functional"))


def sequential() -> keras.Model:
    stack = [keras.Input((SIZE, SIZE, 3)), layers.Conv2D(4, 3, name="conv1"), layers.Flatten()]
    return seeded(keras.Sequential([*stack, layers.Dense(2, name="head")], name="sequential"))


def sequential_never_called() -> keras.Model:
    return keras.Sequential([layers.Conv2D(4, 3, name="conv1"), layers.Flatten()], name="fresh")


def nested() -> keras.Model:
    image = keras.Input((SIZE, SIZE, 3))
    x = layers.Rescaling(1 / 255, name="scale")(image)
    x = backbone()(x)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    return seeded(keras.Model(image, layers.Dense(3, name="head")(x), name="nested"))


def nested_in_sequential() -> keras.Model:
    stack = [backbone(), layers.GlobalAveragePooling2D(name="pool"), layers.Dense(3, name="head")]
    return seeded(keras.Sequential(stack, name="stack"))


def nested_twice() -> keras.Model:
    image = keras.Input((SIZE, SIZE, 3))
    inner = keras.Sequential([backbone("base"), layers.ReLU(name="relu")], name="encoder")
    x = inner(image)
    return seeded(keras.Model(image, layers.Conv2D(2, 1, name="head")(x), name="outer"))


class Residual(layers.Layer):
    """A composite layer whose sum no inner layer returns."""

    def __init__(self, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.convolution = layers.Conv2D(3, 3, padding="same", name="conv")

    def call(self, x: Any) -> Any:
        return keras.ops.relu(x + self.convolution(x))


class Subclassed(keras.Model):
    def __init__(self) -> None:
        super().__init__(name="subclassed")
        self.blocks = [Residual(name="block"), Residual(name="block")]
        self.base = backbone()
        self.head = layers.Dense(3, name="head")

    def call(self, x: Any) -> Any:
        for block in self.blocks:
            x = block(x)
        return self.head(keras.ops.mean(self.base(x), axis=(1, 2)))


def subclassed() -> keras.Model:
    model = Subclassed()
    model(np.zeros((1, SIZE, SIZE, 3), "float32"))
    return seeded(model)


def called_twice() -> keras.Model:
    left, right = (keras.Input((SIZE, SIZE, 3), name=name) for name in ("left", "right"))
    base = backbone()
    both = layers.Concatenate(name="both")([base(left), base(right)])
    return seeded(keras.Model([left, right], both, name="twins"))


def multi_input() -> keras.Model:
    image, extra = keras.Input((SIZE, SIZE, 3), name="image"), keras.Input((2,), name="extra")
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, name="conv1")(image))
    out = layers.Dense(3, name="head")(layers.Concatenate()([x, extra]))
    return seeded(keras.Model({"image": image, "extra": extra}, out, name="two_inputs"))


def multi_output() -> keras.Model:
    base = backbone()
    x = layers.GlobalAveragePooling2D()(base.output)
    outputs = [layers.Dense(3, name="animal")(x), layers.Dense(2, name="indoors")(x)]
    return seeded(keras.Model(base.input, outputs, name="two_outputs"))


def one_dimensional() -> keras.Model:
    stack = [keras.Input((20, 2)), layers.Conv1D(4, 3, name="conv1"), layers.ReLU(name="relu")]
    return seeded(keras.Sequential(stack, name="signal"))


def three_dimensional() -> keras.Model:
    stack = [keras.Input((6, 8, 8, 1)), layers.Conv3D(4, 3, name="conv1")]
    return seeded(keras.Sequential(stack, name="volume"))


def unusual_convolutions() -> keras.Model:
    x = image = keras.Input((SIZE, SIZE, 3))
    x = layers.DepthwiseConv2D(3, depth_multiplier=2, name="depthwise")(x)
    x = layers.SeparableConv2D(5, 3, depth_multiplier=2, name="separable")(x)
    x = layers.Conv2DTranspose(4, 3, strides=2, name="transposed")(x)
    x = layers.Conv2D(6, 3, groups=2, name="grouped")(x)
    return seeded(keras.Model(image, x, name="unusual"))


def grey() -> keras.Model:
    return backbone("grey", bands=1)


def seven_bands() -> keras.Model:
    return backbone("bands", bands=7)


def any_size() -> keras.Model:
    return backbone("any_size", size=None)


def in_precision(policy: str) -> Callable[[], keras.Model]:
    def make() -> keras.Model:
        before = keras.config.dtype_policy()
        keras.config.set_dtype_policy(policy)
        try:
            return functional()
        finally:
            keras.config.set_dtype_policy(before)

    return make


def image_batch(*shape: int) -> Callable[[], np.ndarray]:
    return lambda: pixels(2, *shape)


RGB = image_batch(SIZE, SIZE, 3)

#: name -> (make the model, make an input for it, path of a layer with maps)
KINDS: dict[str, tuple[Callable[[], keras.Model], Callable[[], Any], str]] = {
    "functional": (functional, RGB, "conv2"),
    "sequential": (sequential, RGB, "conv1"),
    "sequential never called": (sequential_never_called, RGB, "conv1"),
    "nested": (nested, RGB, "backbone/conv2"),
    "nested in sequential": (nested_in_sequential, RGB, "backbone/conv2"),
    "nested twice": (nested_twice, RGB, "encoder/base/conv2"),
    "subclassed": (subclassed, RGB, "backbone/conv2"),
    "subclassed never called": (Subclassed, RGB, "backbone/conv2"),
    "backbone called twice": (called_twice, lambda: [RGB(), RGB() / 2], "backbone[1]/conv2"),
    "multi-input": (multi_input, lambda: {"image": RGB(), "extra": pixels(2, 2)}, "conv1"),
    "multi-output": (multi_output, RGB, "conv2"),
    "Conv1D": (one_dimensional, image_batch(20, 2), "conv1"),
    "Conv3D": (three_dimensional, image_batch(6, 8, 8, 1), "conv1"),
    "unusual convolutions": (unusual_convolutions, RGB, "separable"),
    "grey": (grey, image_batch(SIZE, SIZE, 1), "conv2"),
    "seven bands": (seven_bands, image_batch(SIZE, SIZE, 7), "conv2"),
    "unknown size": (any_size, image_batch(17, 13, 3), "conv2"),
    "mixed_float16": (in_precision("mixed_float16"), RGB, "conv2"),
    "mixed_bfloat16": (in_precision("mixed_bfloat16"), RGB, "conv2"),
}
