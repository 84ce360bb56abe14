"""What passes between a panel and its browser."""

import io

import kinds
import numpy as np
from PIL import Image

from convnet_widgets.rendering.quantisation import Quantised, dequantise


def message(viewer, content, *buffers):
    """The browser sends the viewer a custom message."""
    data = {"method": "custom", "content": content}
    viewer._handle_msg({"content": {"data": data}, "buffers": list(buffers)})


def png(*shape, seed=0):
    """An image file to upload, as bytes."""
    file = io.BytesIO()
    Image.fromarray(kinds.pixels(*shape, seed=seed).astype("uint8")).save(file, "png")
    return file.getvalue()


def shown_maps(viewer):
    """The maps as the browser has them."""
    ranges = np.frombuffer(viewer._ranges, "float32").reshape(-1, 2)
    return dequantise(Quantised(viewer._codes, ranges, viewer.height, viewer.width))
