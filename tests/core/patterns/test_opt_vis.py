import dataclasses

import keras
import kinds
import numpy as np
import pytest
import tensorflow as tf

import convnet_widgets as cw
from convnet_widgets.core.patterns.filter_patterns import ascend_filters, filter_patterns
from convnet_widgets.core.patterns.opt_vis import OptVis
from convnet_widgets.core.patterns.parameterisations import Fourier
from convnet_widgets.core.patterns.recipes import OPTVIS
from convnet_widgets.core.patterns.steps import DivergedError

PLAIN = {"fourier": False, "decorrelated": False, "transforms": (), "clip": None, "margin": 0}
EXACT = {"precision": "float32"}
MOVING = {"transforms": OPTVIS.transforms}


@dataclasses.dataclass(frozen=True)
class Downhill:
    """The optimiser of an engine that does what Keras's SGD does."""

    rate: float

    def slots(self, values):  # noqa: ARG002
        return ()

    def change(self, gradient, slots, number):  # noqa: ARG002
        return self.rate * gradient, slots


def colours(*weights, bias=0.0, activation=None):
    """A network of one 1 × 1 filter of these weights."""
    layer = keras.layers.Conv2D(1, 1, activation=activation, name="unit")
    model = keras.Sequential([keras.Input((None, None, 3)), layer])
    layer.set_weights([np.reshape(weights, (1, 1, 3, 1)), np.array([bias])])
    return model


def network():
    """Three convolutions, the second with zero padding and a stride."""
    stack = [
        keras.Input((None, None, 3)),
        keras.layers.Conv2D(4, 3, activation="relu", name="first"),
        keras.layers.Conv2D(6, 3, 2, "same", activation="relu", name="second"),
        keras.layers.Conv2D(5, 3, name="third"),
    ]
    return kinds.seeded(keras.Sequential(stack, name="three"))


def trained(net, layer="second", filter=2, epochs=4, optimizer=None, **keys):
    opt_vis = OptVis(net, layer, filter, **{"size": 16, "transforms": (), **EXACT, **keys})
    opt_vis.compile(optimizer)
    opt_vis.fit(epochs)
    return opt_vis


class TestTheMethod:
    def test_of_a_gradient_computed_by_hand(self):
        """d mean(w · 255 σ(v)) / dv = w · 255 σ(v) (1 − σ(v)) / pixels."""
        weights = np.array([0.5, -1.0, 0.0], "float32")
        opt_vis = OptVis(colours(*weights), 0, 0, (2, 3), **PLAIN, **EXACT)
        values = -np.log(255 / opt_vis.image - 1)
        opt_vis.compile(keras.optimizers.SGD(0.02))
        for _ in range(3):
            sigmoid = 1 / (1 + np.exp(-values))
            loss = opt_vis.train_step()["loss"]
            assert loss == pytest.approx((255 * sigmoid @ weights).mean(), rel=1e-5)
            values += 0.02 * weights * 255 * sigmoid * (1 - sigmoid) / 6
            expected = 255 / (1 + np.exp(-values))
            np.testing.assert_allclose(opt_vis.image, expected, rtol=1e-4)
            np.testing.assert_allclose(opt_vis(), expected @ weights, rtol=1e-4)
        assert opt_vis.losses[0] < opt_vis.losses[1] < opt_vis.losses[2]

    def test_is_that_of_filter_patterns(self):
        net = network()
        recipe = dataclasses.replace(OPTVIS, optimiser=Downhill(3.0), steps=6, size=16)
        patterns = filter_patterns(net, "second", 2, recipe, seed=4, cache=False, **EXACT)
        opt_vis = trained(net, epochs=6, optimizer=keras.optimizers.SGD(3.0), seed=4, **MOVING)
        difference = patterns.images[0].astype(int) - opt_vis.picture
        assert np.abs(difference).max() <= 1
        assert patterns.activations[0] == pytest.approx(opt_vis().mean(), rel=1e-4)
        steps = list(ascend_filters(net, "second", 2, recipe, seed=4, **EXACT))
        losses = [step.objective[0] for step in steps[:-1]]
        np.testing.assert_allclose(opt_vis.losses, losses, rtol=1e-4)
        assert patterns.images[0].std() > 10

    def test_does_by_default_what_the_recipe_does_but_for_silent_filters(self):
        recipe = OptVis(network(), "second", 2, **EXACT).recipe
        assert recipe.redirected_steps == 0
        recipe = dataclasses.replace(recipe, redirected_steps=OPTVIS.redirected_steps)
        assert dataclasses.replace(recipe, precision=None) == OPTVIS
        assert OPTVIS.optimiser.rate == trained(network(), epochs=1).optimizer.learning_rate

    def test_goes_on_where_it_is(self):
        once, twice = trained(network(), epochs=5), trained(network(), epochs=2)
        np.testing.assert_array_equal(twice.fit(3), once.picture)
        assert twice.losses == once.losses
        assert len(once.losses) == 5

    def test_the_same_seed_gives_the_same_picture(self):
        first, same, other = (trained(network(), seed=seed, **MOVING) for seed in (1, 1, 2))
        assert first.picture.tobytes() == same.picture.tobytes()
        assert np.abs(first.image - other.image).mean() > 0.5


