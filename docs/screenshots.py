"""Take the pictures of the README: the viewers in JupyterLab, light and dark.

Run in the development environment: ``python docs/screenshots.py``, or with the names of some.
"""

import argparse
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
HEATMAP_CELLS = [
    """\
import convnet_widgets as cw

viewer = cw.CamViewer(cw.load_model("EfficientNetLite0"), "cat", compare="class")""",
    "viewer",
    "viewer.wait()",
]
PANELS = {
    QUICKSTART.name: {"feature_maps": ".cw-feature-maps", "filters": ".cw-filters"},
    "patterns.ipynb": {"patterns": ".cw-patterns"},
    "heatmaps.ipynb": {"heatmaps": ".cw-cam"},
}
NAMES = [name for panels in PANELS.values() for name in panels]


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
    """Run the notebooks of the pictures asked for, once in each theme."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(NAMES)}; all by default")
    names = set(parser.parse_args().names or NAMES)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(playwright), args=["--no-sandbox"]
        )
        for theme, title in THEMES.items():
            with serve(Path(folder) / theme, title) as lab:
                lab.put(QUICKSTART)
                lab.write("patterns.ipynb", PATTERN_CELLS)
                lab.write("heatmaps.ipynb", HEATMAP_CELLS)
                for notebook, all_panels in PANELS.items():
                    panels = {name: panel for name, panel in all_panels.items() if name in names}
                    if not panels:
                        continue
                    page = browser.new_page(viewport={"width": 1180, "height": 1400})
                    lab.open(page, notebook)
                    lab.run_all(page)
                    take(page, theme, panels)
                    page.close()


if __name__ == "__main__":
    main()
