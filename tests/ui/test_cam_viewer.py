"""The panel of heatmaps in a real browser: what is drawn, what the kernel hears."""

from itertools import pairwise

import kinds
import numpy as np
import pytest
from browser import FRAME, check_clean_up, rgb, saves, traits_of
from lab import ask, executed, wait_to_learn
from playwright.sync_api import expect

import convnet_widgets as cw
from convnet_widgets.rendering.overlays import blend

pytestmark = pytest.mark.ui

CELLS = [
    """\
import keras
from keras import layers

import convnet_widgets as cw
from convnet_widgets.core.attribution.smooth_grad import SmoothGrad

keras.utils.set_random_seed(0)
image = keras.Input((64, 64, 3))
x = layers.Conv2D(8, 3, activation="relu", name="first")(image)
x = layers.Conv2D(8, 3, activation="relu", name="second")(x)
x = layers.Dense(3, "softmax")(layers.GlobalAveragePooling2D()(x))
net = cw.VisionModel(keras.Model(image, x, name="small"), labels=["cup", "cat", "rocket"])
viewer = cw.CamViewer(net, "cat", target="cup", method=SmoothGrad(samples=10**6))""",
    "viewer",
]
LABELS = ("cup", "cat", "drilling platform")


def labelled():
    return cw.VisionModel(kinds.functional(), labels=LABELS)


@pytest.fixture
def show(page, mount):
    """``show(viewer, **changes)`` mounts a panel whose work is done and returns the page."""

    def show(viewer, width=1132, **changes):
        page.set_viewport_size({"width": width, "height": 1000})
        traits = traits_of(viewer)
        assert viewer.error == ""
        mount(page, viewer._esm, viewer._css, traits | changes)
        page.wait_for_timeout(100)
        page.evaluate(FRAME)
        return page

    return show


@pytest.fixture(scope="module")
def photograph():
    return kinds.pixels(48, 64, 3).astype("uint8")


def drawn(page, place=0, height=48, width=64):
    return rgb(page.locator(".cw-overlay-canvas").nth(place), height, width).astype(int)


def expected(viewer, photograph, place=0):
    """What Python blends of the same."""
    heatmap = viewer.heatmaps[place]
    top = max(one.raw.max() for one in viewer.heatmaps)
    heat = heatmap.resized() * (heatmap.raw.max() / top)
    return blend(photograph, np.clip(heat, 0, 1), alpha=viewer.alpha).astype(int)


def test_the_heat_over_the_photograph_is_what_python_blends(show, photograph):
    viewer = cw.CamViewer(labelled(), photograph, view_size=64, alpha=0.6, target=2)
    page = show(viewer)
    assert np.abs(drawn(page) - expected(viewer, photograph)).max() <= 2
    assert page.get_by_text("drilling platform · score").is_visible()
    assert page.get_by_text("Grad-CAM of relu2").is_visible()


def test_two_classes_side_by_side_on_one_scale_and_one_pointer(show, photograph):
    viewer = cw.CamViewer(labelled(), photograph, target=2, view_size=64, compare="class")
    page = show(viewer)
    assert not any(one.reason for one in viewer.heatmaps)
    for place in (0, 1):
        assert np.abs(drawn(page, place) - expected(viewer, photograph, place)).max() <= 2
    assert page.get_by_text("One scale for both: heat 1 is").is_visible()
    boxes = [page.locator(".cw-overlay-canvas").nth(place).bounding_box() for place in (0, 1)]
    assert boxes[0]["y"] == boxes[1]["y"]
    assert boxes[0]["x"] + boxes[0]["width"] < boxes[1]["x"]
    page.mouse.move(boxes[0]["x"] + 20.5, boxes[0]["y"] + 30.5)
    readouts = page.locator(".cw-overlay-readout").all_text_contents()
    assert [text.split(" at ")[1] for text in readouts] == ["row 30, column 20"] * 2
    heat = viewer.heatmaps[0].resized()[30, 20] * viewer._range[1]
    assert float(readouts[0].split(" ")[0]) == pytest.approx(heat, abs=0.011)


