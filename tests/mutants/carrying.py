"""Bugs of how changes are read and writes are carried out (sync/pull, sync/connectors, sync/syncs)."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_STORIES = "tests/scenarios/test_sync_stories.py::test_both_systems_come_to_rest_in_step[setting {}]"
_PLAIN, _TROUBLED = _STORIES.format(0), _STORIES.format(1)
_KILL = "tests/scenarios/test_sync_kill.py"


def _bug(name: str, file: str, old: str, new: str, *tests: str) -> Mutant:
    return Mutant(name, f"sync/{file}.py", old, new, tests)


CARRYING = (
    _bug("the overlap of two windows is dropped", "pull/salesforce", "datetime.fromisoformat(reached) - OVERLAP", "datetime.fromisoformat(reached)", _TROUBLED),
    _bug("half a batch is sent twice", "connectors/salesforce/writing", "part(tuple(each.index for each in locked), attempt + 1, locked)", "part(rows, attempt + 1, locked)", "tests/connectors/test_salesforce_writing.py"),
    _bug("a lost answer is taken for a refusal", "syncs/applying", '"unknown": "unknown"', '"unknown": "failed"', _TROUBLED),
    _bug("a lost answer is taken for a success", "syncs/applying", '"unknown": "unknown"', '"unknown": "done"', _TROUBLED),
    _bug("what was written is not read back", "syncs/running", "                    pull_again()\n", "                    pass\n", _PLAIN),
    _bug("a later plan of a run begins from now", "syncs/planning", "return found if isinstance(found, datetime) else now", "return now", _PLAIN),
    _bug("a new lead does not say whose it is", "syncs/applying", ', definition.external_id: row["spotio_id"]}', "}", _KILL),
    _bug("a new record does not say whose it is", "syncs/wire", '"externalDataObjectId": salesforce_id,', '"externalDataObjectId": None,', _KILL),
    _bug("what a crash left is not looked at", "syncs/running", "        if apis.salesforce is not None:\n", "        if False:\n", _KILL),
    _bug("a create that happened is taken for one that did not", "syncs/settling", '"state": ["done" if id else "dropped" for id in ids]', '"state": ["dropped" for id in ids]', _KILL),
)  # fmt: skip
