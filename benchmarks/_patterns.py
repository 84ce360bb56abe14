"""What the benchmarks of patterns share: the network, the book's ascent, and one judge for all."""

import statistics
import time
from functools import cached_property
from itertools import groupby

import keras
import numpy as np
import tensorflow as tf

import convnet_widgets as cw
from convnet_widgets.core.patterns.requests import requested
from convnet_widgets.core.patterns.steps import joined

BOOK_STEPS = 40
_BATCH = 16  # images that are judged at once


class Layer:
    """A layer of the stand-in for VGG16, as a plain Keras model."""

    def __init__(self, name, size, net=None):
        self.net = net or cw.load_model("VGG16", weights="hed", include_top=False)
        self.name, self.size = name, size
        self.model = keras.Model(self.net.model.inputs, self.net.model.get_layer(name).output)

    def starts(self, filters):
        """Noise of the book's distribution, drawn for each filter."""
        shape = (self.size, self.size, 3)
        draws = [np.random.default_rng(filter).random(shape, "float32") for filter in filters]
        return np.stack(draws) * 20 + 128

    @cached_property
    def means(self):
        """From images to the mean of each channel."""
        return tf.function(lambda images: tf.reduce_mean(self.model(images), [1, 2]))

    def scores(self, images, filters, preprocessed=False):
        """The mean of an image's own channel, the network's padding and all, as the book has it."""
        if preprocessed:
            images = self.net.preprocess(images.copy())  # Keras' own writes into what it is given
        parts = [images[i : i + _BATCH] for i in range(0, len(images), _BATCH)]
        means = np.concatenate([self.means(tf.constant(part)).numpy() for part in parts])
        return means[np.arange(len(filters)), list(filters)]

    @cached_property
    def book_step(self):
        """One step of the listing in section 5.4.2, for an image and the index of a filter."""

        @tf.function
        def step(image, filter_index):
            with tf.GradientTape() as tape:
                tape.watch(image)
                activation = tf.gather(self.model(image), filter_index, axis=-1)
                loss = tf.reduce_mean(activation)
            grads = tape.gradient(loss, image)
            grads /= tf.sqrt(tf.reduce_mean(tf.square(grads))) + 1e-5
            return image + 1.0 * grads

        return step

    def book(self, filters):
        """The book's images of filters, one filter after another."""
        images = []
        for filter, start in zip(filters, self.starts(filters), strict=True):
            image, index = tf.constant(start[None]), tf.constant(filter)
            for _ in range(BOOK_STEPS):
                image = self.book_step(image, index)
            images.append(image.numpy()[0])
        return np.stack(images)

    def request(self, filters, recipe, precision=None):
        """What our engine is asked for; compiled when it is first climbed."""
        return requested(self.net, self.name, filters, recipe, self.size, None, 0, precision)


def climbed(request):
    """Our ascent, a step of all filters at a time; a request is compiled once."""
    for _, moves in groupby(request.rounds(request.filters), lambda pair: pair[1].step.number):
        yield joined([move.step for _, move in moves])


def distances(images, starts):
    """Root mean square of what an ascent has changed in each image."""
    return np.sqrt(np.mean(np.square(images - starts), axis=(1, 2, 3), dtype="float64"))


def seconds(run):
    """How long a call takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def median_ratio(rounds, name, to):
    """Median over rounds of a candidate's time as a ratio to another's in the same round."""
    return statistics.median(times[name] / times[to] for times in rounds)
