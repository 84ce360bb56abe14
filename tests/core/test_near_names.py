"""Names near one that is not there: whole words before parts of words before words alike."""

import pytest

from convnet_widgets.core.families import imagenet_classes
from convnet_widgets.core.near_names import near_names

IMAGENET = [name for _, name in imagenet_classes()]


def test_whole_words_come_before_parts_of_words():
    names = ["oystercatcher", "catamaran", "tiger_cat", "Egyptian_cat", "dog", "cat-flap"]
    expected = ["tiger_cat", "Egyptian_cat", "cat-flap", "oystercatcher", "catamaran"]
    assert near_names("Cat", names) == expected
    assert near_names("tiger_c", names) == ["tiger_cat"]


def test_words_are_compared_one_by_one():
    assert near_names("elefant", IMAGENET) == ["Indian_elephant", "African_elephant"]
    assert near_names("golden retreiver", IMAGENET)[0] == "golden_retriever"
    assert near_names("sealion", ["lion", "sea lion"]) == ["sea lion"]


def test_no_more_than_five_are_named_in_the_order_of_the_network():
    terriers = [name for name in IMAGENET if name.endswith("_terrier")]
    assert near_names("terrier", IMAGENET) == terriers[:5]


@pytest.mark.parametrize(("wanted", "names"), [("xyz", ["dog", "cat"]), ("a", []), ("(", ["dog"])])
def test_there_may_be_none(wanted, names):
    assert near_names(wanted, names) == []