class TestParts:
    def test_frequencies_are_varied_or_pixels(self):
        """A single value that depends on one pixel changes it alone, or the whole picture."""
        corner = keras.Sequential([keras.Input((6, 6, 3)), keras.layers.Conv2D(1, 1, 6)])
        for fourier, changed in ((False, 1), (True, 36)):
            keys = {**PLAIN, **EXACT, "fourier": fourier}
            opt_vis = OptVis(corner, 0, 0, 6, **keys)
            before = opt_vis.image
            opt_vis.compile(keras.optimizers.SGD(0.1))
            opt_vis.fit()
            assert (np.abs(opt_vis.image - before).max(-1) > 1e-4).sum() == changed

    @pytest.mark.parametrize("decorrelated", [False, True])
    def test_colours_are_varied_together_or_each_by_itself(self, decorrelated):
        """Red alone counts; natural colours are mostly bright or dark in all channels."""
        keys = {**PLAIN, **EXACT, "decorrelated": decorrelated}
        opt_vis = OptVis(colours(1, 0, 0), 0, 0, 6, **keys)
        before = opt_vis.image
        opt_vis.compile(keras.optimizers.SGD(0.01))
        opt_vis.fit(2)
        red, green, blue = (opt_vis.image - before).mean((0, 1))
        assert red > 0.1
        # products of the rows (.26, .09, .02), (.27, 0, −.05) and (.27, −.09, .03) with the first
        expected = [0.0692 / 0.0761, 0.0627 / 0.0761] if decorrelated else [0, 0]
        np.testing.assert_allclose([green / red, blue / red], expected, atol=0.01)

    def test_without_transforms_the_loss_is_the_mean_of_the_map(self):
        still = OptVis(network(), "second", 2, 16, transforms=(), **EXACT)
        moved = OptVis(network(), "second", 2, 16, **EXACT)
        for opt_vis in (still, moved):
            opt_vis.compile()
        mean = still().mean()
        assert still.train_step()["loss"] == pytest.approx(mean, rel=1e-5)
        assert moved.train_step()["loss"] != pytest.approx(mean, rel=1e-5)

    def test_the_gradient_of_the_picture_is_clipped(self):
        net, changes = network(), {}
        for clip in (None, 1e-3):
            opt_vis = OptVis(net, "third", 2, 16, **{**PLAIN, **EXACT, "clip": clip})
            before = opt_vis._trained.values.numpy()
            opt_vis.compile(keras.optimizers.SGD(1.0))
            opt_vis.fit()
            changes[clip] = opt_vis._trained.values.numpy() - before
        free, clipped = changes.values()
        assert np.linalg.norm(free) > 2e-3
        assert np.linalg.norm(clipped) == pytest.approx(1e-3, rel=1e-3)
        np.testing.assert_allclose(clipped, free * 1e-3 / np.linalg.norm(free), atol=1e-8)

    def test_redirected_gradients_move_what_does_not_fire(self):
        silent = colours(1, 1, 1, bias=-450, activation="relu")  # grey has 382.5
        with pytest.warns(UserWarning, match=r"redirected_steps=16 lets gradients through") as told:
            assert set(trained(silent, 0, 0, epochs=5, **PLAIN).losses) == {0.0}
        assert len(told) == 1
        assert "filter 0 of 'unit' does not answer to the start" in str(told[0].message)
        helped = trained(silent, 0, 0, epochs=40, redirected_steps=40, **PLAIN)
        assert helped.losses[0] == 0 < helped.losses[-1]

    def test_the_margin_is_cut_off(self):
        opt_vis = OptVis(network(), "second", 2, (16, 24), margin=4, **EXACT)
        canvas = Fourier().image(opt_vis._trained.values, (1, 24, 32, 3))[0]
        np.testing.assert_allclose(opt_vis.image, canvas[4:-4, 4:-4], rtol=1e-4)
        maps = cw.feature_maps(network(), canvas.numpy(), "second")["second"][0, ..., 2]
        assert maps.shape == (11, 15)
        np.testing.assert_allclose(opt_vis(), maps[2:-2, 2:-2], rtol=1e-3, atol=1e-5)


