import keras
import pytest


@pytest.fixture(scope="module", autouse=True)
def _seeded():
    """A file of tests draws the same weights in every run."""
    keras.utils.set_random_seed(0)
