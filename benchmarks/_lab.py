"""Notebooks of the benchmarks in a real JupyterLab and Chromium, and what goes over the wire."""

import contextlib
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

# the tests start JupyterLab in the same way; their helpers are not part of the package
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from lab import serve
from programs import find_chromium

FLAGS = ["--no-sandbox", "--disable-gpu"]
WINDOW = {"width": 1200, "height": 1000}


@contextlib.contextmanager
def open_notebook(cells, wire=None):
    """Run `cells`, texts of Python, in JupyterLab; yields the page, whose frames `wire` counts."""
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(playwright), args=FLAGS)
        with serve(Path(home) / "lab") as lab:
            lab.write("benchmark.ipynb", [cell.strip() for cell in cells])
            page = browser.new_page(viewport=WINDOW)
            if wire is not None:
                page.on("websocket", wire.listen)
            lab.open(page, "benchmark.ipynb")
            lab.run_all(page)
            yield page
        browser.close()


class Wire:
    """Frames and bytes of a page's websockets so far.

    Attributes
    ----------
    sent, received, sent_bytes, received_bytes : int
        To and from the kernel.
    """

    def __init__(self):
        self.sent = self.received = self.sent_bytes = self.received_bytes = 0

    def read(self):
        """The four counts, in the order above."""
        return self.sent, self.received, self.sent_bytes, self.received_bytes

    def listen(self, socket):
        """Count what goes through `socket` from now on."""
        socket.on("framesent", self._send)
        socket.on("framereceived", self._receive)

    def _send(self, payload):
        self.sent += 1
        self.sent_bytes += len(payload)

    def _receive(self, payload):
        self.received += 1
        self.received_bytes += len(payload)
