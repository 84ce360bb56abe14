"""What a network takes: the shapes it declares, and data put into their structure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf


@dataclass(frozen=True)
class Signature:
    """Flat input specifications and the structure that the network takes them in."""

    specs: tuple[tf.TensorSpec, ...]
    structure: Any

    @property
    def key(self) -> tuple:
        """Equal for signatures that one graph serves."""
        return tuple((tuple(spec.shape), spec.dtype.name) for spec in self.specs)

    def pack(self, inputs: Sequence[Any]) -> Any:
        """Flat `inputs` in the network's structure."""
        return keras.tree.pack_sequence_as(self.structure, list(inputs))


def declared_signature(model: keras.Model) -> Signature | None:
    """The signature that `model` declares, for any batch size; None when it was never built."""
    if declares_inputs(model):
        return _symbolic_signature(model)
    specs = _first_call_specs(model)
    if specs is None or isinstance(specs, tf.TensorSpec):
        return None if specs is None else Signature((specs,), 0)
    return Signature(tuple(keras.tree.flatten(specs)), _skeleton(specs))


def signature_of(model: keras.Model, data: Any) -> Signature:
    """The signature by which `model` takes `data`, which fixes only what the network does not."""
    if declares_inputs(model):
        return _symbolic_signature(model)
    flat = keras.tree.flatten(data)
    specs = tuple(tf.TensorSpec(np.shape(x), _dtype(x)) for x in flat)
    return Signature(specs, _skeleton(data) if len(flat) > 1 else 0)


def flat_inputs(model: keras.Model, data: Any) -> list[tf.Tensor]:
    """`data` as tensors in the order of the network's inputs.

    Raises
    ------
    ValueError
        If there are more or fewer arrays than inputs, or a shape does not fit.
    """
    declared = _symbolic_inputs(model)
    if isinstance(data, Mapping) and declared and not isinstance(_structure(model), Mapping):
        data = [_by_name(data, tensor.name) for tensor in declared]
    flat = keras.tree.flatten(data)
    if declared:
        _check(model, declared, flat)
        return [tf.convert_to_tensor(x, t.dtype) for x, t in zip(flat, declared, strict=True)]
    return [tf.convert_to_tensor(x, _dtype(x)) for x in flat]


def input_names(model: keras.Model) -> list[str]:
    """Names of the flat inputs; none of a network that does not say what it takes."""
    return [tensor.name for tensor in _symbolic_inputs(model)]


def declares_inputs(model: keras.Model) -> bool:
    """Whether `model` says what it takes, as those do that are no subclass."""
    return bool(_symbolic_inputs(model))


def build(model: keras.Model, inputs: Sequence[tf.Tensor], signature: Signature) -> None:
    """Create the weights of a network that was never called, as its first call would."""
    if not model.built:
        model(signature.pack(inputs), training=False)


def _symbolic_signature(model: keras.Model) -> Signature:
    inputs = _symbolic_inputs(model)
    specs = (tf.TensorSpec((None, *tensor.shape[1:]), tensor.dtype) for tensor in inputs)
    return Signature(tuple(specs), _skeleton(_structure(model)))


def _symbolic_inputs(model: keras.Model) -> list[Any]:
    return list(getattr(model, "inputs", None) or [])


def _structure(model: keras.Model) -> Any:
    if isinstance(model, keras.Sequential):  # has no `input` until it is itself called
        return 0
    return model.input


def _skeleton(structure: Any) -> Any:
    """The structure without what is in it, which a graph would keep alive."""
    return keras.tree.map_structure(lambda _: 0, structure)


def _first_call_specs(model: keras.Model) -> Any:
    """Specifications in the structure that the first call of a subclassed model had."""
    shapes = list((getattr(model, "_build_shapes_dict", None) or {}).values())
    if not model.built or len(shapes) != 1:
        return None
    return keras.tree.map_shape_structure(tf.TensorSpec, shapes[0])


def _dtype(x: Any) -> tf.DType:
    dtype = tf.as_dtype(np.asarray(x).dtype)
    return tf.float32 if dtype == tf.float64 else dtype


def _by_name(data: Mapping[str, Any], name: str) -> Any:
    if name not in data:
        raise ValueError(f"no array for the input {name!r} among {sorted(data)}")
    return data[name]


def _check(model: keras.Model, declared: Sequence[Any], flat: Sequence[Any]) -> None:
    if len(declared) != len(flat):
        names = ", ".join(tensor.name for tensor in declared)
        raise ValueError(
            f"{model.name} takes {len(declared)} inputs ({names}), {len(flat)} arrays were given"
        )
    for tensor, x in zip(declared, flat, strict=True):
        if not tf.TensorShape((None, *tensor.shape[1:])).is_compatible_with(np.shape(x)):
            raise ValueError(
                f"the input {tensor.name} of {model.name} takes arrays of shape {tensor.shape}, "
                f"not {np.shape(x)}"
            )
    counts = [len(x) for tensor, x in zip(declared, flat, strict=True) if tensor.shape[0] is None]
    if len(set(counts)) > 1:
        raise ValueError(
            f"the inputs of {model.name} were given for {counts} images; give each for as many"
        )
