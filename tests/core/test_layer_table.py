import re

import keras
import kinds
from keras import layers

import convnet_widgets as cw
from convnet_widgets.core.layer_table import LayerTable


def test_the_table_reads_as_text():
    text = repr(cw.list_layers(kinds.any_size())).splitlines()
    assert " ".join(text[0].split()) == "index path type kernel shape output shape parameters"
    assert re.split(r"\s{2,}", text[2].strip()) == [
        *["1", "conv1", "Conv2D", "(3, 3, 3, 4)", "(?, ?, ?, 4)", "112"]
    ]
    assert len({len(line) for line in text}) == 1


def test_the_table_shows_as_html_and_escapes_names():
    image = keras.Input((8, 8, 3))
    model = keras.Model(image, layers.Conv2D(2, 3, name="c")(image))
    html = LayerTable(cw.list_layers(model), "a&b")._repr_html_()
    assert html.startswith("<table><caption>a&amp;b</caption><thead><tr><th>index</th>")
    assert html.count("<tr>") == 3
    row = "<td>1</td><td>c</td><td>Conv2D</td><td>(3, 3, 3, 2)</td><td>(?, 6, 6, 2)</td><td>56</td>"
    assert f"<tr>{row}</tr>" in html


def test_a_slice_of_the_table_is_a_table():
    table = cw.list_layers(kinds.functional())
    first = table[:2]
    assert [row.path for row in first] == [table[0].path, table[1].path]
    assert first._repr_html_().count("<tr>") == 3
