import pytest
from programs import check_javascript


@pytest.mark.parametrize("name", ["cam_texts", "viewer_layout", "weight_order"])
def test_pure_functions_of_the_browser(name):
    check_javascript(name)
