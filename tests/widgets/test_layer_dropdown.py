"""Options, value, index and channels of the dropdown are always in step."""

from dataclasses import dataclass

import pytest
import traitlets
from programs import check_javascript
from widget_states import from_browser, updates

from convnet_widgets.widgets.controls import ChannelSlider
from convnet_widgets.widgets.layer_dropdown import LayerDropdown

LAYERS = [
    ("conv1", "Conv2D", (None, 112, 112, 64)),
    ("backbone/conv2", "Conv2D", (None, None, None, 256)),
    ("dense", "Dense", (None, 10)),
]


@dataclass(frozen=True)
class Row:
    """What the dropdown reads of a row of ``list_layers``."""

    path: str
    type: str
    output_shape: tuple | None
    has_maps: bool = True
    channels: int | None = None


@pytest.fixture
def dropdown():
    return LayerDropdown(LAYERS)


def chosen(widget):
    return widget.value, widget.index, widget.channels


class TestOptions:
    def test_rows_tuples_and_paths_are_taken(self):
        rows = [Row("a", "Conv2D", (None, 4, 4, 3)), ("b", "Add", (None, 2, 2, 5)), "c"]
        assert LayerDropdown(rows)._options == [
            {"path": "a", "type": "Conv2D", "shape": (None, 4, 4, 3), "channels": 3},
            {"path": "b", "type": "Add", "shape": (None, 2, 2, 5), "channels": 5},
            {"path": "c", "type": "", "shape": None, "channels": 0},
        ]

    def test_layers_without_maps_are_left_out(self):
        rows = [Row("flat", "Flatten", (None, 9), has_maps=False), Row("a", "Add", (None, 4, 4, 3))]
        assert chosen(LayerDropdown(rows)) == ("a", 0, 3)

    def test_a_row_that_knows_its_channels_is_believed(self):
        first = Row("conv", "Conv2D", (None, 64, 32, 32), channels=64)
        assert LayerDropdown([first]).channels == 64

    @pytest.mark.parametrize("shape", [None, (None, 4, 4, None), ()])
    def test_unknown_channels_count_zero(self, shape):
        assert LayerDropdown([("a", "Lambda", shape)]).channels == 0

    def test_options_can_be_handed_on(self, dropdown):
        assert LayerDropdown(dropdown.options).options == dropdown.options

    def test_an_iterator_is_taken(self):
        assert chosen(LayerDropdown(iter(LAYERS))) == ("conv1", 0, 64)

    @pytest.mark.parametrize("options", ["conv1", 3, None])
    def test_what_is_no_sequence_is_refused(self, options):
        with pytest.raises(traitlets.TraitError, match="options must be a sequence of layers"):
            LayerDropdown(options)

    @pytest.mark.parametrize("row", [3, ("a", "Add"), (1, "Add", None), object()])
    def test_what_is_no_layer_is_refused(self, row):
        with pytest.raises(traitlets.TraitError, match="a layer is a row of list_layers"):
            LayerDropdown([row])

    def test_a_path_given_twice_is_refused(self):
        with pytest.raises(traitlets.TraitError, match=r"its own path; got \['a'\]"):
            LayerDropdown(["a", "b", "a"])

    def test_value_stays_where_it_is_still_there(self, dropdown, monkeypatch):
        dropdown.value = "dense"
        sent = updates(dropdown, monkeypatch)
        dropdown.options = [("new", "Add", (None, 1, 1, 7)), ("dense", "Dense", (None, 20))]
        assert chosen(dropdown) == ("dense", 1, 20)
        assert [sorted(state) for state in sent] == [["_options", "channels", "index"]]

    def test_the_first_is_chosen_where_the_value_has_gone(self, dropdown, monkeypatch):
        dropdown.index = 2
        sent = updates(dropdown, monkeypatch)
        dropdown.options = [("new", "Add", (None, 1, 1, 7))]
        assert chosen(dropdown) == ("new", 0, 7)
        assert [sorted(state) for state in sent] == [["_options", "channels", "index", "value"]]

    def test_no_options_leave_nothing_chosen(self, dropdown):
        dropdown.options = ()
        assert chosen(dropdown) == (None, None, 0)
        assert chosen(LayerDropdown()) == (None, None, 0)

    def test_refused_options_change_nothing(self, dropdown):
        with pytest.raises(traitlets.TraitError):
            dropdown.options = ["a", "a"]
        assert len(dropdown.options) == len(dropdown._options) == 3


