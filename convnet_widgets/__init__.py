"""Jupyter widgets that show what a convolutional network learned.

Public names are loaded on first use: importing this package loads neither
TensorFlow, Keras nor matplotlib.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
