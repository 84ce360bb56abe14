"""Key presses in a page and the time until their pixels are there."""

import random
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

PROBE = Path(__file__).with_name("probe.js")
FRAME = 1000 / 60  # ms
PAUSE = 30  # ms between a pixel and the next key, as a held key repeats


@dataclass
class Target:
    """Something in a page that a key changes.

    Parameters
    ----------
    name : str
        For the table.
    control, picture : str
        CSS selectors of what takes the keys and of the canvas or image that changes.
    keys : tuple of str
        Pressed in turn; the last one is timed.
    times : list of float
        Milliseconds of the moves so far.
    """

    name: str
    control: str
    picture: str
    keys: tuple[str, ...] = ("ArrowRight",)
    times: list[float] = field(default_factory=list)

    def focus(self, page):
        """Bring the picture and then the control into view and give the control the keys."""
        page.locator(self.picture).first.scroll_into_view_if_needed()
        page.locator(self.control).first.focus()
        page.wait_for_timeout(200)

    def move(self, page):
        """Press the keys and note the time until the picture has changed."""
        *before, last = self.keys
        for key in before:
            page.keyboard.press(key)
        # a steady pause would meet every frame at the same phase
        page.wait_for_timeout(PAUSE + random.uniform(0, FRAME))
        page.evaluate("(selector) => { window.latency = keyToPixel(selector); }", self.picture)
        page.keyboard.press(last)
        self.times.append(page.evaluate("window.latency"))

    def quantile(self, share):
        """Milliseconds that `share` of the moves took at most."""
        return float(np.quantile(self.times, share))


def install_probe(page):
    """Give the page ``keyToPixel``."""
    page.evaluate(PROBE.read_text())
