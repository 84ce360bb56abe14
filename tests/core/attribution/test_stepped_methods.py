"""The methods that ask the network many times, on nets computed by hand."""

import numpy as np
import pytest
from toys import (
    RAMP,
    linear,
    linear_with_numbers,
    lines_of_an_image,
    sum_of_channels,
    summed_relu,
    toy,
)

import convnet_widgets as cw
from convnet_widgets.core.attribution.ablation_cam import AblationCAM
from convnet_widgets.core.attribution.guided_grad_cam import GuidedGradCAM
from convnet_widgets.core.attribution.integrated_gradients import IntegratedGradients
from convnet_widgets.core.attribution.methods import METHODS
from convnet_widgets.core.attribution.occlusion import Occlusion
from convnet_widgets.core.attribution.passes import passes, portions
from convnet_widgets.core.attribution.score_cam import ScoreCAM
from convnet_widgets.core.attribution.smooth_grad import SmoothGrad

WEIGHTS = np.random.default_rng(0).normal(size=(6, 5, 3)).astype("float32")
PIXELS = np.random.default_rng(1).uniform(0, 255, (6, 5, 3)).astype("float32")


def raw_of(method, net=None, image=RAMP[0], **keywords):
    net = toy() if net is None else net
    return cw.class_activation_map(net, image, target=0, method=method, **keywords).raw


def steps_of(method, net=None, image=RAMP[0], **keywords):
    net = toy() if net is None else net
    return cw.class_activation_steps(net, image, target=0, method=method, **keywords)


def close(actual, expected, **tolerances):
    np.testing.assert_allclose(actual, expected, **({"rtol": 1e-5, "atol": 1e-4} | tolerances))


class TestPasses:
    def test_portions(self):
        assert [p.tolist() for p in portions(5, 2)] == [[0, 1], [2, 3], [4]]
        assert list(portions(0, 2)) == []

    def test_versions_of_each_image_in_order(self):
        answers = []

        def work():
            answers.extend(
                (yield from passes(lambda image, part: np.float32(10 * image + part), [3, 0, 1], 2))
            )

        assert [tuple(told)[:3] for told in work()] == [(2, 4, None), (3, 4, None), (4, 4, None)]
        assert [one.tolist() for one in answers] == [[0, 1, 2], [], [20]]


@pytest.mark.parametrize("logit", [54, 130, 220, 300])
def test_no_logit_is_too_large(logit):
    black = {"occlusion": Occlusion(baseline=0.0)}  # all pixels are darker than grey
    for name, usual in METHODS.items():
        method = black.get(name, usual())
        found = cw.class_activation_map(toy(scale=logit / 54), RAMP[0], target=0, method=method)
        assert found.target.score == pytest.approx(logit)
        assert np.isfinite(found.raw).all(), name
        assert found.values.max() == 1, name


class TestScoreCAM:
    def test_golden_value(self):
        close(raw_of(ScoreCAM(), layer="relu"), [[0, 4], [31, 40]])

    def test_weights_are_the_softmax_of_scores_of_masked_images(self):
        # one cell: masks are 0 and 1 over the image, halves of the picture in each channel
        net = sum_of_channels(np.float32([0.01, 0.02]))
        image = np.float32([[1, 2], [3, 6]])[..., None]
        # A₀ = x, A₁ = −x; masks (x − 1) / 5 and (6 − x) / 5; S = .01 Σ x − .02 Σ x = −.01 Σ x
        masks = [(image - 1) / 5, (6 - image) / 5]
        scores = [-0.01 * (image * mask).sum() for mask in masks]
        weights = np.exp(scores) / np.exp(scores).sum()
        close(
            raw_of(ScoreCAM(), net, image, layer="conv"), (weights[0] - weights[1]) * image[..., 0]
        )

    def test_constant_channels_are_skipped(self):
        net = toy()
        kernel, bias = net.get_layer("conv").get_weights()
        kernel[..., 1], bias[1] = 0, 3
        net.get_layer("conv").set_weights([kernel, bias])
        close(raw_of(ScoreCAM(), net, layer="relu"), [[0, 4], [31, 40]])
        assert [step.total for step in steps_of(ScoreCAM(), net, layer="relu")][-1] == 1

    def test_nothing_varies(self):
        heatmap = cw.class_activation_map(toy(), np.zeros((4, 4, 1)), "relu", 0, ScoreCAM())
        assert not heatmap.raw.any()
        assert heatmap.reason

    @pytest.mark.parametrize("method", [ScoreCAM(), GuidedGradCAM()])
    def test_maps_that_do_not_lie_over_the_input(self, method):
        with pytest.raises(ValueError, match="maps have 1 axes of space and the network's input 2"):
            raw_of(method, lines_of_an_image(), np.ones((4, 4, 1)), layer="lines")