class TestOptimizers:
    @pytest.mark.parametrize(
        "name",
        [
            "sgd",
            "adam",
            "adamw",
            "nadam",
            "adamax",
            "rmsprop",
            "adagrad",
            "adadelta",
            "ftrl",
            "lion",
            "adafactor",
        ],
    )
    def test_all_of_keras_climb(self, name):
        optimizer = {"class_name": name, "config": {"learning_rate": 0.05}}
        opt_vis = trained(colours(1, 1, 1), 0, 0, 5, optimizer, **PLAIN)
        assert np.diff(opt_vis.losses).min() > 0

    def test_a_name_stands_for_that_optimizer_as_keras_makes_it(self):
        assert trained(network(), optimizer="adam").optimizer.learning_rate == np.float32(0.001)

    def test_its_rate_may_be_changed_while_it_trains(self):
        opt_vis = trained(network())
        before = opt_vis.picture
        opt_vis.optimizer.learning_rate = 0.0
        np.testing.assert_array_equal(opt_vis.fit(2), before)

    def test_a_scaled_loss_changes_nothing(self):
        plain = trained(network(), optimizer=keras.optimizers.SGD(3.0))
        scaling = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(3.0))
        scaled = trained(network(), optimizer=scaling)
        np.testing.assert_allclose(scaled.image, plain.image, rtol=1e-3)

    def test_another_goes_on_with_the_picture(self):
        opt_vis = trained(network())
        before = opt_vis.image
        opt_vis.compile("sgd")
        np.testing.assert_array_equal(opt_vis.image, before)
        opt_vis.fit(2)
        assert len(opt_vis.losses) == 6

    def test_one_that_trains_something_else_is_refused(self):
        used = trained(network()).optimizer
        with pytest.raises(ValueError, match="this Adam trains something else already.*give a new"):
            OptVis(network(), "second", 2, 16).compile(used)

    def test_one_that_keras_does_not_know_is_refused(self):
        with pytest.raises(ValueError, match="addam"):
            OptVis(network(), "second", 2, 16).compile("addam")


class TestNetworks:
    @pytest.mark.parametrize(
        "kind", ["functional", "nested", "nested twice", "subclassed", "grey", "seven bands"]
    )
    def test_of_every_kind_climb(self, kind):
        make, _, layer = kinds.KINDS[kind]
        net = make()
        opt_vis = OptVis(net, layer, 2, kinds.SIZE, transforms=(), redirected_steps=20, **EXACT)
        opt_vis.compile()
        noise, channels = opt_vis().mean(), {"grey": 1, "seven bands": 7}.get(kind, 3)
        assert opt_vis.fit(20).shape == (kinds.SIZE, kinds.SIZE, channels)
        assert opt_vis().mean() > noise

    def test_nested_ones_give_the_same_as_flat_ones(self):
        flat = kinds.backbone()
        image = keras.Input((kinds.SIZE, kinds.SIZE, 3))
        nested = keras.Model(image, keras.layers.Dense(2)(flat(image)))
        one = trained(flat, "conv2", 3, size=kinds.SIZE)
        other = trained(nested, "backbone/conv2", 3, size=kinds.SIZE)
        np.testing.assert_array_equal(one.picture, other.picture)
        assert one.layer == "conv2"
        assert other.layer == "backbone/conv2"

    def test_a_layer_behind_pooling_has_numbers_for_maps(self):
        opt_vis = trained(kinds.functional(), "head", 2, size=kinds.SIZE, transforms=(), margin=0)
        assert opt_vis().shape == ()
        expected = kinds.functional()(opt_vis.image[None])[0, 2]
        assert float(opt_vis()) == pytest.approx(float(expected), rel=1e-3)

    def test_go_through_their_preprocessing(self):
        net = cw.VisionModel(colours(1, 1, 1), preprocess=lambda pixels: pixels / 10)
        opt_vis = trained(net, 0, 0, **PLAIN)
        np.testing.assert_allclose(opt_vis(), opt_vis.image.sum(-1) / 10, rtol=1e-4)

    def test_are_left_as_they_are(self):
        net = network()
        net.get_layer("first").trainable = False
        weights = [weight.numpy() for weight in net.weights]
        keras.utils.set_random_seed(3)
        expected = (np.random.random(), float(tf.random.normal([])))  # noqa: NPY002
        keras.utils.set_random_seed(3)
        trained(net)
        assert (np.random.random(), float(tf.random.normal([]))) == expected  # noqa: NPY002
        for weight, before in zip(net.weights, weights, strict=True):
            np.testing.assert_array_equal(weight.numpy(), before)
        assert [layer.trainable for layer in net.layers] == [False, True, True]
        assert net.losses == []
        assert net.get_layer("second").activation is keras.activations.relu


