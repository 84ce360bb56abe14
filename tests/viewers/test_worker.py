import threading

import pytest

from convnet_widgets.viewers._worker import Worker


@pytest.fixture(name="worker")
def fixture_worker():
    worker = Worker(on_error=lambda error: worker.errors.append(error), on_idle=lambda: None)
    worker.errors = []
    return worker


def test_jobs_run_in_another_thread_and_can_be_waited_for(worker):
    threads = []
    worker.submit(lambda _: threads.append(threading.current_thread()))
    assert worker.wait(5)
    assert threads != [threading.current_thread()]
    assert len(threads) == 1


def test_of_waiting_jobs_only_the_last_runs_and_the_present_one_is_told_to_end(worker):
    done, started, go_on = [], threading.Event(), threading.Event()

    def long(cancelled):
        started.set()
        assert go_on.wait(5)
        done.append(("long", cancelled.is_set()))

    worker.submit(long)
    assert started.wait(5)
    assert not worker.wait(0.01)
    for number in range(5):
        worker.submit(lambda cancelled, n=number: done.append((n, cancelled.is_set())))
    go_on.set()
    assert worker.wait(5)
    assert done == [("long", True), (4, False)]


def test_an_exception_is_reported_and_the_next_job_runs(worker):
    done = []
    worker.submit(lambda _: 1 / 0)
    assert worker.wait(5)
    worker.submit(lambda _: done.append(1))
    assert worker.wait(5)
    assert [type(error) for error in worker.errors] == [ZeroDivisionError]
    assert done == [1]


def test_no_thread_is_left_once_idle(worker):
    before = threading.active_count()
    for _ in range(20):
        worker.submit(lambda _: None)
    assert worker.wait(5)
    for thread in threading.enumerate():
        if thread.name == "convnet-widgets":
            thread.join(5)
    assert threading.active_count() <= before