def test_without_a_comparison_there_is_one_picture(show, photograph):
    page = show(cw.CamViewer(labelled(), photograph))
    expect(page.locator(".cw-overlay-canvas:visible")).to_have_count(1)


def test_sliders_blend_without_the_kernel_until_they_rest(page, show, photograph):
    page.clock.install(time=0)
    viewer = cw.CamViewer(labelled(), photograph, view_size=64, target=2)
    show(viewer)
    page.clock.pause_at(60_000)
    page.get_by_role("slider", name="Heatmap opacity").press("Home")
    page.clock.run_for(50)
    np.testing.assert_array_equal(drawn(page), photograph)
    assert saves(page) == []
    page.clock.run_for(1000)
    assert saves(page) == [{"alpha": 0}]
    assert page.evaluate("messages") == []


def test_a_class_is_chosen_by_a_click_or_by_keys(show, photograph):
    page = show(cw.CamViewer(labelled(), photograph))
    classes = page.get_by_role("radiogroup", name="Class")
    radios = classes.get_by_role("radio")
    expect(radios).to_have_count(3)
    expect(radios.nth(0)).to_be_checked()
    classes.get_by_text("cup").click()
    radios.nth(0).focus()
    page.keyboard.press("ArrowDown")
    chosen = [one["target"] for one in saves(page)]
    order = [one["index"] for one in page.evaluate("model.get('_classes')")]
    assert chosen[0] == 0
    assert chosen[-1] == order[1]
    radios.nth(0).click()
    assert saves(page)[-1] == {"target": None}
    expect(radios.nth(0)).to_be_checked()
    page.evaluate("model.set('target', 'Drilling_platform')")
    platform = classes.get_by_role("radio", name="drilling platform")
    expect(platform).to_be_checked()


def test_a_click_on_the_likeliest_follows_it_also_where_it_was_chosen_by_its_name(
    show, arrive, photograph
):
    page = show(cw.CamViewer(labelled(), photograph))
    first, second = (page.evaluate(f"model.get('_classes')[{i}]") for i in (0, 1))
    arrive(page, {"target": first["label"]})
    row = page.get_by_role("radio", name=first["label"])
    expect(row).to_be_checked()
    row.click()
    assert saves(page) == [{"target": None}]
    arrive(page, {"_classes": [second, first]})
    expect(page.get_by_role("radio", name=second["label"])).to_be_checked()


def test_the_focus_stays_on_the_classes_when_they_arrive_anew(show, arrive, photograph):
    page = show(cw.CamViewer(labelled(), photograph))
    radios = page.get_by_role("radiogroup", name="Class").get_by_role("radio")
    radios.nth(1).click()
    arrive(page, {"_classes": page.evaluate("model.get('_classes').map((one) => ({ ...one }))")})
    expect(radios.nth(1)).to_be_focused()
    expect(radios.nth(1)).to_be_checked()


def test_any_class_is_typed_and_a_wrong_one_is_refused_below_the_field(show, arrive, photograph):
    page = show(cw.CamViewer(labelled(), photograph))
    field = page.get_by_label("Any class")
    field.fill("cop")
    field.press("Enter")
    assert page.evaluate("messages") == [{"kind": "class", "of": "target", "name": "cop"}]
    arrive(page, {"_refused": {"target": "there is no class 'cop'; near names are 'cup'"}})
    expect(page.get_by_role("alert")).to_contain_text("near names are 'cup'")
    refusal, box = page.get_by_role("alert").bounding_box(), field.bounding_box()
    assert 0 <= refusal["y"] - box["y"] - box["height"] < 10
    assert field.input_value() == "cop"
    assert field.get_attribute("aria-invalid") == "true"
    field.fill("cup")
    field.press("Enter")
    assert page.evaluate("messages")[-1]["name"] == "cup"
    arrive(page, {"target": "cup", "_refused": {}})
    assert field.input_value() == ""
    assert field.get_attribute("aria-invalid") == "false"
    expect(page.get_by_role("alert")).to_have_count(0)
    assert page.evaluate("document.querySelectorAll('datalist')[1].options.length") == 3


