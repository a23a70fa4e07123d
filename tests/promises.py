"""A pytest plugin that keeps account of the promises and rules: which have a passing test, and which have none.

A test says what it proves with `@pytest.mark.requirement("CO-01")` or `@pytest.mark.rule("L-08")`; each takes
several ids. The ids travel in the reports, so that a run over several processes is accounted for in one place. An id
that does not exist is an error where the test is collected: a typo would else prove nothing, and nobody would know.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence

import pytest

# How many ids each group has; they are numbered from 01. The K rules are a table without ids.
GROUPS = {
    "requirement": {"SF": 35, "SP": 9, "SS": 18, "KP": 16, "CO": 19},
    "rule": {"T": 5, "L": 8, "F": 9, "U": 3, "C": 6, "A": 5, "E": 7, "N": 3},
}
TITLES = {"requirement": "promises", "rule": "rules"}
KNOWN = {
    mark: [f"{group}-{number:02}" for group, count in groups.items() for number in range(1, count + 1)]
    for mark, groups in GROUPS.items()
}


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Account(), "promises-account")


@pytest.hookimpl(wrapper=True)
def pytest_pycollect_makeitem(
    collector: pytest.Collector,
) -> Generator[None, object, object]:
    """Write the ids that a test claims into its properties, which every report of it carries."""
    made = yield
    for item in made if isinstance(made, list) else [made]:
        if isinstance(item, pytest.Item):
            for mark in KNOWN:
                item.user_properties += [(mark, claimed) for claimed in _claimed(collector, item, mark)]
    return made


def _claimed(collector: pytest.Collector, item: pytest.Item, mark: str) -> Iterable[str]:
    for marker in item.iter_markers(mark):
        for claimed in marker.args:
            if claimed not in KNOWN[mark]:
                raise collector.CollectError(
                    f"{item.nodeid} claims the {mark} {claimed!r}, which does not exist."
                )
            yield claimed


class Account:
    """What the tests of one run have proven."""

    def __init__(self) -> None:
        self._proven: dict[str, list[tuple[str, str]]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed and not hasattr(report, "wasxfail"):
            self._proven[report.nodeid] = [
                (mark, str(claimed)) for mark, claimed in report.user_properties if mark in KNOWN
            ]
        elif report.failed:  # in the teardown, after the test itself passed
            self._proven.pop(report.nodeid, None)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if terminalreporter.config.option.collectonly:
            return
        proven = {claim for claims in self._proven.values() for claim in claims}
        terminalreporter.section("without a passing test in this run")
        for mark, known in KNOWN.items():
            missing = [each for each in known if (mark, each) not in proven]
            terminalreporter.line(
                f"{TITLES[mark]} {len(missing)} of {len(known)}: {spans(missing) or 'none'}"
            )


def spans(ids: Sequence[str]) -> str:
    """Ids in order, neighbours drawn together: SF-01..03, SF-05."""
    runs: list[list[str]] = []
    for each in ids:
        group, _, number = each.partition("-")
        if runs and runs[-1][-1] == f"{group}-{int(number) - 1:02}":
            runs[-1].append(each)
        else:
            runs.append([each])
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]}..{run[-1][-2:]}" for run in runs)
