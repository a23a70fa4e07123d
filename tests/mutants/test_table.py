"""The table of planted bugs fits the source as it stands; whether each is caught takes `make mutants`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutants.mutant import Mutant
from tests.mutants.table import MUTANTS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("mutant", [pytest.param(each, id=each.name) for each in MUTANTS])
def test_a_planted_bug_still_applies_and_names_tests_that_are_there(mutant: Mutant) -> None:
    assert mutant.applies(ROOT), f"{mutant.file} no longer holds, exactly once: {mutant.old}"
    assert mutant.old != mutant.new
    for test in mutant.tests:
        assert (ROOT / test.split("::")[0]).is_file(), test


def test_no_two_bugs_have_one_name() -> None:
    names = [each.name for each in MUTANTS]
    assert sorted(set(names)) == sorted(names)


def test_a_bug_that_no_longer_applies_is_not_planted(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("value = 1\nother = 1\n")
    assert not Mutant("twice", "one.py", "= 1", "= 2", ()).plant(tmp_path)
    assert Mutant("once", "one.py", "value = 1", "value = 2", ()).plant(tmp_path)
    assert (tmp_path / "one.py").read_text() == "value = 2\nother = 1\n"
