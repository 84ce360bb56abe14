from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from convnet_widgets.rendering.encoding import encode

RNG = np.random.default_rng(0)
IMAGES = [RNG.integers(0, 256, (13, 7, *channels), np.uint8) for channels in [(), (3,), (4,)]]


def decode(data):
    with Image.open(BytesIO(data)) as image:
        return image.format, np.asarray(image)


@pytest.mark.parametrize("image", IMAGES)
def test_png_comes_back_exactly(image):
    kind, pixels = decode(encode(image))
    assert kind == "PNG"
    np.testing.assert_array_equal(pixels, image)


@pytest.mark.parametrize("image", IMAGES)
def test_webp_comes_back_exactly(image):
    kind, pixels = decode(encode(image, "webp"))
    assert kind == "WEBP"
    expected = np.repeat(image[..., None], 3, axis=-1) if image.ndim == 2 else image
    np.testing.assert_array_equal(pixels, expected)


def test_colours_under_transparent_pixels_are_kept():
    image = np.array([[[10, 20, 30, 0], [40, 50, 60, 255]]], np.uint8)
    for kind in ("png", "webp"):
        np.testing.assert_array_equal(decode(encode(image, kind))[1], image)


def test_a_part_of_a_larger_array():
    whole = RNG.integers(0, 256, (20, 20, 3), np.uint8)
    part = whole[2:9:2, ::-3]
    np.testing.assert_array_equal(decode(encode(part))[1], part)


def test_lossy_formats_are_near_and_get_smaller_with_less_quality():
    rows, columns = np.mgrid[:64, :64]
    smooth = np.stack([rows * 3, columns * 3, rows + columns], axis=-1).astype(np.uint8)
    for kind, name in (("jpeg", "JPEG"), ("webp", "WEBP")):
        good, poor = encode(smooth, kind, 95), encode(smooth, kind, 10)
        assert len(poor) < len(good)
        decoded_as, pixels = decode(good)
        assert decoded_as == name
        assert np.abs(pixels.astype(int) - smooth).mean() < 3


@pytest.mark.parametrize("dtype", [np.float32, np.uint16, bool])
def test_other_pixels_are_sent_to_a_colour_map(dtype):
    with pytest.raises(TypeError, match=r"expected pixels of uint8; got .* apply a colour map"):
        encode(np.zeros((4, 4), dtype))


@pytest.mark.parametrize("shape", [(4,), (4, 4, 2), (0, 4), (1, 4, 4, 3)])
def test_other_axes(shape):
    with pytest.raises(ValueError, match="expected an image"):
        encode(np.zeros(shape, np.uint8))


def test_what_a_format_cannot_hold():
    with pytest.raises(ValueError, match="jpeg holds no transparency"):
        encode(IMAGES[2], "jpeg")
    with pytest.raises(ValueError, match="webp holds at most 16383 pixels a side; got 1 × 16384"):
        encode(np.zeros((1, 16384), np.uint8), "webp")
    with pytest.raises(ValueError, match="no image format 'gif'"):
        encode(IMAGES[0], "gif")


@pytest.mark.parametrize(("kind", "quality"), [("png", 80), ("webp", 0), ("jpeg", 101)])
def test_qualities_that_do_not_exist(kind, quality):
    with pytest.raises(ValueError, match="expected a quality of 1–100, for WebP or JPEG"):
        encode(IMAGES[1], kind, quality)
