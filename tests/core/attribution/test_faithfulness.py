import keras
import numpy as np
import pytest
from keras import layers

from convnet_widgets import VisionModel, load_image, load_model
from convnet_widgets.core.attribution.class_activation_map import class_activation_map
from convnet_widgets.core.attribution.faithfulness import (
    blurred,
    insertion_deletion,
    insertion_deletion_steps,
)
from convnet_widgets.core.attribution.results import Heatmap, Target
from convnet_widgets.core.attribution.subject import Subject
from convnet_widgets.core.framing import Frame

MAP = np.array([[0.4, 0.3], [0.2, 0.1]], "float32")
ONES = np.ones((2, 2, 1), "float32")


def linear(kernel=MAP, shape=(2, 2, 1), first=(), **options):
    """A network whose score is the sum of kernel × pixels."""
    stack = [keras.Input(shape), *first, layers.Flatten(**options)]
    model = keras.Sequential([*stack, layers.Dense(1, use_bias=False)])
    model.layers[-1].kernel.assign(np.reshape(kernel, (-1, 1)))
    return VisionModel(model)


def heatmap(values=MAP / 0.4, index=0, **options):
    values = np.asarray(values, "float32")
    target = Target("the output", index, 1.0)
    return Heatmap(values, values, "conv", target, "grad_cam", **options)


def score(net, *images):
    return net.model(np.stack(images)).numpy()[:, 0]


# By hand


