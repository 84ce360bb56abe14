"""Notebook 06: its maps against closed forms, heat on the objects, pictures, panels."""

import io
import re

import keras
import numpy as np
import pytest
import tensorflow as tf
from objects import CAT, CUP, CUP_AND_SAUCER, ROCKET, Box, share_within
from PIL import Image

import convnet_widgets as cw
from convnet_widgets.rendering.colour_maps import lookup_table
from convnet_widgets.rendering.overlays import blend
from notebooks import WIDGET_VIEW, run

NOTEBOOK = "06_grad_cam.ipynb"
CAPTION = "EfficientNetLite0 · weights: imagenet"
FIGURES = (
    "shown, faults, fig_cat, fig_rocket, fig_layers, fig_forgetting, fig_check, fig_pair, "
    "fig_curves, fig_vgg"
)
TITLE = "(f.get_suptitle() or f.axes[0].get_title(loc='left'))"
NAMES = "[axes.get_title('left') for axes in {}.axes]"
DRAWN = "np.stack([axes.images[0].get_array() for axes in {}.axes])"
CLICKED = "[setattr({}, 'value', {!r}), np.frombuffer({}.value, np.uint8)][1]"
VALUES = {
    "titles": f"[{TITLE} for f in ({FIGURES})]",
    "class_index": "class_index",
    "heatmap": "heatmap",
    "saved": "np.frombuffer(path.read_bytes(), np.uint8)",
    "matrix": DRAWN.format("shown"),
    "faults": DRAWN.format("faults"),
    "cat": "cat_map.values",
    "cat_drawn": DRAWN.format("fig_cat"),
    "said": "said.values",
    "meant": "meant.values",
    "rocket_drawn": DRAWN.format("fig_rocket"),
    "rocket_names": NAMES.format("fig_rocket"),
    "pair": "pair",
    "pair_values": "[one.values for one in (*cat_and_cup, rather)]",
    "pair_drawn": DRAWN.format("fig_pair"),
    "pair_names": NAMES.format("fig_pair"),
    "sure_p": "surely.max()",
    "sure": "of_logit.values",
    "layers_values": "[one.resized() for one in of_layers]",
    "layers_drawn": DRAWN.format("fig_layers"),
    "layers_names": NAMES.format("fig_layers"),
    "forgetting_values": "[check.heatmap.resized(), *(check.heatmaps[i].resized() for i in "
    "stages)]",
    "forgetting_drawn": DRAWN.format("fig_forgetting"),
    "forgetting_names": NAMES.format("fig_forgetting"),
    "check_drawn": "[bar.get_width() for bar in fig_check.axes[0].patches]",
    "check": "check.similarity",
    "curves": "[line.get_ydata() for line in fig_curves.axes[0].lines]",
    "vgg": "vgg_map.values",
    "vgg_answer": "preds",
    "vgg_photograph": "elephants",
    "viewer": "[viewer.caption, viewer.error, viewer.layer]",
    "kept_20": CLICKED.format("kept", 20, "kept_picture"),
    "said_20": "kept_text.value",
    "coldest_20": CLICKED.format("which", "coldest", "kept_picture"),
    "said_coldest": "kept_text.value",
    "cut_480": CLICKED.format("cut", 480, "cut_picture"),
    "said_480": "cut_text.value",
    "deeper": "[setattr(depth, 'value', 'block5c_add'), viewer.wait(600), "
    "[viewer.layer, viewer.error]][-1]",
}


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("grad_cam")
    other = folder / "other.png"
    Image.fromarray(cw.load_image("coffee")).save(other)
    return run(NOTEBOOK, VALUES, folder, {"WEIGHTS": "hed", "ELEPHANT": str(other)})


@pytest.fixture(scope="module")
def values(executed):
    return executed.values


@pytest.fixture(scope="module")
def net():
    return cw.load_model("EfficientNetLite0")


def cut_and_scaled(raw):
    positive = np.maximum(raw, 0)
    return positive / positive.max()


def added_to_the_score(net, image, *weights):
    """The map of Zhou et al. 2016, which Grad-CAM is where maps are averaged: Σ weight · map."""
    maps = cw.feature_maps(net, image, "top_activation")["top_activation"][0]
    kernel, _ = net.model.get_layer("predictions").get_weights()
    return sum(share * maps @ kernel[:, index] for index, share in weights) / maps[..., 0].size


def by_the_dense_layer(net, image, *weights):
    return cut_and_scaled(added_to_the_score(net, image, *weights))


def enlarged(heat, photograph):
    return np.clip(tf.image.resize(heat[..., None], photograph.shape[:2])[..., 0], 0, 1)


def is_drawn(drawn, heat, photograph):
    """Whether a picture is heat, of the photograph's size, over the photograph."""
    wanted = blend(photograph, heat, alpha=0.5)
    return np.mean(np.abs(drawn.astype(int) - wanted) <= 2) > 0.999


def picture_of(png):
    return np.asarray(Image.open(io.BytesIO(png.tobytes())).convert("RGB"))


def title_of(values, figure):
    return str(values["titles"][FIGURES.split(", ").index(figure)])


