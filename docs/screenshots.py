"""Take the pictures of the README: the viewers in JupyterLab, light and dark.

Run in the development environment: ``python docs/screenshots.py``.
"""

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

DOCS = Path(__file__).parent
ROOT = DOCS.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))

from lab import serve  # noqa: E402
from programs import find_chromium  # noqa: E402

THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
QUICKSTART = ROOT / "notebooks" / "00_quickstart.ipynb"
CHANNEL = 4  # one that shows the cat
PATTERN_CELLS = [
    """\
import convnet_widgets as cw

net = cw.load_model("VGG16", "hed", include_top=False)
viewer = cw.PatternViewer(
    net, "block3_conv1", range(32, 64), image="cat", channel=44, cache=False
)""",
    "viewer",
    "viewer.wait(600)",
]
PANELS = {
    QUICKSTART.name: {"feature_maps": ".cw-feature-maps", "filters": ".cw-filters"},
    "patterns.ipynb": {"patterns": ".cw-patterns"},
}


def take(page, theme, panels):
    """Save a picture of each panel of the open notebook."""
    for name, selector in panels.items():
        panel = page.locator(selector)
        panel.scroll_into_view_if_needed()
        if name == "feature_maps":
            panel.get_by_role("slider", name="Channel").fill(str(CHANNEL))
        page.wait_for_timeout(1000)
        picture = Image.open(io.BytesIO(panel.screenshot())).convert("RGB")
        picture.save(DOCS / f"{name}_{theme}.webp", quality=90, method=6)


def main():
    """Run the quickstart and a notebook of patterns once in each theme."""
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(playwright), args=["--no-sandbox"]
        )
        for theme, title in THEMES.items():
            with serve(Path(folder) / theme, title) as lab:
                lab.put(QUICKSTART)
                lab.write("patterns.ipynb", PATTERN_CELLS)
                for notebook, panels in PANELS.items():
                    page = browser.new_page(viewport={"width": 1180, "height": 1400})
                    lab.open(page, notebook)
                    lab.run_all(page)
                    take(page, theme, panels)
                    page.close()


if __name__ == "__main__":
    main()