class TestBadInput:
    def test_training_before_compiling(self):
        for train in (OptVis.train_step, OptVis.fit):
            with pytest.raises(RuntimeError, match="no optimizer yet: call compile"):
                train(OptVis(network(), "second", 2, 16))

    def test_a_layer_that_is_not_there(self):
        with pytest.raises(cw.LayerNotFoundError, match="'second'"):
            OptVis(network(), "secnd", 2)

    def test_a_filter_that_is_not_there(self):
        with pytest.raises(IndexError, match="no filter 6: those of .*'second' run from 0 to 5"):
            OptVis(network(), "second", 6)

    @pytest.mark.parametrize("filter", [[0, 1], 0.5, None, "0"])
    def test_a_filter_that_is_none(self, filter):
        with pytest.raises(TypeError, match="the number of one channel, got .*filter_patterns"):
            OptVis(network(), "second", filter)

    @pytest.mark.parametrize("size", [0, (16,), (16, 0), (16.0, 16), (16, 16, 3), "ab"])
    def test_a_size_that_is_none(self, size):
        with pytest.raises(ValueError, match="size is the height and the width.*got"):
            OptVis(network(), "second", 2, size)

    def test_a_size_that_the_network_does_not_take(self):
        opt_vis = OptVis(network(), "third", 1, 2, margin=0)
        opt_vis.compile()
        with pytest.raises(ValueError, match="at least 7 × 7 pixels, got 2 × 2"):
            opt_vis.fit()

    @pytest.mark.parametrize("epochs", [0, -1, 1.0, True, "3"])
    def test_no_epochs(self, epochs):
        opt_vis = trained(network())
        with pytest.raises(ValueError, match="epochs is a whole number, at least 1; got"):
            opt_vis.fit(epochs)
        assert len(opt_vis.losses) == 4

    def test_transforms_that_are_none(self):
        with pytest.raises(TypeError, match=r"as Jitter\(8\); got 8"):
            OptVis(network(), "second", 2, transforms=(8,))

    def test_an_image_that_diverges_is_the_last_good_one(self):
        opt_vis = trained(network(), epochs=3)
        opt_vis.optimizer.learning_rate = np.inf
        before = opt_vis.picture
        with pytest.raises(DivergedError, match="at step 4; .*smaller steps") as caught:
            opt_vis.fit(2)
        assert caught.value.step == 4
        np.testing.assert_array_equal(opt_vis.picture, before)
        np.testing.assert_allclose(caught.value.last.images[0], opt_vis.image, rtol=1e-5)
        assert len(opt_vis.losses) == 3

    def test_weights_that_are_no_numbers(self):
        net = network()
        net.get_layer("first").bias.assign([0, 0, np.nan, 0])
        opt_vis = OptVis(net, "second", 2, 16)
        opt_vis.compile()
        with pytest.raises(ValueError, match="'first'.*NaN"):
            opt_vis.fit()


def test_a_line_is_logged_for_each_epoch(capsys):
    opt_vis = trained(network(), epochs=1)
    assert capsys.readouterr().out == ""
    opt_vis.fit(2, log=True)
    lines = [f"Epoch {n}/2 - loss: {opt_vis.losses[n]:.4f}" for n in (1, 2)]
    assert capsys.readouterr().out.splitlines() == lines


def test_it_prints_what_it_is():
    text = "OptVis('second', filter 2, 16 × 24, 4 steps)"
    assert repr(trained(network(), size=(16, 24))) == text
