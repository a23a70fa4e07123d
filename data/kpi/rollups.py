"""Keep the derived tables of numbers up to date: by day where sums are, by record where sequences are.

A day is derived anew as a whole and a record with its whole history, each in a short transaction; so the tables are
the same after any sequence of refreshes. Everything is derived anew when the settings, or what SPOTIO's workflow
says about results and stages, are not those that the tables stand on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import duckdb
import pyarrow as pa

from data.errors import StoreUnusableError
from data.events import Touched
from data.kpi.facts import derived, memberships
from data.kpi.lookups import fill, found
from data.kpi.reading import parameters, used
from data.kpi.settings import KpiSettings
from data.store import Store

_BY_DAY = ("visit", "day")
_BY_RECORD = ("move", "sale", "appointment")
# What one transaction derives: little enough for a small memory limit, enough that a scan is worth it.
RECORDS_A_SLICE = 10_000
EVENTS_A_SLICE = 200_000


def refresh(store: Store, settings: KpiSettings, touched: Touched | None) -> bool:
    """Derive what `touched` names anew, everything for None or other settings; True when it was everything.

    A crash in between is made good by the next refresh: touched days and records stay named until the caller settles
    them, and the digest is written last.
    """
    lookups = found(store, settings)
    parts_of_digest = [settings.digest(), lookups, _first_teams(store, settings)]
    digest = hashlib.sha256(json.dumps(parts_of_digest).encode()).hexdigest()[:16]
    everything = touched is None or _standing(store) != digest
    if not everything and not touched and settings.sold_source != "salesforce_won":
        return False
    if everything:
        fill(store, lookups)
    days = None if everything or touched is None else touched.days
    records = None if everything or touched is None else touched.records
    for run in _slices(_events_by_day(store, days)):
        _frugally(store, partial(_refresh_days, store, settings, run))
    if settings.sold_source == "salesforce_won":
        # An opportunity changes without any event of SPOTIO's; it names the record whose appointments may be sold now.
        named = _refresh_salesforce_sales(store, settings)
        records = None if records is None else records | named
    if records is None:
        parts = 1 + _record_count(store) // RECORDS_A_SLICE
        for part in range(parts):
            _frugally(
                store, partial(_refresh_records, store, settings, f"hash(record_id) % {parts} = {part}", None)
            )
    else:
        ids = sorted(records)
        for start in range(0, len(ids), RECORDS_A_SLICE):
            chosen = ids[start : start + RECORDS_A_SLICE]
            which = "record_id in (select record_id from touched_record)"
            _frugally(store, partial(_refresh_records, store, settings, which, chosen))
    with store.write() as cursor:
        cursor.execute("delete from kpi.state")
        cursor.execute(
            "insert into kpi.state values ($digest, $settings, $now)",
            {"digest": digest, "settings": json.dumps(settings.document()), "now": datetime.now(UTC)},
        )
    return everything


def _first_teams(store: Store, settings: KpiSettings) -> str | None:
    """A digest of the teams that people were in from the beginning.

    Told late, they change who set an appointment for which team, though no event of the record changes: an event has
    its own user's team. Later changes of teams concern only what comes after them.
    """
    sql = (
        f"with recursive {', '.join(memberships(store))}"
        " select md5(string_agg(concat_ws(':', user_id, team_id, zone), ',' order by user_id)) as digest"
        " from leaf_team where since = '-infinity'::timestamptz"
    )
    digest: str | None = store.rows(sql, used(sql, parameters(settings)))[0]["digest"]
    return digest


def _frugally(store: Store, work: Callable[[], None]) -> None:
    """Do a transaction's work; once more with one thread when it needed more memory than there is."""
    try:
        work()
    except StoreUnusableError as error:
        if not isinstance(error.__cause__, duckdb.OutOfMemoryException):
            raise
        with store.alone():
            work()


def _standing(store: Store) -> str | None:
    rows = store.rows("select digest from kpi.state")
    return rows[0]["digest"] if rows else None


