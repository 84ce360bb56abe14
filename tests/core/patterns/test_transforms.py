import numpy as np
import pytest
import tensorflow as tf

from convnet_widgets.core.patterns.transforms import (
    Crop,
    Jitter,
    Pad,
    Rotate,
    Scale,
    apply,
    warp,
)

SEED = (1, 2)


def picture(height, width, channels=1, images=1):
    values = np.random.default_rng(0).uniform(0, 255, (images, height, width, channels))
    return values.astype("float32")


def one(transform, image):
    return transform(tf.constant(image), SEED).numpy()


class TestAffine:
    @pytest.mark.parametrize("size", [(4, 4), (5, 5), (4, 7), (7, 4), (1, 5), (5, 1)])
    def test_nothing_changes_without_a_change(self, size):
        image = picture(*size, channels=7, images=2)
        for still in (Jitter(0), Scale((1.0,)), Rotate((0.0,)), Rotate((360.0,))):
            np.testing.assert_allclose(one(still, image), image, atol=2e-2)

    @pytest.mark.parametrize("size", [(4, 4), (5, 5), (4, 7), (6, 3)])
    def test_half_a_turn_is_a_point_reflection(self, size):
        image = picture(*size, channels=3)
        turned = one(Rotate((180.0,)), image)
        np.testing.assert_allclose(turned, image[:, ::-1, ::-1], atol=2e-2)

    @pytest.mark.parametrize("size", [4, 5])
    def test_a_quarter_turn_is_counter_clockwise(self, size):
        image = picture(size, size)
        turned = one(Rotate((90.0,)), image)
        np.testing.assert_allclose(turned, np.rot90(image, axes=(1, 2)), atol=2e-2)

    def test_scale_two_shows_the_middle(self):
        ramp = np.arange(5, dtype="float32")[None, None, :, None] * np.ones((1, 5, 1, 1), "float32")
        assert one(Scale((2.0,)), ramp)[0, 2, :, 0].tolist() == [1, 1.5, 2, 2.5, 3]

    def test_jitter_shifts_whole_pixels_and_repeats_the_edge(self):
        image = picture(6, 8)
        shifted = one(Jitter(2), image)
        padded = np.pad(image, [(0, 0), (2, 2), (2, 2), (0, 0)], mode="edge")
        shifts = [padded[:, y : y + 6, x : x + 8] for y in range(5) for x in range(5)]
        assert sum(np.allclose(shifted, candidate, atol=1e-3) for candidate in shifts) == 1

    def test_every_image_has_its_own_draw_and_every_value_comes_up(self):
        draws = Jitter(1).matrices(2000, SEED).numpy()[:, :2, 2].astype(int)
        _, counts = np.unique(draws, axis=0, return_counts=True)
        assert len(counts) == 9
        assert counts.min() > 150
        angles = Rotate((0.0, 0.0, 0.0, 90.0)).matrices(2000, SEED).numpy()
        assert np.isclose(angles[:, 0, 0], 1).mean() == pytest.approx(0.75, abs=0.05)


class TestGradient:
    def test_is_that_of_finite_differences(self):
        image = picture(5, 6)
        matrices = Scale((1.3,)).matrices(1, SEED) @ Rotate((20.0,)).matrices(1, SEED)
        weights = picture(5, 6) / 255
        values = tf.constant(image)
        with tf.GradientTape() as tape:
            tape.watch(values)
            score = tf.reduce_sum(warp(values, matrices) * weights)
        gradient = tape.gradient(score, values)
        # the warp is linear, so a step of any length gives the derivative
        for place in [(0, 0), (2, 3), (4, 5)]:
            step = np.zeros_like(image)
            step[0, place[0], place[1], 0] = 100
            change = tf.reduce_sum(warp(tf.constant(step), matrices) * weights) / 100
            assert float(gradient[0, place[0], place[1], 0]) == pytest.approx(float(change), 1e-4)


class TestApply:
    def test_affine_ones_in_a_row_are_one_warp(self):
        image = picture(9, 9)
        quarter, shift = Rotate((90.0,)), Jitter(2)
        seeds = tf.unstack(tf.random.split(SEED, 2))
        both = apply([quarter, shift], tf.constant(image), SEED).numpy()
        in_turn = shift(quarter(tf.constant(image), seeds[0]), seeds[1]).numpy()
        np.testing.assert_allclose(both[:, 2:-2, 2:-2], in_turn[:, 2:-2, 2:-2], atol=2e-2)

    def test_pad_and_crop_change_the_size(self):
        image = picture(5, 7, channels=2)
        padded = apply([Pad(3)], tf.constant(image), SEED).numpy()
        np.testing.assert_array_equal(padded[:, 3:-3, 3:-3], image)
        assert set(padded[:, :3].ravel()) == {127.5}
        cropped = apply([Crop(2)], tf.constant(image), SEED).numpy()
        places = [image[:, y : y + 3, x : x + 5] for y in range(3) for x in range(3)]
        assert sum(np.array_equal(cropped, place) for place in places) == 1

    def test_the_seed_decides_within_a_graph_too(self):
        chain = [Pad(4), Jitter(4), Scale((0.9, 1.0, 1.1)), Rotate((-5.0, 0.0, 5.0)), Crop(8)]
        compiled = tf.function(lambda images, seed: apply(chain, images, seed))
        image = tf.constant(picture(16, 12, channels=3, images=4))
        first, again, other = (compiled(image, tf.constant(s)) for s in ((1, 2), (1, 2), (1, 3)))
        np.testing.assert_array_equal(first, again)
        assert first.shape == image.shape
        assert not np.allclose(first, other)

    def test_no_transforms(self):
        image = tf.constant(picture(3, 3))
        np.testing.assert_array_equal(apply([], image, SEED), image)
