"""What holds for all tests: the account of promises, the browser, and how hypothesis searches."""

from __future__ import annotations

import os

import hypothesis

pytest_plugins = ["pytester", "tests.promises", "tests.chromium"]

# No test asserts a time, so no example has a deadline. A person's runs search anew each time and print what repeats a
# failure; CI tries the same examples each time, so that it never fails for a change it was not given.
hypothesis.settings.register_profile("search", deadline=None, print_blob=True)
hypothesis.settings.register_profile("ci", deadline=None, print_blob=True, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "search")
