"""The recycle bin: what was deleted, when, and along with which record; and what merging leaves behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sync.sandbox.salesforce.errors import SalesforceError, no_such_resource
from sync.sandbox.salesforce.schema import SObject
from sync.sandbox.salesforce.tables import quoted
from sync.sandbox.salesforce.validation import alive, check_unique
from sync.sandbox.salesforce.values import wire_instant

if TYPE_CHECKING:
    from sync.sandbox.salesforce.org import Org

KEPT = timedelta(days=15)
"""How long a deleted record can be found by queryAll and brought back (Salesforce Help, "View, Restore, and Manage the
Recycle Bin")."""

_TABLES = """
CREATE TABLE _deletion (id TEXT PRIMARY KEY, sobject TEXT, root TEXT, deleted_at TEXT);
CREATE INDEX _deletion_root ON _deletion (root);
CREATE INDEX _deletion_age ON _deletion (deleted_at);
CREATE TABLE _purge (sobject TEXT PRIMARY KEY, purged_at TEXT);
"""


@dataclass(frozen=True)
class Deletion:
    sobject: str
    id: str
    root: str
    """The record whose delete took this one along; its own id when it was the one deleted."""
    deleted_at: str


class RecycleBin:
    """Kept in two tables beside the records', so that a rollback or a reset takes it along."""

    def __init__(self, org: Org) -> None:
        self._org = org
        org.tables.connection.executescript(_TABLES)

    def _deletions(self, where: str, *values: str) -> list[Deletion]:
        sql = f"SELECT sobject, id, root, deleted_at FROM _deletion WHERE {where} ORDER BY deleted_at, rowid"  # noqa: S608
        return [Deletion(*row) for row in self._org.tables.connection.execute(sql, values)]

    def delete(self, sobject: SObject, id: str, user_id: str) -> None:
        """Put a record in the bin, and every live record that depends on it. The stamps of all of them move."""
        with self._org.tables.transaction():
            # By id, because a record may depend on the deleted one in more than one way.
            for each, target in {each: target for target, each in self._with_dependents(sobject, id)}.items():
                self._bury(target, each, id, user_id)

    def _with_dependents(self, sobject: SObject, id: str) -> Iterator[tuple[SObject, str]]:
        yield sobject, id
        for child, reference in self._org.schema.children(sobject.name):
            if reference.cascade:
                where = f"{quoted(reference.name)} = ? {alive(child)}"
                for row in self._org.tables.select(child, where, (id,)):
                    yield from self._with_dependents(child, row["Id"])

    def _bury(self, sobject: SObject, id: str, root: str, user_id: str) -> None:
        if not sobject.has("IsDeleted"):
            # What an admin sets up, a queue for one, does not go through the bin.
            self._org.tables.remove(sobject, '"Id" = ?', (id,))
            return
        at = wire_instant(self._org.clock.now())
        self._org.tables.update(sobject, id, {"IsDeleted": 1, **self._stamps(sobject, user_id, at)})
        self._org.tables.connection.execute(
            "INSERT INTO _deletion (id, sobject, root, deleted_at) VALUES (?, ?, ?, ?)",
            (id, sobject.name, root, at),
        )

    def _stamps(self, sobject: SObject, user_id: str, at: str) -> dict[str, str]:
        stamps = {"LastModifiedDate": at, "LastModifiedById": user_id, "SystemModstamp": at}
        return {name: value for name, value in stamps.items() if sobject.has(name)}

    def adopt(self, sobject: SObject, deletions: Iterable[tuple[str, str, str]]) -> None:
        """Take in rows that were loaded as deleted: (id, id of the record deleted with it or its own, when)."""
        self._org.tables.connection.executemany(
            "INSERT INTO _deletion (id, sobject, root, deleted_at) VALUES (?, ?, ?, ?)",
            ((id, sobject.name, root, at) for id, root, at in deletions),
        )

    def undelete(self, id: str, user_id: str) -> None:
        """Bring back a deleted record and what its delete took along; raises SalesforceError."""
        buried = self._deletions("id = ? OR root = ?", id, id)
        if not any(each.id == id for each in buried):
            raise SalesforceError("UNDELETE_FAILED", "Entity is not in the recycle bin", [])
        at = wire_instant(self._org.clock.now())
        with self._org.tables.transaction():
            for each in buried:
                sobject = self._org.sobject(each.sobject)
                row = self._org.tables.get(sobject, each.id) or {}
                # Its unique values may have been given to another record meanwhile.
                check_unique(self._org, sobject, row, each.id)
                changes: dict[str, object] = {"IsDeleted": 0, **self._stamps(sobject, user_id, at)}
                if sobject.has("MasterRecordId"):
                    changes["MasterRecordId"] = None
                self._org.tables.update(sobject, each.id, changes)
                self._forget(each)

    def _forget(self, deletion: Deletion) -> None:
        self._org.tables.connection.execute("DELETE FROM _deletion WHERE id = ?", (deletion.id,))

    def merge(self, sobject: SObject, winner: str, losers: Sequence[str], user_id: str) -> None:
        """Merge up to two losers into a winner: they go to the bin pointing to it, and their children move over.

        The children's SystemModstamp moves, as the platform and not a person moved them.
        """
        if "mergeable" not in sobject.abilities or not sobject.has("MasterRecordId"):
            raise SalesforceError("INVALID_TYPE", f"{sobject.name} cannot be merged")
        if not 1 <= len(losers) <= 2 or winner in losers:
            raise SalesforceError("INVALID_OPERATION", "A merge has one winner and one or two others")
        org = self._org
        with org.tables.transaction():
            for id in (winner, *losers):
                org.live(sobject, id)
            for loser in losers:
                self._merge_person(sobject, winner, loser, user_id)
                for child, reference in org.schema.children(sobject.name):
                    # History stays with the record whose history it is, and goes to the bin with it.
                    if child.has("SystemModstamp") and reference.name != "MasterRecordId":
                        for row in org.tables.select(child, f"{quoted(reference.name)} = ?", (loser,)):
                            org.system_update(row["Id"], {reference.name: winner})
                self.delete(sobject, loser, user_id)
                org.tables.update(sobject, loser, {"MasterRecordId": winner})
            at = wire_instant(org.clock.now())
            org.tables.update(sobject, winner, self._stamps(sobject, user_id, at))

    def _merge_person(self, sobject: SObject, winner: str, loser: str, user_id: str) -> None:
        """A person account that is merged into another has its contact merged into the other's."""
        if sobject.name != "Account":
            return
        kept, lost = (self._org.tables.get(sobject, id) or {} for id in (winner, loser))
        if bool(kept.get("IsPersonAccount")) != bool(lost.get("IsPersonAccount")):
            message = "A person account and a business account cannot be merged"
            raise SalesforceError("INVALID_OPERATION", message)
        if kept.get("IsPersonAccount"):
            contacts = self._org.sobject("Contact")
            self.merge(contacts, kept["PersonContactId"], [lost["PersonContactId"]], user_id)

    def purge(self, id: str | None) -> list[str]:
        """Remove binned rows for good, all of them or one with what its delete took along; returns their ids."""
        doomed = self._deletions("1") if id is None else self._deletions("id = ? OR root = ?", id, id)
        if id is not None and not doomed:
            raise no_such_resource()
        at = wire_instant(self._org.clock.now())
        with self._org.tables.transaction():
            for each in doomed:
                self._remove(each)
                self._org.tables.connection.execute(
                    "INSERT OR REPLACE INTO _purge (sobject, purged_at) VALUES (?, ?)", (each.sobject, at)
                )
        return [each.id for each in doomed]

    def expire(self) -> None:
        """Remove for good what has lain in the bin for as long as it is kept."""
        doomed = self._deletions("deleted_at < ?", wire_instant(self._org.clock.now() - KEPT))
        if doomed:
            with self._org.tables.transaction():
                for each in doomed:
                    self._remove(each)

    def _remove(self, deletion: Deletion) -> None:
        self._org.tables.remove(self._org.sobject(deletion.sobject), '"Id" = ?', (deletion.id,))
        self._forget(deletion)

    def listed(self, sobject: str, since: str, until: str) -> list[Deletion]:
        """What of an object was deleted in [since, until), oldest first."""
        return self._deletions("sobject = ? AND deleted_at >= ? AND deleted_at < ?", sobject, since, until)

    def purged_at(self, sobject: str) -> str | None:
        """When rows of an object were last removed for good."""
        sql = "SELECT purged_at FROM _purge WHERE sobject = ?"
        row = self._org.tables.connection.execute(sql, (sobject,)).fetchone()
        return row[0] if row else None