class TestSteps:
    def test_make_the_map_of_the_probability(self, values, net):
        photo = cw.load_image("cat")
        shares = net.model.predict(net.prepare(photo), verbose=0)[0]
        # the derivative of a softmax: the class's weights less those of the mean class
        weights = [(285, 1.0), *((index, -share) for index, share in enumerate(shares))]
        np.testing.assert_allclose(
            values["heatmap"], by_the_dense_layer(net, photo, *weights), atol=1e-3
        )
        assert values["class_index"] == 285
        np.testing.assert_array_equal(values["matrix"][0], values["heatmap"])

    def test_save_the_photograph_with_the_heat_added(self, values):
        photo = cw.load_image("cat")
        heat = np.floor(enlarged(values["heatmap"], photo) * 255 + 0.5).astype(int)
        wanted = np.minimum(photo + 0.4 * lookup_table("jet")[heat], 255)
        np.testing.assert_allclose(picture_of(values["saved"]), wanted, atol=0.51)
        np.testing.assert_array_equal(values["faults"][0], picture_of(values["saved"]))

    def test_show_what_goes_wrong(self, values):
        photo = cw.load_image("cat")
        heat = np.floor(enlarged(values["heatmap"], photo) * 255 + 0.5).astype(int)
        colours = 0.4 * lookup_table("jet")[heat]
        _, wrapped, turned = values["faults"].astype(int)
        off = np.abs(wrapped - np.floor(photo + colours) % 256)
        assert (np.minimum(off, 256 - off) <= 2).mean() > 0.999
        off = np.abs(turned - np.minimum(photo + colours[..., ::-1], 255))
        assert (off <= 2).mean() > 0.999
        assert ((photo + colours >= 256) & (wrapped < photo)).any()


class TestHeat:
    def test_of_the_cat_lies_on_the_cat(self, values, net):
        photo = cw.load_image("cat")
        np.testing.assert_allclose(
            values["cat"], by_the_dense_layer(net, photo, (285, 1)), atol=1e-3
        )
        assert share_within(enlarged(values["cat"], photo), CAT) > 0.85

    def test_of_the_espresso_lies_on_the_cup(self, net):
        photo = cw.load_image("coffee")
        heat = cw.class_activation_map(net, photo)
        assert heat.target.label == "espresso"
        assert share_within(heat.resized(), CUP_AND_SAUCER) > 0.85
        assert share_within(heat.resized() ** 2, CUP) > 0.6

    def test_of_the_missile_lies_on_the_rocket_and_of_the_wrong_answer_beside_it(self, values, net):
        photo = cw.load_image("rocket")
        said, meant = (enlarged(values[name], photo) for name in ("said", "meant"))
        np.testing.assert_allclose(
            values["said"], by_the_dense_layer(net, photo, (540, 1)), atol=1e-3
        )
        np.testing.assert_allclose(
            values["meant"], by_the_dense_layer(net, photo, (657, 1)), atol=1e-3
        )
        assert share_within(meant * (meant > 0.5), ROCKET) > 0.65
        assert share_within(said * (said > 0.5), ROCKET) < 0.45

    def test_of_two_objects_lies_on_the_one_asked_for(self, values, net):
        pair = values["pair"].astype(np.uint8)
        wanted = [[(285, 1)], [(967, 1)], [(967, 1), (285, -1)]]
        for found, weights in zip(values["pair_values"], wanted, strict=True):
            np.testing.assert_allclose(found, by_the_dense_layer(net, pair, *weights), atol=1e-3)
        cat = Box(0, 0, 300, 300)
        left = [share_within(enlarged(one, pair), cat) for one in values["pair_values"]]
        assert left[0] > 0.9
        assert 0.1 < left[1] < 0.4
        assert left[2] < 0.02

    def test_of_a_sure_network_is_that_of_the_unsure(self, values):
        assert values["sure_p"] > 0.9999
        np.testing.assert_allclose(values["sure"], values["cat"], atol=1e-3)


