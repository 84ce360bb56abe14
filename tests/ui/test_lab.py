"""The test bed itself: what fails in a notebook fails the test."""

import pytest
from lab import serve

pytestmark = pytest.mark.ui


@pytest.mark.parametrize("cells", [["1", "1 / 0"], ["1 / 0", "1"]], ids=["last", "first"])
def test_an_error_in_a_cell_is_noticed(chromium, tmp_path, cells):
    with serve(tmp_path) as lab:
        lab.write("fails.ipynb", cells)
        page = chromium.new_page()
        lab.open(page, "fails.ipynb")
        with pytest.raises(AssertionError, match="ZeroDivisionError"):
            lab.run_all(page, timeout=60)
        page.close()
