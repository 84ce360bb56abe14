import keras
import numpy as np
import pytest
import tensorflow as tf

from convnet_widgets.core.patterns.parameterisations import (
    COLOUR_CORRELATION,
    Fourier,
    GreyNoise,
    Phase,
    Pixels,
    fourier_scale,
)

ALL = [
    GreyNoise(),
    Pixels(),
    Pixels(decorrelated=True),
    Fourier(),
    Fourier(decorrelated=False),
]


def spectrum(place):
    """Values (1, 1, 4, 3, 2) of a 4 × 4 spectrum with a real 1 at `place`."""
    values = np.zeros((1, 1, 4, 3, 2), "float32")
    values[(0, 0, *place, 0)] = 1
    return values


def plain_4x4(place):
    return Fourier().plain(spectrum(place), (1, 4, 4, 1)).numpy()[0, ..., 0]


class TestFourier:
    def test_scale(self):
        expected = [
            [4, 4, 2],
            [4, 2.82842712, 1.78885438],
            [2, 1.78885438, 1.41421356],
            [4, 2.82842712, 1.78885438],
        ]
        np.testing.assert_allclose(fourier_scale(4, 4) / 4, expected, rtol=1e-6)

    def test_single_frequencies(self):
        np.testing.assert_allclose(plain_4x4((0, 0)), np.full((4, 4), 0.25), atol=1e-7)
        np.testing.assert_allclose(plain_4x4((0, 1)), [[0.5, 0, -0.5, 0]] * 4, atol=1e-7)

    @pytest.mark.parametrize("size", [(4, 4), (5, 5), (4, 7), (7, 4), (1, 6), (6, 1), (33, 65)])
    def test_any_size_agrees_with_numpy(self, size):
        shape = (2, *size, 3)
        values = Fourier().start(shape, np.random.default_rng(0))
        image = Fourier(decorrelated=False).plain(values, shape).numpy()
        assert image.shape == shape
        scaled = (values[..., 0] + 1j * values[..., 1]) * fourier_scale(*size)
        expected = np.fft.irfft2(scaled, s=(size[0], 2 * (scaled.shape[-1] - 1)))
        expected = np.moveaxis(expected[..., : size[0], : size[1]] / 4, 1, -1)
        np.testing.assert_allclose(image, expected, atol=1e-5)

    def test_no_frequency_is_preferred(self):
        shape = (1, 64, 64, 1)
        values = Fourier().start(shape, np.random.default_rng(1))
        image = Fourier().plain(values, shape).numpy()[0, ..., 0]
        amplitude = np.abs(np.fft.rfft2(image)) / fourier_scale(64, 64)
        low, high = amplitude[1:5, 1:5].mean(), amplitude[20:32, 20:32].mean()
        assert 0.7 < low / high < 1.4


@pytest.mark.parametrize("parameterisation", ALL, ids=repr)
class TestEvery:
    @pytest.mark.parametrize("channels", [1, 3, 7])
    def test_starts_near_grey_and_is_seeded(self, parameterisation, channels):
        shape = (2, 9, 12, channels)
        starts = [parameterisation.start(shape, np.random.default_rng(s)) for s in (3, 3, 4)]
        np.testing.assert_array_equal(starts[0], starts[1])
        assert not np.array_equal(starts[0], starts[2])
        image = parameterisation.image(starts[0], shape).numpy()
        assert image.shape == shape
        assert image.dtype == np.float32
        assert 90 < image.min() < image.max() < 165

    def test_can_fit_an_image(self, parameterisation):
        rows, columns = np.mgrid[:15, :18] / 18
        picture = np.stack([rows, columns, 0.5 + 0.4 * np.sin(9 * rows * columns)], -1)
        picture = (255 * (0.05 + 0.9 * picture[None])).astype("float32")
        values = tf.Variable(parameterisation.start(picture.shape, np.random.default_rng(0)))
        rate = 6.0 if isinstance(parameterisation, GreyNoise) else 0.2
        optimiser = keras.optimizers.Adam(rate)
        optimiser.build([values])

        @tf.function
        def step():
            with tf.GradientTape() as tape:
                image = parameterisation.image(tf.convert_to_tensor(values), picture.shape)
                loss = tf.reduce_mean(tf.square(image - picture)) / 255
            optimiser.apply_gradients([(tape.gradient(loss, values), values)])

        for _ in range(400):
            step()
        error = np.abs(parameterisation.image(values, picture.shape).numpy() - picture).mean() / 255
        assert error < 0.01


