"""The progress of an ascent in a real browser, with no kernel behind it."""

import numpy as np
import pytest
from browser import FRAME, check_clean_up, traits_of

from convnet_widgets.widgets._assets import module, style
from convnet_widgets.widgets.ascent_status import AscentStatus

pytestmark = pytest.mark.ui

POINTS = """(name) => {
  const numbers = document.querySelector(`.cw-ascent-plot > svg > path.${name}`)
    .getAttribute("d").slice(1).split("L");
  return numbers.map((point) => point.split(" ").map(Number));
}"""
LABELS = """() => [...document.querySelectorAll(".cw-ascent-plot text")].map((one) => {
  const { x, y } = one.getBBox();
  return [one.textContent, Number(one.getAttribute("x")), Number(one.getAttribute("y")), x, y];
})"""


def begun(step=17, steps=40, pictures=3, **traits):
    """An ascent in which picture k has reached (k + 1) · step."""
    status = AscentStatus(**traits)
    status.begin(steps)
    for number in range(step + 1):
        status._record.add(number, (1 + np.arange(pictures)) * number)
        status._countdown.advance(number - status._countdown.done, 0.5 * number)
    status._tell(status._present())
    return status


@pytest.fixture
def show(mount):
    """``show(page, status)`` mounts the display and waits for the drawing."""

    def show(page, status, dark=False):
        text, css = module("ascent_status.js"), style("ascent_status.css")
        mount(page, text, css, traits_of(status), dark)
        page.evaluate(FRAME)

    return show


def texts(page):
    spans = page.locator(".cw-ascent-texts > *").all_text_contents()
    return [text for text in spans if text]


def button(page):
    return page.locator(".cw-ascent-progress button")


def legend(page):
    return page.locator(".cw-ascent-key").all_text_contents()


def test_progress_is_told_in_words_and_as_a_bar(page, show):
    show(page, begun())
    assert texts(page) == ["step 17 of 40", "about 12 s left"]
    bar = page.get_by_role("progressbar", name="Progress")
    assert (bar.get_attribute("aria-valuenow"), bar.get_attribute("aria-valuemax")) == ("17", "40")
    filled = bar.evaluate("(one) => parseFloat(getComputedStyle(one, '::before').width)")
    assert filled / bar.bounding_box()["width"] == pytest.approx(17 / 40, abs=0.01)


def test_before_it_begins_there_is_nothing_to_stop(page, show):
    show(page, AscentStatus())
    assert texts(page) == ["not begun"]
    assert button(page).is_disabled()
    assert not page.locator(".cw-ascent-plot").is_visible()


def test_stop_and_continue(page, show, arrive):
    status = begun()
    show(page, status)
    page.get_by_role("button", name="Stop").click()
    assert page.evaluate("saves") == [{"stopped": True}]
    assert texts(page) == ["step 17 of 40", "stopping …"]
    width = button(page).bounding_box()["width"]
    status.stopped = True
    status.end()
    arrive(page, traits_of(status))
    assert texts(page) == ["step 17 of 40", "stopped"]
    assert button(page).bounding_box()["width"] == width
    page.get_by_role("button", name="Continue").click()
    assert page.evaluate("saves") == [{"stopped": True}, {"stopped": False}]
    status.proceed()
    arrive(page, traits_of(status))
    assert texts(page)[0] == "step 17 of 40"
    assert button(page).text_content() == "Stop"


def test_a_finished_ascent_is_done(page, show):
    status = begun(40)
    status.end()
    show(page, status)
    assert texts(page) == ["step 40 of 40", "done"]
    assert button(page).is_disabled()


def test_an_error_is_read_out_and_the_curve_stays(page, show, arrive):
    status = begun()
    show(page, status)
    assert not page.get_by_role("alert").is_visible()
    status.end("the images became NaN in step 18")
    arrive(page, traits_of(status))
    assert page.get_by_role("alert").text_content() == "the images became NaN in step 18"
    assert texts(page) == ["step 17 of 40", "ended by an error"]
    assert button(page).is_disabled()
    assert page.locator(".cw-ascent-plot").is_visible()
    status.begin(40)
    arrive(page, traits_of(status))
    assert not page.get_by_role("alert").is_visible()


def test_curves_lie_where_the_axes_say(page, show):
    show(page, begun(index=2, labels=[7, 8, 40]))
    assert legend(page) == ["filter 40: 51", "mean of 3: 34"]
    *labels, name = page.evaluate(LABELS)
    assert name[0] == "step"
    steps = [(float(text), x) for text, x, y, *_ in labels if y > 110]
    values = [(float(text), y) for text, x, y, *_ in labels if y <= 110]
    assert [value for value, _ in values] == [0, 20, 40]
    across = np.polyfit(*zip(*steps, strict=True), 1)
    down = np.polyfit([value for value, _ in values], [y - 4 for _, y in values], 1)
    for curve, slope in (("cw-ascent-chosen", 3), ("cw-ascent-mean", 2)):
        points = np.array(page.evaluate(POINTS, curve))
        numbers = np.arange(18)
        np.testing.assert_allclose(points[:, 0], np.polyval(across, numbers), atol=0.1)
        np.testing.assert_allclose(points[:, 1], np.polyval(down, slope * numbers), atol=0.1)