def test_the_class_to_compare_with_is_typed(show, arrive, photograph):
    page = show(cw.CamViewer(labelled(), photograph))
    assert not page.get_by_label("Class to compare with").is_visible()
    page.get_by_label("Compare with", exact=True).select_option("another class")
    assert saves(page) == [{"compare": "class"}]
    field = page.get_by_label("Class to compare with")
    field.fill("1")
    field.press("Enter")
    assert page.evaluate("messages") == [{"kind": "class", "of": "other_target", "name": "1"}]
    arrive(page, {"other_target": 1})
    assert field.input_value() == "cat"
    field.fill("")
    field.press("Enter")
    assert saves(page)[1:] == [{"other_target": None}]
    page.get_by_label("Compare with", exact=True).select_option("another method")
    page.get_by_label("Method to compare with").select_option("Eigen-CAM")
    assert saves(page)[2:] == [{"compare": "method"}, {"other_method": "eigen_cam"}]


def test_another_class_is_no_choice_where_there_is_one(show, arrive, photograph):
    page = show(cw.CamViewer(labelled(), photograph))
    option = page.get_by_label("Compare with", exact=True).locator("option[value=class]")
    expect(option).to_be_enabled()
    arrive(page, {"_compares_classes": False})
    expect(option).to_be_disabled()


@pytest.mark.parametrize("width", [420, 500, 560, 620, 690, 700, 730, 790, 860, 910, 964])
def test_a_caution_moves_nothing_in_narrow_pages_either(show, photograph, width):
    page = show(cw.CamViewer(labelled(), photograph), width)
    body = page.locator(".cw-cam-body").bounding_box()
    gap = gap_between(page, "Method", "Layer")
    page.get_by_label("Method", exact=True).select_option("Guided Grad-CAM")
    assert page.locator(".cw-cam-body").bounding_box() == body
    assert gap_between(page, "Method", "Layer") == gap


@pytest.mark.parametrize(("width", "most"), [(420, 44), (560, 26), (700, 12), (1132, 12)])
def test_the_room_kept_for_a_caution_is_no_hole(show, photograph, width, most):
    page = show(cw.CamViewer(labelled(), photograph), width)
    assert gap_between(page, "Method", "Layer") <= most
    box = page.get_by_label("Compare with", exact=True).bounding_box()
    title = page.locator(".cw-overlay-title").first.bounding_box()
    assert title["y"] - box["y"] - box["height"] <= 40


def gap_between(page, *labels):
    """Pixels between the fields of two labels."""
    fields = [page.get_by_label(label, exact=True) for label in labels]
    above, below = (field.bounding_box() for field in fields)
    return below["y"] - above["y"] - above["height"]


def test_methods_of_pixels_stand_apart_and_take_no_layer(show, photograph):
    page = show(cw.CamViewer(labelled(), photograph))
    method = page.get_by_label("Method", exact=True)
    groups = method.locator("optgroup").evaluate_all("(all) => all.map(({ label }) => label)")
    assert groups == ["of a layer", "of pixels"]
    layer = page.get_by_role("combobox", name="Layer")
    expect(layer).to_be_enabled()
    before = page.locator(".cw-cam-body").bounding_box()
    method.select_option("Saliency")
    expect(layer).to_be_disabled()
    assert page.get_by_text("Saliency looks at pixels and asks no layer").is_visible()
    method.select_option("Guided Grad-CAM")
    expect(layer).to_be_enabled()
    assert page.get_by_text("hardly depend on class or weights").is_visible()
    assert page.locator(".cw-cam-body").bounding_box() == before
    assert saves(page) == [{"method": "saliency"}, {"method": "guided_grad_cam"}]


