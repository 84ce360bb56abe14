"""Peak memory of the quickstart in a notebook's kernel against TensorFlow and the model alone.

On Linux alone, whose kernel notes the most memory that a process ever held.
"""

import subprocess
import sys
from pathlib import Path
from statistics import median

import nbformat
from nbclient import NotebookClient

RUNS = 3
AIM = 1.3
QUICKSTART = Path(__file__).parents[1] / "notebooks" / "00_quickstart.ipynb"

# ru_maxrss would count the process that started this one as well
PEAK = """
from pathlib import Path
status = Path("/proc/self/status").read_text()
print("peak", next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
"""
MODEL = """
import tensorflow
import convnet_widgets as cw
net = cw.load_model("EfficientNetLite0")
"""


def of_process(code):
    """Peak MiB of a fresh Python that runs `code`."""
    command = [sys.executable, "-c", code + PEAK]
    return _peak(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def of_kernel(cells):
    """Peak MiB of a fresh kernel that runs `cells`."""
    code = [nbformat.v4.new_code_cell(cell) for cell in [*cells, PEAK]]
    notebook = nbformat.v4.new_notebook(cells=code)
    client = NotebookClient(notebook, timeout=300, kernel_name="python3")
    client.execute(stderr=subprocess.DEVNULL)  # TensorFlow's notices; errors of cells are raised
    return _peak(notebook.cells[-1].outputs[-1].text)


def _peak(text):
    return int(text.split()[-1]) / 1024


def quickstart_cells():
    """The code of the quickstart."""
    cells = nbformat.read(QUICKSTART, 4).cells
    return [cell.source for cell in cells if cell.cell_type == "code"]


CASES = {
    "TensorFlow and the model alone": lambda: of_process(MODEL),
    "the same in a kernel": lambda: of_kernel([MODEL]),
    "the quickstart in a kernel": lambda: of_kernel(quickstart_cells()),
}


def measure():
    """Median peak of each case, MiB."""
    rounds = [[run() for run in CASES.values()] for _ in range(RUNS)]
    return dict(zip(CASES, map(median, zip(*rounds, strict=True)), strict=True))


def main():
    peaks = measure()
    model, *_, quickstart = peaks.values()
    print(f"peak memory, median of {RUNS} fresh processes; ratios to the first\n")
    for name, peak in peaks.items():
        print(f"{name:32}{peak / model:5.2f}×  {peak:5.0f} MiB")
    print(f"\nthe quickstart: {quickstart / model:.2f}× (aim: at most {AIM}×)")


if __name__ == "__main__":
    main()
