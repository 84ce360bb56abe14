"""Unknown keywords are refused; the representation has no addresses."""

import threading

import pytest
import traitlets

from convnet_widgets.widgets._base import Widget


class Dial(Widget):
    _esm = "export default { render() {} };"
    _shown = ("value", "label")
    value = traitlets.Int(3).tag(sync=True)
    label = traitlets.Unicode("turns").tag(sync=True)


def test_an_unknown_keyword_is_refused_with_the_near_name():
    with pytest.raises(TypeError, match=r"Dial has no keyword 'lable'; did you mean label"):
        Dial(lable="x")


def test_an_unknown_keyword_far_from_all_names_is_refused_without_a_guess():
    with pytest.raises(TypeError, match=r"Dial has no keyword 'zzz'$"):
        Dial(zzz=1)


def test_private_traits_are_not_proposed():
    with pytest.raises(TypeError) as error:
        Dial(view_nam="x")
    assert "_view_name" not in str(error.value)


def test_traits_of_ipywidgets_are_accepted():
    assert Dial(layout={"width": "50%"}).layout.width == "50%"


def test_representation_shows_the_named_traits_alone():
    assert repr(Dial(value=4)) == "Dial(value=4, label='turns')"


def test_a_notebook_shows_the_representation_as_text():
    data, _ = Dial()._repr_mimebundle_()
    assert data["text/plain"] == "Dial(value=3, label='turns')"


def test_observers_are_told_once_all_is_set():
    dial, seen = Dial(), []
    dial.observe(lambda _: seen.append((dial.value, dial.label)), ["value", "label"])
    dial._tell({"value": 5, "label": "rounds"})
    assert seen == [(5, "rounds"), (5, "rounds")]


def test_what_was_set_before_a_refusal_is_told():
    dial, seen = Dial(), []
    dial.observe(lambda change: seen.append(change.new))
    with pytest.raises(traitlets.TraitError, match="label"):
        dial._tell({"value": 5, "label": 6})
    assert seen == [5]
    dial.value = 7
    assert seen == [5, 7]


def test_a_choice_made_in_another_thread_meanwhile_is_heard_at_once():
    """What is set here is held, and what a person sets there is not."""
    dial, seen = Dial(), []
    dial.observe(lambda change: seen.append(change.name), ["value", "label"])

    class ChoosesMeanwhile(dict):
        def items(self):
            yield "label", "rounds"
            chooser = threading.Thread(target=lambda: setattr(dial, "value", 8))
            chooser.start()
            chooser.join(5)
            assert seen == ["value"]

    dial._tell(ChoosesMeanwhile())
    assert seen == ["value", "label"]