class TestFigures:
    def test_draw_the_heat_on_the_photograph(self, values):
        photo = cw.load_image("cat")
        assert is_drawn(values["cat_drawn"][0], enlarged(values["cat"], photo), photo)

    def test_of_classes_are_on_one_scale_and_say_which(self, values, net):
        rocket, pair = cw.load_image("rocket"), values["pair"].astype(np.uint8)
        rather = [(967, 1), (285, -1)]
        for figure, photo, weights in (
            ("rocket", rocket, [[(540, 1)], [(657, 1)]]),
            ("pair", pair, [[(285, 1)], [(967, 1)], rather]),
        ):
            raw = [np.maximum(added_to_the_score(net, photo, *one), 0) for one in weights]
            top = max(one.max() for one in raw)
            for drawn, one in zip(values[f"{figure}_drawn"], raw, strict=True):
                assert is_drawn(drawn, enlarged(one / top, photo), photo)
            said = [float(name.split("largest value ")[1]) for name in values[f"{figure}_names"]]
            np.testing.assert_allclose(said, [one.max() for one in raw], atol=0.006)
            title = title_of(values, f"fig_{figure}")
            assert title.endswith(f"\nOne scale: heat 1 is {top:#.2g}, the largest value of all")

    def test_of_layers_and_networks_are_each_on_its_own_scale_and_say_so(self, values):
        photo = cw.load_image("cat")
        for figure in ("layers", "forgetting"):
            heats = values[f"{figure}_values"]
            for drawn, heat in zip(values[f"{figure}_drawn"], heats, strict=True):
                assert heat.max() > 0.95
                assert is_drawn(drawn, heat, photo)
            title = title_of(values, f"fig_{figure}")
            assert title.endswith("\nEach on its own scale: heat 1 is its largest value")
        assert values["forgetting_names"].tolist() == [
            "as trained\nlargest value 0.45",
            "predictions shuffled\nlargest value 0.074",
            "back to block4c_dwconv\nlargest value 0.10",
            "back to stem_conv\nlargest value 0.057",
        ]
        assert values["layers_names"].tolist() == [
            "block3b_add\nlargest value 0.0099",
            "block5c_add\nlargest value 0.051",
            "top_activation\nlargest value 0.45",
        ]

    def test_of_one_map_say_what_heat_1_is(self, values):
        for figure in ("fig_cat", "fig_vgg"):
            assert title_of(values, figure).endswith("\nHeat 1 is the largest value of the map")

    def test_names_of_classes_are_as_people_write_them(self, values):
        names = [values[f"{figure}_names"][0] for figure in ("rocket", "pair")]
        assert [name.split("\n")[0] for name in names] == ["drilling platform", "Egyptian cat"]
        titles = [title.split("\n")[1] for title in map(str, values["titles"]) if "\n" in title]
        assert titles[0] == "Egyptian cat, top_activation"
        assert "the answer is tiger cat" in titles
        assert not any("Egyptian_" in title for title in titles)

    def test_curves_are_those_of_the_check_and_of_the_maps(self, values):
        np.testing.assert_array_equal(values["check_drawn"], values["check"])
        inserted, deleted, turned_inserted, turned_deleted = values["curves"]
        assert inserted.mean() > turned_inserted.mean() + 0.1
        assert deleted.mean() < turned_deleted.mean() - 0.1
        photo, net = cw.load_image("coffee"), cw.load_model("EfficientNetLite0")
        whole = cw.predict(net, photo)[0][0].score
        np.testing.assert_allclose([inserted[-1], deleted[0]], whole, atol=1e-3)

    def test_every_figure_bears_the_caption_and_is_live(self, executed):
        titles = [str(title) for title in executed.values["titles"]]
        assert len(titles) == len(executed.figures) == 10
        assert all(title.startswith(CAPTION) for title in titles[:-1]), titles
        assert titles[-1].startswith("VGG16 · weights: hed-bsds500")
        assert all(WIDGET_VIEW in data for data in executed.figures)


def test_vgg16_goes_the_steps_of_the_document(values):
    vgg = cw.load_model("VGG16", "hed")
    photo = cw.load_image("coffee")
    np.testing.assert_array_equal(values["vgg_photograph"], photo)
    layer = vgg.model.get_layer("block5_conv3")
    both = keras.Model(vgg.model.input, [layer.output, vgg.model.output])
    with tf.GradientTape() as tape:
        maps, answer = both(vgg.prepare(photo))
        score = tf.reduce_max(answer)
    np.testing.assert_allclose(values["vgg_answer"], answer[0], atol=1e-3)
    weights = tape.gradient(score, maps).numpy().mean((0, 1, 2))
    np.testing.assert_allclose(values["vgg"], cut_and_scaled(maps.numpy()[0] @ weights), atol=2e-3)


class TestPanels:
    def test_the_viewer_shows_the_chosen_layer(self, values):
        assert values["viewer"].tolist() == [CAPTION, "", "top_activation"]
        assert values["deeper"].tolist() == ["block5c_add", ""]

    def test_the_hottest_fifth_is_enough_and_the_coldest_is_not(self, values, net):
        photo = cw.load_image("cat")
        hot, cold = picture_of(values["kept_20"]), picture_of(values["coldest_20"])
        for picture, text in ((hot, values["said_20"]), (cold, values["said_coldest"])):
            painted = (picture == 127).all(-1)
            assert painted.mean() == pytest.approx(0.8, abs=0.01)
            np.testing.assert_array_equal(picture[~painted], photo[~painted])
            score = net.model(net.prepare(picture)).numpy()[0, 285]
            said = float(re.search(r"p = (\d\.\d\d)", str(text))[1])
            assert said == pytest.approx(score, abs=0.006)
        heat = enlarged(values["cat"], photo)
        assert heat[(hot != 127).any(-1)].min() > heat[(cold != 127).any(-1)].max()
        assert net.model(net.prepare(hot)).numpy()[0, 285] > 0.5

    def test_without_the_masts_it_is_a_missile(self, values):
        assert picture_of(values["cut_480"]).shape == (427, 480, 3)
        assert str(values["said_480"]).startswith(f"{CAPTION}<br>missile 0.")
