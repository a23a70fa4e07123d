"""The tenant's state: an in-memory SQLite database whose columns are named as on the wire.

So a row is an answer but for its nested members, which are kept as JSON text, a condition of the API is a
`where` clause, and a reset is a copy of the database. Deleted records stay with `deletedAt` set, as the real
system keeps them for its list of deleted ones.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import chain
from operator import itemgetter
from typing import Any

import msgspec

from sync.sandbox.clock import Clock
from sync.sandbox.spotio.stamps import precise
from sync.sandbox.spotio.workflow import Workflow

Row = dict[str, Any]
Event = Callable[[str, Row], None]


def words(text: str) -> tuple[str, ...]:
    """Names separated by blanks; long lists of members read better so."""
    return tuple(text.split())


COLUMNS: dict[str, tuple[str, ...]] = {
    "users": words(
        "id firstName lastName email role status suspended phone externalSystemUserId "
        "isInSalesforce territoryGlobalAccess visible visibleInReports isReadonly timezone "
        "territoryIds inviterId invitedAt invitationAcceptedAt lastLoginAt createdAt updatedAt"
    ),
    "teams": words(
        "id name parentId usersIds visible assignable createdById updatedById createdAt updatedAt"
    ),
    "team_logs": words("id userId teamId when who action source"),
    "territories": words(
        "id title color parentId global userIds zips locations polygons properties area createdAt updatedAt"
    ),
    "records": words(
        "id typeId stageId ownerId territoryId parentId name externalDataObjectId source value "
        "addressUnit pin address lat lng fields collaboratorIds createdAt updatedAt createdById "
        "updatedById stageUpdatedAt stageUpdatedById dateOfAssignment visitsCount lastVisitDate "
        "lastVisitResultId lastVisitNote callsCount lastCallDate lastCallResultId "
        "lastActivityTime lastActivityOwnerId nextActivityTime lastLocationStatus deletedAt "
        "deletedById hiddenFromIds"
    ),
    "activities": words(
        "id dataObjectId type done activityTemplateId resultId ownerId date plannedDate allDay "
        "allDayDate duration durationSeconds title notes text isNote direction email phoneNumber "
        "reference mobileId isRead appointmentId reminder activityLat activityLng distance "
        "verified transition ownerChanged fieldDiff createdById createdAt updatedAt"
    ),
    "appointments": words(
        "id dataObjectId ownerId date duration title notes activityId allDay allDayDate done "
        "activityTemplateId remindBeforeInSeconds sendInvitation invitationDescription seriesId "
        "originalStartDate createdById createdAt updatedById updatedAt"
    ),
    "series": words("id firstId periodicity interval repeatOn until count timezone start skipped"),
    "filters": words("id ownerId content"),
    "endpoints": words("id callback scopes active customHeaders"),
}
JSON_COLUMNS = frozenset(
    words(
        "territoryIds usersIds userIds zips locations polygons properties pin fields "
        "collaboratorIds hiddenFromIds transition ownerChanged fieldDiff repeatOn skipped content scopes "
        "customHeaders"
    )
)
FLAG_COLUMNS = frozenset(
    words(
        "suspended isInSalesforce territoryGlobalAccess visible visibleInReports isReadonly "
        "assignable global done allDay isNote isRead verified sendInvitation active"
    )
)
_INTEGER_KEYS = frozenset(
    {"activities", "appointments", "series", "users", "teams", "territories", "team_logs"}
)
_INDEXES = {
    "records": ("updatedAt", "parentId", "ownerId"),
    "activities": ("date", "dataObjectId", "updatedAt"),
    "appointments": ("dataObjectId", "activityId", "seriesId"),
}
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class Store:
    """The database, the clock and the workflow, and where events go (`on_event`, set by the sender of webhooks)."""

    def __init__(self, clock: Clock, workflow: Workflow) -> None:
        self.clock, self.workflow = clock, workflow
        self.on_event: Event | None = None
        self._depth = 0
        self._held: list[tuple[str, Row]] = []
        self.db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        for table, columns in COLUMNS.items():
            # Ids that are numbers become the row's own key: the shortest way to a row, and the next one is free.
            kind = "integer" if table in _INTEGER_KEYS else "text"
            others = ", ".join(f'"{name}"' for name in columns[1:])
            self.db.execute(f"create table {table} (id {kind} primary key, {others})")
            self._create_indexes(table)
        # Only the deleted ones: an index over all would tempt SQLite to walk every live record.
        self.db.execute("create index records_gone on records (deletedAt) where deletedAt is not null")

    def now(self) -> str:
        return precise(self.clock.now())

    def emit(self, kind: str, data: Row) -> None:
        """Announce an event; within `atomic` only when all of it has worked."""
        if self._depth:
            self._held.append((kind, data))
        elif self.on_event is not None:
            self.on_event(kind, data)

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """All of what happens inside, its events included, or none of it."""
        self.db.execute("savepoint step")
        self._depth += 1
        mark = len(self._held)
        try:
            yield
        except BaseException:
            self.db.execute("rollback to step")
            del self._held[mark:]
            raise
        finally:
            self.db.execute("release step")
            self._depth -= 1
        if not self._depth:
            held, self._held = self._held, []
            for kind, data in held:
                self.emit(kind, data)

    def rows(
        self, table: str, where: str = "true", parameters: Sequence[Any] = (), order: str = ""
    ) -> list[Row]:
        """Rows of a table as dictionaries of wire values; ids are text."""
        tail = f" order by {order}" if order else ""
        names = COLUMNS[table]
        listed = ", ".join(f'"{name}"' for name in names)
        cursor = self.db.execute(f"select {listed} from {table} where {where}{tail}", parameters)  # noqa: S608
        return [plain(dict(zip(names, row, strict=True))) for row in cursor]

    def row(self, table: str, key: str | None) -> Row | None:
        if key is None:
            return None
        found = self.rows(table, "id = ?", (key,))
        return found[0] if found else None

    def insert(self, table: str, row: Mapping[str, Any]) -> str:
        """Add a row; without an id the next number is given. Returns the id as text."""
        cursor = self.db.execute(_insert(table, COLUMNS[table]), _values(table, row))
        return str(row["id"]) if row.get("id") else str(cursor.lastrowid)

    def update(self, table: str, key: str, changes: Mapping[str, Any]) -> None:
        names = [name for name in COLUMNS[table] if name in changes]
        settings = ", ".join(f'"{name}" = ?' for name in names)
        values = [stored(name, changes[name]) for name in names]
        self.db.execute(f"update {table} set {settings} where id = ?", (*values, key))  # noqa: S608

    def delete(self, table: str, key: str) -> None:
        self.db.execute(f"delete from {table} where id = ?", (key,))  # noqa: S608

    def load(self, table: str, rows: Iterable[Row]) -> None:
        """Add many rows, which are used up; all have the members of the first one, what those leave out is null.

        The table's indexes are made anew afterwards: to sort once is cheaper than to find a place for each row.
        """
        remaining = iter(rows)
        first = next(remaining, None)
        if first is None:
            return
        names = tuple(first)
        with self.atomic():
            for column in _INDEXES.get(table, ()):
                self.db.execute(f"drop index {table}_{column}")
            self.db.executemany(_insert(table, names), _values_of(names, chain((first,), remaining)))
            self._create_indexes(table)

    def _create_indexes(self, table: str) -> None:
        for column in _INDEXES.get(table, ()):
            self.db.execute(f"create index {table}_{column} on {table} ({column})")


def _values_of(names: tuple[str, ...], rows: Iterable[Row]) -> Iterator[tuple[Any, ...]]:
    """What the columns of these names hold, row by row; ValueError for a row that has other members."""
    nested = [name for name in names if name in JSON_COLUMNS]
    values = itemgetter(*names)
    for row in rows:
        if len(row) != len(names):
            raise ValueError(f"a row has other members than the first one: {row.keys() ^ set(names)}")
        for name in nested:
            row[name] = stored(name, row[name])
        yield values(row)


def stored(name: str, value: Any) -> Any:
    """A wire value as its column holds it."""
    if name in JSON_COLUMNS and value is not None:
        return _encode(value).decode()
    return value


def plain(row: Row) -> Row:
    """A row of the database as wire values."""
    for name, value in row.items():
        if value is None:
            continue
        if name in JSON_COLUMNS:
            row[name] = _decode(value)
        elif name in FLAG_COLUMNS:
            row[name] = bool(value)
    if isinstance(row.get("id"), int):
        row["id"] = str(row["id"])
    return row


@cache
def _insert(table: str, names: tuple[str, ...]) -> str:
    listed = ", ".join(f'"{name}"' for name in names)
    return f"insert into {table} ({listed}) values ({', '.join('?' * len(names))})"  # noqa: S608


def _values(table: str, row: Mapping[str, Any]) -> list[Any]:
    return [stored(name, row.get(name)) for name in COLUMNS[table]]
