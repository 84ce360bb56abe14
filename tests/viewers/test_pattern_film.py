"""The film of an ascent: few frames, evenly apart, whatever comes."""

import numpy as np
import pytest

from convnet_widgets.viewers._pattern_film import Film, reduced


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


def test_many_large_pictures_are_reduced_to_their_means():
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (80, 256, 256, 3), np.uint8)
    small = reduced(pictures)
    assert small.shape == (80, 85, 85, 3)
    mean = pictures[7, 3:6, 6:9].reshape(-1, 3).mean(0).round()
    np.testing.assert_allclose(small[7, 1, 2], mean, atol=1)