def test_work_shows_how_far_it_is_and_a_stop_that_becomes_a_start(show, arrive, photograph):
    page = show(cw.CamViewer(labelled(), photograph))
    button = page.get_by_role("button", name="Stop", exact=True)
    expect(button).to_be_hidden()
    before = page.locator(".cw-cam-body").bounding_box()
    arrive(
        page,
        {"running": True, "step": 30, "steps": 120, "_doing": "Score-CAM", "_seconds_left": 7.2},
    )
    assert page.get_by_text("Score-CAM: 30 of 120").is_visible()
    assert page.get_by_text("about 7 s left").is_visible()
    bar = page.get_by_role("progressbar", name="Progress")
    assert bar.get_attribute("aria-valuenow") == "30"
    assert page.locator(".cw-cam-body").bounding_box() == before
    button.click()
    assert saves(page) == [{"stopped": True}]
    assert page.get_by_text("stopping …").is_visible()
    page.get_by_role("slider", name="Threshold").fill("0.5")
    arrive(page, {"running": False})
    assert page.get_by_text("stopped; what is shown was made before").is_visible()
    page.get_by_role("button", name="Start again").click()
    assert saves(page)[-1]["stopped"] is False


QUALITY = {
    "of": "cat · 77.0 % · Grad-CAM of relu2",
    "lacks": {},
    "curves": {
        **{"fractions": [0, 0.5, 1], "insertion": [0, 0.6, 0.8], "deletion": [0.8, 0.2, 0]},
        **{"insertion_auc": 0.47, "deletion_auc": 0.33, "answer": "probability"},
    },
    "drop": {"before": 0.8, "after": 0.6, "drop": 25.0, "increase": 0.0},
    "check": {
        "layers": ["head", "conv1"],
        "similarity": [0.5, None],
        "passed": True,
        "reason": "",
        "tells_learned": False,
    },
}


def test_quality_is_measured_when_asked_for_and_shown_part_by_part(show, arrive, photograph):
    page = show(cw.CamViewer(labelled(), photograph, target=2))
    button = page.get_by_role("button", name="How far to trust it")
    button.click()
    assert page.evaluate("messages") == [{"kind": "quality"}]
    arrive(page, {"running": True, "step": 1, "steps": 42, "_doing": "Inserting"})
    expect(button).to_be_disabled()
    arrive(page, {"_quality": {key: QUALITY[key] for key in ("of", "lacks", "curves")}})
    expect(page.get_by_role("heading", name="How far to trust: cat · 77.0 %")).to_be_visible()
    assert page.get_by_text("inserted: area 0.47").is_visible()
    assert page.get_by_text("the difference here is 0.14").is_visible()
    assert page.get_by_text("The probability while pixels come").is_visible()
    assert page.locator(".cw-cam-plot text").get_by_text("probability").is_visible()
    boxes = [page.locator(".cw-cam-plot text", has_text=f"{p} %").bounding_box() for p in (50, 75)]
    boxes.append(page.locator(".cw-cam-plot text", has_text="100 %").bounding_box())
    gaps = [b["x"] - a["x"] - a["width"] for a, b in pairwise(boxes)]
    assert gaps[1] > 0.7 * gaps[0]
    path = page.locator("svg path.cw-cam-insertion").first.get_attribute("d")
    (x0, y0), (x1, y1), (x2, y2) = (map(float, p.split()) for p in path[1:].split("L"))
    assert x0 < x1 < x2
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.11)
    assert (y0 - y1) / (y0 - y2) == pytest.approx(0.75, abs=0.01)
    arrive(page, {"_quality": QUALITY, "running": False})
    assert page.get_by_text("from 0.80 to 0.60: 25 % of it is lost").is_visible()
    assert page.get_by_text("no order").is_visible()
    assert page.get_by_text("so it depends on the weights.").is_visible()
    arrive(page, {"_quality": {}})
    expect(button).to_be_enabled()


