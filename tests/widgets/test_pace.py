from convnet_widgets.widgets._pace import Pace


def due(size, times):
    pace, sent = Pace(), []
    for now in times:
        if pace.is_due(now):
            pace.sent(now, size)
            sent.append(now)
    return sent


def test_the_first_is_due_on_any_clock():
    assert Pace().is_due(-1e9)


def test_at_most_ten_a_second():
    assert due(0, [0, 0.05, 0.0999, 0.125, 0.2, 0.25]) == [0, 0.125, 0.25]


def test_at_most_a_megabyte_a_second():
    assert due(500_000, [0, 0.25, 0.4999, 0.5, 0.75, 1.0]) == [0, 0.5, 1.0]
