"""Keras's downloads, with an end to waiting."""

import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import Any
from urllib.error import HTTPError, URLError

PATIENCE = 20.0
"""Seconds until the first response, where somebody asked for the download."""
_STALL = 10.0  # seconds that a download once begun may stand still


class _Opener:
    """A urllib opener that gives up when no response comes, and notes what it was asked for."""

    def __init__(self, opener: Any, patience: float) -> None:
        self._opener = opener
        self._patience = patience
        self.asked: list[str] = []

    def open(self, url: Any, data: Any = None, timeout: Any = None) -> Any:  # noqa: ARG002
        self.asked.append(str(getattr(url, "full_url", url)))
        answers: SimpleQueue[Any] = SimpleQueue()
        # A thread, since no socket timeout bounds the look-up of a host name.
        threading.Thread(target=self._ask, args=(url, data, answers), daemon=True).start()
        try:
            answer = answers.get(timeout=self._patience)
        except Empty:
            raise URLError(f"no answer within {self._patience:g} s from {self.asked[-1]}") from None
        if isinstance(answer, HTTPError):
            answer.close()  # it is the response too, and Keras reads no more of it
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def _ask(self, url: Any, data: Any, answers: SimpleQueue[Any]) -> None:
        try:
            answers.put(self._opener.open(url, data, _STALL))
        except BaseException as error:
            answers.put(error)


@contextmanager
def bounded_downloads(patience: float) -> Iterator[list[str]]:
    """Let no download through ``urllib`` wait longer than `patience` for its beginning.

    Keras fetches files by ``urllib.request.urlretrieve``, which waits without
    end where packets are dropped. The opener of the process is exchanged for
    the time of the context; proxies and an opener installed before keep working.

    Parameters
    ----------
    patience : float
        Seconds until the first response, whatever the cause of silence. A
        download that has begun may stand still for ten.

    Yields
    ------
    list of str
        The addresses asked for so far: empty if all came from the cache.
    """
    before = getattr(urllib.request, "_opener", None)
    opener = _Opener(before or urllib.request.build_opener(), patience)
    urllib.request.install_opener(opener)  # type: ignore[arg-type]
    try:
        yield opener.asked
    finally:
        urllib.request.install_opener(before)
