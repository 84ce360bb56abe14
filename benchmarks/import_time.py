"""Time ``import convnet_widgets`` against ``import numpy``, each in a fresh process.

The two alternate, so that a busy moment slows both. Prints medians and their ratio; aim: at most 3.
"""

import subprocess
import sys
from statistics import median

ROUNDS = 15
MODULES = ("convnet_widgets", "numpy")
PROGRAM = """
import time
start = time.perf_counter()
import {module}
print(time.perf_counter() - start)
"""


def seconds(module):
    """Duration of the import in a process of its own."""
    run = [sys.executable, "-c", PROGRAM.format(module=module)]
    return float(subprocess.run(run, capture_output=True, text=True, check=True).stdout)


def main():
    """Measure, after one round that only warms the file cache."""
    rounds = [[seconds(module) for module in MODULES] for _ in range(ROUNDS + 1)][1:]
    ours, numpy = (median(column) for column in zip(*rounds, strict=True))
    print(f"import convnet_widgets  {1000 * ours:7.1f} ms")
    print(f"import numpy            {1000 * numpy:7.1f} ms")
    print(f"ratio                   {ours / numpy:7.2f}   (aim: at most 3)")


if __name__ == "__main__":
    main()
