import threading
import time

import kinds
import numpy as np
import pytest
import tensorflow as tf

import convnet_widgets as cw
from convnet_widgets.core.running import run


def together(*jobs):
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_threads_take_turns():
    inside, most = [], []

    def function(x):
        inside.append(x)
        most.append(len(inside))
        time.sleep(0.02)
        inside.pop()
        return x

    together(*[lambda: run(function, [tf.constant(1.0)])] * 4)
    assert most == [1, 1, 1, 1]


def test_an_error_gives_the_turn_to_the_next():
    def function():
        raise ValueError("not this time")

    for _ in range(2):
        with pytest.raises(ValueError, match="not this time"):
            run(function, [])


def test_maps_and_pictures_made_by_threads_are_those_made_by_one():
    model, x = kinds.subclassed(), kinds.RGB()
    expected = cw.feature_maps(model, x, "head")["head"].copy()
    picture = cw.filter_patterns(model, "conv1", [0], recipe="fast", size=16, cache=False)
    wrong = []

    def maps():
        for _ in range(100):
            found = cw.feature_maps(model, x, "head")["head"]
            wrong.extend([] if np.allclose(found, expected, rtol=1e-3, atol=1e-4) else [found])

    def pictures():
        found = cw.filter_patterns(model, "conv1", [0], recipe="fast", size=16, cache=False)
        wrong.extend([] if np.array_equal(found.images, picture.images) else [found])

    together(maps, maps, pictures)
    assert wrong == []
