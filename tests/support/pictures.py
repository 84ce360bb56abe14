"""What the notebooks on filters and feature maps are tested with: their pictures, taken apart."""

import numpy as np
from PIL import Image

import convnet_widgets as cw
from notebooks import WIDGET_VIEW

IMAGES = "np.stack([axes.images[0].get_array() for axes in {}.axes])"
PICTURE = "np.ma.filled({}.axes[0].images[0].get_array(), np.nan)"
CAPTIONS = "[f.get_suptitle() or f.axes[0].get_title(loc='left') for f in ({})]"


def cat_pixels():
    """The cat as both networks take it before their own preprocessing, (224, 224, 3)."""
    return np.asarray(Image.fromarray(cw.load_image("cat")).resize((224, 224)), np.float32)


def six_filters(kernel):
    """Three channels of six filters on one scale from 0 to 1, row by row."""
    lowest, highest = kernel.min(), kernel.max()
    scaled = (kernel - lowest) / (highest - lowest)
    return [scaled[:, :, place % 3, place // 3] for place in range(18)]


def in_eight_columns(tiles, shape, fill=np.nan):
    """The tiles placed one by one on a picture of that shape, each pixel as large as it must be."""
    picture = np.full(shape, fill, float)
    zoom = max(1, 24 // max(tiles[0].shape[:2]))
    height, width = (zoom * size for size in tiles[0].shape[:2])
    rows = len(tiles) // 8
    down, across = (shape[0] - rows * height) // (rows - 1), (shape[1] - 8 * width) // 7
    for number, tile in enumerate(tiles):
        y, x = number // 8 * (down + height), number % 8 * (across + width)
        for row in range(height):
            for column in range(width):
                picture[y + row, x + column] = tile[row // zoom, column // zoom]
    return picture


def check_captions(executed, caption, count):
    """Every figure begins with the caption, and is live under ``%matplotlib widget``."""
    captions = [str(text) for text in executed.values["captions"]]
    assert len(captions) == len(executed.figures) == count
    assert all(text.startswith(f"{caption}\n") for text in captions), captions
    assert all(WIDGET_VIEW in data for data in executed.figures)


def check_statistics(sent, maps):
    """A grid was sent these maps: mean, extremes and share of zeros of every channel."""
    mean, _, highest, zeros = np.reshape(sent, (-1, 4)).T
    scale = np.abs(maps).max()
    np.testing.assert_allclose(mean, maps.mean((0, 1)), atol=1e-4 * scale)
    np.testing.assert_allclose(highest, maps.max((0, 1)), atol=1e-4 * scale)
    np.testing.assert_allclose(zeros, (maps == 0).mean((0, 1)), atol=0.01)
