"""All feature maps of an image against one compiled forward pass of the same network.

Aim: from the second call on, at most 1.3 times the forward pass.
"""

import argparse

import tensorflow as tf
from _timing import compare, print_ratios

import convnet_widgets as cw

NETWORKS = {"EfficientNetLite0": "auto", "ResNet50V2": "random"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=30, help="rounds (default: 30)")
    repeat = parser.parse_args().repeat
    image = cw.load_image("cat")
    for name, weights in NETWORKS.items():
        net = cw.load_model(name, weights=weights)
        inputs = net.prepare(image)
        bare = cw.VisionModel(net.model, preprocess=lambda pixels: pixels)
        tensor = tf.constant(inputs)
        forward = tf.function(lambda x, model=net.model: model(x, training=False))
        candidates = {
            "one compiled forward pass": lambda f=forward, x=tensor: f(x),
            "feature_maps of all layers, prepared image": lambda n=bare, x=inputs: cw.feature_maps(
                n, x
            ),
            "feature_maps of all layers, photograph": lambda n=net: cw.feature_maps(n, image),
            "eager model(x)": lambda m=net.model, x=tensor: m(x, training=False),
            "model.predict": lambda m=net.model, x=inputs: m.predict(x, verbose=0),
        }
        print_ratios(f"{name}, median of {repeat} rounds", compare(candidates, repeat))


if __name__ == "__main__":
    main()
