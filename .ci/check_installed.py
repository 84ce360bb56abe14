"""Check the installed package outside its checkout: every file is there and every part starts.

Takes a text file that lists the package's files in the checkout, one on a line.
"""

import sys
from pathlib import Path

import convnet_widgets as cw

ROOT = Path(cw.__file__).parents[1]


def main(listing):
    """Exit with an error if something is missing or does not work."""
    files = Path(listing).read_text("utf-8").split()
    missing = [name for name in files if not (ROOT / name).is_file()]
    if not files or missing:
        sys.exit(f"{len(files)} files in the checkout, not installed: {missing}")
    public = [getattr(cw, name) for name in cw.__all__]
    net = cw.load_model("EfficientNetLite0", weights="random")
    image = [[[255, 128, 0]] * 8] * 8
    viewer = cw.FeatureMapViewer(net, image)
    viewer.wait()
    if viewer.error or len(cw.predict(net, image)[0]) != 5:
        sys.exit(f"the installed package does not work: {viewer.error}")
    print(f"{len(files)} files and {len(public)} public names in {ROOT}")


if __name__ == "__main__":
    main(sys.argv[1])
