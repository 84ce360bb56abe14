import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.stats import spearmanr

from convnet_widgets.core.attribution.rank_correlation import rank_correlation


def floats(*values):
    return np.array(values, "float32")


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (floats(10, 20, 30, 1e38), 1),
        (floats(4, 3, 2, 1), -1),
        (floats(2, 1, 4, 3), 0.6),
        (floats(1, 1, 2, 2), 2 / math.sqrt(5)),
    ],
)
def test_by_hand(other, expected):
    assert rank_correlation(floats(1, 2, 3, 4), other) == pytest.approx(expected)


@pytest.mark.parametrize("other", [floats(1, 1, 1), floats(1, np.nan, 2), floats(1, np.inf, 2)])
def test_what_has_no_order(other):
    assert math.isnan(rank_correlation(floats(1, 2, 3), other))


maps = arrays.arrays(np.float32, (3, 4), elements=st.integers(-5, 5))


@given(maps, maps)
def test_that_of_scipy(one, other):
    if np.ptp(one) and np.ptp(other):
        expected = spearmanr(one.ravel(), other.ravel()).statistic
        assert rank_correlation(one, other) == pytest.approx(expected, abs=1e-12)
