import numpy as np

from convnet_widgets.core.patterns.displaying import displayable


def images(*values):
    return np.array(values, "float32").reshape(len(values), 1, -1, 1)


def test_standardised_is_the_listing_of_the_book():
    x = np.random.default_rng(0).normal(140, 30, (6, 5, 3)).astype("float32")
    expected = (x - x.mean()) / (x.std() + 1e-5) * 0.1 + 0.5
    expected = (np.clip(expected, 0, 1) * 255).astype("uint8")
    shown = displayable(np.stack([x, 3 * x - 50]), "standardised")
    assert shown.dtype == np.uint8
    for picture in shown:  # neither scale nor offset of an image shows
        assert np.abs(picture.astype(int) - expected).max() <= 1
        assert (picture != expected).mean() < 0.01


def test_one_without_contrast_is_grey():
    assert displayable(images([3.0, 3.0]), "standardised").ravel().tolist() == [127, 127]


def test_bounded_is_rounded_and_clipped():
    shown = displayable(images([-3.0, 0.4, 0.6, 254.6, 300.0]), "bounded")
    assert shown.ravel().tolist() == [0, 0, 1, 255, 255]
