import numpy as np
import pytest
import tensorflow as tf

from convnet_widgets.core.patterns.boxes import Boxes, Scheduled

# intensities tell the place: rows go from 0 to 99 in one channel, columns in the other
PLACES = np.stack(np.mgrid[:100, :100], -1)[None].astype("float32")


def seen(progress, seed=(0, 1), images=PLACES):
    return Boxes(8).at(progress)(tf.constant(images), seed).numpy()


def sides(progress):
    """How many pixels of the picture the middle of boxes spans, from pixel to pixel."""
    boxes = [seen(progress, (0, seed))[0] for seed in range(60)]
    return np.array([box[4, 4, 0] - box[3, 4, 0] for box in boxes]) * 7


def test_boxes_get_smaller():
    assert isinstance(Boxes(8), Scheduled)
    assert np.median(sides(0.0)) == pytest.approx(0.5 * 99, rel=0.1)
    assert np.median(sides(0.5)) == pytest.approx(0.275 * 99, rel=0.1)
    assert sides(1.0).min() == pytest.approx(0.05 * 99, rel=0.01)


def test_boxes_lie_about_the_middle():
    middles = np.array([seen(1.0, (0, seed))[0, 3:5, 3:5].mean((0, 1)) for seed in range(200)])
    inside = middles[(np.abs(middles - 49.5) < 40).all(axis=1)]
    assert inside.mean(0) == pytest.approx([49.5, 49.5], abs=3)
    assert inside.std(0) == pytest.approx([15, 15], abs=3)


def test_all_images_get_the_same_and_outside_there_is_grey():
    image = np.full((2, 10, 10, 1), 200.0, "float32")
    both = seen(0.0, (0, 3), image)
    np.testing.assert_array_equal(both[0], both[1])
    far = Boxes(8, first=3.0).at(0.0)(tf.constant(image), (0, 3)).numpy()
    assert set(far[0, 0].ravel()) == {127.5}


def test_the_seed_decides():
    np.testing.assert_array_equal(seen(0.2), seen(0.2))
    assert not np.allclose(seen(0.2), seen(0.2, (0, 2)))
