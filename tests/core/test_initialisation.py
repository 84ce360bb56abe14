import subprocess
import sys

import keras
import numpy as np
import pytest

from convnet_widgets.core.initialisation import build_empty, build_random


def small(**_):
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((16, 16, 8)),
            layers.Conv2D(64, 3),
            layers.DepthwiseConv2D(3),
            layers.SeparableConv2D(32, 3),
            layers.Conv2D(32, 1, kernel_initializer="he_normal"),
            keras.Sequential([layers.Conv2DTranspose(16, 3)]),
            layers.Flatten(),
            layers.Dense(300),
        ]
    )


def values(model):
    return [np.asarray(variable) for variable in model.weights]


def same(one, other):
    return [np.array_equal(a, b) for a, b in zip(values(one), values(other), strict=True)]


def test_same_seed_same_weights():
    assert all(same(build_random(small, 3), build_random(small, 3)))


def test_other_seed_other_weights():
    one, other = build_random(small, 3), build_random(small, 4)
    biases = [variable.name == "bias" for variable in one.weights]
    assert same(one, other) == biases


RANDOM_STATES = """
import random, keras, numpy as np, tensorflow as tf
from convnet_widgets import load_model

def draw():
    return random.random(), np.random.rand(), float(tf.random.uniform(()))

keras.utils.set_random_seed(5)
expected = draw()
keras.utils.set_random_seed(5)
load_model("EfficientNetLite0")
load_model("EfficientNetLite0", "random")
load_model("MobileNetV2", "random", include_top=False)
print(draw() == expected)
"""


def test_the_random_states_of_others_are_as_before():
    # Apart, for the checks of annotations in these tests draw from Python's state.
    ran = subprocess.run(
        [sys.executable, "-c", RANDOM_STATES], capture_output=True, text=True, check=True
    )
    assert ran.stdout == "True\n"


def test_distribution_is_the_one_that_keras_takes():
    ours, theirs = build_random(small, 0), small()
    for mine, yours in zip(ours.weights, theirs.weights, strict=True):
        a, b = np.asarray(mine), np.asarray(yours)
        if a.size < 200:
            continue
        assert a.std() == pytest.approx(b.std(), rel=0.15)
        assert abs(a.mean()) < 4 * b.std() / a.size**0.5 + 1e-6
        assert abs(a).max() == pytest.approx(abs(b).max(), rel=0.2)


def test_large_kernels_are_filled_to_the_end():
    def large(**_):
        return keras.Sequential([keras.Input((3001,)), keras.layers.Dense(1000)])

    kernel = values(build_random(large, 0))[0]
    limit = (6 / 4001) ** 0.5
    assert (kernel != 0).mean() > 0.999
    assert abs(kernel).max() <= limit
    # Each row is drawn anew: no piece repeats another.
    assert len({row.tobytes() for row in kernel}) == 3001
    np.testing.assert_allclose(kernel.std(axis=1).mean(), limit / 3**0.5, rtol=0.01)


def test_the_model_names_the_initialisers_of_keras():
    def initialisers(model):
        return [
            type(getattr(layer, f"{name}_initializer", None))
            for layer in model.layers
            for name in ("kernel", "depthwise", "pointwise")
        ]

    for build in (lambda: build_random(small, 0), lambda: build_empty(small)):
        assert initialisers(build()) == initialisers(small())


def test_a_saved_model_needs_nothing_of_ours(tmp_path):
    model = build_random(small, 0)
    model.save(tmp_path / "model.keras")
    assert all(same(keras.models.load_model(tmp_path / "model.keras"), model))


def test_half_precision():
    keras.config.set_dtype_policy("float16")
    try:
        model = build_random(small, 0)
    finally:
        keras.config.set_dtype_policy("float32")
    kernel = values(model)[0]
    assert kernel.dtype == np.float16
    assert np.unique(kernel).size > 500


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in other units elsewhere")
def test_peak_memory_is_near_that_of_the_weights():
    code = (
        "import resource\n"
        "def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024\n"
        "import keras, tensorflow\n"
        "from convnet_widgets import load_model\n"
        "load_model('EfficientNetLite0', 'random'); before = peak()\n"
        "net = load_model('VGG16', 'random')\n"
        "print(peak() - before, net.model.count_params() * 4 / 2**20)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    grown, weights = map(float, ran.stdout.split())
    assert weights == pytest.approx(528, abs=1)
    # Keras by itself takes 1,270 MB more.
    assert grown < 1.2 * weights
