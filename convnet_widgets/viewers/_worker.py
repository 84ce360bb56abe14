"""One thread at a time for the long work of a panel; the latest request wins."""

import threading
from collections.abc import Callable

Job = Callable[[threading.Event], None]


class Worker:
    """Runs jobs in a thread of its own, one at a time, and of waiting ones only the last.

    Parameters
    ----------
    on_error : callable
        Gets the exception that a job ends with, in the worker's thread.
    on_idle : callable
        Called in the worker's thread when nothing is left to do.

    Notes
    -----
    Widget callbacks run in the kernel's main thread or in a subshell's, depending on the
    version of ipykernel. Work started there blocks every other control; work in a thread
    of its own can be overtaken and stopped everywhere.
    """

    def __init__(self, on_error: Callable[[Exception], None], on_idle: Callable[[], None]) -> None:
        self._on_error = on_error
        self._on_idle = on_idle
        self._lock = threading.Lock()
        self._idle = threading.Event()
        self._idle.set()
        self._cancel = threading.Event()
        self._next: Job | None = None

    def submit(self, job: Job) -> None:
        """Run `job` as soon as the present one has ended; it is told to end now.

        A job gets an Event that is set once a later job makes it needless.
        """
        with self._lock:
            self._cancel.set()
            self._cancel = threading.Event()
            self._next = job
            if self._idle.is_set():
                self._idle.clear()
                threading.Thread(target=self._work, name="convnet-widgets", daemon=True).start()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing is left to do; False if `timeout` seconds were not enough."""
        return self._idle.wait(timeout)

    def _work(self) -> None:
        while taken := self._take():
            job, cancel = taken
            try:
                job(cancel)
            except Exception as error:
                self._on_error(error)

    def _take(self) -> tuple[Job, threading.Event] | None:
        with self._lock:
            job, self._next = self._next, None
            if job is None:
                self._on_idle()
                self._idle.set()
                return None
            return job, self._cancel
