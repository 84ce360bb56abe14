"""The test bed itself: what fails in a notebook fails the test."""

import nbformat
import pytest
from lab import serve

pytestmark = pytest.mark.ui
KERNEL = {"name": "python3", "display_name": "Python 3"}


@pytest.mark.parametrize("cells", [["1", "1 / 0"], ["1 / 0", "1"]], ids=["last", "first"])
def test_an_error_in_a_cell_is_noticed(chromium, tmp_path, cells):
    with serve(tmp_path) as lab:
        notebook = nbformat.v4.new_notebook(metadata={"kernelspec": KERNEL})
        notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
        nbformat.write(notebook, lab.folder / "fails.ipynb")
        page = chromium.new_page()
        lab.open(page, "fails.ipynb")
        with pytest.raises(AssertionError, match="ZeroDivisionError"):
            lab.run_all(page, timeout=60)
        page.close()
