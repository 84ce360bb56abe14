"""Programs that tests run besides Python: the machine's, else those that Playwright brings."""

import os
import shutil
import subprocess
from pathlib import Path

import playwright as playwright_package
import pytest

JAVASCRIPT = Path(__file__).parents[1] / "widgets" / "js"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
NO_CHROMIUM = (
    "there is no Chromium or Chrome: install the system's package chromium, "
    "or run .venv/bin/playwright install chromium"
)


def find_node():
    """Path of a Node.js; Playwright's package holds one."""
    return shutil.which("node") or str(Path(playwright_package.__file__).parent / "driver/node")


def find_chromium(playwright):
    """Path of a Chromium; without one the test is skipped, in CI it fails."""
    own = Path(playwright.chromium.executable_path)
    path = next(filter(None, map(shutil.which, CHROMIUM)), str(own) if own.exists() else None)
    if path is None and os.environ.get("CI") == "true":
        pytest.fail(NO_CHROMIUM)
    return path or pytest.skip(NO_CHROMIUM)


def check_javascript(pattern):
    """The files of tests/widgets/js with such names pass, and there is one."""
    files = sorted(JAVASCRIPT.glob(f"{pattern}.test.mjs"))
    assert files
    command = [find_node(), "--test", "--test-reporter=tap", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# pass 0" not in done.stdout
