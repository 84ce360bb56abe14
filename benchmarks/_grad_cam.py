"""Grad-CAM of other libraries, each asked as its documentation says, and by its bare formula.

A way makes of (model, layer, target, outputs) a function from inputs to maps (batch, height,
width), not negative; of the layer's size, or of the images' where a library gives nothing else.
`layer` None leaves the choice to the library.
"""

import keras
import numpy as np
import tensorflow as tf


def tf_keras_vis(model, layer, target, outputs=1):
    """Of tf-keras-vis, with a linear output in place of softmax, as its examples have it."""
    from tf_keras_vis.gradcam import Gradcam
    from tf_keras_vis.utils.model_modifiers import ReplaceToLinear
    from tf_keras_vis.utils.scores import CategoricalScore, InactiveScore

    linear = getattr(model.layers[-1], "activation", None) in (None, keras.activations.linear)
    explain = Gradcam(model, model_modifier=None if linear else ReplaceToLinear())
    options = {"expand_cam": False, "normalize_cam": False}
    if layer is not None:
        options |= {"penultimate_layer": layer, "seek_penultimate_conv_layer": False}
    others = [InactiveScore() for _ in range(outputs - 1)]

    def run(inputs):
        named = isinstance(inputs, dict)
        given = [inputs[tensor.name] for tensor in model.inputs] if named else inputs
        score = CategoricalScore([target] * _images(inputs))
        return explain([score, *others], given, **options)

    return run


def xplique(model, layer, target, outputs=1):  # noqa: ARG001
    """Of xplique; bicubic at the images' size, so that it may fall below zero."""
    from xplique.attributions import GradCAM

    explain = GradCAM(model, conv_layer=layer)

    def run(inputs):
        wanted = tf.one_hot([target] * len(inputs), model.output_shape[-1])
        return np.squeeze(explain(inputs, wanted).numpy(), -1)

    return run


def tf_explain(model, layer, target, outputs=1):  # noqa: ARG001
    """Of tf-explain, before it is drawn, which is all that its `explain` gives."""
    from tf_explain.core.grad_cam import GradCAM

    layer = layer or GradCAM.infer_grad_cam_target_layer(model)

    def run(inputs):
        maps, gradients = GradCAM.get_gradients_and_filters(model, inputs, layer, target, False)
        return np.maximum(GradCAM.generate_ponderated_output(maps, gradients), 0)

    return run


def keras_io(model, layer, target, outputs=1):  # noqa: ARG001
    """After the steps of keras.io's "Grad-CAM class activation visualization", image by image."""
    model.layers[-1].activation = None  # as there: the user's model is changed

    def one(at, inputs):
        image = keras.tree.map_structure(lambda values: values[at : at + 1], inputs)
        both = keras.Model(model.input, [model.get_layer(layer).output, model.output])
        with tf.GradientTape() as tape:
            maps, answer = both(image)
            score = answer[:, target]
        pooled = tf.reduce_mean(tape.gradient(score, maps), axis=(0, 1, 2))
        heat = tf.squeeze(maps[0] @ pooled[..., None])
        return (tf.maximum(heat, 0) / tf.reduce_max(heat)).numpy()

    return lambda inputs: np.stack([one(at, inputs) for at in range(_images(inputs))])


def _images(inputs):
    return len(keras.tree.flatten(inputs)[0])


PEERS = {
    "tf-keras-vis": tf_keras_vis,
    "xplique": xplique,
    "tf-explain": tf_explain,
    "keras.io recipe": keras_io,
}


def gradients(model, inputs, layer, score, call=0, compiled=False):
    """Feature maps of a layer's call and the score's gradients by them, watched in a pass.

    `layer` is the layer itself, wherever in the model it is; `score` makes a number for each image
    of the output. Right for every kind of model, and slow. The pass is eager, or compiled.
    """
    own, returned = layer.call, []
    watched = keras.tree.map_structure(tf.constant, inputs)

    def call_and_keep(*given, **options):
        returned.append(own(*given, **options))
        return returned[-1]

    def watch():
        with tf.GradientTape() as tape:
            tape.watch(watched)
            total = tf.reduce_sum(score(model(watched, training=False)))
        return returned[call], tape.gradient(total, returned[call])

    layer.call = call_and_keep
    try:
        maps, gradient = tf.function(watch, autograph=False)() if compiled else watch()
    finally:
        layer.call = own
    return np.asarray(maps, "float32"), np.asarray(gradient, "float32")


def weighted(maps, gradient):
    """Grad-CAM by its formula: after ReLU, not scaled."""
    places = tuple(range(1, maps.ndim - 1))
    weights = gradient.astype("float64").mean(axis=places, keepdims=True)
    return np.maximum((maps * weights).sum(axis=-1), 0)


def scaled(maps):
    """Each map divided by its maximum, if that is above zero."""
    maps = np.maximum(np.asarray(maps, "float64"), 0)
    highest = maps.max(axis=tuple(range(1, maps.ndim)), keepdims=True)
    return np.divide(maps, highest, out=np.zeros_like(maps), where=highest > 0)


def difference(maps, expected):
    """The largest difference between maps after scaling; those of xplique are bicubic."""
    maps = np.asarray(maps, "float64")
    if not np.isfinite(maps).all():
        return np.inf
    if maps.shape != expected.shape and maps.ndim == 3:
        size, method = maps.shape[1:], tf.image.ResizeMethod.BICUBIC
        low = tf.constant(scaled(expected)[..., None], "float32")
        expected = tf.image.resize(low, size, method).numpy()[..., 0]
    if maps.shape != expected.shape:
        raise ValueError(f"a map of shape {maps.shape[1:]} where {expected.shape[1:]} is right")
    return float(np.abs(scaled(maps) - scaled(expected)).max())


def first_line(error):
    """An error in a line; of one within TensorFlow's traces, which say where, the last."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [""]
    text = lines[-1] if lines[0] == "in user code:" else lines[0]
    return f"{type(error).__name__}: {text}"[:160]
