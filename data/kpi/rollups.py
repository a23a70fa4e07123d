"""Keep the derived tables of numbers up to date: by day where sums are, by record where sequences are.

A day is derived anew as a whole and a record with its whole history, each in a short transaction; so the tables are
the same after any sequence of refreshes. Everything is derived anew when the settings, or what SPOTIO's workflow
says about results and stages, are not those that the tables stand on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from data.events import Touched
from data.kpi.facts import derived
from data.kpi.lookups import fill, found
from data.kpi.reading import parameters, used
from data.kpi.settings import KpiSettings
from data.store import Store

_BY_DAY = ("door", "day")
_BY_RECORD = ("move", "sale", "appointment")
# Records of one transaction: few enough for a small memory limit, many enough that a scan is worth it.
RECORDS_A_SLICE = 10_000
DAYS_A_SLICE = 31


def refresh(store: Store, settings: KpiSettings, touched: Touched | None) -> bool:
    """Derive what `touched` names anew, everything for None or other settings; True when it was everything.

    A crash in between is made good by the next refresh: touched days and records stay named until the caller settles
    them, and the digest is written last.
    """
    lookups = found(store, settings)
    digest = hashlib.sha256(json.dumps([settings.digest(), lookups]).encode()).hexdigest()[:16]
    everything = touched is None or _standing(store) != digest
    if not everything and not touched and settings.sold_source != "salesforce_won":
        return False
    if everything:
        fill(store, lookups)
    days = None if everything or touched is None else touched.days
    records = None if everything or touched is None else touched.records
    for slice_of_days in _slices(_all_days(store) if days is None else days):
        _refresh_days(store, settings, slice_of_days)
    if settings.sold_source == "salesforce_won":
        # An opportunity changes without any event of SPOTIO's; it names the record whose appointments may be sold now.
        named = _refresh_salesforce_sales(store, settings)
        records = None if records is None else records | named
    if records is None:
        parts = 1 + _record_count(store) // RECORDS_A_SLICE
        for part in range(parts):
            _refresh_records(store, settings, f"hash(record_id) % {parts} = {part}", None)
    elif records:
        _refresh_records(
            store, settings, "record_id in (select record_id from touched_record)", sorted(records)
        )
    with store.write() as cursor:
        cursor.execute("delete from kpi.state")
        cursor.execute(
            "insert into kpi.state values ($digest, $settings, $now)",
            {"digest": digest, "settings": json.dumps(settings.document()), "now": datetime.now(UTC)},
        )
    return everything


def _standing(store: Store) -> str | None:
    rows = store.rows("select digest from kpi.state")
    return rows[0]["digest"] if rows else None


def _slices(days: Iterable[date]) -> Iterator[list[date]]:
    """Days in runs of at most a month, so that one transaction holds few rows."""
    run: list[date] = []
    for day in sorted(days):
        if run and (day - run[0]).days >= DAYS_A_SLICE:
            yield run
            run = []
        run.append(day)
    if run:
        yield run


def _all_days(store: Store) -> list[date]:
    """Every day from the first to the last that has events, or had numbers."""
    row = store.rows(
        "select min(first) as first, max(last) as last from ("
        "select min(local_day) as first, max(local_day) as last from history.event where known_until is null"
        " union all select min(day), max(day) from kpi.day union all select min(day), max(day) from kpi.door)"
    )[0]
    if row["first"] is None:
        return []
    return [row["first"] + timedelta(days=i) for i in range((row["last"] - row["first"]).days + 1)]


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