class TestAblationCAM:
    def test_on_the_toy_net(self):
        # without channel 0 the logit is relu(−21) = 0, without channel 1 it is 75
        weights = (54 - 0) / 54, (54 - 75) / 54
        expected = weights[0] * np.float32([[0, 4], [31, 40]]) + weights[1] * np.float32(
            [[0, 0], [6, 15]]
        )
        close(raw_of(AblationCAM(), layer="relu"), expected)

    def test_a_score_below_0_keeps_what_speaks_for_it_positive(self):
        net = sum_of_channels(np.float32([1, 3]))
        image = np.float32([[1, 2], [3, 4]])[..., None]
        # S = 10 − 30; without the first −30, without the second 10
        expected = image[..., 0] * (10 / 20) - image[..., 0] * (-30 / 20)
        close(raw_of(AblationCAM(), net, image, layer="conv"), expected)

    def test_channels_that_are_0_are_not_tried(self):
        net = toy()
        net.get_layer("conv").set_weights([np.ones((3, 3, 1, 2)), np.array([-50, -500])])
        *_, last = steps_of(AblationCAM(), net, layer="relu")
        assert (last.done, last.total) == (2, 2)
        close(last.heatmap.raw, [[0, 4], [31, 40]])


class TestSaliency:
    def test_of_a_linear_net(self):
        raw = raw_of("saliency", linear(WEIGHTS), PIXELS)
        close(raw, np.abs(WEIGHTS).max(axis=-1))

    def test_on_the_toy_net(self):
        # gradients by the convolution: [0, 1, 1, 1] and [0, 0, −1, −1]; 3 × 3 windows of ones
        ones = np.ones((3, 3))
        expected = np.zeros((4, 4))
        expected[0:3, 1:4] += ones
        close(raw_of("saliency"), expected)

    def test_a_layer_is_not_asked(self):
        with pytest.raises(ValueError, match="saliency"):
            raw_of("saliency", layer="relu")


class TestSmoothGrad:
    def test_of_a_linear_net_is_saliency(self):
        raw = raw_of(SmoothGrad(samples=3), linear(WEIGHTS), PIXELS)
        close(raw, np.abs(WEIGHTS).max(axis=-1))

    def test_averages_before_the_absolute_value(self):
        # the gradient is 1 where x + ε > 0
        values = np.zeros((4, 4, 1), "float32")
        values[0, 0] = 10
        method = SmoothGrad(samples=200, noise=0.1)
        raw = raw_of(method, summed_relu(), values)
        assert raw[0, 0] == 1
        assert np.abs(raw[1:] - 0.5).max() < 0.15

    def test_the_seed_decides(self):
        one, same, other = (raw_of(SmoothGrad(5, 0.5, seed)) for seed in (1, 1, 2))
        np.testing.assert_array_equal(one, same)
        assert not np.array_equal(one, other)

    def test_no_noise_is_saliency(self):
        close(raw_of(SmoothGrad(2, 0.0)), raw_of("saliency"))

    @pytest.mark.parametrize("wrong", [{"samples": 0}, {"noise": -1.0}, {"noise": np.nan}])
    def test_parameters_out_of_range(self, wrong):
        with pytest.raises(ValueError, match="at least one sample and noise of 0 or more, got Smo"):
            SmoothGrad(**wrong)


class TestIntegratedGradients:
    @pytest.mark.parametrize("baseline", [0.0, 100.0])
    def test_of_a_linear_net(self, baseline):
        raw = raw_of(IntegratedGradients(3, baseline), linear(WEIGHTS), PIXELS)
        close(raw, (WEIGHTS * (PIXELS - baseline)).sum(axis=-1), rtol=1e-4, atol=1e-2)

    def test_adds_up_to_the_difference_of_the_scores(self):
        net = toy()
        heatmap = cw.class_activation_map(net, RAMP[0], target=0, method=IntegratedGradients(2000))
        black = net(np.zeros_like(RAMP)).numpy()[0, 0]
        assert heatmap.target.score == 54
        assert heatmap.raw.sum() == pytest.approx(54 - black, rel=2e-3)

    def test_black_goes_through_the_preprocessing(self):
        net = cw.VisionModel(linear(WEIGHTS), preprocess=lambda x: x / 127.5 - 1)
        raw = raw_of(IntegratedGradients(1), net, PIXELS)
        close(raw, (WEIGHTS * PIXELS / 127.5).sum(axis=-1))

    def test_no_samples(self):
        with pytest.raises(ValueError, match="at least one sample, got Integrated"):
            IntegratedGradients(samples=0)