def test_what_cannot_be_measured_or_did_not_pass_says_why(show, arrive, photograph):
    page = show(cw.CamViewer(labelled(), photograph))
    check = QUALITY["check"] | {"passed": False, "reason": "The map hardly depends on the weights"}
    lacks = {"curves": "its target is no class"}
    arrive(page, {"_quality": {"of": "cat", "lacks": lacks, "check": check}})
    assert page.get_by_text("its target is no class").is_visible()
    assert page.get_by_text("Not passed. The map hardly depends on the weights.").is_visible()
    curves = {name: [None] * 3 for name in ("insertion", "deletion")} | {"fractions": [0, 0.5, 1]}
    curves |= {"insertion_auc": None, "deletion_auc": None}
    drop = {"before": None, "after": None, "drop": None, "increase": 0}
    arrive(page, {"_quality": {"of": "cat", "lacks": {}, "curves": curves, "drop": drop}})
    assert page.get_by_text("inserted: area –").is_visible()
    classes = [{"index": 0, "label": "cup", "score": None}]
    arrive(page, {"_classes": classes})
    assert page.get_by_role("radio", name="cup –").is_visible()


def test_a_dark_map_is_said_and_the_photograph_shown(show, arrive, photograph):
    viewer = cw.CamViewer(labelled(), photograph, view_size=64)
    page = show(viewer)
    reason = "No place speaks for the target."
    gone = {"_codes": b"", "_range": [0, 0], "_box": [], "_map_height": 0, "_map_width": 0}
    arrive(page, gone | {"note": reason})
    page.evaluate(FRAME)
    assert page.get_by_text(reason).is_visible()
    np.testing.assert_array_equal(drawn(page), photograph)
    expect(page.get_by_role("button", name="How far to trust it")).to_be_disabled()


@pytest.mark.parametrize("name", ["Layer", "Any class"])
def test_the_error_of_an_upload_goes_when_another_action_begins(show, arrive, photograph, name):
    page = show(cw.CamViewer(labelled(), photograph))
    field = page.get_by_role("combobox", name=name, exact=True)
    arrive(page, {"error": "notes.txt: not an image", "_error_passes": True})
    expect(page.get_by_role("alert")).to_contain_text("notes.txt")
    page.get_by_role("slider", name="Threshold").press("End")  # nothing moves below a slider
    expect(page.get_by_role("alert")).to_have_count(1)
    field.click()
    page.keyboard.type("c")
    expect(page.get_by_role("alert")).to_have_count(0)
    assert [one["error"] for one in saves(page) if "error" in one] == [""]
    # what says how to go on stays while that is done
    arrive(page, {"error": "there is no gradient; choose conv1", "_error_passes": False})
    page.keyboard.type("o")
    expect(page.get_by_role("alert")).to_contain_text("choose conv1")


def test_another_photograph_is_a_choice_or_an_upload(show, photograph):
    page = show(cw.CamViewer(labelled(), photograph))
    page.get_by_label("Photograph", exact=True).select_option("coffee")
    file = {"name": "mine.png", "mimeType": "image/png", "buffer": b"abc"}
    page.locator("input[type=file]").set_input_files(file)
    page.wait_for_function("messages.length === 2")
    assert page.evaluate("messages") == [
        {"kind": "sample", "name": "coffee"},
        {"kind": "upload", "name": "mine.png", "bytes": [[97, 98, 99]]},
    ]


@pytest.mark.parametrize("width", [1132, 732, 420])
@pytest.mark.parametrize("compare", ["class", "method"])
def test_nothing_reaches_beyond_the_panel(show, photograph, width, compare):
    large = np.kron(photograph, np.ones((10, 10, 1), np.uint8))
    viewer = cw.CamViewer(labelled(), large, compare=compare, other_method="smooth_grad")
    page = show(viewer, width, stopped=True, _quality=QUALITY)
    beyond = page.evaluate("""() => {
      const { right } = document.querySelector(".cw-cam").getBoundingClientRect();
      const all = [...document.querySelectorAll(".cw-cam *:not(.cw-hidden)")];
      return all.filter((one) => one.getBoundingClientRect().right > right + 1)
        .map((one) => one.className);
    }""")
    assert beyond == []


