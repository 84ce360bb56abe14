"""The film of an ascent: few frames, evenly apart, whatever comes."""

import numpy as np
import pytest

from convnet_widgets.viewers._pattern_film import Film


def numbered(number, count=1, size=4):
    return np.full((count, size, size, 3), number % 256, np.uint8)


@pytest.mark.parametrize("last", [0, 1, 30, 31, 32, 33, 100, 512, 1000])
def test_a_film_has_at_most_32_moments_evenly_apart(last):
    film = Film()
    for number in range(last + 1):
        film.add(number, numbered(number))
    moments = [int(one[0, 0, 0, 0]) for one in film.until(last, numbered(last))]
    every = next(e for e in (1, 2, 4, 8, 16, 32, 64) if last // e + 1 <= 31)
    assert moments == [n % 256 for n in [*range(0, last, every), last]]
    assert len(moments) <= 32


def test_what_is_kept_does_not_change_with_the_pictures():
    film, pictures = Film(), numbered(3)
    film.add(0, pictures)
    pictures[:] = 9
    first, last = film.until(1, pictures)
    assert (first == 3).all()
    assert (last == 9).all()
