"""Peak memory of 512 patterns of 128 × 128 pixels above the model that has run once (Linux).

Aim: at most 2 GB. A single step, since each needs what the one before needed.
"""

import argparse
import subprocess
import sys

AIM = 2.0  # GB
MODEL = """
import sys
from pathlib import Path
import numpy as np
import convnet_widgets as cw
net = cw.load_model("VGG16", weights="hed", include_top=False)
cw.feature_maps(net, np.zeros((1, 128, 128, 3), "float32"), sys.argv[1])
"""
PATTERNS = """
filters = range(int(sys.argv[2]))
made = cw.filter_patterns(net, sys.argv[1], filters, "fast", size=128, steps=1, cache=False)
assert made.images.shape == (len(filters), 128, 128, 3)
"""
PEAK = """
status = Path("/proc/self/status").read_text()
print("peak", next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
"""


def peak(code, layer, filters):
    """Peak GB of a fresh Python that runs `code`."""
    command = [sys.executable, "-c", code + PEAK, layer, str(filters)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return int(done.stdout.split()[-1]) * 1024 / 1e9


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layer", default="block4_conv1", help="default: block4_conv1")
    parser.add_argument("--filters", type=int, default=512, help="default: 512")
    given = parser.parse_args()
    model = peak(MODEL, given.layer, given.filters)
    above = peak(MODEL + PATTERNS, given.layer, given.filters) - model
    print(
        f"{given.filters} patterns of {given.layer}: {above:.2f} GB above {model:.2f} GB of the "
        f"model (aim: at most {AIM:g} GB)"
    )


if __name__ == "__main__":
    main()
