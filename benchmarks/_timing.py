"""Medians of things run in turn, so that a machine's changing speed meets all of them alike."""

import statistics
import time
from collections.abc import Callable


def compare(candidates: dict[str, Callable[[], object]], repeat: int) -> dict[str, float]:
    """Median over rounds of each candidate's time as a ratio to the first's of the same round."""
    for run in candidates.values():
        run()
        run()
    rounds = [[_seconds(run) for run in candidates.values()] for _ in range(repeat)]
    ratios = zip(*([time / times[0] for time in times] for times in rounds), strict=True)
    return dict(zip(candidates, map(statistics.median, ratios), strict=True))


def print_ratios(title: str, ratios: dict[str, float]) -> None:
    """Print a table of ratios."""
    print(f"\n{title}")
    for name, ratio in ratios.items():
        print(f"  {name:<44} {ratio:6.2f}×")


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start