@pytest.mark.parametrize("width", [420, 700, 1400])
def test_the_list_of_layers_stays_in_the_panel(show, photograph, width):
    row = {"type": "BatchNormalization", "shape": [None, 7, 7, 1152], "channels": 1152}
    layers = [row | {"path": f"efficientnet/block{i}a_project_bn"} for i in range(30)]
    page = show(cw.CamViewer(labelled(), photograph), width, _layers=layers)
    page.get_by_role("combobox", name="Layer").click()
    names = (".cw-layers", ".cw-field", ".cw-cam")
    popup, field, panel = (page.locator(name).first.bounding_box() for name in names)
    assert popup["x"] == pytest.approx(field["x"], abs=0.5)
    assert popup["x"] + popup["width"] <= panel["x"] + panel["width"]
    columns = page.locator(".cw-layers li").first.locator("span:visible")
    expect(columns).to_have_count({420: 1, 700: 2, 1400: 3}[width])
    assert columns.evaluate_all("(all) => all.every((o) => o.scrollWidth <= o.clientWidth)")
    page.keyboard.type("nothing")
    popup = page.locator(".cw-layers").bounding_box()
    assert popup["width"] == pytest.approx(field["width"], abs=0.5)


def test_two_pictures_stand_one_below_the_other_where_they_would_be_small(show, photograph):
    large = np.kron(photograph, np.ones((10, 10, 1), np.uint8))
    page = show(cw.CamViewer(labelled(), large, compare="class"), 560)
    first, second = (page.locator(".cw-overlay-canvas").nth(i).bounding_box() for i in (0, 1))
    assert first["x"] == second["x"]
    assert first["y"] + first["height"] < second["y"]
    assert first["width"] > 400


def test_two_pictures_are_large_and_the_measures_stand_in_one_row(show, photograph):
    large = np.kron(photograph, np.ones((10, 10, 1), np.uint8))
    page = show(cw.CamViewer(labelled(), large, compare="class"), 972, _quality=QUALITY)
    boxes = page.locator(".cw-overlay-canvas").evaluate_all(
        "(all) => all.map((one) => one.getBoundingClientRect().width)"
    )
    assert min(boxes) >= 340
    tops = page.locator(".cw-cam-measure").evaluate_all(
        "(all) => all.map((one) => one.getBoundingClientRect().top)"
    )
    assert len(set(tops)) == 1


def test_closing_leaves_no_listener(show, photograph):
    page = show(cw.CamViewer(labelled(), photograph, compare="class"))
    check_clean_up(page)


def test_in_jupyterlab_slow_work_is_stopped_while_all_else_stays_usable(chromium, tmp_path):
    with executed(chromium, tmp_path, CELLS, width=1400, height=1400) as page:
        page.get_by_text("SmoothGrad: ").wait_for()
        page.get_by_role("slider", name="Heatmap opacity").press("Home")
        page.get_by_role("button", name="Stop", exact=True).click()
        page.get_by_text("stopped; what is shown").wait_for()
        assert ask(page, "(viewer.running, viewer.stopped)") == "(False, True)"
        wait_to_learn(page, "viewer.alpha", "0.0")
        page.get_by_role("button", name="Start again").click()
        page.get_by_text("SmoothGrad: ").wait_for()
        page.get_by_label("Method", exact=True).select_option("Grad-CAM")  # ends the work
        page.get_by_text("Grad-CAM of second").wait_for()
        page.get_by_role("radio", name="rocket").click()
        page.get_by_text("rocket · ").wait_for()
        field = page.get_by_label("Any class")
        field.fill("cot")
        field.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("near names are 'cat'")
        field.fill("cat")
        field.press("Enter")
        page.get_by_text("cat · ").wait_for()
        expect(page.get_by_role("radio", name="cat")).to_be_checked()
        page.get_by_label("Photograph", exact=True).select_option("coffee")
        shown = "(viewer.wait(), viewer.target, viewer._image_name, viewer.heatmap.target.label)"
        wait_to_learn(page, shown, "(None, 'cat', 'coffee', 'cat')")
        page.get_by_role("radio").first.click()
        wait_to_learn(page, "(viewer.wait(), viewer.target)", "(None, None)")
        assert ask(page, "viewer.error") == "''"
