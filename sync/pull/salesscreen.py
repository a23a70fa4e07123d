"""SalesScreen's part of the mirror: the ledger of what was sent there, since its API gives nothing back.

Source: every list path tried live answered 404; the connect API is write-only. So a pull makes no call; it
keeps the tables in shape and counts what they hold.
"""

from __future__ import annotations

from data import mirror
from data.schema import Field, MirrorTable
from sync.pull.context import Pull


def _table(name: str, columns: dict[str, str]) -> MirrorTable:
    fields = tuple(Field(column, kind, kind, column) for column, kind in columns.items())
    return MirrorTable("salesscreen", name, name, "id", fields)


RECORD = _table(
    "record",
    {
        "id": "varchar",
        "activityTypeName": "varchar",
        "userId": "varchar",
        "activityKey": "varchar",
        "activityName": "varchar",
        "quantity": "double",
        "value1": "double",
        "createdDate": "timestamptz",
    },
)
USER = _table(
    "user",
    {
        "id": "varchar",
        "email": "varchar",
        "firstname": "varchar",
        "lastname": "varchar",
        "teamKey": "varchar",
    },
)
TEAM = _table("team", {"id": "varchar", "name": "varchar"})


def pull_salesscreen(pull: Pull) -> None:
    """Keep the ledger's tables in shape; there is nothing to read."""
    for table in (RECORD, USER, TEAM):
        with pull.table(None, "salesscreen", table.name, "ledger") as reading:
            reading.prepare(table)
            reading.counts.mirror_count = mirror.live_count(pull.store, table)
