import numpy as np
import pytest
import tensorflow as tf

from convnet_widgets.core.patterns.regularisers import L1, L2, TotalVariation, clip_gradient

# two images of 2 × 2 pixels: a step of the full range, and mid-grey
IMAGES = tf.constant([[[[0.0], [255.0]], [[0.0], [255.0]]], [[[127.5]] * 2] * 2])


def test_total_variation_is_the_mean_of_the_differences():
    # two differences of 1 among four pixels
    assert TotalVariation(3.0)(IMAGES).numpy().tolist() == pytest.approx([1.5, 0])


def test_l1_and_l2_are_those_of_the_distance_from_grey():
    assert L1(2.0)(IMAGES).numpy().tolist() == pytest.approx([1, 0])
    assert L2(2.0)(IMAGES).numpy().tolist() == pytest.approx([0.5, 0])
    assert L2(2.0, level=0.0)(IMAGES).numpy().tolist() == pytest.approx([1, 0.5])


def test_the_gradient_of_each_image_is_shortened_by_itself():
    gradient = np.zeros((2, 1, 2, 1), "float32")
    gradient[0, 0, :, 0], gradient[1, 0, :, 0] = (3, 4), (0.3, 0.4)
    clipped = clip_gradient(tf.constant(gradient), 1.0).numpy()
    np.testing.assert_allclose(clipped[0, 0, :, 0], (0.6, 0.8), rtol=1e-6)
    np.testing.assert_allclose(clipped[1], gradient[1], rtol=1e-6)
