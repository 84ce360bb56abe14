import numpy as np
import pytest
import tensorflow as tf

from convnet_widgets.core.patterns.objectives import (
    OUTPUT,
    Activity,
    Channel,
    Direction,
    Diversity,
    Neuron,
    Output,
)

# two images, 2 × 3 pixels, 2 channels: 0 … 11 and their negatives
RAMP = np.arange(12, dtype="float32").reshape(1, 2, 3, 2)
MAPS = np.concatenate([RAMP, -RAMP])
OUTPUTS = {"conv": tf.constant(MAPS), "dense": tf.constant([[1.0, 4.0], [2.0, 8.0]])}


def scores(objective, outputs=OUTPUTS):
    result = objective(outputs)
    assert result.dtype == tf.float32
    return result.numpy().tolist()


class TestChannel:
    def test_is_the_mean_of_the_map(self):
        assert scores(Channel("conv", 0)) == [5, -5]
        assert scores(Channel("conv", 1)) == [6, -6]

    def test_one_for_each_image(self):
        assert scores(Channel("conv", (1, 0))) == [6, -5]

    def test_of_units_and_of_lines(self):
        assert scores(Channel("dense", 1)) == [4, 8]
        assert scores(Channel("dense", (1, 0))) == [4, 2]
        lines = {"line": tf.reshape(MAPS, [2, 6, 2])}
        assert scores(Channel("line", 0), lines) == [5, -5]


class TestNeuron:
    def test_in_the_middle(self):
        # row 2 // 2, column 3 // 2
        assert scores(Neuron("conv", 0)) == [8, -8]
        assert scores(Neuron("conv", (1, 0))) == [9, -8]

    def test_at_a_place(self):
        assert scores(Neuron("conv", 1, row=0, column=2)) == [5, -5]


class TestDirection:
    def test_dot_product_with_the_unit_vector(self):
        assert scores(Direction("conv", (3.0, 4.0))) == pytest.approx([7.8, -7.8])

    def test_alike_directions_count_more(self):
        cosine = 7.8 / np.hypot(5, 6)
        expected = [7.8 * cosine**2, -7.8 * 0.1**2]
        assert scores(Direction("conv", (3.0, 4.0), power=2.0)) == pytest.approx(expected, rel=1e-5)

    def test_zero_activation_is_no_nan(self):
        nothing = {"conv": tf.zeros([1, 2, 2, 2])}
        assert scores(Direction("conv", (1.0, 0.0), power=2.0), nothing) == [0]


def test_activity_is_the_mean_square():
    expected = (np.arange(12) ** 2).mean()
    assert scores(Activity("conv")) == pytest.approx([expected, expected])


class TestDiversity:
    def test_two_alike(self):
        # the sign does not change a Gram matrix
        assert scores(Diversity("conv")) == pytest.approx([-1, -1])

    def test_two_with_nothing_in_common(self):
        maps = np.zeros((2, 1, 2, 2), "float32")
        maps[0, ..., 0] = maps[1, ..., 1] = 1
        assert scores(Diversity("conv"), {"conv": tf.constant(maps)}) == [0, 0]

    def test_a_single_one(self):
        assert scores(Diversity("conv"), {"conv": tf.constant(RAMP)}) == [0]


class TestOutput:
    def test_any_callable(self):
        outputs = {OUTPUT: tf.constant([[1, 2], [5, 9]])}
        assert scores(Output(lambda y: y[:, 1] - y[:, 0]), outputs) == [1, 4]

    def test_one_score_an_image(self):
        with pytest.raises(ValueError, match=r"shape \(images,\).*gave \(2, 2\) for an output"):
            Output(lambda y: y)({OUTPUT: tf.zeros([2, 2])})


class TestSum:
    def test_weights_multiply_their_own_terms(self):
        objective = 2.0 * Channel("conv", 0) - Neuron("conv", 0) * 0.5 + Channel("dense", 0)
        assert objective.layers == ("conv", "dense")
        assert scores(objective) == [10 - 4 + 1, -10 + 4 + 2]
        assert scores(-objective) == [-7, 4]
