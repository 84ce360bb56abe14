"""The methods of layers on the toy net of captum's tests, its passes done here by hand."""

import numpy as np
import pytest

from convnet_widgets.core.attribution.eigen_cam import EigenCAM
from convnet_widgets.core.attribution.method import ActivationMethod, GradientMethod
from convnet_widgets.core.attribution.methods import METHODS, as_method

RNG = np.random.default_rng(0)
GRADIENT_METHODS = [name for name, one in METHODS.items() if issubclass(one, GradientMethod)]
LAYER_METHODS = [
    name for name, one in METHODS.items() if issubclass(one, GradientMethod | ActivationMethod)
]
NOT_SCALED = [name for name in LAYER_METHODS if name != "grad_cam_plus_plus"]

# 3 × 3 windows of a 4 × 4 ramp, all weights 1
WINDOWS = np.lib.stride_tricks.sliding_window_view(np.arange(16.0).reshape(4, 4), (3, 3))
CONV = (WINDOWS.sum(axis=(2, 3))[..., None] - [50, 75])[None].astype("float32")
RELU = np.maximum(CONV, 0)
DENSE = np.array([1, 1, 1, -1, 1, -1, 1, -1], "float32").reshape(1, 2, 2, 2)
GRADIENTS = {"conv": DENSE * (CONV > 0), "relu": DENSE}
MAPS = {"conv": CONV, "relu": RELU}


def attributed(name, maps, gradients):
    method = as_method(name)
    raw = method(maps, gradients) if isinstance(method, GradientMethod) else method(maps)
    assert raw.dtype == np.float32
    assert raw.shape == maps.shape[:-1]
    return raw


def random_pair(*shape):
    maps = np.maximum(RNG.normal(size=shape), 0).astype("float32")
    return maps, RNG.normal(size=shape).astype("float32")


def divided(raw):
    return np.maximum(raw, 0) / raw.max()


def test_the_toy_net_says_54():
    assert (RELU * DENSE).sum() == 54


@pytest.mark.parametrize(
    ("name", "layer", "expected"),
    [
        ("grad_cam", "conv", [[11.25, 13.5], [20.25, 22.5]]),
        ("grad_cam", "relu", [[0, 4], [28, 32.5]]),
        ("layer_cam", "relu", [[0, 4], [31, 40]]),
        ("hires_cam", "relu", [[0, 4], [25, 25]]),
        ("xgrad_cam", "relu", [[0, 4], [25, 25]]),
        ("elementwise_grad_cam", "relu", [[0, 4], [31, 40]]),
        # before the ReLU: gradients [0, 1, 1, 1] and [0, 0, −1, −1]
        ("hires_cam", "conv", [[0, 4], [25, 25]]),
        ("layer_cam", "conv", [[0, 4], [31, 40]]),
        ("elementwise_grad_cam", "conv", [[0, 4], [31, 40]]),
        # weights 75 / 70 and −21 / −30
        (
            "xgrad_cam",
            "conv",
            np.array([[-5, 4], [31, 40]]) * 75 / 70 + np.array([[-30, -21], [6, 15]]) * 0.7,
        ),
        # weights 4 · 1 / (2 + 75) and 1 / (2 + 21)
        (
            "grad_cam_plus_plus",
            "relu",
            np.array([[0, 4], [31, 40]]) * 4 / 77 + np.array([[0, 0], [6, 15]]) / 23,
        ),
    ],
)
def test_golden_value(name, layer, expected):
    raw = attributed(name, MAPS[layer], GRADIENTS[layer])
    np.testing.assert_allclose(raw, [expected], atol=1e-4)


@pytest.mark.parametrize("logit", [54, 130, 220])
def test_grad_cam_plus_plus_stands_any_logit(logit):
    gradients = DENSE * np.float32(logit / 54)
    raw = attributed("grad_cam_plus_plus", RELU, gradients)
    assert np.isfinite(raw).all()
    np.testing.assert_array_equal(np.sign(raw), np.sign(attributed("grad_cam", RELU, gradients)))


def test_grad_cam_plus_plus_where_its_denominator_is_0():
    maps, gradients = np.float32([[[-1], [-1]]]), np.float32([[[1], [1]]])
    assert attributed("grad_cam_plus_plus", maps, gradients).tolist() == [[0, 0]]


