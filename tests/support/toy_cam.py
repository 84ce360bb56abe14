"""The 4 × 4 toy net of captum's tests, whose class activation maps are known by hand."""

import keras
import numpy as np
from keras import layers

RAMP = np.arange(16, dtype="float32").reshape(1, 4, 4, 1)


def toy_cam(factor: float = 1.0) -> keras.Model:
    """Convolution, ReLU, dense, ReLU; its logit 0 for the ramp is 54 times a factor."""
    x = image = keras.Input((4, 4, 1))
    x = layers.ReLU(name="relu")(layers.Conv2D(2, 3, name="conv")(x))
    x = layers.Dense(4, activation="relu", name="dense")(layers.Flatten()(x))
    model = keras.Model(image, x, name="toy")
    model.get_layer("conv").set_weights([np.ones((3, 3, 1, 2)), np.array([-50, -75])])
    kernel = np.ones((8, 4))
    kernel[:, 0] = factor * np.array([1, 1, 1, -1, 1, -1, 1, -1])
    model.get_layer("dense").set_weights([kernel, np.zeros(4)])
    return model


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
