"""The display of pictures in a real browser, with no kernel behind it."""

import io

import numpy as np
import pytest
from browser import FRAME, check_clean_up, get, traits_of
from PIL import Image

from convnet_widgets.widgets._assets import module, style
from convnet_widgets.widgets._pace import Pace
from convnet_widgets.widgets.picture_grid import PictureGrid

pytestmark = pytest.mark.ui

RNG = np.random.default_rng(0)
DRAWN = "() => document.querySelector('.cw-picture-grid').getAttribute('aria-busy') === 'false'"
TILES = ".cw-pictures canvas"
ENLARGED = ".cw-picture-view canvas"
PIXELS = """([selector, place]) => {
  const canvas = document.querySelectorAll(selector)[place];
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  return [height, width, Array.from(data)];
}"""
SIDES = """(selector) => {
  const { width, height } = document.querySelector(selector).getBoundingClientRect();
  return [width, height];
}"""


def pictures(count=5, height=8, width=8):
    return RNG.integers(0, 256, (count, height, width, 3), np.uint8)


@pytest.fixture
def show(mount):
    """``show(page, grid)`` mounts a grid and waits for the drawing."""

    def show(page, grid, dark=False):
        mount(page, module("picture_grid.js"), style("picture_grid.css"), traits_of(grid), dark)
        settle(page)

    return show


def settle(page):
    page.wait_for_function(DRAWN)
    page.evaluate(FRAME)


def pixels(page, selector, place=0):
    height, width, values = page.evaluate(PIXELS, [selector, place])
    drawn = np.array(values, np.uint8).reshape(height, width, 4)
    assert (drawn[..., 3] == 255).all()
    return drawn[..., :3]


def option(page, place):
    return page.locator(".cw-pictures [role=option]").nth(place)


# --- pictures ---


@pytest.mark.parametrize(("count", "height", "width"), [(2, 3, 3), (7, 64, 64), (5, 20, 30)])
def test_every_picture_is_drawn_exactly(page, show, count, height, width):
    given = pictures(count, height, width)
    show(page, PictureGrid(given, index=1))
    for place in range(count):
        np.testing.assert_array_equal(pixels(page, TILES, place), given[place])
    np.testing.assert_array_equal(pixels(page, ENLARGED), given[1])


def test_a_draft_is_drawn_nearly(page, show):
    given = np.zeros((6, 20, 20, 3), np.uint8)
    given[::2] = [200, 40, 90]
    grid = PictureGrid()
    grid.set_pictures(given, draft=True)
    show(page, grid)
    for place in range(6):
        drawn = pixels(page, TILES, place)[1:-1, 1:-1].astype(int)  # colours blur by a pixel
        np.testing.assert_allclose(drawn, given[place, 1:-1, 1:-1], atol=4)


def test_a_reduced_draft_is_drawn_as_large_as_the_pictures_and_in_its_place(page, show):
    given = np.zeros((512, 130, 130, 3), np.uint8)
    given[:, :65] = 200
    given[5, 65:, 65:] = [0, 90, 220]
    grid = PictureGrid(index=5)
    grid.set_pictures(given, draft=True)
    grid.index = 5
    assert grid._cells["reduced"] == 5
    show(page, grid)
    before = page.evaluate(SIDES, TILES)
    drawn = pixels(page, ENLARGED).astype(int)
    assert drawn.shape == (130, 130, 3)
    place = np.arange(130)
    far = np.min([place, 129 - place, np.abs(place - 64.5)], axis=0) >= 12  # from other colours
    expected = given[5].astype(int)
    np.testing.assert_allclose(drawn[np.ix_(far, far)], expected[np.ix_(far, far)], atol=20)
    half = drawn[:, 20].mean(-1)  # the edge is where it was
    assert np.flatnonzero(half < 100)[0] == pytest.approx(65, abs=2)
    grid.set_pictures(given)
    show(page, grid)
    assert page.evaluate(SIDES, TILES) == before


def test_enlarged_pixels_are_squares(page, show):
    show(page, PictureGrid(pictures(4, 64, 64)))
    assert page.evaluate(SIDES, ENLARGED)[0] % 64 == 0
    rendering = "(canvas) => getComputedStyle(canvas).imageRendering"
    for selector in (TILES, ENLARGED):
        assert page.locator(selector).first.evaluate(rendering) == "pixelated"
    show(page, PictureGrid(pictures(40, 300, 300)))
    assert page.locator(TILES).first.evaluate(rendering) == "auto"


def test_pictures_of_three_to_two_keep_their_shape(page, show):
    show(page, PictureGrid(pictures(12, 64, 96)))
    for selector in (TILES, ENLARGED):
        width, height = page.evaluate(SIDES, selector)
        assert width / height == pytest.approx(1.5, abs=0.02)


