"""The curves of a panel hold one quantity: what the recipe's own ascent reaches."""

from dataclasses import replace

import keras
import numpy as np
from keras import layers

from convnet_widgets.core.patterns.recipes import BOOK
from convnet_widgets.viewers.pattern_viewer import PatternViewer

STEPS = 30
HELPING = replace(BOOK, name="helping", helped=True, size=8, steps=STEPS)


def three_filters():
    """One filter that fires at once, one that does with help, and one that never does."""
    image = keras.Input((None, None, 3))
    model = keras.Model(image, layers.Conv2D(3, 1, activation="relu", name="conv")(image))
    kernel = np.zeros((1, 1, 3, 3), np.float32)
    kernel[0, 0, 0, 0] = kernel[0, 0, 1, 1] = 1
    model.layers[-1].set_weights([kernel, np.array([0, -180, -1], np.float32)])
    return model


def made(recipe):
    viewer = PatternViewer(three_filters(), "conv", recipe=recipe, cache=False)
    viewer.wait()
    assert viewer.error == ""
    steps = np.frombuffer(viewer._curve_steps, "<i4")
    return viewer, steps, np.frombuffer(viewer._curves, "<f4").reshape(len(steps), 4)


def test_steps_of_help_are_no_part_of_the_curves():
    viewer, steps, curves = made(HELPING)
    assert viewer.status == ["ok", "helped", "silent"]
    assert steps.tolist() == list(range(STEPS + 1))
    assert not curves[:, 2:].any()
    np.testing.assert_array_equal(curves[-1, 1], viewer.patterns.activations[0])
    np.testing.assert_allclose(curves[:, 0], curves[:, 1] / 3, rtol=1e-6)


def test_what_is_reached_with_help_is_told_beside_them():
    viewer, *_ = made(HELPING)
    assert viewer._helped == {"1": viewer.patterns.activations[1]}
    assert viewer._helped["1"] > 0


def test_a_curve_before_the_activation_does_not_jump_to_behind_it():
    before = replace(HELPING, name="before", helped=False, pre_activation=True)
    viewer, steps, curves = made(before)
    assert steps.tolist() == list(range(STEPS))
    np.testing.assert_allclose(curves[:, 3], -1)
    assert viewer.patterns.activations[2] == 0
