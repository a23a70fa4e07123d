"""Which browser the tests use, and a pytest plugin that skips those marked `browser` when there is none.

It is the machine's own Chromium: Playwright's builds cannot be had everywhere, and a system keeps its browser patched.
"""

from __future__ import annotations

import shutil

import pytest

# The shell first: the others draw tabs and menus of their own for every page, seen by nobody.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
MISSING = (
    "no Chromium on this machine: `make test` installs it where it may, else install the package chromium"
)


def path() -> str | None:
    """The browser's program, or None when there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if path() is None:
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason=MISSING))
