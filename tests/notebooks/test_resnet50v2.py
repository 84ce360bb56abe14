"""Notebook 03: the arrays behind its pictures, its captions, its memory, and bad input."""

import keras
import numpy as np
import pytest
from nbclient.exceptions import CellExecutionError
from PIL import Image

import convnet_widgets as cw
from notebooks import WIDGET_VIEW, run

NOTEBOOK = "03_resnet50v2_filters_and_feature_maps.ipynb"
CAPTION = "ResNet50V2 · weights: random (seed 0)"
ENDS = (2, 34, 80, 148, 183)
FIGURES = "six, in_colour, eight, signed, *block_figures, *stage_figures"
PICTURE = "np.ma.filled({}.axes[0].images[0].get_array(), np.nan)"
IMAGES = "np.stack([axes.images[0].get_array() for axes in {}.axes])"
VALUES = {
    "six": IMAGES.format("six"),
    "eight": IMAGES.format("eight"),
    "names": "[axes.get_title(loc='left') for axes in six.axes[:3]]",
    "signed": PICTURE.format("signed"),
    "limits": "signed.axes[0].images[0].get_clim()",
    **{f"block{i}": PICTURE.format(f"block_figures[{i}]") for i in range(5)},
    **{f"stage{i}": PICTURE.format(f"stage_figures[{i}]") for i in range(5)},
    "grid": "np.frombuffer(grid._statistics, np.float32).reshape(-1, 4)",
    "captions": f"[f.get_suptitle() or f.axes[0].get_title(loc='left') for f in ({FIGURES})]",
    "panels": "[filter_viewer.caption, viewer.caption, grid.label, before.label, after.label]",
    "errors": "[filter_viewer.error, viewer.error]",
}


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    # before the arrays are copied, and when the panels are done
    return run(NOTEBOOK, VALUES, tmp_path_factory.mktemp("resnet"), {"WEIGHTS": "random"})


@pytest.fixture(scope="module")
def model():
    return cw.load_model("ResNet50V2", "random").model


@pytest.fixture(scope="module")
def prepared():
    cat = Image.fromarray(cw.load_image("cat")).resize((224, 224))
    return (np.asarray(cat, np.float32) / 127.5 - 1)[None]


@pytest.fixture(scope="module")
def block_maps(model, prepared):
    five = keras.Model(model.input, [model.layers[index].output for index in ENDS])
    return [maps[0] for maps in five.predict(prepared, verbose=0)]


@pytest.fixture(scope="module")
def normalised(model):
    """What the first block's first convolution returns for the cat, and what is made of it."""
    image = cw.VisionModel(model, keras.applications.resnet_v2.preprocess_input)
    names = [f"conv2_block1_1_{step}" for step in ("conv", "bn", "relu")]
    steps = keras.Model(model.input, [model.get_layer(name).output for name in names])
    given = image.prepare(cw.load_image("cat"))
    conv, bn, relu = (maps[0].astype(float) for maps in steps.predict(given, verbose=0))
    own = np.empty_like(conv)
    for channel in range(64):
        one = conv[..., channel]
        own[..., channel] = (one - one.mean()) / np.sqrt(one.var() + 1.001e-5)
    return [conv, bn, relu, own, np.maximum(own, 0)]