def test_around_every_picture_is_a_black_margin_of_the_book(page, show):
    show(page, PictureGrid(pictures(64, 64, 64), columns=8))
    width, _ = page.evaluate(SIDES, TILES)
    boxes = [page.locator(TILES).nth(place).bounding_box() for place in (0, 1, 8)]
    frame = page.locator(".cw-picture-stage").bounding_box()
    gap = boxes[1]["x"] - boxes[0]["x"] - width
    assert gap == pytest.approx(width * 5 / 64, abs=1)
    assert boxes[2]["y"] - boxes[0]["y"] - width == gap
    assert boxes[0]["x"] - frame["x"] == boxes[0]["y"] - frame["y"] == gap
    colour = "(stage) => getComputedStyle(stage).backgroundColor"
    assert page.locator(".cw-picture-stage").evaluate(colour) == "rgb(0, 0, 0)"


def test_one_picture_is_shown_enlarged_alone(page, show):
    given = pictures(1, 16, 16)
    show(page, PictureGrid(given))
    assert not page.get_by_role("listbox").is_visible()
    np.testing.assert_array_equal(pixels(page, ENLARGED), given[0])


def test_no_pictures_are_no_error_and_may_come_later(page, show, arrive):
    grid = PictureGrid()
    show(page, grid)
    assert page.get_by_text("no pictures yet").is_visible()
    given = pictures(3)
    grid.set_pictures(given)
    arrive(page, traits_of(grid))
    settle(page)
    assert not page.get_by_text("no pictures yet").is_visible()
    np.testing.assert_array_equal(pixels(page, TILES, 2), given[2])


LABEL_OF = """(option) => {
  const label = option.querySelector(".cw-picture-label");
  const { x, y, width, height } = label.getBoundingClientRect();
  return { x, y, width, height };
}"""


@pytest.mark.parametrize("chosen", [10, 18])
def test_the_frame_of_the_chosen_picture_cuts_no_number(page, show, chosen):
    grid = PictureGrid(pictures(32), labels=range(32), columns=8, index=chosen)
    show(page, grid)
    clip = option(page, 10).evaluate(LABEL_OF)

    def label():
        return np.asarray(Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("L"), int)

    framed = label()
    page.add_style_tag(
        content=".cw-picture * { box-shadow: none !important; outline: 0 !important; }"
    )
    bare = label()
    assert (framed != bare).any()
    written = bare > 60
    assert written.sum() > 20
    np.testing.assert_array_equal(framed[written], bare[written])


# --- pictures that change ---


@pytest.mark.parametrize("draft", [False, True])
def test_better_pictures_replace_worse_without_a_blank_between(page, show, arrive, draft):
    grid = PictureGrid(np.full((9, 16, 16, 3), 40, np.uint8), index=4)
    show(page, grid)
    page.evaluate("""() => {
      const all = () => [...document.querySelectorAll("canvas")];
      const canvases = all();
      const colour = (one) => String(one.getContext("2d").getImageData(3, 3, 1, 1).data);
      window.seen = new Set();
      window.same = () => all().every((one, place) => one === canvases[place]);
      const look = () => {
        for (const one of canvases) seen.add(colour(one));
        requestAnimationFrame(look);
      };
      look();
    }""")
    for grey in (80, 120, 160):
        assert grid.set_pictures(np.full((9, 16, 16, 3), grey, np.uint8), draft=False)
        if draft:
            grid._pace = Pace()
            grid.set_pictures(np.full((9, 16, 16, 3), grey, np.uint8), draft=True)
        arrive(page, traits_of(grid))
        settle(page)
    greys = {tuple(map(int, text.split(","))) for text in page.evaluate("[...seen]")}
    assert all(alpha == 255 for *_, alpha in greys)
    assert {grey for grey, *_ in greys} == {40, 80, 120, 160}
    assert page.evaluate("same()")
    assert get(page, "index") == 4


def test_a_draft_that_decodes_late_does_not_replace_what_came_after_it(page, show, arrive):
    grid = PictureGrid(np.zeros((2, 16, 16, 3), np.uint8))
    show(page, grid)
    page.evaluate("""() => {
      const decode = createImageBitmap;
      window.decoded = new Promise((done) => {
        window.createImageBitmap = async (...all) => {
          const image = await decode(...all);
          await new Promise((later) => (window.release = later));
          setTimeout(done, 50);
          return image;
        };
      });
    }""")
    grid.set_pictures(np.full((2, 16, 16, 3), 90, np.uint8), draft=True)
    arrive(page, traits_of(grid))
    page.wait_for_function("() => window.release")
    grid.set_pictures(np.full((2, 16, 16, 3), 200, np.uint8))
    arrive(page, traits_of(grid))
    page.evaluate("() => { release(); return decoded; }")
    page.evaluate(FRAME)
    assert (pixels(page, TILES, 1) == 200).all()


