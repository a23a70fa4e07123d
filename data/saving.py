"""Write saved queries: each change is a new version, and who wrote it stays known."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from data.access import Scope
from data.errors import QueryRefusedError
from data.saved import SavedQuery, one, saved
from data.store import Store

NAME_MAX = 100


def save(
    store: Store, scope: Scope, name: str, sql: str, *, shared: bool = False, id: str | None = None
) -> SavedQuery:
    """Save a statement under a name: a new query, or a new version of one's own.

    The statement need not be right yet. Raises QueryRefusedError when the query is somebody else's, another of one's
    own has the name, or there is no name or text.
    """
    name, sql = name.strip(), sql.strip()
    if scope.role == "rep":
        raise QueryRefusedError("SQL is not for reps; your own numbers are on your own page.")
    if not name or len(name) > NAME_MAX or not sql:
        raise QueryRefusedError(f"A saved query needs a name of at most {NAME_MAX} characters, and a text.")
    known = one(store, scope, id) if id is not None else None
    if known is not None and known.owner != scope.person:
        raise QueryRefusedError(f"'{known.name}' is {known.owner}'s. Save it under a name of your own.")
    for other in saved(store, scope):
        if other.owner == scope.person and other.name.lower() == name.lower() and other.id != id:
            raise QueryRefusedError(f"You have a query called '{other.name}' already.")
    written = SavedQuery(
        id or uuid.uuid4().hex[:12],
        known.version + 1 if known else 1,
        scope.person,
        name,
        sql,
        shared,
        datetime.now(UTC),
    )
    _append(store, written, by=scope.person)
    return written


def delete(store: Store, scope: Scope, id: str) -> None:
    """Take a query away: one's own, or, as an admin, one that is shared. Its versions stay in the store."""
    known = one(store, scope, id)
    if known.owner != scope.person and scope.role != "admin":
        raise QueryRefusedError(f"'{known.name}' is {known.owner}'s; only they or an admin can delete it.")
    _append(store, known, by=scope.person, deleted=True)


def _append(store: Store, written: SavedQuery, *, by: str, deleted: bool = False) -> None:
    with store.write() as cursor:
        # Numbered within the transaction: two windows of one person may save at once.
        cursor.execute(
            "insert into config.saved_query select $id, coalesce(max(version), 0) + 1, $owner, $name, $sql, $shared,"
            " $deleted, $by, $now from config.saved_query where id = $id",
            {
                "id": written.id,
                "owner": written.owner,
                "name": written.name,
                "sql": written.sql,
                "shared": written.shared,
                "deleted": deleted,
                "by": by,
                "now": datetime.now(UTC),
            },
        )
