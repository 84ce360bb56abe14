import pytest

from convnet_widgets.widgets._countdown import Countdown


def test_time_left_is_that_of_the_pieces_to_come():
    countdown = Countdown(64)
    countdown.advance(0, 100.0)
    assert countdown.seconds_left is None
    for piece in range(1, 5):
        countdown.advance(8, 100.0 + 0.5 * piece)
    assert (countdown.done, countdown.share) == (32, 0.5)
    assert countdown.seconds_left == pytest.approx(2)


def test_what_is_done_already_is_not_waited_for():
    countdown = Countdown(20, done=10)
    countdown.advance(0, 0.0)
    countdown.advance(5, 1.0)
    assert (countdown.share, countdown.seconds_left) == (0.75, pytest.approx(1))


def test_a_pause_is_not_the_pace():
    countdown = Countdown(10)
    for now in (0.0, 1.0):
        countdown.advance(1, now)
    countdown.pause()
    countdown.advance(1, 1000.0)
    assert countdown.seconds_left == pytest.approx(7)


def test_no_work_is_no_share():
    assert Countdown(0).share == 0
