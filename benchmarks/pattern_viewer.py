"""Patterns in a browser: how soon they are there, what they cost other sliders, how soon they stop.

All are read off the pixels of one JupyterLab page, with VGG16's stand-in. (1) A layer is chosen
from the keyboard: the time until `block3_conv1` shows 64 squares of noise, and until the first of
them have been changed by the ascent, against an empty round trip to the kernel. Aim: below a
second. (2) Key press to pixel of a `FeatureMapViewer`'s channel, while an ascent runs in the same
notebook, against the same when it is stopped, in turn. Aim: at most twice. (3) From the click on
Stop to the last change of a picture.
"""

import argparse

import numpy as np
from _lab import open_notebook
from _moves import Target, install_probe
from _round_trip import round_trip, round_trip_cell

ROUNDS, MOVES = 6, 20
QUIET = 2500  # ms without a change, after which nothing more is expected

CELLS = [
    round_trip_cell(16),
    """
import ipywidgets
import convnet_widgets as cw
net = cw.load_model("VGG16", weights="hed", include_top=False)
choosing = cw.PatternViewer(net, "block2_pool", cache=False)
choosing.stopped = True
ipywidgets.VBox([choosing]).add_class("bench-choosing")""",
    """
maps = cw.FeatureMapViewer(net, "cat", "block3_conv1", channel=0)
maps""",
    """
running = cw.PatternViewer(net, "block3_conv1", recipe="book", size=64, steps=100_000, cache=False)
running.stopped = True
ipywidgets.VBox([running]).add_class("bench-running")""",
    """
for viewer in (choosing, maps, running):
    viewer.wait(600)""",
]

CHOOSING, RUNNING = ".bench-choosing", ".bench-running"
SLIDER = ".cw-feature-maps input[type=range]", ".cw-feature-maps canvas.cw-view-map"


def stop(page, viewer):
    """Stop the ascent of a panel and wait until nothing is at work."""
    page.locator(f"{viewer} .cw-ascent-progress button:enabled", has_text="Stop").click()
    page.wait_for_function(
        "(selector) => !document.querySelector(selector).hasAttribute('data-running')",
        arg=f"{viewer} .cw-ascent-bar",
        timeout=60_000,
    )
    page.wait_for_timeout(500)


def click_button(page, viewer):
    """Stop the ascent of a panel, or let it go on."""
    page.locator(f"{viewer} .cw-ascent-progress button").click()


def choose(page, key):
    """Choose the layer below or above the present one in the list."""
    page.locator(f"{CHOOSING} [role=combobox]").first.focus()
    for one in ("Enter", key):
        page.keyboard.press(one)


def first_pictures(page):
    """Milliseconds from the choice of block3_conv1 to its noise, and to its first changes."""
    page.locator(f"{CHOOSING} .cw-pictures").scroll_into_view_if_needed()
    choose(page, "ArrowDown")
    page.evaluate(
        "(selector) => { window.seen = changesAfter('keydown', selector, 2); }",
        f"{CHOOSING} .cw-pictures canvas",
    )
    page.keyboard.press("Enter")
    noise, changed = page.evaluate("window.seen")
    stop(page, CHOOSING)
    choose(page, "ArrowUp")
    page.keyboard.press("Enter")
    stop(page, CHOOSING)
    return noise, changed


def last_change(page):
    """Milliseconds from the click on Stop to the last change of the pictures."""
    selector = f"{RUNNING} .cw-pictures canvas"
    page.locator(f"{RUNNING} .cw-pictures").scroll_into_view_if_needed()
    page.evaluate(
        f"(selector) => {{ window.seen = changesUntilQuiet('click', selector, {QUIET}); }}",
        selector,
    )
    click_button(page, RUNNING)
    changes = page.evaluate("window.seen")
    return changes[-1] if changes else 0.0


def burst(page, target):
    """Move a slider some times."""
    target.focus(page)
    page.keyboard.press("Home")  # the same channels in every burst, none of them blank
    for _ in range(MOVES):
        target.move(page)


def slider_rounds(page, rounds):
    """The slider while the ascent is stopped and while it runs, and the times that Stop took."""
    idle, busy = Target("stopped", *SLIDER), Target("ascent at work", *SLIDER)
    burst(page, idle)
    idle.times.clear()
    stops = []
    for _ in range(rounds):
        burst(page, idle)
        click_button(page, RUNNING)
        page.wait_for_timeout(3000)
        burst(page, busy)
        stops.append(last_change(page))
    return idle, busy, stops


def report_first(floor, pictures):
    """Print how soon pictures are there."""
    round_trip = floor.quantile(0.5)
    print(f"64 patterns of block3_conv1 after its choice; a round trip takes {round_trip:.0f} ms")
    for name, times in zip(("noise", "first changed by the ascent"), pictures.T, strict=True):
        first, later = times[0], times[1:]
        ratio = np.median(later) / round_trip
        note = f"{np.median(later):.0f} ms median, {later.max():.0f} ms at most"
        print(f"  {name:28}{ratio:7.1f} round trips; {note}, {first:.0f} ms the first time")


def report_slider(idle, busy):
    """Print what an ascent costs a slider elsewhere."""
    ratios = [busy.quantile(share) / idle.quantile(share) for share in (0.5, 0.95)]
    times = [f"{one.quantile(0.5):.1f} / {one.quantile(0.95):.1f} ms" for one in (idle, busy)]
    print(
        f"\nslider while an ascent is at work against stopped: median {ratios[0]:.2f}×, "
        f"p95 {ratios[1]:.2f}× ({times[1]} against {times[0]})"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"default: {ROUNDS}")
    rounds = parser.parse_args().rounds
    floor = round_trip()
    with open_notebook(CELLS) as page:
        install_probe(page)
        burst(page, floor)
        report_first(floor, np.array([first_pictures(page) for _ in range(rounds + 1)]))
        idle, busy, stops = slider_rounds(page, rounds)
    report_slider(idle, busy)
    print(
        f"\nStop: the last change {np.median(stops):.0f} ms after the click, at most "
        f"{max(stops):.0f} ms; {np.median(stops) / floor.quantile(0.5):.1f} round trips"
    )


if __name__ == "__main__":
    main()
