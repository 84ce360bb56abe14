"""Unknown keywords are refused; the representation has no addresses."""

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