def test_xgrad_cam_where_a_map_sums_to_0():
    maps, gradients = np.float32([[[-1], [1]]]), np.float32([[[1], [1]]])
    assert attributed("xgrad_cam", maps, gradients).tolist() == [[0, 0]]


class TestEigenCAM:
    def test_of_one_direction(self):
        # places (1, 2, 2) times the channels (3, 4): v₁ = (.6, .8)
        maps = np.float32([[[3, 4], [6, 8], [6, 8]]])
        np.testing.assert_allclose(EigenCAM()(maps), [[5, 10, 10]], rtol=1e-6)
        np.testing.assert_allclose(EigenCAM()(-maps), [[5, 10, 10]], rtol=1e-6)

    @pytest.mark.parametrize("shape", [(2, 3, 4, 5), (1, 2, 2, 9)])
    def test_is_the_first_singular_vector(self, shape):
        maps, _ = random_pair(*shape)
        for one, raw in zip(maps, EigenCAM()(maps), strict=True):
            _, _, right = np.linalg.svd(one.reshape(-1, shape[-1]).astype("float64"))
            expected = (one @ right[0]) * np.sign((one @ right[0]).sum())
            np.testing.assert_allclose(raw, expected, rtol=1e-5)


@pytest.mark.parametrize("name", LAYER_METHODS)
class TestEveryLayerMethod:
    def test_the_order_of_channels_does_not_matter(self, name):
        maps, gradients = random_pair(2, 3, 4, 6)
        order = RNG.permutation(6)
        expected = attributed(name, maps, gradients)
        changed = attributed(name, maps[..., order], gradients[..., order])
        np.testing.assert_allclose(changed, expected, rtol=1e-5, atol=1e-6)

    def test_a_batch_is_its_images_one_by_one(self, name):
        maps, gradients = random_pair(3, 4, 4, 5)
        batch = attributed(name, maps, gradients)
        for i in range(3):
            single = attributed(name, maps[i : i + 1], gradients[i : i + 1])
            np.testing.assert_allclose(batch[i : i + 1], single, rtol=1e-6, atol=1e-7)

    @pytest.mark.parametrize("space", [(24,), (2, 3, 4)])
    def test_of_one_and_three_axes(self, name, space):
        maps, gradients = random_pair(2, 6, 4, 5)
        flat = attributed(name, *(x.reshape(2, *space, 5) for x in (maps, gradients)))
        np.testing.assert_allclose(flat.reshape(2, 6, 4), attributed(name, maps, gradients))

    @pytest.mark.parametrize("size", [1e-30, 1e30])
    def test_no_number_is_too_large_or_small(self, name, size):
        maps, gradients = random_pair(1, 3, 4, 5)
        for factors in ((1, size), (size, 1), (size, size)):
            scaled = (x * np.float32(f) for x, f in zip((maps, gradients), factors, strict=True))
            assert np.isfinite(attributed(name, *scaled)).all()

    def test_nothing_gives_nothing(self, name):
        nothing = np.zeros((1, 3, 4, 5), "float32")
        assert not attributed(name, nothing, nothing).any()


@pytest.mark.parametrize("name", NOT_SCALED)
def test_the_scale_of_the_gradients_does_not_matter(name):
    maps, gradients = random_pair(1, 3, 4, 5)
    expected = divided(attributed(name, maps, gradients))
    np.testing.assert_allclose(divided(attributed(name, maps, gradients * 7)), expected, rtol=1e-5)


def test_the_scale_of_the_gradients_matters_to_grad_cam_plus_plus():
    # weights 1 / 3 · 2 and 1 / 4, or 10 / 12 · 2 and 10 / 22
    maps = np.float32([[[1, 0], [0, 2]]])
    gradients = np.float32([[[1, 0], [1, 1]]])
    raw = attributed("grad_cam_plus_plus", maps, gradients)
    np.testing.assert_allclose(raw, [[2 / 3, 2 / 4]], rtol=1e-6)
    raw = attributed("grad_cam_plus_plus", maps, gradients * 10)
    np.testing.assert_allclose(raw, [[20 / 12, 20 / 22]], rtol=1e-6)
