"""Saved and shared queries: text under a name, run with the scope of whoever runs it."""

from __future__ import annotations

import pytest

from data import saved, saving
from data.access import EVERYTHING
from data.errors import QueryRefusedError
from data.reading import Limits
from data.store import Store
from tests.store.two_teams import ANALYST, CONFIDENTIAL, MANAGER, REP, two_teams


@pytest.mark.requirement("CO-03")
def test_a_query_is_saved_changed_and_deleted_and_its_versions_stay(store: Store) -> None:
    first = saving.save(store, ANALYST, "Records", "select 1")
    again = saving.save(store, ANALYST, " All records ", "select 2", shared=True, id=first.id)
    assert [(q.name, q.sql, q.version, q.shared) for q in saved.saved(store, ANALYST)] == [
        ("All records", "select 2", 2, True)
    ]
    assert again.id == first.id
    saving.delete(store, ANALYST, first.id)
    assert saved.saved(store, ANALYST) == []
    assert store.rows("select version, deleted from config.saved_query order by version") == [
        {"version": 1, "deleted": False}, {"version": 2, "deleted": False}, {"version": 3, "deleted": True},
    ]  # fmt: skip


def test_what_is_not_shared_is_nobody_elses(store: Store) -> None:
    own = saving.save(store, ANALYST, "Mine", "select 1")
    assert saved.saved(store, MANAGER) == []
    with pytest.raises(QueryRefusedError):
        saved.run(store, MANAGER, own.id, Limits())
    with pytest.raises(QueryRefusedError):
        saving.save(store, MANAGER, "Mine", "select 2", id=own.id)


@pytest.mark.requirement("CO-19")
def test_a_shared_query_shows_each_reader_what_they_may_see(store: Store) -> None:
    two_teams(store)
    shared = saving.save(store, ANALYST, "Records", "select id from spotio.record order by id", shared=True)
    assert saved.run(store, ANALYST, shared.id, Limits()).to_pylist() == [{"id": "re"}, {"id": "rw"}]
    assert saved.run(store, MANAGER, shared.id, Limits()).to_pylist() == [{"id": "rw"}]
    with pytest.raises(QueryRefusedError):
        saved.run(store, REP, shared.id, Limits())
    leak = saving.save(store, ANALYST, "Leak", "select * from config.secret", shared=True)
    with pytest.raises(QueryRefusedError) as refused:
        saved.run(store, EVERYTHING, leak.id, Limits())
    assert CONFIDENTIAL not in str(refused.value)


def test_a_shared_query_is_its_owners_and_an_admin_can_take_it_away(store: Store) -> None:
    shared = saving.save(store, ANALYST, "Records", "select 1", shared=True)
    with pytest.raises(QueryRefusedError, match=r"ana@example\.com"):
        saving.save(store, MANAGER, "Records", "select 2", id=shared.id)
    with pytest.raises(QueryRefusedError, match="admin"):
        saving.delete(store, MANAGER, shared.id)
    saving.delete(store, EVERYTHING, shared.id)
    assert saved.saved(store, ANALYST) == []


@pytest.mark.parametrize(("name", "sql"), [("", "select 1"), ("x" * 101, "select 1"), ("Records", "  ")])
def test_a_query_needs_a_name_and_a_text(store: Store, name: str, sql: str) -> None:
    with pytest.raises(QueryRefusedError):
        saving.save(store, ANALYST, name, sql)


def test_two_queries_of_one_person_are_not_called_alike(store: Store) -> None:
    saving.save(store, ANALYST, "Records", "select 1")
    with pytest.raises(QueryRefusedError, match="already"):
        saving.save(store, ANALYST, "records", "select 2")
    saving.save(store, MANAGER, "Records", "select 2")


def test_a_rep_has_none(store: Store) -> None:
    saving.save(store, ANALYST, "Records", "select 1", shared=True)
    assert saved.saved(store, REP) == []
    with pytest.raises(QueryRefusedError):
        saving.save(store, REP, "Mine", "select 1")