def test_another_number_of_pictures_is_laid_out_anew(page, show, arrive):
    grid = PictureGrid(pictures(6), labels=range(6), index=5)
    show(page, grid)
    given = pictures(3, 16, 24)
    grid.set_pictures(given, status=["ok", "silent", "ok"], labels=[10, 11, 12])
    arrive(page, traits_of(grid))
    settle(page)
    assert page.get_by_role("option").count() == 3
    np.testing.assert_array_equal(pixels(page, ENLARGED), given[2])
    assert page.get_by_role("option", selected=True).get_attribute("aria-label") == "filter 12"


# --- choosing ---


def test_a_click_chooses_enlarges_and_saves_once(page, show):
    given = pictures(12)
    show(page, PictureGrid(given))
    option(page, 7).click()
    assert get(page, "index") == 7
    np.testing.assert_array_equal(pixels(page, ENLARGED), given[7])
    option(page, 7).click()
    assert page.evaluate("saves") == [{"index": 7}]


def test_a_click_between_pictures_chooses_nothing(page, show):
    show(page, PictureGrid(pictures(12), index=3))
    box = option(page, 0).bounding_box()
    page.mouse.click(box["x"] - 2, box["y"] + 5)
    assert get(page, "index") == 3
    assert page.evaluate("saves") == []


def test_keys_move_the_choice(page, show):
    show(page, PictureGrid(pictures(64), columns=8))
    box = page.get_by_role("listbox")
    places = []
    for key in ["ArrowRight", "ArrowDown", "ArrowLeft", "ArrowLeft", "ArrowUp", "End", "Home"]:
        box.press(key)
        places.append(get(page, "index"))
    assert places == [1, 9, 8, 7, 7, 63, 0]
    box.press("PageDown")
    assert get(page, "index") == 32


def test_other_keys_are_left_to_the_notebook(page, show):
    show(page, PictureGrid(pictures(6)))
    page.evaluate(
        "window.kept = []; addEventListener('keydown', (e) => kept.push(e.defaultPrevented))"
    )
    box = page.get_by_role("listbox")
    for key in ["Control+ArrowRight", "a", "Escape"]:
        box.press(key)
    assert set(page.evaluate("kept")) == {False}
    assert get(page, "index") == 0


def test_many_pictures_scroll_to_the_choice_and_not_the_page(page, show):
    page.set_viewport_size({"width": 800, "height": 400})
    show(page, PictureGrid(pictures(512, 16, 16), labels=range(512)))
    stage = page.locator(".cw-picture-stage")
    assert stage.bounding_box()["height"] <= 720
    assert stage.evaluate("(one) => one.scrollWidth <= one.clientWidth")
    page.get_by_role("listbox").focus()
    page.evaluate("scrollTo(0, 0)")
    page.keyboard.press("End")
    inner, outer = option(page, 511).bounding_box(), stage.bounding_box()
    assert inner["y"] >= outer["y"]
    assert inner["y"] + inner["height"] <= outer["y"] + outer["height"] + 0.5
    assert page.evaluate("scrollY") == 0


def test_a_choice_from_the_kernel_is_followed(page, show, arrive):
    given = pictures(6)
    show(page, PictureGrid(given))
    arrive(page, {"index": 4})
    np.testing.assert_array_equal(pixels(page, ENLARGED), given[4])
    assert option(page, 4).get_attribute("aria-selected") == "true"
    assert page.get_by_role("option", selected=True).count() == 1


# --- labels and status ---


def test_a_dead_picture_is_a_word_and_never_a_picture(page, show):
    status = ["ok", "silent", "helped"]
    show(page, PictureGrid(pictures(3), labels=[7, 8, 9], status=status, index=1))
    for place in (option(page, 1), page.locator(".cw-picture-chosen")):
        assert place.get_by_text("silent").is_visible()
        assert not place.locator("canvas").is_visible()
        hatched = "(one) => getComputedStyle(one, '::before').backgroundImage"
        assert place.evaluate(hatched).startswith("repeating-linear-gradient")
    for place in (0, 2):
        assert option(page, place).locator("canvas").is_visible()
        assert not option(page, place).get_by_text("silent").is_visible()
    assert page.locator("figcaption").text_content() == "filter 8 · did not fire"
    labels = page.locator(".cw-pictures .cw-picture-label").all_text_contents()
    assert labels == ["7", "8", "9*"]
    counts = page.locator(".cw-picture-counts span").all_text_contents()
    assert counts == ["* 1 needed help", "1 did not fire"]


