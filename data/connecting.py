"""Write connections: a new one takes the place of the old in one transaction, and nothing is kept for one that is gone."""

from __future__ import annotations

import json

from data.connections import Connection
from data.store import Store


def save(store: Store, connection: Connection) -> None:
    """The connection of its system from now on."""
    with store.write() as cursor:
        cursor.execute("delete from config.connection where system = $system", {"system": connection.system})
        cursor.execute(
            "insert into config.connection values ($id, $system, $kind, $facts, $sealed, $set_by, $set_at)",
            {**vars(connection), "facts": json.dumps(dict(connection.facts))},
        )


def drop(store: Store, id: str) -> None:
    """Forget a connection."""
    with store.write() as cursor:
        cursor.execute("delete from config.connection where id = $id", {"id": id})


def reseal(store: Store, id: str, sealed: str) -> None:
    """Other secrets of the same connection, unless another one took its place."""
    with store.write() as cursor:
        cursor.execute(
            "update config.connection set sealed = $sealed where id = $id", {"id": id, "sealed": sealed}
        )
