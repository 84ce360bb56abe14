import numpy as np
import pytest
import tensorflow as tf

import convnet_widgets as cw
from convnet_widgets.core.heads import Head
from convnet_widgets.core.targets import resolve


def head(*shape, activation=None):
    scores = tf.zeros([1, *shape])
    return Head(scores, scores, activation)


ANIMALS = ["Egyptian_cat", "dog", "sea lion", "crane", "crane"]
FIVE = head(5)


def weights(target, output=FIVE, labels=ANIMALS):
    return resolve(target, output, labels, list(output.logits.shape[1:])).weights.tolist()


@pytest.mark.parametrize("target", [2, np.int64(2), "sea lion", "Sea_Lion", " sea  lion "])
def test_a_class_goes_by_index_and_by_name(target):
    found = resolve(target, FIVE, ANIMALS, [5])
    assert (found.index, found.label) == (2, "sea lion")
    assert found.weights.tolist() == [0, 0, 1, 0, 0]


def test_the_likeliest_class_is_not_known_before():
    found = resolve(None, FIVE, ANIMALS, [5])
    assert (found.index, found.label, found.weights) == (None, "", None)


def test_a_contrast_weighs_one_against_the_other():
    found = resolve(cw.Contrast("dog", 0), FIVE, ANIMALS, [5])
    assert found.weights.tolist() == [-1, 1, 0, 0, 0]
    assert (found.index, found.label) == (None, "dog rather than Egyptian_cat")


def test_a_sigmoid_answers_both_ways():
    binary = head(1, activation="sigmoid")
    assert weights(1, binary, None) == [1]
    assert weights(0, binary, None) == [-1]
    assert weights("dog", binary, ["no dog", "dog"]) == [1]
    assert weights("no dog", binary, ["no dog", "dog"]) == [-1]
    assert [resolve(i, binary, None, [1]).label for i in (0, 1)] == ["no", "yes"]
    assert [weights(answer, binary, None) for answer in ("no", "Yes")] == [[-1], [1]]


def test_a_regression_has_one_output():
    found = resolve(0, head(1), None, [1])
    assert (found.label, found.weights.tolist()) == ("the output", [1])


DENSE = head(2, 3, 2)


def test_a_class_of_a_dense_output_is_its_mean_over_the_places():
    expected = np.zeros((2, 3, 2))
    expected[..., 1] = 1 / 6
    np.testing.assert_allclose(weights(1, DENSE, None), expected)


def test_a_box_and_the_mask_of_it_are_the_same_region():
    mask = np.zeros((4, 6), bool)
    mask[:2, 2:6] = True  # the first row of the output, its last two columns
    for region in (cw.Region(1, mask=mask), cw.Region(1, box=(0, 1, 1, 3))):
        expected = np.zeros((2, 3, 2))
        expected[0, 1:, 1] = 1 / 2
        np.testing.assert_allclose(weights(region, DENSE, None), expected)


def test_a_region_within_a_contrast_counts_there():
    one, other = cw.Region(1, box=(0, 0, 1, 1)), cw.Region(0, box=(1, 2, 2, 3))
    expected = np.zeros((2, 3, 2))
    expected[0, 0, 1], expected[1, 2, 0] = 1, -1
    contrast = cw.Contrast(one, other)
    np.testing.assert_allclose(weights(contrast, DENSE, None), expected)


def test_a_function_goes_by_its_name():
    assert resolve(np.sum, FIVE, None, [5]).label == "sum"
    assert resolve(lambda output: output[:, 0], FIVE, None, [5]).label == "a function"


@pytest.mark.parametrize(
    ("target", "error", "says"),
    [
        (5, LookupError, "no class 5: they run from 0 to 4"),
        (-1, LookupError, "no class -1: they run from 0 to 4"),
        ("lion", LookupError, "no class 'lion'; near names are 'sea lion'"),
        ("dgo", LookupError, "no class 'dgo'; near names are 'dog'"),
        ("xyz", LookupError, "no class 'xyz'; the network's labels are 'Egyptian_cat', 'dog'"),
        ("crane", LookupError, r"name of the classes \[3, 4\]; give one of these"),
        (True, TypeError, "a class, by name or index.*got bool True"),
        (1.5, TypeError, "got float 1.5"),
        (cw.Contrast("dog", None), TypeError, "a contrast is of two classes"),
        (cw.Contrast("dog", "cow"), LookupError, "no class 'cow'"),
        (cw.Contrast("dog", 1), ValueError, "two classes that differ; got 'dog' twice"),
        (cw.Region("dog", box=(0, 0, 1, 1)), ValueError, "scores for each place.*batch, 5"),
    ],
)
def test_what_is_no_class_is_refused_in_a_sentence(target, error, says):
    with pytest.raises(error, match=says):
        resolve(target, FIVE, ANIMALS, [5])


def test_a_name_needs_labels():
    with pytest.raises(LookupError, match="has no labels; give an index from 0 to 4"):
        resolve("dog", FIVE, None, [5])
    with pytest.raises(LookupError, match="has no labels"):
        resolve("dog", head(3), ANIMALS, [3])


@pytest.mark.parametrize(
    ("region", "says"),
    [
        (cw.Region(1), "by a mask or by a box"),
        (cw.Region(1, np.ones((2, 3)), (0, 0, 1, 1)), "by one of the two"),
        (cw.Region(1, mask=np.zeros((2, 3))), "empty on an output of 2 × 3"),
        (cw.Region(1, box=(5, 5, 9, 9)), "empty on an output of 2 × 3"),
        (cw.Region(1, mask=-np.ones((2, 3))), "numbers from 0 on"),
        (cw.Region(1, mask="all"), "numbers from 0 on, got 'all'"),
        (cw.Region(1, box=(1, 2)), r"\(top, left, bottom, right\)"),
    ],
)
def test_a_region_that_fits_nothing_is_refused(region, says):
    with pytest.raises(ValueError, match=says):
        resolve(region, DENSE, None, [2, 3, 2])


def test_a_region_is_of_a_class():
    part = cw.Region(1, box=(0, 0, 1, 1))
    for inner in (part, None):
        with pytest.raises(TypeError, match="a region is of a class"):
            resolve(cw.Region(inner, box=(0, 0, 2, 2)), DENSE, None, [2, 3, 2])


def test_the_box_of_a_region_is_named_plainly():
    box = tuple(np.arange(4))
    assert resolve(cw.Region(1, box=box), DENSE, None, [2, 3, 2]).label.endswith("box (0, 1, 2, 3)")
