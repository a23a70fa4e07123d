"""What holds for all tests: the account of promises, the browser, the order, and how hypothesis searches."""

from __future__ import annotations

import os
from itertools import groupby
from pathlib import Path

import hypothesis
import pytest

pytest_plugins = ["pytester", "tests.quick", "tests.promises", "tests.chromium"]

# No test asserts a time, so no example has a deadline. A person's runs search anew each time and print what repeats a
# failure; CI tries the same examples each time, so that it never fails for a change it was not given.
hypothesis.settings.register_profile("search", deadline=None, print_blob=True)
hypothesis.settings.register_profile("ci", deadline=None, print_blob=True, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "search")

SCENARIOS = Path(__file__).parent / "scenarios"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Whole runs over whole companies, killed and begun again: `make test` has the minutes for them, `make check` has not.
    for item in items:
        if item.path.is_relative_to(SCENARIOS):
            item.add_marker(pytest.mark.slow)
    # A process that helps another takes over the last tests of a module without having run the first.
    if os.environ.get("FIELDLINE_BACKWARDS"):
        modules = groupby(list(items), key=lambda item: item.path)
        items[:] = [item for _, tests in modules for item in reversed(list(tests))]
