from contextlib import nullcontext

import keras
import numpy as np
import pytest
import tensorflow as tf

from convnet_widgets.core.patterns.cutting import cut
from convnet_widgets.core.patterns.pooling import fast_max_pooling


def gradient(images, scope, window=2, strides=2, padding="VALID", batch=None):
    """The gradient of a weighted sum of the maxima, and the types of the operations for it."""

    def pooled(images):
        with scope():
            maxima = tf.nn.max_pool2d(images, window, strides, padding)
        weights = tf.cast(tf.range(1, 1 + tf.size(maxima)), images.dtype)
        score = tf.reduce_sum(tf.reshape(weights, tf.shape(maxima)) * maxima)
        return tf.gradients(score, images)[0]

    function = tf.function(pooled, autograph=False)
    spec = tf.TensorSpec([batch, *images.shape[1:]], images.dtype)
    concrete = function.get_concrete_function(spec)
    types = {operation.type for operation in concrete.graph.get_operations()}
    return tf.cast(concrete(images), tf.float32).numpy(), types


def values(*shape, dtype=tf.float32):
    """Small whole numbers, so that many windows have several largest values."""
    return tf.cast(np.random.default_rng(0).integers(0, 4, shape), dtype)


def test_goes_to_the_first_of_the_largest():
    images = tf.reshape(tf.constant([1.0, 3.0, 3.0, 2.0]), [1, 2, 2, 1])
    found, _ = gradient(images, fast_max_pooling)
    assert found.ravel().tolist() == [0, 1, 0, 0]
    found, _ = gradient(tf.zeros([1, 2, 2, 1]), fast_max_pooling)
    assert found.ravel().tolist() == [1, 0, 0, 0]


@pytest.mark.parametrize(
    ("shape", "options"),
    [
        ((2, 8, 6, 3), {}),
        ((2, 7, 9, 3), {}),
        ((1, 9, 10, 2), {"window": 3, "strides": 3}),
        ((1, 6, 8, 2), {"window": (3, 2), "strides": (3, 2)}),
        ((1, 8, 8, 2), {"padding": "SAME"}),
    ],
)
@pytest.mark.parametrize("dtype", [tf.float32, tf.bfloat16])
def test_of_tiles_is_that_of_tensorflow(shape, options, dtype):
    images = values(*shape, dtype=dtype)
    found, types = gradient(images, fast_max_pooling, **options)
    expected, _ = gradient(images, nullcontext, **options)
    assert "MaxPoolGrad" not in types
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    "options",
    [
        {"window": 3, "strides": 2},
        {"window": 2, "strides": 3},
        {"padding": "SAME"},
        {"window": 3, "strides": 1, "padding": "SAME"},
        {"padding": [[0, 0], [1, 0], [0, 1], [0, 0]]},
    ],
)
def test_of_other_windows_is_left_to_tensorflow(options):
    images = values(2, 7, 7, 2)
    found, types = gradient(images, fast_max_pooling, **options)
    expected, _ = gradient(images, nullcontext, **options)
    assert "MaxPoolGrad" in types
    np.testing.assert_array_equal(found, expected)


def test_a_cut_network_has_it():
    stack = [keras.Input((None, None, 3)), keras.layers.MaxPooling2D(name="pool")]
    network = cut(keras.Sequential(stack), "pool")

    @tf.function(autograph=False)
    def of_maxima(images):
        return tf.gradients(network(images)["pool"], images)[0]

    graph = of_maxima.get_concrete_function(tf.TensorSpec([2, 8, 8, 3])).graph
    assert "MaxPoolGrad" not in {operation.type for operation in graph.get_operations()}
