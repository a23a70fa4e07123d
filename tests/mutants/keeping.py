"""Bugs of what a sync keeps and carries out (data/syncs, sync/syncs): journal, agreements, who is looked at again."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_STORE = "tests/store/test_sync_{}.py"


def _bug(name: str, file: str, old: str, new: str, *tests: str) -> Mutant:
    return Mutant(name, file, old, new, tuple(test if "/" in test else _STORE.format(test) for test in tests))


def _query(name: str, query: str, old: str, new: str, *tests: str) -> Mutant:
    return _bug(name, f"data/queries/sync_{query}.sql", old, new, *tests)


KEEPING = (
    _query("the base moves before the answer", "agreeing", "where a.state = 'done' and a.kind <> 'unlink'", "where a.kind <> 'unlink'", "journal"),
    _query("an answer is taken twice", "answered", " and w.state in ('intended', 'unknown')", "", "journal"),
    _query("what waits for a look is planned all the same", "waiting", "and state in ('intended', 'unknown')", "and state in ('nothing')", "unsettled"),
    _query("an open decision is not looked at again", "still_open", "list_contains($open, outcome)", "false", "loading"),
    _bug("a new form settles a difference in the store", "data/syncs/links.py", "not fresh and not differs)", "not fresh)", "conflicts"),
    _bug("a settled field goes on being asked", "data/syncs/links.py", 'for table in ("conflict", "standing"):', 'for table in ("conflict",):', "conflicts"),
    _bug("a filter that counts days is looked at when its records change", "sync/syncs/planning.py", "return definition.by_the_day and", "return False and", "days"),
    _bug("another version decides only what changed", "sync/syncs/planning.py", "kept.planned_version != definition.version or", "", "days"),
    _bug("what Salesforce holds by now is overwritten", "sync/syncs/applying.py",
         "expected = [wire.salesforce_expected(known, f) for f in said]", "expected = None", "tests/scenarios/test_sync_races.py"),
    _bug("what SPOTIO holds by now is overwritten", "sync/syncs/wire.py",
         "fields=changed, expected=expected,", "fields=changed, expected={},", "tests/scenarios/test_sync_races.py"),
)  # fmt: skip
