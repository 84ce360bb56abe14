"""What the notebooks on filters and feature maps are tested with: their pictures, taken apart."""

import numpy as np
from PIL import Image

import convnet_widgets as cw
from notebooks import WIDGET_VIEW

PICTURE = "np.ma.filled({}.axes[0].images[0].get_array(), np.nan)"


def values(figures, panels, grids):
    """What both notebooks are asked for, given the names of what they show."""
    images = "np.stack([axes.images[0].get_array() for axes in {}.axes])"
    return {
        "six": images.format("six"),
        "eight": images.format("eight"),
        "names": "[axes.get_title(loc='left') for axes in six.axes[:3]]",
        "captions": f"[f.get_suptitle() or f.axes[0].get_title(loc='left') for f in ({figures})]",
        "panels": f"[panel.caption for panel in ({panels})]",
        "errors": f"[panel.error for panel in ({panels})]",
        "labels": f"[grid.label for grid in ({grids})]",
    }


def cat_pixels():
    """The cat as both networks take it before their own preprocessing, (224, 224, 3)."""
    return np.asarray(Image.fromarray(cw.load_image("cat")).resize((224, 224)), np.float32)


def check_six_filters(executed, kernel, colours):
    """Three channels of six filters are drawn on one scale from 0 to 1, row by row."""
    lowest, highest = kernel.min(), kernel.max()
    scaled = (kernel - lowest) / (highest - lowest)
    wanted = [scaled[:, :, place % 3, place // 3] for place in range(18)]
    np.testing.assert_allclose(executed.values["six"], wanted, atol=1e-6)
    names = [f"channel {channel}, {colour}" for channel, colour in enumerate(colours)]
    assert list(executed.values["names"]) == names


def check_eight_by_eight(executed, maps, **tolerances):
    """Each of 64 maps is drawn, in its place."""
    shown = executed.values["eight"]
    assert shown.shape == (64, *maps.shape[:2])
    for channel in range(64):
        np.testing.assert_allclose(shown[channel], maps[..., channel], **tolerances)


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
    """All that is shown begins with the caption; figures live under ``%matplotlib widget``."""
    captions = [str(text) for text in executed.values["captions"]]
    assert len(captions) == len(executed.figures) == count
    assert all(text.startswith(f"{caption}\n") for text in captions), captions
    assert all(WIDGET_VIEW in data for data in executed.figures)
    assert list(executed.values["panels"]) == [caption] * 3
    assert all(str(label).startswith(f"{caption}, ") for label in executed.values["labels"])
    assert list(executed.values["errors"]) == [""] * 3


def check_statistics(sent, maps):
    """A grid was sent these maps: mean, extremes and share of zeros of every channel."""
    mean, _, highest, zeros = np.reshape(sent, (-1, 4)).T
    scale = np.abs(maps).max()
    np.testing.assert_allclose(mean, maps.mean((0, 1)), atol=1e-4 * scale)
    np.testing.assert_allclose(highest, maps.max((0, 1)), atol=1e-4 * scale)
    np.testing.assert_allclose(zeros, (maps == 0).mean((0, 1)), atol=0.01)