class TestChoice:
    def test_the_first_is_chosen_at_the_start(self, dropdown):
        assert chosen(dropdown) == ("conv1", 0, 64)

    @pytest.mark.parametrize("start", [{"value": "dense"}, {"index": 2}])
    def test_another_can_be_chosen_at_the_start(self, start):
        assert chosen(LayerDropdown(LAYERS, **start)) == ("dense", 2, 10)

    def test_value_index_and_channels_go_in_one_message(self, dropdown, monkeypatch):
        sent = updates(dropdown, monkeypatch)
        dropdown.value = "backbone/conv2"
        dropdown.index = 2
        assert sent == [
            {"value": "backbone/conv2", "index": 1, "channels": 256},
            {"value": "dense", "index": 2, "channels": 10},
        ]

    def test_nothing_can_be_chosen(self, dropdown):
        dropdown.value = None
        assert chosen(dropdown) == (None, None, 0)
        dropdown.index = 1
        dropdown.index = None
        assert chosen(dropdown) == (None, None, 0)

    @pytest.mark.parametrize("name", ["value", "index", "channels"])
    def test_observers_see_the_whole_choice(self, dropdown, name):
        seen = []
        dropdown.observe(lambda _: seen.append((dropdown.value, dropdown.index)), name)
        dropdown.index = 2
        if name != "channels":
            assert seen == [("dense", 2)]
        assert len(seen) == 1

    @pytest.mark.parametrize("value", ["conv2", "backbone/con2"])
    def test_an_unknown_value_is_refused_with_the_near_ones(self, dropdown, value):
        with pytest.raises(traitlets.TraitError, match="did you mean 'backbone/conv2'"):
            dropdown.value = value
        assert chosen(dropdown) == ("conv1", 0, 64)

    def test_an_unknown_value_at_the_start_is_refused(self):
        with pytest.raises(traitlets.TraitError, match="no layer 'xyz' among the options"):
            LayerDropdown(LAYERS, value="xyz")

    @pytest.mark.parametrize("index", [3, -1])
    def test_an_index_beyond_the_options_is_refused(self, dropdown, index):
        with pytest.raises(traitlets.TraitError, match=f"lie in 0–2; got {index}"):
            dropdown.index = index
        assert chosen(dropdown) == ("conv1", 0, 64)

    def test_channels_cannot_be_set(self, dropdown):
        with pytest.raises(traitlets.TraitError, match="read-only"):
            dropdown.channels = 3

    def test_unknown_keyword_is_refused_with_the_near_one(self):
        with pytest.raises(TypeError, match="did you mean options"):
            LayerDropdown(option=LAYERS)

    def test_representation_tells_the_choice(self, dropdown):
        assert repr(dropdown) == "LayerDropdown(value='conv1', index=0, channels=64)"


class TestBrowser:
    def test_a_choice_is_observed_once_and_not_sent_back(self, dropdown, monkeypatch):
        sent, seen = updates(dropdown, monkeypatch), []
        dropdown.observe(lambda change: seen.append(change["new"]), "value")
        from_browser(dropdown, index=1, value="backbone/conv2", channels=256)
        assert chosen(dropdown) == ("backbone/conv2", 1, 256)
        assert seen == ["backbone/conv2"]
        assert sent == []

    def test_the_rest_follows_an_index_alone(self, dropdown, monkeypatch):
        sent = updates(dropdown, monkeypatch)
        from_browser(dropdown, index=2)
        assert chosen(dropdown) == ("dense", 2, 10)
        assert sent == [{"value": "dense", "channels": 10}]


class TestLinks:
    def test_channels_keep_a_slider_valid(self, dropdown):
        slider = ChannelSlider(max=63, value=60)
        traitlets.dlink((dropdown, "channels"), (slider, "max"), lambda n: max(n - 1, 0))
        dropdown.value = "dense"
        assert (slider.value, slider.max) == (9, 9)
        dropdown.value = None
        assert (slider.value, slider.max) == (0, 0)

    def test_two_dropdowns_linked_by_value(self, dropdown):
        other = LayerDropdown(reversed(LAYERS))
        traitlets.link((dropdown, "value"), (other, "value"))
        other.index = 0
        assert chosen(dropdown) == ("dense", 2, 10)


def test_matching_in_javascript():
    check_javascript("layer_options")
