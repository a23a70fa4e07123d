"""A store of a large sync: pairs of a SPOTIO record and a Lead, linked and agreed on in twenty fields, in both mirrors.

The tables are those that a pull and a sync make; the rows are written into them by SQL, as merges and runs would have left
them, but for the history of values, which a plan asks only where both sides changed.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import duckdb
import pyarrow as pa

from data import mirror
from data.mirror import Reading
from data.schema import Field, MirrorTable, prepare, quoted
from data.store import Store
from data.syncs import states
from data.syncs.records import salesforce_sql, shape, spotio_sql
from sync.connectors.spotio import tables
from sync.engine.definition import Column, Definition, FieldRule, Inbound, Kind, MatchKey, Outbound
from tests.bench.filling import fill

SYNC = "bench"
BEGAN = datetime(2026, 11, 1, 12, tzinfo=UTC)
LATER = BEGAN + timedelta(days=1)
_FIRST_FIELD = 200_000
# Kind, SPOTIO's type, the mirror's column type on Salesforce's side, and the value as SQL over a pair's number `n`.
_FIELDS = (
    *((Kind.TEXT, "text", "varchar", f"'Text {each} of ' || n") for each in range(10)),
    (Kind.EMAIL, "email", "varchar", "'person.' || n || '@example.com'"),
    (Kind.PHONE, "phone", "varchar", "'303' || lpad((n % 10000000)::varchar, 7, '0')"),
    (Kind.PHONE, "phone", "varchar", "'720' || lpad((n % 10000000)::varchar, 7, '0')"),
    (Kind.NUMBER, "number", "double", "(n % 1000)::double"),
    (Kind.NUMBER, "number", "double", "n / 4.0"),
    (Kind.DATE, "date", "date", "date '2026-01-01' + (n % 300)::int"),
    *((Kind.TEXT, "text", "varchar", f"'Note {each} on ' || n") for each in range(4)),
)


def definition() -> Definition:
    """Both ways, newest wins, matched by e-mail."""
    rules = tuple(
        FieldRule(
            f"{_FIRST_FIELD + number}~lead.F{number}__c",
            Column(str(_FIRST_FIELD + number), f"Field {number}", kind),
            Column(f"F{number}__c", f"Field {number}", kind),
            conflict="newest",
        )
        for number, (kind, *_) in enumerate(_FIELDS)
    )
    email = next(rule for rule in rules if rule.spotio.kind is Kind.EMAIL)
    return Definition(
        SYNC, 1, "1", "Lead", fields=rules, inbound=Inbound(True), outbound=Outbound(True),
        match=(MatchKey((email.key,), "Email"),),
    )  # fmt: skip


def make(store: Store, pairs: int) -> None:
    """Fill a new store with so many pairs, in step."""
    record, lead = _record_table(), _lead_table()
    for table in (record, lead, tables.USER, tables.ACTIVITY):
        prepare(store, table, "first", BEGAN)
    _merge(
        store, tables.USER, {"id": "u1", "firstName": "Ada", "lastName": "Rep", "email": "ada@example.com"}
    )
    states.turn_on(store, SYNC, states.BOTH, [], person="bench", now=BEGAN)
    with store.write() as cursor:
        cursor.execute("create temp table pair as select range as n from range(1, $end)", {"end": pairs + 1})
        here = ", ".join(f"{value} as f_{_FIRST_FIELD + n}" for n, (*_, value) in enumerate(_FIELDS))
        fill(cursor, record, "'6a' || lpad(n::varchar, 22, '0') as id, '1' as typeId, '1' as stageId, 'u1' as ownerId, 'u1' as createdById,"
              f" 'u1' as updatedById, 'Ios' as source, $began as createdAt, $began as updatedAt, {here}", BEGAN)  # fmt: skip
        there = ", ".join(f"{value} as F{n}__c" for n, (*_, value) in enumerate(_FIELDS))
        fill(cursor, lead, "'00Q' || lpad(n::varchar, 12, '0') || 'AAA' as Id, false as IsDeleted, false as IsConverted,"
              f" '005a' as OwnerId, '005a' as CreatedById, '005a' as LastModifiedById, $began as LastModifiedDate, {there}", BEGAN)  # fmt: skip
        _link(cursor)
        _agree(cursor)
        cursor.execute("update sync.state set planned_to = $began, planned_version = 1", {"began": BEGAN})
        cursor.execute("drop table pair")


def change(store: Store, records: int) -> None:
    """Another value in one field of so many SPOTIO records, pulled a day later."""
    with store.write() as cursor:
        cursor.execute(
            f"update spotio.record set f_{_FIRST_FIELD} = f_{_FIRST_FIELD} || ' changed', updatedAt = $later,"
            " _pulled_at = $later where right(id, 22)::bigint <= $records",
            {"later": LATER, "records": records},
        )


def _record_table() -> MirrorTable:
    fields = [
        {"id": _FIRST_FIELD + number, "name": f"Field {number}", "type": kind}
        for number, (_, kind, *_) in enumerate(_FIELDS)
    ]
    return tables.record_table({"dataObjects": [{"id": 1, "name": "Lead", "fields": fields}]})


def _lead_table() -> MirrorTable:
    standing = (
        ("Id", "id", "varchar"), ("IsDeleted", "boolean", "boolean"), ("IsConverted", "boolean", "boolean"),
        ("OwnerId", "reference", "varchar"), ("CreatedById", "reference", "varchar"),
        ("LastModifiedById", "reference", "varchar"), ("LastModifiedDate", "datetime", "timestamptz"),
        ("SPOTIO_Id__c", "string", "varchar"),
    )  # fmt: skip
    mapped = ((f"F{number}__c", "string", kind) for number, (_, _, kind, _) in enumerate(_FIELDS))
    fields = tuple(Field(name, kind, column, name, {}) for name, kind, column in (*standing, *mapped))
    return MirrorTable("salesforce", "lead", "Lead", "Id", fields, None, "IsDeleted")


def _merge(store: Store, table: MirrorTable, row: dict[str, str]) -> None:
    arrays = {name: pa.array([value], pa.string()) for name, value in row.items()}
    mirror.merge(store, table, pa.table(arrays), Reading("first", BEGAN))


def _link(cursor: duckdb.DuckDBPyConnection) -> None:
    cursor.execute(
        "insert into sync.link by name select n as number, 'l-' || n as link, $sync as sync, 'active' as state, 'matched' as born,"
        " true as to_spotio, true as to_salesforce, $began as linked_at, $began as changed_at, 1 as version, 'r-1' as run from pair",
        {"sync": SYNC, "began": BEGAN},
    )
    for system, role, object, id in (
        ("spotio", "record", "record", "'6a' || lpad(n::varchar, 22, '0')"),
        ("salesforce", "lead", "Lead", "'00Q' || lpad(n::varchar, 12, '0') || 'AAA'"),
    ):
        cursor.execute(
            "insert into sync.link_member by name select n as number, 'l-' || n as link, $sync as sync, $system as system,"
            f" $role as role, $object as object, {id} as id from pair",
            {"sync": SYNC, "system": system, "role": role, "object": object},
        )


def _agree(cursor: duckdb.DuckDBPyConnection) -> None:
    """What each side shows, in the form in which plans read it."""
    rules, found = definition().fields, shape(cursor)
    here = spotio_sql(found, [rule.spotio.name for rule in rules], "true")
    there = salesforce_sql(found, "lead", [rule.salesforce.name for rule in rules], "true")
    for rule in rules:
        cursor.execute(
            "insert into sync.agreed by name select right(s.id, 22)::bigint as number, 'l-' || right(s.id, 22)::bigint as link,"
            f" $field as field, s.{quoted(rule.spotio.name)} as spotio, f.{quoted(rule.salesforce.name)} as salesforce,"
            f" 'linked' as reason, $began as agreed_at, 'r-1' as run from ({here}) s join ({there}) f"
            " on right(s.id, 22)::bigint = substr(f.id, 4, 12)::bigint",
            {"field": rule.key, "began": BEGAN},
        )
