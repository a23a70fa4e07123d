"""Event facts (`history.event`): what happened, who did it and when, derived from the mirror and its history.

One way for all: a merge leaves the keys it changed in `sync.touched`; `refresh` derives the events of the records
behind them anew, compares them with those that stand, closes what no longer holds and opens what is new. So an
activity that comes late, is edited, moved to another record, back-dated or deleted is right after the next
refresh, the same state of the mirror always gives the same events, and a crash at any point loses nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import pyarrow as pa

from data.store import Store, query

BATCH_RECORDS = 20_000
# Beyond so many records their names are not handed on: whoever follows reads everything again.
RECORDS_NAMED_MAX = 50_000
_DERIVED = (
    "id, kind, record_id, activity_id, appointment_id, user_id, who, by_user_id, happened_at, local_day, local_hour,"
    " zone, received_at, origin, template_id, result_id, verification, distance, from_stage_id, to_stage_id, due_at,"
    " due_day, value, type_id, stage_id, territory_id, team_id, first_load"
)


@dataclass(frozen=True)
class EventSettings:
    """What events depend on beside the mirror: IANA time zones (company, by team, by user), and the users of integrations.

    Where one zone counts for everybody it is the company's, and no other is named. Else a user's own zone counts before
    that of their team, the nearest team's before those above it.
    """

    zone: str = "UTC"
    zone_by_team: Mapping[str, str] = field(default_factory=dict)
    zone_by_user: Mapping[str, str] = field(default_factory=dict)
    integration_users: frozenset[str] = frozenset()

    def digest(self) -> str:
        """Changes when events have to be derived anew."""
        parts = [
            self.zone,
            sorted(self.zone_by_team.items()),
            sorted(self.zone_by_user.items()),
            sorted(self.integration_users),
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Touched:
    """Where events differ since the numbers were last derived: their local days and their records.

    `records` is None when they are too many to name: all of them.
    """

    days: frozenset[date]
    records: frozenset[str] | None

    def __bool__(self) -> bool:
        return bool(self.days) or self.records is None or bool(self.records)


def refresh(store: Store, settings: EventSettings) -> int:
    """Bring the events up to the mirror's present state; returns how many versions were closed and opened.

    Each batch of records is one short transaction, which also notes what is `touched` for the numbers derived from
    events; a crash in between leaves the rest to the next refresh.
    """
    if not _has_activities(store):
        return 0
    _touch_everything_when_settings_changed(store, settings)
    _name_records(store)
    events = 0
    while batch := _next_batch(store):
        events += _refresh_batch(store, settings, batch)
    return events


def touched(store: Store) -> Touched:
    """What the numbers derived from events have to follow up; the same until `settled`."""
    days = store.rows(
        "select distinct id from sync.touched where system = 'fieldline' and object = 'day' order by id"
    )
    records = store.rows(
        "select distinct id from sync.touched where system = 'fieldline' and object = 'record' limit $most",
        {"most": RECORDS_NAMED_MAX + 1},
    )
    return Touched(
        frozenset(date.fromisoformat(row["id"]) for row in days),
        None if len(records) > RECORDS_NAMED_MAX else frozenset(row["id"] for row in records),
    )


def settled(store: Store, followed: Touched) -> None:
    """The numbers follow `followed`; nobody else may have refreshed events in between."""
    if followed:
        with store.write() as cursor:
            cursor.execute("delete from sync.touched where system = 'fieldline'")


def touch_all(store: Store) -> None:
    """Let the next refresh derive every event anew."""
    with store.write() as cursor:
        _touch_all(cursor)


def _touch_all(cursor: duckdb.DuckDBPyConnection) -> None:
    cursor.execute(
        "insert into sync.touched select 'spotio', 'record', id from spotio.record"
        " union select 'spotio', 'record', coalesce(dataObjectId, '') from spotio.activity"
        " union select 'spotio', 'record', coalesce(dataObjectId, '') from spotio.appointment"
        " union select 'spotio', 'record', coalesce(record_id, '') from history.event"
    )


def _has_activities(store: Store) -> bool:
    """Whether SPOTIO was mirrored far enough: events need records, activities, appointments and teams."""
    rows = store.rows(
        "select count(*) as n from information_schema.tables where table_schema = 'spotio'"
        " and table_name in ('record', 'activity', 'appointment', 'team')"
    )
    return int(rows[0]["n"]) == 4


def _touch_everything_when_settings_changed(store: Store, settings: EventSettings) -> None:
    digest = settings.digest()
    rows = store.rows(
        "select value ->> '$.settings' as settings from sync.cursor where system = 'fieldline' and table_name = 'event'"
    )
    known = rows[0]["settings"] if rows else None
    if known == digest:
        return
    with store.write() as cursor:
        _touch_all(cursor)  # at the very first, too: the mirror may be older than its events
        cursor.execute("delete from sync.cursor where system = 'fieldline' and table_name = 'event'")
        cursor.execute(
            "insert into sync.cursor values ('fieldline', 'event', $value, $now, null)",
            {"value": json.dumps({"settings": digest}), "now": datetime.now(UTC)},
        )


def _name_records(store: Store) -> None:
    """Turn touched activities and appointments into the records that they belong to, and did belong to.

    A team that changed concerns who is in which team from then on: events that lie ahead of it, dated so or told by
    a clock that is fast. Teams that are told for the first time were there before, and concern all events.
    """
    if not store.rows("select 1 from sync.touched where system = 'spotio' and object <> 'record' limit 1"):
        return
    with store.write() as cursor:
        cursor.execute(
            "create temp table named as"
            " select id from sync.touched where system = 'spotio' and object = 'record'"
            " union select coalesce(a.dataObjectId, '') from spotio.activity a"
            " where a.id in (select id from sync.touched where object = 'activity')"
            " union select coalesce(e.record_id, '') from history.event e where e.known_until is null"
            " and e.activity_id in (select id from sync.touched where object = 'activity')"
            " union select coalesce(a.dataObjectId, '') from spotio.appointment a"
            " where a.id in (select id from sync.touched where object = 'appointment')"
            " union select coalesce(e.record_id, '') from history.event e where e.known_until is null"
            " and e.appointment_id in (select id from sync.touched where object = 'appointment')"
            " union select coalesce(e.record_id, '') from history.event e where e.known_until is null"
            " and e.happened_at >= (select case when min(id::timestamptz) > (select min(recorded_at) from history.change"
            " where operation = 'insert' and system = 'spotio' and object = 'team') then min(id::timestamptz)"
            " else '-infinity'::timestamptz end from sync.touched where object = 'team since' having count(*) > 0)"
        )
        cursor.execute("delete from sync.touched where system = 'spotio'")
        cursor.execute("insert into sync.touched select 'spotio', 'record', id from named")
        cursor.execute("drop table named")


def _next_batch(store: Store) -> list[str]:
    rows = store.rows(
        "select distinct id from sync.touched where system = 'spotio' and object = 'record' order by id limit $most",
        {"most": BATCH_RECORDS},
    )
    return [row["id"] for row in rows]


def _refresh_batch(store: Store, settings: EventSettings, batch: list[str]) -> int:
    with store.write() as cursor:
        cursor.register("batch_ids", pa.table({"record_id": pa.array(batch, pa.string())}))
        cursor.execute("create temp table batch as select record_id from batch_ids")
        _prepare(cursor, settings)
        derived = query("event_derive")
        cursor.execute(
            f"create temp table derived as select *, md5(concat_ws(chr(31), {_digest_parts()})) as _digest"
            f" from ({derived})",
            {"zone": settings.zone, "began": _began(cursor)},
        )
        cursor.execute(
            # By id, too: what moved here stands under its former record until that one's batch comes.
            "create temp table standing as select id, local_day, record_id, _digest from history.event"
            " where known_until is null and (coalesce(record_id, '') in (select record_id from batch)"
            " or id in (select id from derived))"
        )
        cursor.execute(
            "create temp table closing as select * from standing s where not exists"
            " (select 1 from derived d where d.id = s.id and d._digest = s._digest)"
        )
        cursor.execute(
            "create temp table opening as select * from derived d where not exists"
            " (select 1 from standing s where s.id = d.id and s._digest = d._digest)"
        )
        params = {"now": datetime.now(UTC)}
        cursor.execute(
            "update history.event set known_until = $now where known_until is null and id in (select id from closing)",
            params,
        )
        cursor.execute(
            f"insert into history.event ({_DERIVED}, known_from, known_until, _digest)"
            f" select {_DERIVED}, $now, null, _digest from opening order by happened_at",
            params,
        )
        changed = "(from closing union all by name from opening)"
        cursor.execute(
            "insert into sync.touched"
            f" select distinct 'fieldline', 'day', local_day::varchar from {changed} where local_day is not null"
            f" union all select distinct 'fieldline', 'record', coalesce(record_id, '') from {changed}"
        )
        # The series goes on with another of its appointments, maybe on another record.
        cursor.execute(
            "insert into sync.touched select distinct 'spotio', 'record', coalesce(dataObjectId, '') from spotio.appointment"
            " where _deleted_at is null and coalesce(dataObjectId, '') not in (select record_id from batch)"
            " and 'scheduled:series:' || (recurringDefinition ->> '$.id')"
            " in (select id from closing except select id from opening)"
        )
        count = cursor.sql(
            "select (select count(*) from closing) + (select count(*) from opening)"
        ).fetchall()[0][0]
        cursor.execute(
            "delete from sync.touched where system = 'spotio' and object = 'record' and id in (select record_id from batch)"
        )
        for name in (
            "batch",
            "derived",
            "standing",
            "closing",
            "opening",
            "zone_of_team",
            "leaf_team",
            "zone_of_user",
            "integration_user",
        ):
            cursor.execute(f"drop table {name}")
        cursor.unregister("batch_ids")
    return int(count)


def _prepare(cursor: duckdb.DuckDBPyConnection, settings: EventSettings) -> None:
    """The temporary tables that the derivation reads beside the mirror."""
    _pairs(cursor, "zone_of_team", "team_id", "zone", settings.zone_by_team.items())
    cursor.execute(f"create temp table leaf_team as {query('event_leaf_team')}")
    _pairs(cursor, "zone_of_user", "user_id", "zone", settings.zone_by_user.items())
    _pairs(cursor, "integration_user", "user_id", "zone", ((u, "") for u in settings.integration_users))


def _pairs(
    cursor: duckdb.DuckDBPyConnection, table: str, first: str, second: str, pairs: Iterable[tuple[str, str]]
) -> None:
    rows = list(pairs)
    given = pa.table(
        {
            first: pa.array([row[0] for row in rows], pa.string()),
            second: pa.array([row[1] for row in rows], pa.string()),
        }
    )
    cursor.register("given_pairs", given)
    cursor.execute(f"create temp table {table} as select * from given_pairs")
    cursor.unregister("given_pairs")


def _began(cursor: duckdb.DuckDBPyConnection) -> Any:
    """When SPOTIO was first read; what it had received by then lay there before the mirror."""
    return cursor.sql("select min(started_at) from sync.run where contains(systems, 'spotio')").to_arrow_table().column(0)[0].as_py()  # fmt: skip


def _digest_parts() -> str:
    """A moment counts as a number: its text would depend on the session's time zone."""
    moments = {"happened_at", "received_at", "due_at"}
    return ", ".join(
        f"'{name}=' || epoch_us({name})::varchar" if name in moments else f"'{name}=' || {name}::varchar"
        for name in (part.strip() for part in _DERIVED.split(","))
    )