def test_areas_by_hand():
    curves = insertion_deletion(linear(), ONES, heatmap(), 4, baseline="black")
    np.testing.assert_allclose(curves.fractions, [0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(curves.deletion, [1, 0.6, 0.3, 0.1, 0], atol=1e-7)
    np.testing.assert_allclose(curves.insertion, [0, 0.4, 0.7, 0.9, 1], atol=1e-7)
    assert curves.deletion_auc == pytest.approx(0.4)
    assert curves.insertion_auc == pytest.approx(0.6)
    assert repr(curves) == "FaithfulnessCurves(insertion 0.600 · deletion 0.400 · 4 steps)"


def test_the_worst_order_by_hand():
    curves = insertion_deletion(linear(), ONES, heatmap([[0, 0.4], [0.7, 1]]), 4)
    np.testing.assert_allclose(curves.deletion, [1, 0.9, 0.7, 0.4, 0], atol=1e-6)


def test_equal_heat_goes_in_reading_order():
    curves = insertion_deletion(linear(), ONES, heatmap([[0, 1], [1, 1]]), 4)
    np.testing.assert_allclose(curves.deletion, [1, 0.7, 0.5, 0.4, 0], atol=1e-6)


def test_steps_that_do_not_divide_the_pixels():
    curves = insertion_deletion(linear(), ONES, heatmap(), 3, baseline="black")
    np.testing.assert_allclose(curves.fractions, [0, 0.25, 0.75, 1])
    np.testing.assert_allclose(curves.insertion, [0, 0.4, 0.9, 1], atol=1e-6)
    more = insertion_deletion(linear(), ONES, heatmap(), 20, baseline="black")
    assert len(more.fractions) == len(more.insertion) == len(more.deletion) == 21
    np.testing.assert_allclose(more.insertion[::5], [0, 0.4, 0.7, 0.9, 1], atol=1e-6)


def test_the_probability_of_the_class_that_the_heatmap_explains():
    model = keras.Sequential([keras.Input((2, 2, 1)), layers.Flatten(), layers.Dense(3)])
    net = VisionModel(keras.Sequential([model, layers.Softmax()]))
    for index in range(3):
        curves = insertion_deletion(net, ONES, heatmap(index=index), 2)
        assert curves.deletion[0] == pytest.approx(net.model(ONES[None]).numpy()[0, index])
    told = insertion_deletion(net, ONES, heatmap(index=None), 2, target=2)
    np.testing.assert_array_equal(told.deletion, curves.deletion)


def test_both_sides_of_a_sigmoid():
    stack = [keras.Input((2, 2, 1)), layers.Flatten(), layers.Dense(1, activation="sigmoid")]
    net = VisionModel(keras.Sequential(stack))
    yes, no = (insertion_deletion(net, ONES, heatmap(index=index), 4) for index in (1, 0))
    np.testing.assert_allclose(yes.insertion + no.insertion, np.ones(5), atol=1e-6)


# What stands where there is no pixel


def test_the_baselines_of_the_reference():
    image = np.random.default_rng(0).uniform(0, 255, (6, 6, 1)).astype("float32")
    net = linear(np.arange(36), (6, 6, 1))
    net = VisionModel(net.model, preprocess=lambda pixels: pixels / 100 - 1)
    curves = insertion_deletion(net, image, heatmap(), 5)
    given = net.prepare(image)[0]
    blur, zero, whole = score(net, blurred(given), np.zeros_like(given), given)
    assert curves.insertion[0] == pytest.approx(blur, rel=1e-4)
    assert curves.deletion[-1] == pytest.approx(zero, abs=1e-4)
    assert curves.insertion[-1] == curves.deletion[0] == pytest.approx(whole, rel=1e-4)


@pytest.mark.parametrize(("baseline", "level"), [("black", -1), ("grey", 0.275)])
def test_plain_baselines_are_pixels_before_the_preprocessing(baseline, level):
    net = VisionModel(linear().model, preprocess=lambda pixels: pixels / 100 - 1)
    curves = insertion_deletion(net, ONES * 200, heatmap(), 4, baseline=baseline)
    assert curves.insertion[0] == curves.deletion[-1] == pytest.approx(level)
    assert curves.insertion[-1] == pytest.approx(1)


def test_baselines_of_one_s_own():
    net, image = linear(), ONES * 2
    curves = insertion_deletion(net, image, heatmap(), 4, baseline=ONES * 3)
    np.testing.assert_allclose(curves.insertion, [3, 2.6, 2.3, 2.1, 2], rtol=1e-6)
    blur = insertion_deletion(net, image, heatmap(), 4, baseline="blur")
    np.testing.assert_allclose(blur.deletion, np.full(5, 2), rtol=1e-6)


def test_a_blur_spreads_a_pixel_over_its_neighbours():
    image = np.zeros((224, 45, 1), "float32")
    image[100, 20] = 1
    column, row = np.exp(-0.5 * (np.arange(-5, 6) / 5) ** 2), np.exp([-0.5, 0, -0.5])
    expected = (column / column.sum())[:, None] * (row / row.sum())
    spread = blurred(image)[..., 0]
    np.testing.assert_allclose(spread[95:106, 19:22], expected, rtol=1e-5)
    assert spread.sum() == pytest.approx(1)
    np.testing.assert_allclose(blurred(np.full((9, 7, 2), 3, "float32")), np.full((9, 7, 2), 3))


# Where the heat lies


def test_pixels_that_the_network_does_not_look_at_come_last():
    net = linear(MAP, (4, 4, 1), [layers.CenterCrop(2, 2)])
    seen = heatmap(frame=Frame((4, 4), (1, 1, 2, 2)))
    curves = insertion_deletion(net, np.ones((4, 4, 1)), seen, 16, baseline="black")
    np.testing.assert_allclose(curves.insertion[:5], [0, 0.4, 0.7, 0.9, 1], atol=1e-6)
    np.testing.assert_allclose(curves.insertion[5:], 1, atol=1e-6)


@pytest.mark.parametrize("fit", ["crop", "pad"])
def test_a_photograph_of_another_shape(fit):
    net = VisionModel(linear().model, fit=fit)
    photograph = np.ones((4, 8) if fit == "crop" else (2, 2))
    curves = insertion_deletion(net, photograph, heatmap(), 4, baseline="black")
    np.testing.assert_allclose(curves.insertion, [0, 0.4, 0.7, 0.9, 1], atol=1e-6)


def test_a_coarse_map_is_brought_to_the_size_of_the_input():
    kernel = np.zeros((4, 4))
    kernel[0, 3] = 1
    curves = insertion_deletion(
        linear(kernel, (4, 4, 1)), np.ones((4, 4)), heatmap([[0, 1], [0, 0]]), 16
    )
    np.testing.assert_allclose(curves.deletion, [1] + [0] * 16, atol=1e-6)


def test_channels_first():
    net = linear(MAP, (1, 2, 2), data_format="channels_first")
    curves = insertion_deletion(net, ONES, heatmap(), 4, baseline="black")
    np.testing.assert_allclose(curves.insertion, [0, 0.4, 0.7, 0.9, 1], atol=1e-6)


def test_sequences_and_volumes():
    signal = insertion_deletion(linear(MAP, (4, 1)), np.ones((4, 1)), heatmap(MAP.ravel()), 4)
    np.testing.assert_allclose(signal.deletion, [1, 0.6, 0.3, 0.1, 0], atol=1e-6)
    volume = np.ones((1, 2, 2, 1))
    curves = insertion_deletion(linear(MAP, (1, 2, 2, 1)), volume, heatmap(MAP[None]), 4)
    np.testing.assert_allclose(curves.deletion, [1, 0.6, 0.3, 0.1, 0], atol=1e-6)


# Work and its end


def test_a_step_at_a_time(monkeypatch):
    whole = insertion_deletion(linear(), ONES, heatmap(), 4)
    monkeypatch.setattr(Subject, "batch_size", lambda _: 3)
    steps = list(insertion_deletion_steps(linear(), ONES, heatmap(), 4))
    assert [step[:2] for step in steps] == [(3, 10), (6, 10), (9, 10), (10, 10)]
    assert [step.result is None for step in steps] == [True] * 3 + [False]
    np.testing.assert_array_equal(steps[-1].result.insertion, whole.insertion)
    np.testing.assert_array_equal(steps[-1].result.deletion, whole.deletion)


def test_closing_the_steps_ends_the_work(monkeypatch):
    passes = []
    own = Subject.probabilities
    monkeypatch.setattr(Subject, "batch_size", lambda _: 3)
    monkeypatch.setattr(Subject, "probabilities", lambda *given: passes.append(1) or own(*given))
    steps = insertion_deletion_steps(linear(), ONES, heatmap(), 4)
    next(steps)
    steps.close()
    assert len(passes) == 1


# What does not fit


def test_a_dark_map():
    dark = heatmap(np.zeros((2, 2)), reason="no place speaks for the target")
    with pytest.raises(ValueError, match="orders no pixels, since no place speaks"):
        insertion_deletion(linear(), ONES, dark)


@pytest.mark.parametrize("steps", [0, -1, 2.5, True, "4"])
def test_steps_that_are_none(steps):
    with pytest.raises(ValueError, match="steps is a whole number, at least 1"):
        insertion_deletion(linear(), ONES, heatmap(), steps)


def test_baselines_that_are_none():
    with pytest.raises(ValueError, match="'blur', 'black', 'grey' or an array, got 'white'"):
        insertion_deletion(linear(), ONES, heatmap(), baseline="white")
    with pytest.raises(ValueError, match=r"of the shape \(2, 2, 1\).* got \(3, 2\)"):
        insertion_deletion(linear(), ONES, heatmap(), baseline=np.ones((3, 2)))


def test_a_target_that_is_no_class():
    with pytest.raises(ValueError, match="explains 'the output', which is no class.*target="):
        insertion_deletion(linear(), ONES, heatmap(index=None))


def test_a_heatmap_of_something_else():
    with pytest.raises(ValueError, match="expected a heatmap for each image, got 1 for 2"):
        insertion_deletion(linear(), np.stack([ONES] * 2), heatmap())
    with pytest.raises(ValueError, match=r"shape \(4,\), and the network takes images of 2 × 2"):
        insertion_deletion(linear(), ONES, heatmap([1, 0, 0, 0]))
    with pytest.raises(TypeError, match="as class_activation_map returns"):
        insertion_deletion(linear(), ONES, MAP)


# A trained network


@pytest.mark.parametrize("name", ["cat", "coffee", "rocket"])
def test_heat_of_a_trained_network_is_better_than_its_opposite(name):
    net, image = load_model("EfficientNetLite0"), load_image(name)
    before = [weight.numpy() for weight in net.model.weights]
    hot = class_activation_map(net, image)
    cold = Heatmap(1 - hot.values, hot.raw, hot.layer, hot.target, hot.method, frame=hot.frame)
    best, worst = (insertion_deletion(net, image, each, 10) for each in (hot, cold))
    assert best.insertion_auc > worst.insertion_auc + 0.05
    assert best.deletion_auc < worst.deletion_auc - 0.1
    assert best.deletion[0] == pytest.approx(hot.target.probability, abs=1e-4)
    for weight, value in zip(net.model.weights, before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), value)
