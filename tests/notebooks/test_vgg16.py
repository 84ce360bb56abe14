"""Notebook 02: the arrays behind its pictures, its captions, its memory, and bad input."""

import keras
import numpy as np
import pytest
from nbclient.exceptions import CellExecutionError
from PIL import Image

import convnet_widgets as cw
from notebooks import WIDGET_VIEW, run

NOTEBOOK = "02_vgg16_filters_and_feature_maps.ipynb"
CAPTION = "VGG16 · weights: hed-bsds500 under a random top (seed 0)"
FIGURES = "six, in_colour, seen, eight, one_scale"
IMAGES = "np.stack([axes.images[0].get_array() for axes in {}.axes])"
VALUES = {
    "six": IMAGES.format("six"),
    "eight": IMAGES.format("eight"),
    "limits": "[axes.images[0].get_clim() for axes in six.axes]",
    "names": "[axes.get_title(loc='left') for axes in six.axes[:3]]",
    "in_colour": "in_colour.axes[0].images[0].get_array()",
    "one_scale": "np.ma.filled(one_scale.axes[0].images[0].get_array(), np.nan)",
    "channels": "np.stack([axes.images[0].get_array() for axes in seen.axes[1:]])",
    "viewer": "viewer.maps",
    "given": "net.prepare(photo)",
    "captions": f"[f.get_suptitle() or f.axes[0].get_title(loc='left') for f in ({FIGURES})]",
    "panels": "[filter_viewer.caption, viewer.caption]",
    "errors": "[filter_viewer.error, viewer.error]",
}


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    # before the arrays are copied, and when the panels are done
    return run(NOTEBOOK, VALUES, tmp_path_factory.mktemp("vgg16"), {"WEIGHTS": "hed"})


@pytest.fixture(scope="module")
def model():
    """VGG16 without its top; the convolutions are the same."""
    return cw.load_model("VGG16", "hed", include_top=False).model


@pytest.fixture(scope="module")
def prepared():
    """The cat as VGG16 is given it: blue first, less ImageNet's mean colour."""
    cat = Image.fromarray(cw.load_image("cat")).resize((224, 224))
    return (np.asarray(cat, np.float32)[..., ::-1] - [103.939, 116.779, 123.68])[None]


@pytest.fixture(scope="module")
def maps(model, prepared):
    first = keras.Model(model.input, model.layers[1].output)
    return first.predict(prepared, verbose=0)[0]


def in_eight_columns(tiles, shape, fill):
    """The tiles placed one by one on a picture of that shape, with even gaps."""
    picture = np.full(shape, fill, float)
    height, width = tiles[0].shape[:2]
    down, across = (shape[0] - 8 * height) // 7 + height, (shape[1] - 8 * width) // 7 + width
    for number, tile in enumerate(tiles):
        y, x = number // 8 * down, number % 8 * across
        picture[y : y + height, x : x + width] = tile
    return picture


def test_six_filters_by_three_channels(executed, model):
    kernel = model.layers[1].kernel.numpy()
    lowest, highest = kernel.min(), kernel.max()
    for place in range(18):
        wanted = (kernel[:, :, place % 3, place // 3] - lowest) / (highest - lowest)
        np.testing.assert_allclose(executed.values["six"][place], wanted, atol=1e-6)
    assert (executed.values["limits"] == [0, 1]).all()
    names = list(executed.values["names"])
    assert names == ["channel 0, blue", "channel 1, green", "channel 2, red"]


def test_all_filters_in_colour(executed, model):
    kernel = model.layers[1].kernel.numpy()
    largest = np.abs(kernel).max()
    tiles = []
    for number in range(64):
        rgb = np.stack([kernel[:, :, channel, number] for channel in (2, 1, 0)], -1)
        tiles.append(((rgb / largest + 1) / 2 * 255).repeat(8, 0).repeat(8, 1))
    shown = executed.values["in_colour"]
    opaque = shown[..., 3] == 255
    assert opaque.sum() == 64 * 24 * 24
    wanted = in_eight_columns(tiles, shown[..., :3].shape, 0)
    assert np.abs(shown[..., :3][opaque] - wanted[opaque]).max() < 1


def test_what_the_network_is_given(executed, prepared):
    np.testing.assert_allclose(
        executed.values["channels"], np.moveaxis(prepared[0], -1, 0), atol=1e-4
    )


def test_eight_by_eight_maps(executed, maps):
    assert executed.values["eight"].shape == (64, 224, 224)
    for channel in range(64):
        np.testing.assert_allclose(
            executed.values["eight"][channel], maps[..., channel], rtol=1e-4, atol=1e-3
        )


def test_the_mosaic_on_one_scale(executed, maps):
    shown = executed.values["one_scale"]
    tiles = [maps[..., channel] for channel in range(64)]
    assert np.isfinite(shown).sum() == 64 * 224 * 224
    np.testing.assert_allclose(
        shown, in_eight_columns(tiles, shown.shape, np.nan), rtol=1e-4, atol=1e-3
    )


def test_the_panels_show_the_first_layer_for_the_exercises(executed, model):
    first = keras.Model(model.input, model.layers[1].output)
    wanted = first.predict(executed.values["given"], verbose=0)[0]
    np.testing.assert_allclose(executed.values["viewer"], wanted, rtol=1e-4, atol=1e-3)
    assert list(executed.values["errors"]) == ["", ""]
    assert list(executed.values["panels"]) == [CAPTION, CAPTION]


def test_every_picture_bears_the_caption_and_is_live(executed):
    captions = [str(text) for text in executed.values["captions"]]
    assert len(captions) == len(executed.figures) == 5
    assert all(text.startswith(f"{CAPTION}\n") for text in captions), captions
    assert all(WIDGET_VIEW in data for data in executed.figures)


def test_weights_of_another_network_are_refused_in_a_sentence(tmp_path):
    other = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(4, 3)])
    other.save_weights(tmp_path / "other.weights.h5")
    with pytest.raises(CellExecutionError) as caught:
        run(NOTEBOOK, {}, tmp_path, {"WEIGHTS": str(tmp_path / "other.weights.h5")})
    assert caught.value.ename == "ValueError"
    assert caught.value.evalue.startswith("other.weights.h5: not weights of VGG16 as it is built")
