"""A store of a large log of records: linked pairs with names, e-mails and phones in both mirrors, and years of lines.

Two of five lines are writes, of one or two fields each, the rest are decisions that were made and, but for the last of a
record, superseded; they are spread evenly over ninety days. The rows are written by SQL, as runs would have left them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import duckdb

from data.schema import Field, MirrorTable, prepare
from data.store import Store
from sync.connectors.spotio import tables
from tests.bench.filling import fill

SYNC = "bench"
DAYS = 90
ENDED = datetime.now(UTC)
BEGAN = ENDED - timedelta(days=DAYS)
_SPOTIO_ID = "'6a' || lpad({n}::varchar, 22, '0')"
_LEAD_ID = "'00Q' || lpad({n}::varchar, 12, '0') || 'AAA'"
_WORKFLOW = {
    "dataObjects": [
        {
            "id": 1,
            "name": "Lead",
            "fields": [
                {"id": 100002, "name": "First Name", "type": "text"},
                {"id": 100004, "name": "Company", "type": "text"},
                {"id": 100005, "name": "Phone", "type": "phone"},
                {"id": 100006, "name": "Email", "type": "email"},
            ],
        }
    ]
}


def make(store: Store, links: int, lines: int) -> None:
    """Fill a new store with so many links and lines."""
    record, lead = tables.record_table(_WORKFLOW), _lead_table()
    for table in (record, lead):
        prepare(store, table, "first", BEGAN)
    with store.write() as cursor:
        cursor.execute("create temp table pair as select range as n from range(1, $end)", {"end": links + 1})
        name = "'Household ' || n || ' of ' || chr((65 + n % 26)::integer)"
        both = "'person.' || n || '@example.com'", "'303' || lpad((n % 10000000)::varchar, 7, '0')"
        fill(cursor, record, f"{_SPOTIO_ID.format(n='n')} as id, '1' as typeId, '1' as stageId, {name} as name,"
              f" {name} as f_100004, {both[0]} as f_100006, {both[1]} as f_100005, $began as createdAt, $began as updatedAt", BEGAN)  # fmt: skip
        fill(cursor, lead, f"{_LEAD_ID.format(n='n')} as Id, false as IsDeleted, {name} as Name, {name} as Company,"
              f" {both[0]} as Email, {both[1]} as Phone, $began as LastModifiedDate", BEGAN)  # fmt: skip
        _link(cursor)
    _write_lines(store, links, lines)


def _lead_table() -> MirrorTable:
    stored = {"boolean": "boolean", "datetime": "timestamptz"}
    fields = [
        Field(name, kind, stored.get(kind, "varchar"), name, {})
        for name, kind in (
            ("Id", "id"), ("IsDeleted", "boolean"), ("Name", "string"), ("Company", "string"), ("Email", "email"), ("Phone", "phone"), ("LastModifiedDate", "datetime"),
        )
    ]  # fmt: skip
    return MirrorTable("salesforce", "lead", "Lead", "Id", tuple(fields), None, "IsDeleted")


def _link(cursor: duckdb.DuckDBPyConnection) -> None:
    for system, role, object, id in (
        ("spotio", "record", "record", _SPOTIO_ID.format(n="n")),
        ("salesforce", "lead", "Lead", _LEAD_ID.format(n="n")),
    ):
        cursor.execute(
            "insert into sync.link_member by name select n as number, 'l-' || n as link, $sync as sync, $system as system,"
            f" $role as role, $object as object, {id} as id from pair",
            {"sync": SYNC, "system": system, "role": role, "object": object},
        )


def _write_lines(store: Store, links: int, lines: int) -> None:
    """A run an hour; one line in a hundred is a failure, one in fifty is blocked."""
    shared = {
        "links": links,
        "writes": lines * 2 // 5,
        "decisions": lines - lines * 2 // 5,
        "began": BEGAN,
        "seconds": DAYS * 86_400,
        "sync": SYNC,
    }
    with store.write() as cursor:
        for name, value in shared.items():
            cursor.execute(f"set variable {name} = $value", {"value": value})
        cursor.execute(_RUNS)
        cursor.execute(_RUN_SYNCS)
        cursor.execute(_WRITES)
        cursor.execute(_DECISIONS)


_RUNS = """
    insert into sync.run by name
    select range + 1 as number, 'r-' || range + 1 as id, 'sync' as kind, 'schedule' as asked_by, 'spotio,salesforce' as systems,
        false as reconcile, getvariable('began') + to_hours(range) as started_at,
        getvariable('began') + to_hours(range) + interval 59 minute as finished_at, 'done' as outcome
    from range(getvariable('seconds') // 3600)
"""
_RUN_SYNCS = """
    insert into sync.run_sync by name
    select id as run, getvariable('sync') as sync, 1 as version, started_at as began_at from sync.run
"""
# n is a line's number; p the pair that it is about, and s the second at which it was written.
_WRITES = """
    insert into sync.write by name
    select n as number, 'w-' || n as id, 'r-' || (s // 3600 + 1) as run, getvariable('sync') as sync, 1 as version,
        'a' || n as action, 'update' as kind, 'update_salesforce' as class, 'salesforce' as system, 'Lead' as object,
        '00Q' || lpad(p::varchar, 12, '0') || 'AAA' as record_id, 'l-' || p as link, '6a' || lpad(p::varchar, 22, '0') as spotio_id,
        '00Q' || lpad(p::varchar, 12, '0') || 'AAA' as salesforce_id,
        case n % 3 when 0 then 'Email, Phone' when 1 then 'Company' else 'Phone' end || ': edited in SPOTIO.' as why,
        case n % 3 when 0 then 'Email' || chr(10) || 'Phone' when 1 then 'Company' else 'Phone' end as labels,
        to_json([{field: '100004~lead.Company', "column": 'Company', label: 'Company', before: 'Old ' || n, after: 'New ' || n,
            reason: 'edited', spotio: 'New ' || n, salesforce: 'New ' || n}]) as fields,
        if(n % 40 = 0, 'failed', 'done') as state, if(n % 40 = 0, 'FIELD_CUSTOM_VALIDATION_EXCEPTION', null) as code,
        if(n % 40 = 0, 'Salesforce refused: household ' || p || ' is no customer.', null) as text,
        getvariable('began') + to_seconds(s) as intended_at, getvariable('began') + to_seconds(s + 1) as answered_at
    from (
        select range + 1 as n, hash(range) % getvariable('links') + 1 as p,
            (range * getvariable('seconds') // getvariable('writes'))::bigint as s
        from range(getvariable('writes'))
    ) order by n
"""
_DECISIONS = """
    insert into sync.decision by name
    select *, lead(decided_at) over (partition by id order by number) as until, until is null as current from (
        select n as number, getvariable('sync') as sync, 'spotio' as system, '6a' || lpad(p::varchar, 22, '0') as id, 'l-' || p as link,
            case when n % 30 = 0 then 'blocked' when n % 50 = 1 then 'conflict' when n % 7 = 0 then 'out_of_scope' else 'waiting' end as outcome,
            case when n % 30 = 0 then 'checks' else 'scope' end as step, if(n % 30 = 0, 'too_long', 'direction_closed') as code,
            if(n % 30 = 0, 'Company', 'Phone') as field, 'Company has ' || n % 900 || ' characters; Salesforce takes 255 of Company.' as text,
            getvariable('began') + to_seconds(s) as decided_at, 'r-' || (s // 3600 + 1) as run, 1 as version
        from (
            select range + 1 as n, hash(range + 7) % getvariable('links') + 1 as p,
                (range * getvariable('seconds') // getvariable('decisions'))::bigint as s
            from range(getvariable('decisions'))
        )
    ) order by number
"""