def test_only_the_curve_chosen_takes_the_axis_beyond_the_steps(page, show):
    status = begun(4, 4, 2)
    for number in range(5, 9):
        status._record.add(number, [np.nan, 2 * number])
    status._tell(status._present())
    show(page, status)

    def last_step():
        return max(float(text) for text, x, y, *_ in page.evaluate(LABELS)[:-1] if y > 110)

    assert last_step() == 4
    edge = page.evaluate(POINTS, "cw-ascent-chosen")[-1][0]
    assert page.evaluate(POINTS, "cw-ascent-mean")[-1][0] == edge
    assert page.locator("circle.cw-ascent-mean").count() == 0  # it goes on
    assert legend(page) == ["filter 0: 4", "mean of 2: 10"]
    page.evaluate("model.set('index', 1)")
    page.evaluate(FRAME)
    assert last_step() == 8
    assert [len(page.evaluate(POINTS, f"cw-ascent-{name}")) for name in ("chosen", "mean")] == [
        9,
        9,
    ]
    assert page.evaluate(POINTS, "cw-ascent-mean")[-1][0] == edge
    assert page.locator("circle.cw-ascent-mean").count() == 1


def test_another_choice_draws_its_curve_without_the_kernel(page, show):
    show(page, begun())
    assert legend(page) == ["filter 0: 17", "mean of 3: 34"]
    page.evaluate("model.set('index', 1)")
    page.evaluate(FRAME)
    assert legend(page) == ["filter 1: 34", "mean of 3: 34"]
    chosen, mean = (page.evaluate(POINTS, f"cw-ascent-{name}") for name in ("chosen", "mean"))
    assert chosen == mean
    assert page.evaluate("[saves, messages]") == [[], []]


def test_one_picture_needs_no_mean(page, show):
    show(page, begun(pictures=1))
    assert legend(page) == ["filter 0: 17"]
    assert page.locator("path.cw-ascent-mean").count() == 0


def test_the_first_step_is_a_dot(page, show):
    show(page, begun(0))
    dot = page.locator("circle.cw-ascent-chosen")
    assert dot.bounding_box()["width"] > 2


def test_a_picture_that_is_not_worked_on_yet_has_no_value(page, show):
    status = AscentStatus(index=1)
    status.begin(4)
    status.advance(0, [2.0, np.nan])
    show(page, status)
    assert legend(page) == ["filter 1: –", "mean of 1: 2"]


@pytest.mark.parametrize("width", [352, 700, 1400])
def test_nothing_is_cut_off(page, show, width):
    page.set_viewport_size({"width": width, "height": 900})
    for scale in (1e-7, 1.0, 1e9):
        status = AscentStatus(labels=["500", "511"], steps=2560, running=True)
        for number in range(30):
            status._record.add(number, scale * np.array([number - 5, number]))
            status._countdown.advance(number - status._countdown.done, 80.0 * number)
        status._tell(status._present())
        show(page, status)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        place = page.locator(".cw-ascent-plot > svg").bounding_box()
        for label in page.locator(".cw-ascent-plot text").all():
            box = label.bounding_box()
            assert box["x"] >= place["x"] - 0.5, label.text_content()
            assert box["x"] + box["width"] <= place["x"] + place["width"] + 0.5
            assert box["y"] + box["height"] <= place["y"] + place["height"] + 0.5


def test_names_for_screen_readers(page, show):
    show(page, begun(labels=[7, 8, 9]))
    name = "Objective by step: filter 7: 17, mean of 3: 34"
    assert page.get_by_role("img", name=name).is_visible()
    assert button(page).get_attribute("data-lm-suppress-shortcuts") == "true"
    # ten announcements a second would drown the others
    assert page.locator("output").get_attribute("aria-live") == "off"
    assert page.locator("[role=status]").text_content() == ""


@pytest.mark.parametrize("dark", [False, True])
def test_colours_of_the_theme(page, show, dark):
    show(page, begun(), dark)
    colours = page.evaluate("""() => {
      const style = (name) => getComputedStyle(document.querySelector(name));
      const of = (name) => `.cw-ascent-plot > svg > ${name}`;
      return [style(of(".cw-ascent-chosen")).stroke, style(of("text")).fill, style("output").color];
    }""")
    light = ["rgb(11, 107, 203)", "rgb(87, 96, 106)", "rgb(31, 35, 40)"]
    night = ["rgb(25, 118, 210)", "rgba(255, 255, 255, 0.54)", "rgba(255, 255, 255, 0.87)"]
    assert colours == (night if dark else light)


def test_closing_leaves_no_listener_and_no_element(page, show):
    show(page, begun())
    assert page.evaluate("listenerCount()") > 0
    check_clean_up(page)
