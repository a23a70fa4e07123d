"""The plugins that all runs use, seen from outside: runs of pytest over small suites."""

from __future__ import annotations

import pytest

from tests.promises import KNOWN, spans

SUITE = """
import pytest

@pytest.mark.requirement("CO-01", "CO-16")
@pytest.mark.rule("L-08")
def test_that_passes(): pass

@pytest.mark.requirement("CO-02")
def test_that_fails(): assert False

@pytest.mark.requirement("CO-03")
@pytest.mark.skip(reason="not here")
def test_that_is_skipped(): pass

@pytest.fixture
def untidy():
    yield
    raise RuntimeError("left something behind")

@pytest.mark.requirement("CO-04")
def test_that_fails_when_it_is_cleaned_up(untidy): pass

@pytest.mark.xfail(strict=True)
@pytest.mark.requirement("CO-05")
def test_that_is_known_to_fail(): assert False

class TestOfAClass:
    @pytest.mark.requirement("CO-07")
    @pytest.mark.parametrize("one", [
        1, pytest.param(2, marks=pytest.mark.requirement("CO-08")),
    ])
    def test_with_cases(self, one): pass
"""


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeini(
        """
        [pytest]
        markers =
            requirement(id): a promise
            rule(id): a rule
            browser: needs Chromium
        """
    )
    return pytester


ENDING = [
    "*without a passing test in this run*",
    "promises 93 of 97: SF-01..35, SP-01..09, SS-01..18, KP-01..16, CO-02..06, CO-09..15, CO-17..19",
    "rules 45 of 46: T-01..05, L-01..07, F-01..09, U-01..03, C-01..06, A-01..05, E-01..07, N-01..03",
    "*1 failed, 4 passed, 1 skipped, 1 xfailed, 1 error in*",
]


def test_a_run_ends_with_the_promises_and_rules_that_no_passing_test_proves(suite: pytest.Pytester) -> None:
    suite.makepyfile(SUITE)
    suite.runpytest("-p", "tests.promises").stdout.fnmatch_lines(ENDING)


def test_a_run_over_several_processes_ends_with_the_same_account(suite: pytest.Pytester) -> None:
    suite.makepyfile(SUITE)
    suite.runpytest("-p", "tests.promises", "-n", "2").stdout.fnmatch_lines(ENDING)


@pytest.mark.parametrize("mark", ["requirement('CO-20')", "rule('K-01')", "rule('CO-01')"])
def test_an_id_that_does_not_exist_is_an_error(suite: pytest.Pytester, mark: str) -> None:
    suite.makepyfile(
        f"import pytest\n@pytest.mark.{mark}\ndef test_of_it(): pass\ndef test_beside_it(): pass"
    )
    ended = suite.runpytest("-p", "tests.promises")
    assert ended.ret == pytest.ExitCode.INTERRUPTED
    ended.stdout.fnmatch_lines(["*test_of_it claims the * which does not exist.*"])


def test_neighbours_are_drawn_together() -> None:
    assert spans(["SF-01", "SF-02", "SF-03", "SF-05", "SP-06"]) == "SF-01..03, SF-05, SP-06"
    assert spans([]) == ""
    assert spans(KNOWN["rule"][:5]) == "T-01..05"


def test_without_a_browser_its_tests_are_skipped_and_the_run_says_how_to_get_one(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    suite.makepyfile(
        "import pytest\n@pytest.mark.browser\ndef test_of_a_page(): assert False\ndef test_beside_it(): pass"
    )
    ended = suite.runpytest("-p", "tests.chromium", "-rs")
    ended.stdout.fnmatch_lines(["SKIPPED*install the package chromium", "*1 passed, 1 skipped*"])


@pytest.mark.parametrize(("told", "order"), [("", "abcde"), ("1", "baedc")])
def test_the_tests_of_each_module_run_backwards_when_that_is_asked_for(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, told: str, order: str
) -> None:
    monkeypatch.setenv("FIELDLINE_BACKWARDS", told)
    of_class = "\nclass TestOfAClass:\n    def test_d(self): pass\n    def test_e(self): pass"
    suite.makepyfile(
        test_one="def test_a(): pass\ndef test_b(): pass", test_two="def test_c(): pass" + of_class
    )
    ended = suite.runpytest("-p", "tests.conftest", "-v")
    ended.assert_outcomes(passed=5)
    ran = [line for line in ended.outlines if "PASSED" in line]
    assert [line.partition(" ")[0][-1] for line in ran] == list(order)
