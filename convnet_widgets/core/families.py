"""The families of ``keras.applications``: their names, preprocessing and class labels."""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from typing import Any

import keras
import numpy as np

_IMAGENET_CLASSES = 1000


@dataclass(frozen=True)
class Family:
    """What one module of ``keras.applications`` knows about its networks.

    Parameters
    ----------
    names : str
        Regular expression of the whole name, in lower case, that Keras gives
        the family's models.
    module : str
        Module of ``keras.applications`` with the family's ``preprocess_input``.
    built_in : str or None
        Set for networks that normalise pixels by themselves: the mode of
        ``imagenet_utils.preprocess_input`` that does the same for those built
        with ``include_preprocessing=False``.
    """

    names: str
    module: str
    built_in: str | None = None


# A user's "my_resnet" belongs to none: the names are matched as a whole.
_FAMILIES = (
    Family(r"convnext_(tiny|small|base|large|xlarge)", "convnext", "torch"),
    Family(r"densenet(121|169|201)", "densenet"),
    Family(r"efficientnetb[0-7]", "efficientnet"),
    Family(r"efficientnetv2-b[0-3]", "efficientnet_v2", "torch"),
    Family(r"efficientnetv2-[sml]", "efficientnet_v2", "tf"),
    Family(r"inception_resnet_v2", "inception_resnet_v2"),
    Family(r"inception_v3", "inception_v3"),
    Family(r"mobilenet_\d\.\d+_(\d+|none)", "mobilenet"),
    Family(r"mobilenetv2_\d\.\d+_(\d+|none)", "mobilenet_v2"),
    Family(r"mobilenetv3(small|large)", "mobilenet_v3", "tf"),
    Family(r"nasnet_(mobile|large)", "nasnet"),
    Family(r"resnet(50|101|152)", "resnet"),
    Family(r"resnet(50|101|152)v2", "resnet_v2"),
    Family(r"vgg16", "vgg16"),
    Family(r"vgg19", "vgg19"),
    Family(r"xception", "xception"),
)
LITE = "EfficientNetLite0"


def constructors() -> dict[str, Callable[..., Any]]:
    """Constructors of ``keras.applications`` by name, as ``"VGG16"``."""
    return dict(inspect.getmembers(keras.applications, inspect.isfunction))


def find_family(name: str) -> Family | None:
    """Family that gives its models the name `name`, or None.

    Parameters
    ----------
    name : str
        Name of a model as Keras gives it, such as ``"mobilenetv2_0.35_96"``.
    """
    return next((f for f in _FAMILIES if re.fullmatch(f.names, name.lower())), None)


def constructor_name(name: str) -> str | None:
    """Name of the constructor that names its models `name`: "vgg16" gives "VGG16".

    None if no constructor of ``keras.applications`` does.
    """
    if name == LITE.lower():
        return LITE
    if find_family(name) is None:
        return None
    plain = re.sub(r"_\d.*|[-_]", "", name.lower())
    return next(known for known in constructors() if known.lower() == plain)


def find_preprocessing(model: keras.Model) -> Callable[..., Any] | None:
    """Preprocessing of the family that `model` belongs to by its name.

    Parameters
    ----------
    model : keras.Model

    Returns
    -------
    callable or None
        From RGB pixels 0–255, float32 (batch, height, width, 3), to the values
        that the network was trained on, in the same shape. None for a model of
        no known family.
    """
    name = constructor_name(model.name)
    return None if name is None else preprocessing(name, model)


def preprocessing(name: str, model: keras.Model) -> Callable[..., Any]:
    """Preprocessing for `model`, built by the constructor `name`; see `find_preprocessing`."""
    if name == LITE:
        return lite_preprocessing
    family = find_family(_model_name(name))
    assert family is not None
    if family.built_in is not None and not _normalises(model):
        mode = partial(keras.applications.imagenet_utils.preprocess_input, mode=family.built_in)
        return partial(_preprocess, mode)
    return partial(_preprocess, getattr(keras.applications, family.module).preprocess_input)


def lite_preprocessing(pixels: Any) -> np.ndarray:
    """Preprocessing of EfficientNet-Lite: (x − 127) / 128.

    Parameters
    ----------
    pixels : array_like, shape (batch, height, width, 3)
        RGB values 0–255.

    Returns
    -------
    ndarray of float32, same shape
        Values −0.99 to 1.
    """
    return (np.asarray(pixels, "float32") - 127) / 128


@cache
def imagenet_classes() -> tuple[tuple[str, str], ...]:
    """ImageNet's 1000 classes in the order of the outputs, as (synset, name).

    The names are those of Keras's ``decode_predictions``, which fetches them.
    """
    text = files(__package__).joinpath("data/imagenet_classes.txt").read_text("utf-8")
    return tuple((line[:9], line[10:]) for line in text.splitlines())


def find_labels(model: keras.Model) -> tuple[str, ...] | None:
    """Names of ImageNet's classes if `model` is of a known family and 1000 wide, or None."""
    return None if constructor_name(model.name) is None else imagenet_labels(model)


def imagenet_labels(model: keras.Model) -> tuple[str, ...] | None:
    """Names of ImageNet's classes if `model` gives one score for each, or None."""
    if getattr(model, "output_shape", None) == (None, _IMAGENET_CLASSES):
        return tuple(name for _, name in imagenet_classes())
    return None


def _model_name(constructor: str) -> str:
    """Name that `constructor` gives its models; MobileNets' have their width and size in it."""
    parameters = inspect.signature(constructors()[constructor]).parameters
    return parameters["name"].default or f"{constructor.lower()}_1.00_224"


def _normalises(model: keras.Model) -> bool:
    kinds = (keras.layers.Rescaling, keras.layers.Normalization)
    return any(isinstance(layer, kinds) for layer in model.layers)


def _preprocess(function: Callable[..., Any], pixels: Any) -> np.ndarray:
    # Keras's functions write into the array they are given.
    return function(np.array(pixels, "float32"), data_format="channels_last")
