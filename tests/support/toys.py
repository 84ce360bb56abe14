"""Networks whose maps are computed by hand."""

import keras
import numpy as np
from keras import layers

#: The input of `toy`, for which its first output is 54 times its scale.
RAMP = np.arange(16, dtype="float32").reshape(1, 4, 4, 1)


def toy(activation: str | None = None, scale: float = 1.0) -> keras.Model:
    """The toy net of captum's tests: layers "conv", "relu", a dense one, and its ReLU."""
    x = image = keras.Input((4, 4, 1), name="image")
    x = layers.Conv2D(2, 3, kernel_initializer="ones", name="conv")(x)
    x = layers.ReLU(name="relu")(x)
    x = layers.Dense(4, use_bias=False, name="dense")(layers.Flatten()(x))
    x = layers.ReLU(name="scores")(x)
    if activation:
        x = layers.Activation(activation, name="head")(x)
    model = keras.Model(image, x, name="toy")
    model.get_layer("conv").bias.assign([-50, -75])
    kernel = np.zeros((8, 4), "float32")
    kernel[:, 0] = np.multiply(scale, [1, 1, 1, -1, 1, -1, 1, -1])
    model.get_layer("dense").kernel.assign(kernel)
    return model


#: Maps of the toy net's first output, by layer and method, neither cut at 0 nor scaled.
GOLDEN = {
    ("conv", "grad_cam"): [[11.25, 13.5], [20.25, 22.5]],
    ("relu", "grad_cam"): [[0, 4], [28, 32.5]],
    ("relu", "layer_cam"): [[0, 4], [31, 40]],
    ("relu", "hires_cam"): [[0, 4], [25, 25]],
    ("relu", "xgrad_cam"): [[0, 4], [25, 25]],
    ("relu", "elementwise_grad_cam"): [[0, 4], [31, 40]],
}


def linear(weights: np.ndarray) -> keras.Model:
    """A score that is the sum of weights, (..., channels), times pixels."""
    image = keras.Input(weights.shape)
    dense = layers.Dense(1, use_bias=False, name="dense")
    model = keras.Model(image, dense(layers.Flatten()(image)), name="linear")
    dense.set_weights([weights.reshape(-1, 1)])
    return model


def linear_with_numbers(weights: np.ndarray) -> keras.Model:
    """The same, and two numbers, which come first, are added to it."""
    inputs = [keras.Input((2,), name="numbers"), keras.Input(weights.shape, name="image")]
    dense = layers.Dense(1, use_bias=False, name="dense")
    x = layers.Concatenate()([inputs[0], layers.Flatten()(inputs[1])])
    model = keras.Model(inputs, dense(x), name="with_numbers")
    dense.set_weights([np.concatenate([[1, 1], weights.ravel()])[:, None]])
    return model


def sum_of_channels(weights: np.ndarray) -> keras.Model:
    """Maps x and −x of a 2 × 2 image, and a score that is the sum of weights times them."""
    x = image = keras.Input((2, 2, 1))
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(2, 1, use_bias=False, name="conv")(x))
    model = keras.Model(image, layers.Dense(1, use_bias=False, name="dense")(x), name="channels")
    model.get_layer("conv").set_weights([np.array([[[[1, -1]]]])])
    model.get_layer("dense").set_weights([4 * weights[:, None]])
    return model


def summed_relu() -> keras.Model:
    """The sum of what is positive in a 4 × 4 image."""
    image = keras.Input((4, 4, 1))
    x = layers.Flatten()(layers.ReLU(name="relu")(image))
    dense = layers.Dense(1, use_bias=False, name="dense")
    model = keras.Model(image, dense(x), name="positive")
    dense.set_weights([np.ones((16, 1))])
    return model


def lines_of_an_image() -> keras.Model:
    """A 4 × 4 image taken as 4 steps of 4 channels."""
    image = keras.Input((4, 4, 1))
    x = layers.Reshape((4, 4), name="lines")(image)
    x = layers.Dense(1, name="dense")(layers.GlobalAveragePooling1D()(x))
    return keras.Model(image, x, name="of_lines")