def _slices(events: Mapping[date, int]) -> Iterator[list[date]]:
    """Days in runs that hold few events together."""
    run: list[date] = []
    held = 0
    for day in sorted(events):
        if run and held + events[day] > EVENTS_A_SLICE:
            yield run
            run, held = [], 0
        run.append(day)
        held += events[day]
    if run:
        yield run


def _events_by_day(store: Store, days: frozenset[date] | None) -> dict[date, int]:
    """How many events there are on each of some days; None: on each that has events, or had numbers."""
    rows = store.rows(
        "select local_day as day, count(*) as n from history.event where known_until is null"
        " and ($days::date[] is null or local_day in (select unnest($days::date[]))) group by 1"
        " union all select distinct day, 0 from kpi.day where $days::date[] is null"
        " union all select distinct day, 0 from kpi.visit where $days::date[] is null",
        {"days": None if days is None else sorted(days)},
    )
    found = dict.fromkeys(days or (), 0)
    for row in rows:
        if row["day"] is not None:
            found[row["day"]] = found.get(row["day"], 0) + row["n"]
    return found


def _record_count(store: Store) -> int:
    return int(store.rows("select approx_count_distinct(record_id) as n from history.event")[0]["n"])


def _refresh_days(store: Store, settings: KpiSettings, days: Sequence[date]) -> None:
    params = parameters(settings) | {"first": days[0], "last": days[-1], "days": list(days)}
    whole = len(days) == (days[-1] - days[0]).days + 1
    within = "between $first::date and $last::date" + (
        "" if whole else " and {day} in (select unnest($days::date[]))"
    )
    with store.write() as cursor:
        for table in _BY_DAY:
            _replace(
                store, cursor, settings, table, f"day {within.format(day='day')}", params,
                period=f"local_day {within.format(day='local_day')}",
            )  # fmt: skip


def _refresh_records(store: Store, settings: KpiSettings, which: str, ids: list[str] | None) -> None:
    with store.write() as cursor:
        if ids is not None:
            cursor.register("touched_ids", pa.table({"record_id": pa.array(ids, pa.string())}))
            cursor.execute("create temp table touched_record as select record_id from touched_ids")
        # All that is known of these records, found once for the three tables.
        cursor.execute(
            f"create temp table record_event as select * from history.event where known_until is null and {which}"
        )
        for table in _BY_RECORD:
            if table == "sale" and settings.sold_source == "salesforce_won":
                continue
            _replace(store, cursor, settings, table, which, parameters(settings), source="record_event")
        cursor.execute("drop table record_event")
        if ids is not None:
            cursor.execute("drop table touched_record")
            cursor.unregister("touched_ids")


def _refresh_salesforce_sales(store: Store, settings: KpiSettings) -> frozenset[str]:
    """Derive all sales of Salesforce anew, those without a record included; returns the records that differ."""
    ctes = ", ".join(derived(store, "sale", settings, records="kind = 'created'"))
    with store.write() as cursor:
        _run(
            cursor,
            f"create temp table fresh as with recursive {ctes} select * from (select * from kpi.sale limit 0)"
            " union all by name select * from sale",
            parameters(settings),
        )
        rows = cursor.sql(
            "select distinct record_id from ("
            "(select * from fresh except all select * from kpi.sale)"
            " union all (select * from kpi.sale except all select * from fresh)) where record_id is not null"
        ).fetchall()
        cursor.execute("delete from kpi.sale")
        cursor.execute("insert into kpi.sale select * from fresh")
        cursor.execute("drop table fresh")
    return frozenset(row[0] for row in rows)


def _replace(
    store: Store,
    cursor: duckdb.DuckDBPyConnection,
    settings: KpiSettings,
    table: str,
    where: str,
    params: dict[str, Any],
    **narrowed: str,
) -> None:
    """Derive the rows of a table that `where` names, in place of those that stand."""
    _run(cursor, f"delete from kpi.{table} where {where}", params)
    ctes = ", ".join(derived(store, table, settings, **narrowed))
    _run(cursor, f"insert into kpi.{table} by name with recursive {ctes} select * from {table}", params)


def _run(cursor: duckdb.DuckDBPyConnection, sql: str, params: dict[str, Any]) -> None:
    cursor.execute(sql, used(sql, params))
