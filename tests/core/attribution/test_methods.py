import dataclasses

import pytest

from convnet_widgets.core.attribution.grad_cam import GradCAM
from convnet_widgets.core.attribution.methods import METHODS, as_method, list_methods


def test_the_names_in_order():
    assert list_methods()[:3] == ["grad_cam", "hires_cam", "grad_cam_plus_plus"]


def test_by_name_and_as_instance():
    assert as_method("grad_cam") == GradCAM()
    mine = GradCAM()
    assert as_method(mine) is mine


@pytest.mark.parametrize("method", METHODS.values())
def test_is_a_frozen_dataclass_with_its_source(method):
    assert dataclasses.is_dataclass(method)
    assert hash(method()) == hash(method())
    assert "References" in method.__doc__
    assert method.title


def test_a_name_that_is_not_there():
    with pytest.raises(ValueError, match="no method 'Grad-CAM'; did you mean 'grad_cam'. there ar"):
        as_method("Grad-CAM")
    with pytest.raises(ValueError, match="no method 'x'; there are grad_cam, hires_cam"):
        as_method("x")


def test_no_name_at_all():
    with pytest.raises(TypeError, match="by its name or as an instance such as .*not by the int 3"):
        as_method(3)
    with pytest.raises(TypeError, match="not by the type"):
        as_method(GradCAM)
