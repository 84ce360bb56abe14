"""Tests marked launch take minutes: they run where they are asked for, and print what they saw."""

import pytest
from binder_image import copy_checkout

WIDTHS = (34, 10, 12, 12)


def pytest_collection_modifyitems(config, items):
    # in addopts, -m "not launch" would give way to any other -m
    if "launch" in config.option.markexpr:
        return
    launches = [item for item in items if item.get_closest_marker("launch")]
    if launches:
        config.hook.pytest_deselected(items=launches)
        items[:] = [item for item in items if item not in launches]


def pytest_terminal_summary(terminalreporter):
    """Print the rows that tests recorded as ``launch``, whether they passed or not."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    rows = [dict(one.user_properties)["launch"] for one in reports if one.user_properties]
    if rows:
        terminalreporter.section("what Binder would need")
    for name, *values in [("", "seconds", "kernel MB", "server MB"), *sorted(rows)] if rows else []:
        cells = [name.ljust(WIDTHS[0]), *map(str.rjust, map(str, values), WIDTHS[1:])]
        terminalreporter.write_line("".join(cells))


@pytest.fixture
def checkout(tmp_path):
    """A copy of the checkout that a test may break."""
    return copy_checkout(tmp_path / "checkout")
