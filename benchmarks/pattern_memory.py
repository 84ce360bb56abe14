"""Peak memory of 512 patterns of 128 × 128 pixels above the model that has run once (Linux).

Aim: at most 2 GB. Few steps, since a step needs what the one before needed.
"""

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
made = cw.filter_patterns(net, sys.argv[1], range(512), "fast", size=128, steps=2, cache=False)
assert made.images.shape == (512, 128, 128, 3)
"""
PEAK = """
status = Path("/proc/self/status").read_text()
print("peak", next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
"""


def peak(code, layer):
    """Peak GB of a fresh Python that runs `code`."""
    command = [sys.executable, "-c", code + PEAK, layer]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return int(done.stdout.split()[-1]) * 1024 / 1e9


def main():
    for layer in sys.argv[1:] or ["block4_conv1"]:
        model, patterns = peak(MODEL, layer), peak(MODEL + PATTERNS, layer)
        above = patterns - model
        print(f"{layer}: {above:.2f} GB above {model:.2f} GB of the model (aim: at most {AIM} GB)")


if __name__ == "__main__":
    main()