def in_eight_columns(tiles, shape):
    """The tiles placed one by one on a picture of that shape, each pixel as large as it must be."""
    picture = np.full(shape, np.nan)
    zoom = max(1, 24 // max(tiles[0].shape))
    height, width = (zoom * size for size in tiles[0].shape)
    rows = len(tiles) // 8
    down, across = (shape[0] - rows * height) // (rows - 1), (shape[1] - 8 * width) // 7
    for number, tile in enumerate(tiles):
        y, x = number // 8 * (down + height), number % 8 * (across + width)
        for row in range(height):
            for column in range(width):
                picture[y + row, x + column] = tile[row // zoom, column // zoom]
    return picture


def test_six_filters_by_three_channels(executed, model):
    kernel = model.layers[2].kernel.numpy()
    lowest, highest = kernel.min(), kernel.max()
    for place in range(18):
        wanted = (kernel[:, :, place % 3, place // 3] - lowest) / (highest - lowest)
        np.testing.assert_allclose(executed.values["six"][place], wanted, atol=1e-6)
    names = list(executed.values["names"])
    assert names == ["channel 0, red", "channel 1, green", "channel 2, blue"]


def test_eight_by_eight_maps(executed, block_maps):
    assert executed.values["eight"].shape == (64, 112, 112)
    for channel in range(64):
        np.testing.assert_allclose(
            executed.values["eight"][channel], block_maps[0][..., channel], rtol=1e-3, atol=1e-5
        )


def test_the_signed_mosaic(executed, block_maps):
    tiles = [block_maps[0][..., channel] for channel in range(64)]
    shown = executed.values["signed"]
    wanted = in_eight_columns(tiles, shown.shape)
    np.testing.assert_allclose(shown, wanted, rtol=1e-3, atol=1e-4)
    limit = np.abs(block_maps[0]).max()
    np.testing.assert_allclose(executed.values["limits"], [-limit, limit], rtol=1e-4)


@pytest.mark.parametrize("number", range(5))
def test_five_blocks_of_at_most_64_maps(executed, block_maps, number):
    maps, tiles = block_maps[number], []
    for channel in range(64):
        one = maps[..., channel].astype(float)
        tiles.append((one - one.min()) / (one.max() - one.min()))
    shown = executed.values[f"block{number}"]
    np.testing.assert_allclose(shown, in_eight_columns(tiles, shown.shape), atol=2e-3)


@pytest.mark.parametrize("number", range(5))
def test_the_same_channels_before_and_after_normalisation(executed, normalised, number):
    by_mean = np.argsort(normalised[0].mean((0, 1)))[::4]
    stage = normalised[number]
    tiles = [stage[..., channel] for channel in by_mean]
    assert len(tiles) == 16
    shown = executed.values[f"stage{number}"]
    np.testing.assert_allclose(
        shown, in_eight_columns(tiles, shown.shape), atol=1e-3 * np.abs(stage).max()
    )


def test_normalisation_by_the_photograph_leaves_no_channel_blank(normalised):
    blank = [int((stage <= 0).all((0, 1)).sum()) for stage in normalised]
    assert blank[0] == blank[1] == blank[2] > 0 == blank[3] == blank[4]


def test_the_grid_of_the_first_exercise_starts_at_relu(executed, normalised):
    mean, _, highest, zeros = executed.values["grid"].T
    relu = normalised[2]
    np.testing.assert_allclose(mean, relu.mean((0, 1)), atol=1e-4)
    np.testing.assert_allclose(highest, relu.max((0, 1)), atol=1e-4)
    np.testing.assert_allclose(zeros, (relu == 0).mean((0, 1)), atol=0.01)


def test_every_picture_bears_the_caption_and_is_live(executed):
    captions = [str(text) for text in executed.values["captions"]]
    assert len(captions) == len(executed.figures) == 14
    assert all(text.startswith(f"{CAPTION}\n") for text in captions), captions
    assert all(WIDGET_VIEW in data for data in executed.figures)
    assert all(str(text).startswith(CAPTION) for text in executed.values["panels"])
    assert list(executed.values["errors"]) == ["", ""]


def test_a_damaged_photograph_is_refused_in_a_sentence(tmp_path):
    photo = tmp_path / "bird.jpg"
    Image.fromarray(cw.load_image("cat")).save(photo)
    photo.write_bytes(photo.read_bytes()[:5000])
    with pytest.raises(CellExecutionError) as caught:
        run(NOTEBOOK, {}, tmp_path, {"WEIGHTS": "random", "PHOTO": str(photo)})
    assert caught.value.ename == "ValueError"
    assert "bird.jpg: truncated or damaged" in caught.value.evalue
