"""The Salesforce org: its schema, its records, and every way in which they change.

Writes behave as the platform's do: fields are validated with the real codes, stamps are set by the server in whole
seconds, deletes go to the recycle bin and take dependent records along, and changes made by the system itself move
SystemModstamp but not LastModifiedDate. `load` alone trusts its caller.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sync.sandbox.clock import Clock
from sync.sandbox.salesforce import person_accounts, rules, saves
from sync.sandbox.salesforce.errors import SalesforceError, no_such_resource
from sync.sandbox.salesforce.ids import IdFactory
from sync.sandbox.salesforce.late import Locks, Pending
from sync.sandbox.salesforce.options import SaveOptions
from sync.sandbox.salesforce.recycle_bin import RecycleBin
from sync.sandbox.salesforce.schema import Schema, SObject, load_schema
from sync.sandbox.salesforce.setup import Setup
from sync.sandbox.salesforce.tables import Tables
from sync.sandbox.salesforce.values import stored_value, wire_instant

Row = dict[str, Any]

_PEOPLE = (
    {
        "FirstName": "Alex",
        "LastName": "Admin",
        "Username": "admin@brightwater.example.com",
        "Alias": "aadmin",
    },
    {
        "FirstName": "Integration",
        "LastName": "User",
        "Username": "sync@brightwater.example.com",
        "Alias": "sync",
    },
)
_PERSON = {
    "IsActive": True,
    "TimeZoneSidKey": "America/Denver",
    "LocaleSidKey": "en_US",
    "EmailEncodingKey": "UTF-8",
    "LanguageLocaleKey": "en_US",
    "UserType": "Standard",
}
_AGE = timedelta(days=730)
_PLAIN = SaveOptions()


class Org:
    """A fresh org: the organization, an administrator, the integration's user, and the labels of its picklists."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.schema: Schema = load_schema()
        self.setup = Setup()
        self.tables = Tables(self.schema)
        self.bin = RecycleBin(self)
        self.locks = Locks(clock)
        self.pending = Pending(clock)
        self._ids = IdFactory()
        self._stages: dict[str, Row] | None = None
        self.created_at = clock.now() - _AGE
        self.organization_id = self.new_id("Organization")
        self.admin_id, self.integration_user_id = self.new_id("User"), self.new_id("User")
        people = zip(_PEOPLE, (self.admin_id, self.integration_user_id), strict=True)
        created = {"CreatedDate": self.created_at}
        users = [{**_PERSON, **who, **created, "Id": id, "Email": who["Username"]} for who, id in people]
        self.load("User", users)
        for sobject in self.schema.objects.values():
            rows = [{**row, **created} for row in sobject.rows]
            if sobject.name == "Organization":
                rows[0]["Id"] = self.organization_id
            self.load(sobject.name, rows)

    # What is there

    def sobject(self, name: str, user_id: str | None = None) -> SObject:
        """The object of that name, in any case; raises NOT_FOUND as a path with an unknown object does.

        With `user_id` it is the object as that user sees it.
        """
        found = (self.schema if user_id is None else self.seen_by(user_id)).sobject(name)
        if found is None:
            raise no_such_resource()
        return found

    def seen_by(self, user_id: str) -> Schema:
        """The schema as a user sees it, without the objects and fields that are hidden from that user."""
        access = self.setup.access.get(user_id)
        return self.schema if access is None else access.view(self.schema)

    def new_id(self, sobject: str) -> str:
        """A new 18-character id, checksum included."""
        return self._ids.next(self.sobject(sobject).prefix)

    def get(self, sobject: str, id: str) -> Row | None:
        """The record as the wire shows it, deleted ones too; None when there is no such row."""
        target = self.sobject(sobject)
        row = self.tables.get(target, id)
        return None if row is None else shown(target, row)

    def find(self, id: str | None) -> tuple[SObject, Row] | None:
        """The object and the stored row that an id belongs to; None when there is none."""
        sobject = self.schema.of_id(id) if id else None
        row = self.tables.get(sobject, id) if sobject and id else None
        return (sobject, row) if sobject and row else None

    def name_of(self, id: str | None) -> str | None:
        found = self.find(id)
        return found[1].get("Name") if found else None

    def stages(self) -> dict[str, Row]:
        """What each opportunity stage means, by its name in lower case."""
        if self._stages is None:
            rows = self.tables.select(self.sobject("OpportunityStage"))
            self._stages = {row["MasterLabel"].lower(): row for row in rows}
        return self._stages

    # Changes

    def settle(self) -> None:
        """Let happen what time alone brings about: transactions end, and the recycle bin lets old records go."""
        self.pending.settle()
        self.bin.expire()

    def load(self, sobject: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Store many rows as they are given, wire names, instants aware or in their wire form.

        An id, stamps and derived fields that a row leaves out are filled in; nothing is validated and no history
        is written.
        """
        target = self.sobject(sobject)
        with self.tables.transaction():
            self.tables.insert_many(target, self._completed(target, rows))

    def _completed(self, target: SObject, rows: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
        now = wire_instant(self.clock.now())
        author = self.admin_id
        people = [name for name in ("CreatedById", "LastModifiedById") if target.has(name)]
        later = [name for name in ("LastModifiedDate", "SystemModstamp") if target.has(name)]
        instants = {field.name for field in target.stored() if field.type == "datetime"}
        dated = target.has("CreatedDate")
        owned = target.has("OwnerId") and target.name != "Group"
        derives = target.name in ("Lead", "Contact", "User", "Opportunity", "Task", "Event")
        for given in rows:
            row = dict(given)
            if not row.get("Id"):
                row["Id"] = self._ids.next(target.prefix)
            for name in instants & row.keys():
                if isinstance(row[name], datetime):
                    row[name] = wire_instant(row[name])
            created = row.setdefault("CreatedDate", now) if dated else now
            for name in people:
                row.setdefault(name, author)
            for name in later:
                row.setdefault(name, created)
            if owned:
                row.setdefault("OwnerId", author)
            if derives:
                rules.complete(self, target, row, None, row.keys())
            yield row

    def insert(
        self,
        sobject: str,
        fields: Mapping[str, Any],
        user_id: str,
        options: SaveOptions = _PLAIN,
        *,
        stamp: datetime | None = None,
        id: str | None = None,
    ) -> str:
        """Create a record as `user_id` and return its id; raises SalesforceError.

        `stamp` and `id` are those that a transaction took at its start, when it comes to light late.
        """
        return saves.create(self, self.sobject(sobject), fields, user_id, options, stamp=stamp, id=id)

    def update(
        self,
        sobject: str,
        id: str,
        fields: Mapping[str, Any],
        user_id: str,
        options: SaveOptions = _PLAIN,
        *,
        stamp: datetime | None = None,
    ) -> None:
        """Change a live record as `user_id`; raises SalesforceError. Equal values still move the stamps."""
        saves.change(self, self.sobject(sobject), id, fields, user_id, options, stamp=stamp)

    def system_update(self, id: str, values: Mapping[str, Any]) -> None:
        """A change that the platform itself makes: stored values, and only SystemModstamp moves."""
        found = self.find(id)
        if found is None:
            raise no_such_resource()
        self.tables.update(found[0], id, {**values, "SystemModstamp": wire_instant(self.clock.now())})

    def recalculate(self, id: str, values: Mapping[str, Any]) -> None:
        """What computed fields of a record come to from now on; no stamp moves."""
        found = self.find(id)
        if found is None:
            raise no_such_resource()
        sobject, _ = found
        fields = {name: sobject.field(name) for name in values}
        stored = {
            field.name: stored_value(field, values[name])
            for name, field in fields.items()
            if field and "k" in field.flags
        }
        if len(stored) < len(values):
            raise SalesforceError("INVALID_FIELD", "only calculated fields are recalculated", list(values))
        self.tables.update(sobject, id, stored)

    def delete(self, sobject: str, id: str, user_id: str) -> None:
        """Move a live record and what depends on it to the recycle bin; raises SalesforceError."""
        target = self.sobject(sobject)
        row = self.live(target, id)
        if row.get("IsPersonAccount") and target.name == "Contact":
            raise person_accounts.not_by_its_contact()
        saves.check_access(self, target, user_id, "deletable", id=id)
        self.bin.delete(target, id, user_id)

    def undelete(self, id: str, user_id: str) -> None:
        """Bring a record back from the bin, with what was deleted along with it; raises SalesforceError."""
        target = self.schema.of_id(id)
        if target is not None:
            saves.check_access(self, target, user_id, "deletable")
        self.bin.undelete(id, user_id)

    def merge(self, sobject: str, winner: str, losers: Sequence[str], user_id: str) -> None:
        """Merge up to two records into a third; raises SalesforceError."""
        target = self.sobject(sobject)
        saves.check_access(self, target, user_id, "updateable", "deletable")
        self.bin.merge(target, winner, losers, user_id)

    def live(self, target: SObject, id: str) -> Row:
        """The stored row of a record that can be written; raises SalesforceError when it cannot."""
        row = self.tables.get(target, id)
        if row is None:
            raise no_such_resource()
        if row.get("IsDeleted"):
            raise SalesforceError("ENTITY_IS_DELETED", "entity is deleted", [], status=404)
        self.locks.check(id)
        return row

    # Saved state

    def save(self) -> None:
        """Remember the whole org as the state that `reset` returns to."""
        self._saved = (self.tables.copy(), self.schema.copy(), self.setup.copy(), self._ids.last())

    def reset(self) -> None:
        """Back to the saved state; locks and transactions that were still running are gone."""
        rows, schema, setup, last = self._saved
        self.tables.restore(rows)
        self.schema, self.setup, self._ids = schema.copy(), setup.copy(), IdFactory(last)
        self.locks.clear()
        self.pending.clear()
        self._stages = None


def shown(sobject: SObject, row: Row) -> Row:
    """A stored row as the wire shows it: without hidden fields, with real booleans."""
    return {
        field.name: row[field.name] == 1 if field.type == "boolean" else row[field.name]
        for field in sobject.stored()
        if not field.hidden
    }
