import keras
import numpy as np
import pytest
import tensorflow as tf

from convnet_widgets.core.patterns.optimisers import Adam, Momentum, Nadam, NormalisedGradient

# root mean squares 5 and 0.5, and an image without gradient
GRADIENT = tf.constant([[5.0, -5.0], [0.7, 0.1], [0.0, 0.0]])


def changes(optimiser, gradients):
    slots, made = optimiser.slots(gradients[0]), []
    for number, gradient in enumerate(gradients):
        change, slots = optimiser.change(gradient, slots, tf.constant(number))
        made.append(change.numpy())
    return made


def test_the_gradient_of_each_image_has_a_root_mean_square_of_one_step():
    first, second = changes(NormalisedGradient(step=2.0, decay=0.5), [GRADIENT, GRADIENT])
    expected = [[2, -2], [2.8, 0.4], [0, 0]]
    np.testing.assert_allclose(first, expected, rtol=1e-4)
    np.testing.assert_allclose(second, np.array(expected) / 2, rtol=1e-4)


def test_a_smooth_gradient_is_that_of_its_neighbours_too():
    gradient = np.zeros((2, 4, 5, 1), "float32")
    gradient[0, 1, 0], gradient[1, 2, 3] = 16, -3
    (change,) = changes(NormalisedGradient(step=2.0, smooth=True), [tf.constant(gradient)])
    spread = np.zeros((4, 5))
    spread[:3] = np.array([[1], [2], [1]]) * [2, 1, 0, 0, 1]  # the last column is beside the first
    spread *= 2 / np.sqrt(np.mean(spread**2))
    np.testing.assert_allclose(change[0, ..., 0], spread, rtol=1e-4)
    np.testing.assert_allclose(change[1], -np.roll(change[0], (1, 3), (0, 1)), rtol=1e-4)


def test_momentum_adds_what_went_before():
    first, second = changes(Momentum(step=2.0, momentum=0.5), [GRADIENT, -GRADIENT])
    np.testing.assert_allclose(first, [[2, -2], [2.8, 0.4], [0, 0]], rtol=1e-4)
    np.testing.assert_allclose(second, -first / 2, rtol=1e-4)


@pytest.mark.parametrize(
    ("ours", "keras_s"),
    [
        (Adam(0.05, epsilon=1e-7), keras.optimizers.Adam(0.05)),
        (Nadam(1.0), keras.optimizers.Nadam(1.0)),
    ],
)
def test_agrees_with_keras(ours, keras_s):
    generator = np.random.default_rng(0)
    gradients = [tf.constant(generator.normal(size=(2, 3)), tf.float32) for _ in range(20)]
    variable = tf.Variable(tf.zeros([2, 3]))
    reached = np.zeros((2, 3), "float32")
    for change, gradient in zip(changes(ours, gradients), gradients, strict=True):
        keras_s.apply_gradients([(-gradient, variable)])
        reached += change
        np.testing.assert_allclose(reached, variable.numpy(), rtol=1e-4, atol=1e-5)
