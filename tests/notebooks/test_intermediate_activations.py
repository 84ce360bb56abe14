"""Notebook 04: the arrays behind its pictures and numbers, against direct computations."""

import re

import keras
import numpy as np
import pytest
from PIL import Image

from notebooks import WIDGET_VIEW, refusal, run

NOTEBOOK = "04_intermediate_activations.ipynb"
NAMES = [f"{kind}_{n}" for n in range(1, 5) for kind in ("conv2d", "max_pooling2d")]
CHANNELS = (32, 32, 64, 64, 128, 128, 128, 128)
SIZES = (148, 74, 72, 36, 34, 17, 15, 7)
ARRAY = "np.ma.filled({}.axes[0].images[0].get_array(), np.nan)"
VALUES = {
    "photograph": "cat",
    "pictures": "some",
    "labels": "some_labels",
    "input": "img_tensor",
    "caption": "net.caption",
    "held_out": "held_out.labels",
    "channel_4": ARRAY.format("fig_channel_4"),
    "channel_7": ARRAY.format("fig_channel_7"),
    "names": "layer_names",
    **{f"grid_{n}": ARRAY.format(f"fig_grids[{n}]") for n in range(8)},
    **{f"number_{key}": f"numbers[{key!r}]" for key in ("pixels", "class", "zeros", "blank")},
    "read_back": "numbers['read back']",
    "line_zeros": "fig_depth.axes[1].lines[0].get_ydata()",
    "line_pixels": "fig_depth.axes[0].lines[3].get_ydata()",
    "read_first": ARRAY.format("fig_read"),
    "cka_by_hand": "linear_cka(*map(similarity_table, np.float32([[1, -1, 0], [1, 0, -1]])))",
    "cka_scaled": "linear_cka(pixel_table, 3 * pixel_table)",
    "twelve_a_row": "our_grid(np.arange(2 * 2 * 13.0).reshape(1, 2, 2, 13), 12)",
    "blocks": "pixel_blocks(np.arange(36 * 36 * 3.0).reshape(1, 36, 36, 3), 17)",
    "blank_now": "list(count_blank(0).values())",
    "after_slider": "[setattr(threshold, 'value', 0.1), shares.value][1]",
    "blank_later": "list(count_blank(0.1).values())",
    "from_two": "[setattr(how_many, 'value', 2), returned_share.value][1]",
    "from_all": "[setattr(how_many, 'value', 32), returned_share.value][1]",
    "below_zero": "[globals().update(share_read_back=lambda *_: -0.5), "
    "setattr(how_many, 'value', 1), returned_share.value][2]",
    "viewer_before": "viewer.maps",
    "viewer_after": "[setattr(chosen_picture, 'value', 5), viewer.maps][1]",
    "viewer_layer": "viewer.layer",
    "titles": "['\\n'.join(t.get_text() for t in f.findobj(plt.Text)) for f in "
    "(fig_picture, fig_channel_4, fig_channel_7, *fig_grids, fig_depth, fig_read)]",
    "title_known": "'\\n'.join(t.get_text() for t in fig_known.findobj(plt.Text))",
    "known_paths": "relus",
    "known_taken": "taken[:8]",
    "known_zeros": "[np.mean(m == 0) for m in cw.feature_maps(known, taken, relus[:2]).values()]",
    "known_shown": "fig_known.axes[1].lines[0].get_ydata()",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The notebook after a run with little training, and the model that it made."""
    folder = tmp_path_factory.mktemp("trained")
    file = folder / "model.keras"
    saved = {"saved": f"[model.save({str(file)!r}), 0][1]"}
    return run(NOTEBOOK, VALUES | saved, folder, given={"STEPS": 4}), file


@pytest.fixture(scope="module")
def values(made):
    return made[0].values


def activations_of(model, pictures):
    sub = keras.Model(model.inputs[0], [model.get_layer(name).output for name in NAMES])
    return [np.asarray(output) for output in sub(pictures.astype("float32") / 255)]


@pytest.fixture(scope="module")
def model(made):
    return keras.models.load_model(made[1])


@pytest.fixture(scope="module")
def of_photograph(model, values):
    resized = np.asarray(Image.fromarray(values["photograph"]).resize((150, 150)))
    return activations_of(model, resized[None])


@pytest.fixture(scope="module")
def of_pictures(model, values):
    return activations_of(model, values["pictures"][:16])


def by_the_book(channel):
    """The document's formula, on a channel that is not constant."""
    channel = channel.astype(float) - channel.mean(dtype=float)
    return np.clip(channel / channel.std() * 64 + 128, 0, 255)


def test_the_summary_counts_no_more_than_the_network(made, model):
    (cell,) = (c for c in made[0].notebook.cells if c.source == "model.summary()")
    shown = str(cell.outputs)
    assert f"{model.count_params():,}" in shown
    assert "Optimizer" not in shown


class TestPicture:
    def test_is_of_the_half_that_was_held_out(self, values):
        from convnet_widgets import load_image

        assert np.array_equal(values["photograph"], load_image("cat")[60:285, 226:])

    def test_goes_in_divided_by_255(self, values):
        resized = np.asarray(Image.fromarray(values["photograph"]).resize((150, 150)))
        assert values["input"].shape == (1, 150, 150, 3)
        np.testing.assert_allclose(values["input"][0], resized / 255, atol=1e-6)

    def test_both_classes_are_measured_alike(self, values):
        assert values["labels"].tolist() == [0] * 24 + [1] * 24
        assert np.bincount(values["held_out"]).tolist() == [108, 108]


class TestChannels:
    @pytest.mark.parametrize("channel", [4, 7])
    def test_show_the_first_layer(self, values, of_photograph, channel):
        shown = values[f"channel_{channel}"]
        assert shown.shape == (148, 148)
        np.testing.assert_allclose(shown, of_photograph[0][0, :, :, channel], atol=1e-4)

    def test_every_layer_is_named(self, values):
        assert values["names"].tolist() == NAMES


@pytest.mark.parametrize("layer", range(8), ids=NAMES)
class TestGrid:
    def test_holds_every_channel_as_the_book_draws_it(self, values, of_photograph, layer):
        grid, maps = values[f"grid_{layer}"] * 255, of_photograph[layer][0]
        size, gap = SIZES[layer], max(1, SIZES[layer] // 16)
        rows = CHANNELS[layer] // 16
        assert maps.shape == (size, size, CHANNELS[layer])
        assert grid.shape == (rows * (size + gap) - gap, 16 * (size + gap) - gap)
        for channel in range(CHANNELS[layer]):
            top, left = (place * (size + gap) for place in divmod(channel, 16))
            tile = grid[top : top + size, left : left + size]
            live = maps[..., channel]
            if live.max() == live.min():
                assert np.all(np.abs(tile - 128) < 1e-3)
            elif live.std() > 1e-3:  # fainter ones magnify the rounding between two runs
                np.testing.assert_allclose(tile, by_the_book(live), atol=0.5)

    def test_has_nothing_between_the_tiles(self, values, layer):
        size, gap = SIZES[layer], max(1, SIZES[layer] // 16)
        assert np.isnan(values[f"grid_{layer}"][:, size : size + gap]).all()


def test_an_incomplete_row_is_kept(values):
    grid = values["twelve_a_row"]
    assert grid.shape == (2 * 2, 12 * 2)
    channel = np.arange(2 * 2 * 13.0).reshape(2, 2, 13)[..., 12]
    np.testing.assert_allclose(grid[2:, :2] * 255, by_the_book(channel), atol=1e-3)
    assert np.isnan(grid[2:, 2:]).all()


class TestNumbers:
    def test_zeros_and_blank_channels_are_counted(self, values, model):
        pictures = values["pictures"]
        assert len(pictures) == 48
        zeros, blank = np.zeros(8), np.zeros(8)
        for start in range(0, 48, 16):
            for layer, maps in enumerate(activations_of(model, pictures[start : start + 16])):
                zeros[layer] += np.count_nonzero(maps == 0) / maps.size / 3
                empty = [
                    not picture[..., c].any() for picture in maps for c in range(maps.shape[3])
                ]
                blank[layer] += np.mean(empty) / 3
        # a value that rounding brings to zero in one of two runs counts in that alone
        np.testing.assert_allclose(values["number_zeros"], zeros, atol=2e-3)
        np.testing.assert_allclose(values["number_blank"], blank, atol=2e-3)

    def test_similarity_is_linear_cka(self, values, model):
        pictures = [values["pictures"][start : start + 16] for start in range(0, 48, 16)]
        maps = np.concatenate([activations_of(model, part)[7] for part in pictures])
        x = maps.reshape(48, -1).astype(float)
        x -= x.mean(axis=0)
        y = values["labels"] - values["labels"].mean()
        spread = np.linalg.norm(x.T @ x)
        of_class = np.sum((x.T @ y) ** 2) / spread / (y @ y)
        np.testing.assert_allclose(values["number_class"][7], of_class, rtol=1e-3)
        p = values["pictures"].reshape(48, -1) / 255
        p -= p.mean(axis=0)
        of_pixels = np.sum((x @ x.T) * (p @ p.T)) / spread / np.linalg.norm(p @ p.T)
        np.testing.assert_allclose(values["number_pixels"][7], of_pixels, rtol=1e-3)

    def test_similarity_of_a_case_done_by_hand(self, values):
        # of three pictures: K = [[1, -1, 0], [-1, 1, 0], [0, 0, 0]] and
        # L = [[1, 0, -1], [0, 0, 0], [-1, 0, 1]] share one place: 1 / (2 · 2)
        np.testing.assert_allclose(values["cka_by_hand"], 0.25)
        np.testing.assert_allclose(values["cka_scaled"], 1)

    def test_blocks_lie_beneath_their_cells(self, values):
        pictures = np.arange(36 * 36 * 3.0).reshape(36, 36, 3)
        assert values["blocks"].shape == (17 * 17, 2 * 2 * 3)
        for row, column in [(0, 0), (3, 5), (16, 16)]:
            beneath = pictures[1 + 2 * row : 3 + 2 * row, 1 + 2 * column : 3 + 2 * column]
            assert np.array_equal(values["blocks"][17 * row + column], beneath.ravel())

    def test_the_first_layer_gives_the_picture_back(self, values):
        inner = values["input"][0, 1:149, 1:149]
        missed = np.mean((values["read_first"] - inner) ** 2)
        assert missed < 0.02 * inner.var()
        assert 0.95 < values["read_back"][0] < 1
        assert np.all(values["read_back"] < 1)

    def test_the_figure_draws_the_numbers(self, values):
        assert np.array_equal(values["line_zeros"], values["number_zeros"])
        assert np.array_equal(values["line_pixels"], values["number_pixels"])

    def test_on_the_known_network(self, values):
        assert len(values["known_paths"]) == 33
        np.testing.assert_allclose(values["known_shown"][:2], values["known_zeros"], atol=1e-3)


class TestSliders:
    def test_blank_channels_are_counted_below_the_threshold(self, values, of_photograph):
        for share, found in [(0, values["blank_now"]), (0.1, values["blank_later"])]:
            tops = [maps[0].max(axis=(0, 1)) for maps in of_photograph]
            below = [np.mean([top <= share * max(layer) for top in layer]) for layer in tops]
            np.testing.assert_allclose(found, below, atol=0.02)

    def test_moving_the_threshold_changes_the_bars(self, values):
        shown, later = str(values["after_slider"]), values["blank_later"]
        shares = [int(share) for share in re.findall(r"(\d+)%", shown)]
        assert shares == [int(f"{share:.0%}"[:-1]) for share in later]
        widths = [float(width) for width in re.findall(r"width: ([\d.]+)ch", shown)]
        np.testing.assert_allclose(widths, 60 * later, atol=0.051)

    def test_more_channels_bring_back_more(self, values):
        shown = [str(values[key]) for key in ("from_two", "from_all")]
        two, every = (text.removeprefix("R² = ").split(",")[0] for text in shown)
        assert float(two.replace("\N{MINUS SIGN}", "-")) < 0.8 < float(every)

    def test_a_share_below_zero_has_a_minus_sign(self, values):
        shown = str(values["below_zero"])
        assert shown.startswith("R² = \N{MINUS SIGN}0.50, channels: 1<br>")

    def test_moving_the_picture_changes_the_maps(self, values, of_pictures):
        layer = NAMES.index(str(values["viewer_layer"]))
        before, after = values["viewer_before"], values["viewer_after"]
        np.testing.assert_allclose(before, of_pictures[layer][0], atol=1e-4)
        np.testing.assert_allclose(after, of_pictures[layer][5], atol=1e-4)
        assert not np.array_equal(before, after)


class TestFigures:
    def test_each_says_where_the_weights_came_from(self, values):
        caption = str(values["caption"])
        assert caption == "small_convnet · weights: trained here on halves of sample photographs"
        assert [caption in title for title in values["titles"]] == [True] * 13
        assert "EfficientNetLite0 · weights:" in str(values["title_known"])

    def test_each_is_interactive(self, made):
        figures = made[0].figures
        assert len(figures) == 15
        assert all(WIDGET_VIEW in figure for figure in figures)


def photographs(folder, **classes):
    """Write plain photographs with noise: `classes` are the numbers in each sub-folder."""
    rng = np.random.default_rng(0)
    for level, (name, count) in enumerate(classes.items()):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            pixels = rng.integers(60 * level, 60 * level + 100, (40, 50, 3), dtype="uint8")
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    return folder


def refused(folder, **given):
    """The sentence with which the notebook refuses what is given."""
    return refusal(NOTEBOOK, folder, {key: str(value) for key, value in given.items()})


class TestGiven:
    def test_a_folder_and_a_model_are_used(self, tmp_path, made):
        folder = photographs(tmp_path / "pets", cats=6, dogs=7)
        names = ["train.names", "net.caption", "len(held_out)", "some.shape", "layer_names"]
        asked = {name: name for name in names} | {
            "weights": "model.get_weights()[0]",
            "photograph": "cat",
        }
        given = {"FOLDER": str(folder), "MODEL": str(made[1])}
        found = run(NOTEBOOK, asked, tmp_path, given=given).values
        assert found["train.names"].tolist() == ["cats", "dogs"]
        assert str(found["net.caption"]) == "small_convnet · weights: model.keras"
        # a quarter of 6 and of 7, rounded
        assert found["some.shape"].tolist() == [4, 150, 150, 3]
        assert found["layer_names"].tolist() == NAMES
        saved = keras.models.load_model(made[1]).get_weights()[0]
        assert np.array_equal(found["weights"], saved)
        assert abs(found["photograph"].mean() - 50) < 5  # of cats; dogs are brighter by 60

    def test_a_model_alone_is_not_judged_on_pictures_of_ours(self, tmp_path):
        stack = [keras.Input((150, 150, 3)), keras.layers.Conv2D(8, 3), keras.layers.MaxPooling2D()]
        head = [keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(5)]
        file = tmp_path / "older.h5"
        keras.Sequential(stack + head, name="small").save(file)
        found = run(NOTEBOOK, {"caption": "net.caption"}, tmp_path, given={"MODEL": str(file)})
        assert str(found.values["caption"]) == "small · weights: older.h5"
        assert "not judged: MODEL without FOLDER" in found.printed
        assert "right for at least" not in found.printed

    def test_a_folder_is_trained_on(self, tmp_path):
        folder = photographs(tmp_path / "pets", cats=5, dogs=5)
        given = {"FOLDER": str(folder), "STEPS": 1}
        found = run(NOTEBOOK, {"caption": "net.caption"}, tmp_path, given=given).values
        assert str(found["caption"]) == "small_convnet · weights: trained here on pets"


class TestRefused:
    @pytest.mark.parametrize("classes", [{"cats": 3}, {"cats": 3, "dogs": 3, "owls": 3}], ids=len)
    def test_another_number_of_classes(self, tmp_path, classes):
        sentence = refused(tmp_path, FOLDER=photographs(tmp_path / "pets", **classes))
        assert "tells 2 classes apart" in sentence
        assert ", ".join(classes) in sentence

    def test_a_folder_without_images(self, tmp_path):
        assert "has no images" in refused(tmp_path, FOLDER=tmp_path)

    def test_a_damaged_image_among_good_ones(self, tmp_path):
        folder = photographs(tmp_path / "pets", cats=3, dogs=3)
        whole = (folder / "dogs" / "1.png").read_bytes()
        (folder / "dogs" / "1.png").write_bytes(whole[: len(whole) // 2])
        sentence = refused(tmp_path, FOLDER=folder)
        assert "1 of 6 files cannot be read" in sentence
        assert "1.png" in sentence

    def test_a_file_that_is_no_model(self, tmp_path):
        (tmp_path / "notes.keras").write_text("not a model")
        assert "notes.keras: no model that can be loaded" in refused(
            tmp_path, MODEL=tmp_path / "notes.keras"
        )

    def test_a_network_without_convolution(self, tmp_path):
        stack = [keras.Input((150, 150, 3)), keras.layers.Flatten(), keras.layers.Dense(1)]
        keras.Sequential(stack).save(tmp_path / "flat.keras")
        sentence = refused(tmp_path, MODEL=tmp_path / "flat.keras")
        assert "flat.keras has no convolution among its layers" in sentence

    def test_a_network_with_few_channels(self, tmp_path):
        stack = [keras.Input((150, 150, 3)), keras.layers.Conv2D(7, 3, name="narrow")]
        keras.Sequential(stack).save(tmp_path / "seven.keras")
        sentence = refused(tmp_path, MODEL=tmp_path / "seven.keras")
        assert "seven.keras has 7 channels in its first layer, narrow; expected 8" in sentence

    def test_a_network_for_other_pictures(self, tmp_path):
        stack = [keras.Input((28, 28, 1)), keras.layers.Conv2D(2, 3)]
        keras.Sequential(stack).save(tmp_path / "digits.keras")
        sentence = refused(tmp_path, MODEL=tmp_path / "digits.keras")
        assert "takes (None, 28, 28, 1); expected (None, 150, 150, 3)" in sentence
