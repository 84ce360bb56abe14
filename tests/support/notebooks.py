"""Notebooks run whole in a fresh kernel, and the arrays behind their pictures."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

FOLDER = Path(__file__).parents[2] / "notebooks"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
_FIGURE = re.compile(r"Canvas\(|<?\w*Figure\b")
_SAVE = """
import numpy
numpy.savez({path!r}, **{{name: numpy.asarray(eval(code)) for name, code in {values!r}.items()}})
"""


@dataclass(frozen=True)
class Executed:
    """A notebook after its run, and what was asked of its kernel then."""

    notebook: Any
    values: dict[str, np.ndarray]

    @property
    def figures(self):
        """What was shown for each figure, in order, by MIME type: with `WIDGET_VIEW` if live."""
        cells = (cell for cell in self.notebook.cells if cell.cell_type == "code")
        shown = (output.get("data", {}) for cell in cells for output in cell.outputs)
        return [data for data in shown if _FIGURE.match(data.get("text/plain", ""))]

    @property
    def printed(self):
        """All that the cells printed."""
        cells = (cell for cell in self.notebook.cells if cell.cell_type == "code")
        outputs = (output for cell in cells for output in cell.outputs)
        return "".join(o.text for o in outputs if o.output_type == "stream" and o.name == "stdout")


def run(name, values, folder, given=None, backend="widget"):
    """Run ``notebooks/<name>`` under ``%matplotlib <backend>`` and evaluate expressions in it.

    Parameters
    ----------
    name : str
        File name of the notebook.
    values : dict of str to str
        Python expressions for arrays, evaluated after the last cell.
    folder : Path
        Where the arrays are put.
    given : dict, optional
        Other values for the names that the cell tagged "parameters" assigns.
    backend : str
        Of matplotlib; inline is what nbval runs.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell fails; its `evalue` is the sentence.
    """
    notebook = nbformat.read(FOLDER / name, 4)
    _put_in(notebook, given or {})
    arrays = Path(folder) / f"{Path(name).stem}.npz"
    notebook.cells.insert(0, nbformat.v4.new_code_cell(f"%matplotlib {backend}"))
    last = _SAVE.format(path=str(arrays), values=values)
    notebook.cells.append(nbformat.v4.new_code_cell(last))
    client = NotebookClient(
        notebook, timeout=900, kernel_name="python3", resources={"metadata": {"path": FOLDER}}
    )
    client.execute(stderr=subprocess.DEVNULL)  # TensorFlow's notices; errors of cells are raised
    with np.load(arrays) as saved:
        return Executed(notebook, dict(saved))


def refusal(name, folder, given, kind="ValueError"):
    """The sentence with which ``notebooks/<name>`` refuses what is given."""
    with pytest.raises(CellExecutionError) as caught:
        run(name, {}, folder, given)
    assert caught.value.ename == kind
    return caught.value.evalue


def check_refusal_of_other_weights(name, folder):
    """Check that ``notebooks/<name>`` refuses weights that do not fit; returns the sentence."""
    other = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(4, 3)])
    path = Path(folder) / "other.weights.h5"
    other.save_weights(path)
    sentence = refusal(name, folder, {"WEIGHTS": str(path)})
    assert sentence.startswith("other.weights.h5: not weights of VGG16 as it is built here")
    assert "\n" not in sentence
    return sentence


def _put_in(notebook, given):
    if not given:
        return
    tagged = [i for i, c in enumerate(notebook.cells) if "parameters" in c.metadata.get("tags", ())]
    (place,) = tagged
    names = notebook.cells[place].source
    assert all(f"{name} = " in names for name in given), f"{given} are no parameters: {names}"
    lines = "\n".join(f"{name} = {value!r}" for name, value in given.items())
    notebook.cells.insert(place + 1, nbformat.v4.new_code_cell(lines))
