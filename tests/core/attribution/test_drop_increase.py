from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import layers

from convnet_widgets import VisionModel, load_image, load_model
from convnet_widgets.core.attribution.class_activation_map import class_activation_map
from convnet_widgets.core.attribution.drop_increase import (
    DropIncrease,
    drop_and_increase,
    drop_and_increase_steps,
)
from convnet_widgets.core.attribution.results import Heatmap, Heatmaps, Target
from convnet_widgets.core.attribution.subject import Subject
from convnet_widgets.core.framing import Frame

HEAT = np.array([[1, 0.75], [0.5, 0.25]], "float32")
ONES = np.ones((2, 2, 1), "float32")
#: of two outputs, the second is more without its last pixel
KERNEL = [[0.4, 1], [0.3, 0], [0.2, 0], [0.1, -0.5]]


def linear(shape=(2, 2, 1), first=(), kernel=KERNEL):
    stack = [keras.Input(shape), *first, layers.Flatten(), layers.Dense(2, use_bias=False)]
    model = keras.Sequential(stack)
    model.layers[-1].kernel.assign(kernel)
    return VisionModel(model)


def heatmap(index, values=HEAT):
    return Heatmap(values, values, "conv", Target(f"class {index}", index, 1.0), "grad_cam")


def test_by_hand():
    both = Heatmaps([heatmap(0), heatmap(1)])
    found = drop_and_increase(linear(), np.stack([ONES, ONES]), both)
    np.testing.assert_allclose(found.before, [1, 0.5])
    np.testing.assert_allclose(found.after, [0.75, 0.875])
    assert found.average_drop == pytest.approx(12.5)
    assert found.average_increase == 50
    assert repr(found) == "DropIncrease(average drop 12.5 % · average increase 50.0 % · 2 images)"


def test_one_image():
    found = drop_and_increase(linear(), ONES, heatmap(0))
    assert (found.average_drop, found.average_increase) == (pytest.approx(25), 0)
    assert "1 image)" in repr(found)


def test_another_target_than_that_of_the_heatmaps():
    found = drop_and_increase(linear(), ONES, heatmap(0), target=1)
    np.testing.assert_allclose(found.after, [0.875])


def test_a_dark_map_leaves_nothing():
    found = drop_and_increase(linear(), ONES, heatmap(0, np.zeros((2, 2), "float32")))
    assert (found.average_drop, found.average_increase) == (100, 0)


def test_what_the_network_does_not_look_at_is_left_out():
    net = linear((4, 4, 1), [layers.CenterCrop(2, 2)])
    seen = replace(heatmap(0), frame=Frame((4, 4), (1, 1, 2, 2)))
    found = drop_and_increase(net, np.ones((4, 4, 1)), seen)
    np.testing.assert_allclose(found.after, [0.75])


def test_nothing_can_be_lost_of_nothing():
    found = DropIncrease(np.zeros(2, "float32"), np.array([0, 1], "float32"))
    assert (found.average_drop, found.average_increase) == (0, 50)


def test_a_score_below_zero():
    with pytest.raises(ValueError, match="returns -1 for a target: a drop is a share"):
        drop_and_increase(linear(kernel=-np.array(KERNEL)), ONES, heatmap(0))


def test_a_log_softmax_loses_shares_of_its_probability():
    logarithm = linear()
    outputs = keras.ops.log_softmax(logarithm.model.outputs[0])
    model = keras.Model(logarithm.model.inputs, outputs)
    found = drop_and_increase(model, ONES, heatmap(0))
    before, after = 1 / (1 + np.exp(0.5 - 1)), 1 / (1 + np.exp(0.875 - 0.75))
    np.testing.assert_allclose([found.before[0], found.after[0]], [before, after], rtol=1e-6)
    assert found.average_drop == pytest.approx(100 * (before - after) / before)


def test_heatmaps_that_do_not_fit():
    with pytest.raises(ValueError, match="expected a heatmap for each image, got 1 for 2"):
        drop_and_increase(linear(), np.stack([ONES, ONES]), heatmap(0))
    with pytest.raises(TypeError, match="as class_activation_map returns"):
        drop_and_increase(linear(), ONES, [HEAT])


def test_a_step_at_a_time_and_its_end(monkeypatch):
    images, heatmaps = np.stack([ONES] * 3), [heatmap(index) for index in (0, 1, 0)]
    whole = drop_and_increase(linear(), images, heatmaps)
    monkeypatch.setattr(Subject, "batch_size", lambda _: 2)
    steps = list(drop_and_increase_steps(linear(), images, heatmaps))
    assert [step[:2] for step in steps] == [(2, 6), (4, 6), (5, 6), (6, 6)]
    assert [step.result is None for step in steps] == [True] * 3 + [False]
    np.testing.assert_array_equal(steps[-1].result.after, whole.after)
    passes = []
    own = Subject.probabilities
    monkeypatch.setattr(Subject, "probabilities", lambda *given: passes.append(1) or own(*given))
    unfinished = drop_and_increase_steps(linear(), images, heatmaps)
    next(unfinished)
    unfinished.close()
    assert len(passes) == 1


def test_a_batch_of_a_trained_network_is_as_one_by_one():
    net, names = load_model("EfficientNetLite0"), ("cat", "coffee", "rocket")
    images = [load_image(name) for name in names]
    heatmaps = class_activation_map(net, images)
    together = drop_and_increase(net, images, heatmaps)
    apart = [drop_and_increase(net, *pair) for pair in zip(images, heatmaps, strict=True)]
    np.testing.assert_allclose(together.after, [one.after[0] for one in apart], atol=1e-4)
    likely = [heatmap.target.probability for heatmap in heatmaps]
    np.testing.assert_allclose(together.before, likely, atol=1e-4)
    assert 0 < together.average_drop < 70
