"""Who may see what: rows by team, columns by mask, and nothing that no rule lets through."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from data.access import EVERYTHING, Scope, readable, relation
from data.errors import QueryRefusedError
from data.store import Store
from tests.store.conftest import NOON, url_of
from tests.store.two_teams import (
    ANALYST,
    EAST,
    HIDDEN,
    LEADS_NOBODY,
    MANAGER,
    MASKED,
    MASKED_MANAGER,
    REP,
    two_teams,
)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(url_of(tmp_path_factory.mktemp("access") / "s.duckdb")) as store:
        yield two_teams(store)


def rows(store: Store, scope: Scope, table: str, as_of: Any = None) -> list[dict[str, Any]]:
    schema, name = table.split(".")
    return store.rows(f"select * from ({relation(store, scope, schema, name, as_of)})")


def ids(store: Store, scope: Scope, table: str) -> set[str]:
    return {row.get("id") or row["Id"] for row in rows(store, scope, table)}


@pytest.mark.requirement("CO-19")
@pytest.mark.parametrize(
    ("table", "seen"),
    [
        ("spotio.record", {"rw"}),
        ("spotio.record_lead", {"rw"}),
        ("spotio.activity", {"aw", "dw"}),
        ("spotio.appointment", {"pw"}),
        ("spotio.user", {"uw"}),
        ("spotio.team", {"west"}),
        ("spotio.territory", {"tw"}),
        ("spotio.stage", {"1:1", "1:2"}),
        ("spotio.activity_template", {"1"}),
        ("salesforce.user", {"005000000000001AAA"}),
        ("salesforce.lead", {"00Q000000000001AAA"}),
        ("salesforce.leadhistory", {"h1", "s1"}),
        ("salesforce.leadstatus", {"st1"}),
        ("history.event", {"activity:rw"}),
    ],
)
def test_a_manager_sees_the_rows_of_their_teams(company: Store, table: str, seen: set[str]) -> None:
    assert ids(company, MANAGER, table) == seen
    assert ids(company, EVERYTHING, table) >= seen


def test_a_manager_sees_the_history_of_what_they_see(company: Store) -> None:
    seen = {(row["object"], row["id"]) for row in rows(company, MANAGER, "history.change")}
    assert ("record", "rw") in seen
    assert ("record", "re") not in seen
    assert not {id for _, id in seen} & {"re", "ae", "pe", "ue", "te", "east", "m1"}


def test_a_record_created_by_ones_rep_is_seen_whoever_owns_it_now(company: Store) -> None:
    with company.write() as cursor:
        cursor.execute("update spotio.record set createdById = 'uw' where id = 're'")
    try:
        assert ids(company, MANAGER, "spotio.record") == {"rw", "re"}
    finally:
        with company.write() as cursor:
            cursor.execute("update spotio.record set createdById = 'ue' where id = 're'")


def test_who_leads_nobody_sees_nobody(company: Store) -> None:
    for table in (
        "spotio.record",
        "spotio.activity",
        "spotio.user",
        "spotio.team",
        "salesforce.lead",
        "history.event",
    ):
        assert rows(company, LEADS_NOBODY, table) == []
    unknown = Scope("manager", "x@example.com", None, None)
    assert rows(company, unknown, "spotio.record") == []


@pytest.mark.requirement("CO-19")
@pytest.mark.parametrize(
    "scope", [MANAGER, MASKED_MANAGER, LEADS_NOBODY, REP, Scope("visitor", "", None, None)]
)
def test_no_table_shows_another_teams_words(company: Store, scope: Scope) -> None:
    for table in readable(company, scope):
        assert EAST not in str(rows(company, scope, f"{table.schema}.{table.name}")), table.name


@pytest.mark.parametrize(
    "table",
    [
        "salesforce.mystery__c",
        "sync.run",
        "sync.field",
        "config.secret",
        "sync.write",
        "main.x",
        "spotio.nothing",
    ],
)
def test_what_no_rule_lets_through_is_refused_to_a_manager(company: Store, table: str) -> None:
    with pytest.raises(QueryRefusedError):
        rows(company, MANAGER, table)
    assert table not in {f"{t.schema}.{t.name}" for t in readable(company, MANAGER)}


@pytest.mark.parametrize(
    "table",
    [
        "config.secret",
        "config.version",
        "sync.write",
        "sync.cursor",
        "sync.seen",
        "sync.touched",
        "spotio.récord",
    ],
)
@pytest.mark.parametrize("scope", [EVERYTHING, ANALYST])
def test_secrets_and_the_runners_own_tables_are_refused_to_everybody(
    company: Store, table: str, scope: Scope
) -> None:
    with pytest.raises(QueryRefusedError):
        rows(company, scope, table)


@pytest.mark.parametrize("role", ["rep", "visitor", ""])
def test_a_rep_and_an_unknown_role_read_no_table(company: Store, role: str) -> None:
    scope = Scope(role, "uw@example.com", frozenset({"west"}), "uw")
    assert [
        table for table in readable(company, scope) if table.schema != "spotio" or not table.is_view
    ] == []
    for table in ("spotio.record", "spotio.record_lead", "spotio.stage", "history.event", "sync.run"):
        with pytest.raises(QueryRefusedError):
            rows(company, scope, table)


@pytest.mark.rule("N-03")
@pytest.mark.requirement("CO-19")
@pytest.mark.parametrize("scope", [MASKED, MASKED_MANAGER])
@pytest.mark.parametrize("as_of", [None, NOON])
def test_a_masked_value_is_in_no_table_view_or_history(company: Store, scope: Scope, as_of: Any) -> None:
    looked_at = 0
    for table in readable(company, scope):
        if as_of is not None and (table.schema in ("sync", "kpi") or table.name == "erased"):
            continue  # known only as they are now
        looked_at += 1
        assert HIDDEN not in str(rows(company, scope, f"{table.schema}.{table.name}", as_of)), table.name
    assert looked_at > 15
    assert HIDDEN in str(rows(company, EVERYTHING, "history.change"))


def test_a_masked_column_is_empty_and_keeps_its_type(company: Store) -> None:
    sql = relation(company, MASKED, "spotio", "record")
    assert company.rows(f"select distinct f_100006, typeof(f_100006) as kind, _digest from ({sql})") == [
        {"f_100006": None, "kind": "VARCHAR", "_digest": None}
    ]


def test_other_columns_and_other_fields_of_a_masked_tables_history_stay(company: Store) -> None:
    histories = rows(company, MASKED, "salesforce.leadhistory")
    assert {row["NewValue"] for row in histories if row["Field"] == "Status"} == {"mild", EAST}
    assert {row["NewValue"] for row in histories if row["Field"] == "Email"} == {None}
    assert {row["name"] for row in rows(company, MASKED, "spotio.record")} == {
        "Castell household",
        f"{EAST} household",
    }


@pytest.mark.parametrize(
    "mask", ["spotio.record_lead.email", "spotio.record.f_100006", "spotio.record.email"]
)
def test_a_mask_hides_the_value_by_whichever_of_its_names(company: Store, mask: str) -> None:
    scope = Scope("analyst", "", None, None, frozenset({mask}))
    for table in ("spotio.record", "spotio.record_lead", "history.change", "spotio.activity"):
        assert HIDDEN not in str(rows(company, scope, table)), table
    shown = {f"{t.schema}.{t.name}": set(t.columns) for t in readable(company, scope)}
    assert "f_100006" not in shown["spotio.record"]
    assert "Email" not in shown["spotio.record_lead"]


def test_a_table_can_be_hidden_whole(company: Store) -> None:
    scope = Scope("analyst", "", None, None, frozenset({"salesforce.lead.*"}))
    with pytest.raises(QueryRefusedError, match="hidden"):
        rows(company, scope, "salesforce.lead")
    assert "lead" not in {row["object"] for row in rows(company, scope, "history.change")}
    assert HIDDEN not in str(rows(company, scope, "salesforce.leadhistory"))


def test_a_mask_of_what_an_event_is_made_from_hides_it_there_too(company: Store) -> None:
    with company.write() as cursor:
        cursor.execute("update history.event set value = 100, distance = 7")
    scope = Scope("analyst", "", None, None, frozenset({"spotio.record.value", "spotio.activity.distance"}))
    events = rows(company, scope, "history.event")
    assert {(row["value"], row["distance"], row["verification"]) for row in events} == {(None, None, None)}
    assert {row["user_id"] for row in events} == {"uw", "ue"}


@pytest.mark.requirement("CO-09")
def test_as_of_a_moment_rows_and_values_are_those_of_then(company: Store) -> None:
    then = {row["id"]: row["f_100006"] for row in rows(company, ANALYST, "spotio.record", NOON)}
    now = {row["id"]: row["f_100006"] for row in rows(company, ANALYST, "spotio.record")}
    assert (then["rw"], now["rw"]) == (f"{HIDDEN}1@example.com", f"{HIDDEN}2@example.com")
    assert [row["_deleted_at"] for row in rows(company, ANALYST, "salesforce.leadstatus", NOON)] == [None]
    with pytest.raises(QueryRefusedError, match="only as it is now"):
        rows(company, ANALYST, "kpi.day", NOON)
