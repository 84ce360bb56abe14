import numpy as np
import pytest
import traitlets
from programs import check_javascript
from widget_states import from_browser

from convnet_widgets.widgets import ascent_status
from convnet_widgets.widgets._ascent_record import AscentRecord
from convnet_widgets.widgets.ascent_status import AscentStatus


def curves(traits):
    """Steps, and rows of the mean and every picture, as a browser reads them."""
    steps = np.frombuffer(traits["_curve_steps"], "<i4")
    return steps, np.frombuffer(traits["_curves"], "<f4").reshape(len(steps), -1)


def curves_of(status):
    return curves(status.get_state())


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until its only value is changed."""
    now = [100.0]
    monkeypatch.setattr(ascent_status, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def states(monkeypatch):
    """Every state that a widget sends."""
    sent = []
    monkeypatch.setattr(AscentStatus, "send_state", lambda _, key=None: sent.append(set(key or ())))
    return sent


def stepped(status, clock, first, last, seconds=1.0):
    for step in range(first, last + 1):
        clock[0] += seconds
        status.advance(step, [step, 3.0 * step])


# --- the record ---


def test_curves_begin_with_the_mean():
    record = AscentRecord()
    record.add(0, [1, 2, 6])
    record.add(4, [2, 4, 12])
    steps, rows = curves(record.traits())
    assert steps.tolist() == [0, 4]
    assert rows.tolist() == [[3, 1, 2, 6], [6, 2, 4, 12]]


def test_pictures_that_are_not_worked_on_are_left_out_of_the_mean():
    record = AscentRecord()
    record.add(0, [np.nan] * 3)
    record.add(1, [1, np.nan, 5])
    _, rows = curves(record.traits())
    np.testing.assert_array_equal(rows, [[np.nan] * 4, [3, 1, np.nan, 5]])


def test_in_the_mean_a_finished_picture_keeps_what_it_has_reached():
    record = AscentRecord()
    record.add(0, [1, 3])
    record.add(1, [2, 6])
    record.add(2, [4, np.nan])
    _, rows = curves(record.traits())
    np.testing.assert_array_equal(rows, [[2, 1, 3], [4, 2, 6], [5, 4, np.nan]])


@pytest.mark.parametrize("count", [1, 127, 128, 129, 512, 2561])
def test_long_curves_are_thinned_evenly(count):
    record = AscentRecord()
    for step in range(count):
        record.add(step, [0.5 * step])
    steps, rows = curves(record.traits())
    assert len(steps) == min(count, 128)
    assert (steps[0], steps[-1]) == (0, count - 1)
    gaps = np.diff(steps)
    assert count == 1 or gaps.max() - gaps.min() <= 1
    np.testing.assert_array_equal(rows[:, 1], 0.5 * steps)


def test_a_step_may_be_recorded_in_parts():
    record = AscentRecord()
    record.add(0, [1, np.nan, 5])
    record.add(0, [np.nan, 3, np.nan])
    record.add(1, [np.nan, 4, np.nan])
    _, rows = curves(record.traits())
    np.testing.assert_allclose(rows, [[3, 1, 3, 5], [10 / 3, np.nan, 4, np.nan]], rtol=1e-6)


@pytest.mark.parametrize("objective", [[1, 2, 3], [[1, 2]]])
def test_an_objective_of_other_pictures_is_refused_and_not_recorded(objective):
    record = AscentRecord()
    record.add(5, [1, 2])
    before = record.traits()
    with pytest.raises(ValueError, match=r"of shape \(2,\); got"):
        record.add(6, objective)
    assert record.traits() == before


def test_an_objective_of_no_pictures_is_refused():
    with pytest.raises(ValueError, match=r"got \(0,\)"):
        AscentRecord().add(0, [])


# --- the widget ---


def test_before_anything_is_begun_nothing_is_known():
    status = AscentStatus()
    assert repr(status) == "AscentStatus(step=0, steps=0, running=False, stopped=False)"
    assert (status.seconds_left, status.error, status._curves) == (None, "", b"")


def test_time_left_is_that_of_the_steps_to_come(clock):
    status = AscentStatus()
    status.begin(40)
    stepped(status, clock, 0, 0)
    assert status.seconds_left is None
    stepped(status, clock, 1, 10, 0.5)
    assert status.seconds_left == pytest.approx(15)
    stepped(status, clock, 11, 40, 0.25)
    assert status.seconds_left == 0


def test_a_compilation_in_the_first_step_is_not_the_pace(clock):
    status = AscentStatus()
    status.begin(40)
    stepped(status, clock, 0, 0)
    stepped(status, clock, 1, 1, 30)
    stepped(status, clock, 2, 4, 0.5)
    assert status.seconds_left == pytest.approx(18)


def test_a_pause_is_not_the_pace(clock):
    status = AscentStatus()
    status.begin(40)
    stepped(status, clock, 0, 2, 0.5)
    status.end()
    clock[0] += 1000
    status.proceed()
    stepped(status, clock, 3, 3, 0.5)
    assert status.seconds_left == pytest.approx(18.5)
    stepped(status, clock, 4, 4, 0.5)
    assert status.seconds_left == pytest.approx(18)


def test_the_browser_is_told_ten_times_a_second_and_of_the_last_step(clock, states):
    status = AscentStatus()
    status.begin(101)
    told = []
    for step in range(102):
        clock[0] = 100 + step * 0.015625
        states.clear()
        told.append(status.advance(step, [0.0]))
        assert len(states) == told[-1]
    assert [step for step, was in enumerate(told) if was] == [*range(0, 100, 7), 101]
    assert status.step == 101
    assert len(curves_of(status)[0]) == 102


def test_the_end_tells_of_steps_that_were_held_back(clock):
    status = AscentStatus()
    status.begin(10)
    for step in range(4):
        clock[0] += 0.01
        status.advance(step, [float(step)])
    assert status.step == 0
    status.end()
    assert (status.step, status.running, status.error) == (3, False, "")
    assert curves_of(status)[1][:, 0].tolist() == [0, 1, 2, 3]


def test_an_error_is_a_sentence_and_the_curve_stays(clock):
    status = AscentStatus()
    status.begin(10)
    stepped(status, clock, 0, 2)
    status.end("the images became NaN in step 3")
    assert (status.running, status.error) == (False, "the images became NaN in step 3")
    assert curves_of(status)[0].tolist() == [0, 1, 2]
    status.begin(5)
    assert (status.step, status.steps, status.running, status.error) == (0, 5, True, "")
    assert status._curves == b""


def test_stop_and_continue_are_heard_from_the_browser():
    status = AscentStatus()
    status.begin(10)
    heard = []
    status.observe(lambda change: heard.append(change.new), "stopped")
    for stopped in (True, False):
        from_browser(status, stopped=stopped)
    assert heard == [True, False]


@pytest.mark.parametrize("step", [4, 5])
def test_a_step_before_the_last_is_refused(step):
    status = AscentStatus()
    status.begin(10)
    status.advance(5, [1.0])
    with pytest.raises(ValueError, match=f"a step after 5; got {step}"):
        status.advance(step, [1.0])
    assert status.step == 5


def test_going_on_keeps_steps_and_curves(clock, states):
    status = AscentStatus()
    status.begin(10)
    stepped(status, clock, 0, 2)
    status.stopped = True
    status.end()
    states.clear()
    status.proceed()
    assert len(states) == 1
    assert (status.step, status.running, status.stopped) == (2, True, False)
    stepped(status, clock, 3, 3)
    assert curves_of(status)[0].tolist() == [0, 1, 2, 3]


def test_labels_are_texts():
    assert AscentStatus(labels=np.arange(2).tolist()).labels == ["0", "1"]


def test_what_cannot_be_is_refused():
    with pytest.raises(TypeError, match=r"runing.*running"):
        AscentStatus(runing=True)
    with pytest.raises(traitlets.TraitError, match="steps"):
        AscentStatus(steps=-1)


def test_pure_functions_of_the_browser():
    check_javascript("ascent_*")
