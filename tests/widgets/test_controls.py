"""The sliders keep their value valid and tell the browser once."""

import numpy as np
import pytest
import traitlets
from hypothesis import given
from hypothesis import strategies as st
from widget_states import from_browser, updates

from convnet_widgets.widgets.controls import ChannelSlider, FilterIndexPicker, HeatmapAlphaSlider

INTEGER = [ChannelSlider, FilterIndexPicker]


@pytest.mark.parametrize("slider", [*INTEGER, HeatmapAlphaSlider])
class TestEverySlider:
    @pytest.mark.parametrize(("given", "kept"), [(-3, 0), (9, 1), (1, 1), (0, 0)])
    def test_value_is_clamped(self, slider, given, kept):
        assert slider(value=given).value == kept
        widget = slider()
        widget.value = given
        assert widget.value == kept

    def test_min_above_max_is_refused_and_changes_nothing(self, slider):
        with pytest.raises(traitlets.TraitError, match="min must not exceed max; got"):
            slider(min=1, max=0)
        widget = slider(min=1, max=1)
        with pytest.raises(traitlets.TraitError, match=r"hold_trait_notifications\(\)"):
            widget.max = 0
        assert (widget.value, widget.min, widget.max) == (1, 1, 1)

    def test_step_of_zero_is_refused(self, slider):
        with pytest.raises(traitlets.TraitError, match="step must be above 0; got 0"):
            slider(step=0)

    def test_unknown_keyword_is_refused_with_the_near_one(self, slider):
        with pytest.raises(TypeError, match=r"has no keyword 'vallue'; did you mean value\?"):
            slider(vallue=1)

    def test_value_from_the_browser_is_observed_and_not_sent_back(self, slider, monkeypatch):
        widget, seen = slider(value=0), []
        sent = updates(widget, monkeypatch)
        widget.observe(lambda change: seen.append(change["new"]), "value")
        from_browser(widget, value=1)
        assert seen == [1]
        assert sent == []

    def test_value_out_of_bounds_from_the_browser_is_corrected_there(self, slider, monkeypatch):
        widget = slider(value=0)
        sent = updates(widget, monkeypatch)
        from_browser(widget, value=7)
        assert widget.value == 1
        assert sent == [{"value": 1}]

    def test_two_sliders_linked(self, slider):
        first, second = slider(value=0), slider(value=1)
        link = traitlets.link((first, "value"), (second, "value"))
        second.value = 1
        assert first.value == 1
        link.unlink()

    def test_every_documented_trait_reaches_the_browser(self, slider):
        state = slider().get_state()
        names = ("value", "min", "max", "step", "description", "disabled", "continuous_update")
        assert [name for name in names if name not in state] == []


@pytest.mark.parametrize("slider", INTEGER)
class TestIntegerSliders:
    def test_smaller_max_takes_the_value_along_in_one_message(self, slider, monkeypatch):
        widget = slider(value=60, max=63)
        sent = updates(widget, monkeypatch)
        widget.max = 31
        assert sent == [{"max": 31, "value": 31}]

    def test_larger_min_takes_the_value_along_in_one_message(self, slider, monkeypatch):
        widget = slider(value=2, max=63)
        sent = updates(widget, monkeypatch)
        widget.min = 10
        assert sent == [{"min": 10, "value": 10}]

    def test_both_bounds_can_move_past_each_other(self, slider):
        widget = slider(value=5, min=0, max=9)
        with widget.hold_trait_notifications():
            widget.min = 20
            widget.max = 30
        assert (widget.value, widget.min, widget.max) == (20, 20, 30)

    def test_observers_of_max_see_a_valid_value(self, slider):
        widget, seen = slider(value=60, max=63), []
        widget.observe(lambda _: seen.append(widget.value), "max")
        widget.max = 5
        assert seen == [5]

    @pytest.mark.parametrize("value", [2.5, "3", None])
    def test_what_is_no_integer_is_refused(self, slider, value):
        with pytest.raises(traitlets.TraitError, match="expected an int"):
            slider(value=value)

    def test_integers_of_numpy_are_taken_as_plain_ones(self, slider):
        widget = slider(max=np.int64(63), value=np.argmax([0, 1, 0]))
        assert (type(widget.max), type(widget.value)) == (int, int)
        assert (widget.max, widget.value) == (63, 1)

    @given(moves=st.lists(st.tuples(st.sampled_from(["value", "min", "max"]), st.integers(-9, 9))))
    def test_value_lies_within_bounds_after_any_moves(self, slider, moves):
        widget = slider(value=0, min=-5, max=5)
        for name, number in moves:
            try:
                setattr(widget, name, number)
            except traitlets.TraitError:
                assert name != "value"
            assert widget.min <= widget.value <= widget.max


class TestHeatmapAlphaSlider:
    def test_starts_at_two_fifths(self):
        assert repr(HeatmapAlphaSlider()) == "HeatmapAlphaSlider(value=0.4, min=0.0, max=1.0)"

    def test_smaller_max_takes_the_value_along_in_one_message(self, monkeypatch):
        widget = HeatmapAlphaSlider(value=0.9)
        sent = updates(widget, monkeypatch)
        widget.max = 0.5
        assert sent == [{"max": 0.5, "value": 0.5}]

    def test_nan_is_refused(self):
        with pytest.raises(traitlets.TraitError, match="value must be a number; got nan"):
            HeatmapAlphaSlider(value=float("nan"))

    @pytest.mark.parametrize("bounds", [{"min": -0.1}, {"max": 1.5}, {"max": float("nan")}])
    def test_bounds_are_opacities(self, bounds):
        with pytest.raises(traitlets.TraitError):
            HeatmapAlphaSlider(**bounds)


def test_descriptions_say_what_is_chosen():
    descriptions = [slider().description for slider in (*INTEGER, HeatmapAlphaSlider)]
    assert descriptions == ["Channel", "Filter", "Heatmap opacity"]


def test_representation_names_value_and_bounds():
    assert repr(ChannelSlider(value=3, max=63)) == "ChannelSlider(value=3, min=0, max=63)"
    assert repr(FilterIndexPicker(max=7)) == "FilterIndexPicker(value=0, min=0, max=7)"
