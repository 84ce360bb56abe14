"""Networks whose maps are computed by hand."""

import keras
import numpy as np
from keras import layers

#: The input of `toy`, for which its first output is 54.
RAMP = np.arange(16, dtype="float32").reshape(1, 4, 4, 1)


def toy(activation=None, scale=1.0):
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