class TestGuidedGradCAM:
    def test_golden_value(self):
        expected = [[0, 0, 4, 4], [0, 0, 12, 8], [28, 84, 97.5, 65], [28, 56, 65, 32.5]]
        close(raw_of(GuidedGradCAM("nearest"), layer="relu"), expected)

    def test_bilinear(self):
        # the guided gradient, and Grad-CAM [[0, 4], [28, 32.5]] between its cells' centres
        guided = np.array([[0, 1, 1, 1], [1, 3, 3, 2], [1, 3, 3, 2], [1, 2, 2, 1]])
        across = np.array([[1, 0], [0.75, 0.25], [0.25, 0.75], [0, 1]])
        expected = guided * (across @ [[0, 4], [28, 32.5]] @ across.T)
        close(raw_of(GuidedGradCAM(), layer="relu"), expected)

    def test_another_interpolation(self):
        with pytest.raises(ValueError, match="'bilinear' or 'nearest', got 'cubic'"):
            GuidedGradCAM("cubic")


class TestOcclusion:
    @pytest.mark.parametrize("baseline", [0.0, 100.0])
    def test_of_a_linear_net_are_sums_of_patches(self, baseline):
        raw = raw_of(Occlusion(3, 2, baseline), linear(WEIGHTS), PIXELS)
        effect = (WEIGHTS * (PIXELS - baseline)).sum(axis=-1)
        sums, counts = np.zeros((6, 5)), np.zeros((6, 5))
        for top in (0, 2, 3):
            for left in (0, 2):
                sums[top : top + 3, left : left + 3] += effect[top : top + 3, left : left + 3].sum()
                counts[top : top + 3, left : left + 3] += 1
        close(raw, sums / counts, rtol=1e-4, atol=1e-2)

    def test_single_pixels(self):
        raw = raw_of(Occlusion(1, 1, 0.0), linear(WEIGHTS), PIXELS)
        close(raw, (WEIGHTS * PIXELS).sum(axis=-1), rtol=1e-3, atol=5e-2)

    def test_shares_of_the_sides(self):
        boxes = Occlusion(0.5, 0.25).boxes((8, 4))
        assert len(boxes) == 3 * 3
        assert boxes[0] == (slice(0, 4), slice(0, 2))
        assert boxes[-1] == (slice(4, 8), slice(2, 4))

    def test_a_patch_is_at_most_the_input_and_at_least_a_pixel(self):
        assert Occlusion(9, 9).boxes((4,)) == [(slice(0, 4),)]
        assert len(Occlusion(0.01, 0.01).boxes((4,))) == 4

    def test_gaps(self):
        with pytest.raises(ValueError, match="stride of 3 pixels leaves gaps between patches of 2"):
            Occlusion(2, 3).boxes((8, 8))

    @pytest.mark.parametrize("wrong", [(0, 1), (1.5, 0.1), (0.5, -0.1), (0.5, np.nan)])
    def test_sides_out_of_range(self, wrong):
        with pytest.raises(ValueError, match="shares of the side above 0 and up to 1.0, got Occlu"):
            Occlusion(*wrong)


EXPECTED_OF_LINEAR = [
    ("saliency", lambda weights, _: np.abs(weights).max(axis=-1)),
    (SmoothGrad(2), lambda weights, _: np.abs(weights).max(axis=-1)),
    (IntegratedGradients(2), lambda weights, pixels: (weights * pixels).sum(axis=-1)),
    (Occlusion(1, 1, 0.0), lambda weights, pixels: (weights * pixels).sum(axis=-1)),
]


@pytest.mark.parametrize(("method", "expected"), EXPECTED_OF_LINEAR)
class TestOtherInputs:
    @pytest.mark.parametrize("shape", [(8, 2), (2, 3, 4, 1)])
    def test_sequences_and_volumes(self, method, expected, shape):
        weights, values = np.random.default_rng(2).normal(size=(2, *shape)).astype("float32")
        raw = raw_of(method, linear(weights), values)
        close(raw, expected(weights, values))

    def test_the_image_among_several_inputs(self, method, expected):
        given = [np.float32([[7, 9]]), PIXELS[None]]
        (found,) = cw.class_activation_map(
            linear_with_numbers(WEIGHTS), given, target=[0], method=method
        )[0]
        assert found.target.score == pytest.approx((WEIGHTS * PIXELS).sum() + 16, rel=1e-4)
        close(found.raw, expected(WEIGHTS, PIXELS), rtol=1e-3, atol=5e-2)


SLOW = {
    "relu": (ScoreCAM(), AblationCAM()),
    None: (SmoothGrad(), IntegratedGradients(), Occlusion(2, 1)),
}


@pytest.mark.parametrize(
    ("method", "layer"), [(one, layer) for layer, many in SLOW.items() for one in many]
)
class TestProgress:
    def test_counts_up_to_the_total(self, method, layer):
        told = list(steps_of(method, layer=layer))
        assert [step.done for step in told] == sorted(step.done for step in told)
        assert told[-1].done == told[-1].total
        assert [step.heatmap is None for step in told] == [True] * (len(told) - 1) + [False]

    def test_stops_when_closed(self, method, layer):
        work = steps_of(method, layer=layer)
        assert next(work).heatmap is None
        work.close()
        assert list(work) == []