def test_status_that_comes_later_is_shown(page, show, arrive):
    show(page, PictureGrid(pictures(3)))
    assert page.locator(".cw-picture-counts").text_content() == ""
    arrive(page, {"status": ["ok", "ok", "silent"]})
    page.evaluate(FRAME)
    assert option(page, 2).get_by_text("silent").is_visible()


def test_names_for_screen_readers(page, show):
    grid = PictureGrid(pictures(3), labels=[7, 8, 9], status=["ok", "silent", "helped"])
    grid.label = "block1_conv1"
    show(page, grid)
    box = page.get_by_role("listbox", name="block1_conv1, 3 filters")
    assert box.get_attribute("data-lm-suppress-shortcuts") == "true"
    names = [one.get_attribute("aria-label") for one in page.get_by_role("option").all()]
    assert names == ["filter 7", "filter 8 · did not fire", "filter 9 · needed help"]
    box.press("End")
    active = box.get_attribute("aria-activedescendant")
    assert page.locator(f"[id='{active}']").get_attribute("aria-label") == names[2]
    assert page.get_by_role("img", name=names[2]).is_visible()


# --- places and themes ---


@pytest.mark.parametrize("width", [352, 500, 800, 1400])
def test_nothing_is_wider_than_its_place(page, show, width):
    page.set_viewport_size({"width": width, "height": 900})
    for count, height, across in [(1, 64, 64), (7, 64, 96), (64, 64, 64), (130, 128, 128)]:
        show(page, PictureGrid(pictures(count, height, across), labels=range(count)))
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        stage = page.locator(".cw-picture-stage")
        assert count == 1 or stage.evaluate("(one) => one.scrollWidth <= one.clientWidth")


def test_beside_where_there_is_room_and_below_where_there_is_not(page, show):
    grid = PictureGrid(pictures(64, 64, 64))
    show(page, grid)
    boxes = [page.locator(one).bounding_box() for one in (".cw-picture-main", "figure")]
    assert boxes[0]["x"] + boxes[0]["width"] < boxes[1]["x"]
    page.set_viewport_size({"width": 352, "height": 900})
    page.evaluate(FRAME)
    boxes = [page.locator(one).bounding_box() for one in (".cw-picture-main", "figure")]
    assert boxes[0]["y"] + boxes[0]["height"] < boxes[1]["y"]


@pytest.mark.parametrize("scale", [1.5, 2])
def test_on_a_fine_screen_pixels_of_the_picture_are_whole(new_page, show, scale):
    page = new_page(device_scale_factor=scale)
    show(page, PictureGrid(pictures(64, 64, 64)))
    assert page.evaluate(SIDES, TILES)[0] * scale >= 64
    assert page.evaluate(SIDES, ENLARGED)[0] * scale % 64 == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize("dark", [False, True])
def test_colours_of_the_theme(page, show, dark):
    show(page, PictureGrid(pictures(3), status=["silent", "ok", "ok"]), dark=dark)
    colour = "(name) => getComputedStyle(document.querySelector(name)).color"
    texts = [page.evaluate(colour, one) for one in ("figcaption", ".cw-picture-counts")]
    light = ["rgb(31, 35, 40)", "rgb(87, 96, 106)"]
    night = ["rgba(255, 255, 255, 0.87)", "rgba(255, 255, 255, 0.54)"]
    assert texts == (night if dark else light)


def test_closing_leaves_no_listener_and_no_element(page, show):
    show(page, PictureGrid(pictures(3)))
    assert page.evaluate("listenerCount()") > 0
    check_clean_up(page)


# --- speed: generous bounds for a shared machine ---


def test_a_draft_of_64_patterns_is_drawn_well_within_its_tenth_of_a_second(page, show, arrive):
    grid = PictureGrid(pictures(64, 64, 64), labels=range(64))
    show(page, grid)
    frames = []
    for _ in range(5):
        grid._pace = Pace()
        assert grid.set_pictures(pictures(64, 64, 64), draft=True)
        frames.append({"_sheet": grid._sheet, "_cells": grid._cells})
    page.evaluate("""() => {
      window.times = [];
      const element = document.querySelector(".cw-picture-grid");
      const { arrive } = window;
      window.arrive = async (json) => {
        const start = performance.now();
        arrive(json);
        while (element.ariaBusy === "true") await new Promise(requestAnimationFrame);
        times.push(performance.now() - start);
      };
    }""")
    for frame in frames:
        arrive(page, frame)
    fastest = min(page.evaluate("times"))
    assert fastest < 80
    print(f"a draft of 64 × 64 × 64: {len(grid._sheet) / 1e3:.0f} kB, drawn in {fastest:.1f} ms")