class TestColours:
    def test_the_matrix(self):
        expected = [[0.5628, 0.1948, 0.0433], [0.5845, 0, -0.1082], [0.5845, -0.1948, 0.0649]]
        np.testing.assert_allclose(COLOUR_CORRELATION, expected, atol=1e-4)

    def test_an_image_is_the_sigmoid_of_its_correlated_values(self):
        values = np.array([[[[1.0, -2.0, 0.5]]]], "float32")
        image = Pixels(decorrelated=True).image(values, values.shape).numpy()
        expected = 255 / (1 + np.exp(-(COLOUR_CORRELATION @ values[0, 0, 0])))
        np.testing.assert_allclose(image[0, 0, 0], expected, rtol=1e-5)

    def test_only_three_channels_have_colours(self):
        values = np.ones((1, 1, 1, 7), "float32")
        image = Pixels(decorrelated=True).image(values, values.shape).numpy()
        np.testing.assert_allclose(image, 255 / (1 + np.exp(-1)), rtol=1e-5)


def test_grey_noise_is_that_of_the_book():
    start = GreyNoise().start((1, 200, 200, 3), np.random.default_rng(0))
    assert 128 <= start.min() < 128.01
    assert 147.99 < start.max() <= 148
    assert start.mean() == pytest.approx(138, abs=0.1)
    np.testing.assert_array_equal(GreyNoise().image(start - 500, start.shape), start - 500)


class TestPhase:
    @pytest.mark.parametrize("size", [(16, 16), (9, 12), (12, 9)])
    def test_changes_no_magnitude(self, size):
        shape = (2, *size, 1)
        values = 3 * Phase().start(shape, np.random.default_rng(0)) + 1
        image = Phase().image(values, shape).numpy().astype("float64") / 255
        plain = np.log(image / (1 - image))[..., 0]
        np.testing.assert_allclose(plain.mean((1, 2)), 0, atol=1e-4)
        np.testing.assert_allclose(plain.std((1, 2)), 1, atol=1e-3)
        if size[1] % 2 == 0:  # else a column is cut off
            share = np.abs(np.fft.rfft2(plain)) / fourier_scale(*size)
            inner = share[:, 1 : size[1] // 2, 1:-1]
            np.testing.assert_allclose(inner / inner.mean((1, 2), keepdims=True), 1, rtol=1e-3)

    def test_is_seeded(self):
        first, again, other = (
            Phase().start((1, 8, 8, 3), np.random.default_rng(seed)) for seed in (1, 1, 2)
        )
        np.testing.assert_array_equal(first, again)
        assert not np.array_equal(first, other)

    def test_finds_an_image_of_such_magnitudes(self):
        shape = (1, 8, 8, 1)
        start, goal = (Phase().start(shape, np.random.default_rng(s)) for s in (0, 1))
        values, picture = tf.Variable(start), Phase().image(0.2 * goal + 0.98 * start, shape)
        optimiser = keras.optimizers.Adam(0.05)
        for _ in range(300):
            with tf.GradientTape() as tape:
                error = Phase().image(tf.convert_to_tensor(values), shape) - picture
                loss = tf.reduce_mean(tf.square(error)) / 255
            optimiser.apply_gradients([(tape.gradient(loss, values), values)])
        assert np.abs(error).mean() / 255 < 0.01
