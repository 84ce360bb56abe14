import subprocess
from pathlib import Path

import pytest
from programs import find_node

JAVASCRIPT = Path(__file__).parents[1] / "widgets" / "js"


@pytest.mark.parametrize("name", ["cam_texts", "viewer_layout", "weight_order"])
def test_pure_functions_of_the_browser(name):
    command = [find_node(), "--test", str(JAVASCRIPT / f"{name}.test.mjs")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
