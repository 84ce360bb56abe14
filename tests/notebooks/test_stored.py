"""Notebooks are stored clean, run from top to bottom, and state facts that nbval compares."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
CHECKED = {"keep_output", "nbval-check-output"}


def code_cells(path):
    return [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]


def is_checked(cell):
    return set(cell.metadata.get("tags", ())) >= CHECKED


def test_there_are_notebooks():
    assert FOLDER / "00_quickstart.ipynb" in NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
class TestNotebook:
    def test_is_valid_and_names_its_kernel(self, path):
        notebook = nbformat.read(path, 4)
        nbformat.validate(notebook)
        assert notebook.metadata.kernelspec.name == "python3"

    def test_was_run_from_top_to_bottom(self, path):
        # nbval compares nothing in a cell without a count
        counts = [cell.execution_count for cell in code_cells(path)]
        assert counts == list(range(1, len(counts) + 1))

    def test_holds_nothing_that_nbstripout_strips(self, path):
        check = [sys.executable, "-m", "nbstripout", "--verify", "--keep-count", str(path)]
        done = subprocess.run(check, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "widgets" not in nbformat.read(path, 4).metadata

    def test_states_facts_and_keeps_no_other_output(self, path):
        with_output = [cell for cell in code_cells(path) if cell.outputs]
        assert with_output
        assert [cell.source for cell in with_output if not is_checked(cell)] == []

    def test_every_checked_cell_has_text_to_compare(self, path):
        for cell in filter(is_checked, code_cells(path)):
            assert [output.output_type for output in cell.outputs] == ["stream"], cell.source
            assert cell.outputs[0].name == "stdout"

    def test_stored_facts_are_true(self, path):
        printed = "".join(o.text for cell in code_cells(path) for o in cell.outputs)
        assert "False" not in printed


@pytest.mark.parametrize("path", NOTEBOOKS[1:], ids=lambda path: path.stem)
class TestTutorial:
    def test_ends_with_exercises_that_are_answered(self, path):
        cells = nbformat.read(path, 4).cells
        (begin,) = (i for i, cell in enumerate(cells) if "## Exercises" in cell.source.splitlines())
        text = "".join(cell.source for cell in cells[begin:] if cell.cell_type == "markdown")
        answers = text.count("<details><summary>Answer</summary>\n\n")
        assert 3 <= answers == text.count("</details>") <= 5
        code = "".join(cell.source for cell in cells[begin:] if cell.cell_type == "code")
        assert re.search(r"\w(Slider|Picker)\(", code)

    def test_options_stand_in_one_cell(self, path):
        tagged = [c for c in code_cells(path) if "parameters" in c.metadata.get("tags", ())]
        assert len(tagged) <= 1
        names = [line.split(" = ")[0] for c in tagged for line in c.source.splitlines() if line]
        assert all(name.isupper() or name.startswith("#") for name in names)


def test_every_replacement_follows_its_pattern():
    lines = (FOLDER / "sanitise.cfg").read_text("utf-8").splitlines()
    patterns = [i for i, line in enumerate(lines) if line.startswith("regex: ")]
    replacements = [i for i, line in enumerate(lines) if line.startswith("replace: ")]
    assert [i + 1 for i in patterns] == replacements
    assert all(re.compile(lines[i].removeprefix("regex: ")) for i in patterns)


def test_nbval_finds_the_replacements_from_any_folder(pytestconfig):
    given = Path(pytestconfig.option.nbval_sanitize_with)
    assert given.is_absolute()
    assert given.samefile(FOLDER / "sanitise.cfg")
