"""One record at a time: create, read, update, delete, upsert by external id; and what changed of an object."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from sync.sandbox.salesforce import describe, preconditions
from sync.sandbox.salesforce.errors import SalesforceError, no_such_column, no_such_resource
from sync.sandbox.salesforce.http import Answer, Call, Routes
from sync.sandbox.salesforce.ids import full_id
from sync.sandbox.salesforce.options import SaveOptions, rest_options
from sync.sandbox.salesforce.org import Org, Row, shown
from sync.sandbox.salesforce.schema import Field, SObject
from sync.sandbox.salesforce.tables import quoted
from sync.sandbox.salesforce.values import wire_instant

UPDATED_DAYS, DELETED_DAYS = 30, 15
_MINUTE = timedelta(minutes=1)


class Records:
    def __init__(self, org: Org) -> None:
        self._org = org

    def register(self, routes: Routes) -> None:
        routes.add(r"/sobjects/([^/]+)", GET=self.about, POST=self.create)
        routes.add(r"/sobjects/([^/]+)/updated", GET=self.updated)
        routes.add(r"/sobjects/([^/]+)/deleted", GET=self.deleted)
        routes.add(r"/sobjects/([^/]+)/([^/]+)", GET=self.read, PATCH=self.update, DELETE=self.delete)
        routes.add(
            r"/sobjects/([^/]+)/([^/]+)/([^/]+)",
            GET=self.read_by_key,
            PATCH=self.upsert,
            DELETE=self.delete_by_key,
        )

    def about(self, call: Call) -> Answer:
        sobject = self._org.sobject(call.parts[0], call.user_id)
        entry = describe.object_entry(sobject, call.version)
        return Answer({"objectDescribe": entry, "recentItems": []})

    def create(self, call: Call) -> Answer:
        sobject = self._org.sobject(call.parts[0], call.user_id)
        id = self._org.insert(sobject.name, _without_id(call), call.user_id, rest_options(call.headers))
        headers = {"Location": f"/services/data/v{call.version}/sobjects/{sobject.name}/{id}"}
        return Answer({"id": id, "success": True, "errors": []}, 201, headers)

    def read(self, call: Call) -> Answer:
        return self._read(call, self._org.sobject(call.parts[0], call.user_id), _path_id(call.parts[1]))

    def update(self, call: Call) -> Answer:
        sobject, id = self._org.sobject(call.parts[0], call.user_id), _path_id(call.parts[1])
        row = self._org.tables.get(sobject, id)
        if row is not None:
            preconditions.check_write(call, sobject, row)
        self._org.update(sobject.name, id, _without_id(call), call.user_id, rest_options(call.headers))
        return Answer(None, 204)

    def delete(self, call: Call) -> Answer:
        sobject = self._org.sobject(call.parts[0], call.user_id)
        check_deletable(self._org, sobject)
        self._org.delete(sobject.name, _path_id(call.parts[1]), call.user_id)
        return Answer(None, 204)

    def read_by_key(self, call: Call) -> Answer:
        sobject, matches = self._by_key(call)
        if len(matches) != 1:
            return _several(call, sobject, matches)
        return self._read(call, sobject, matches[0])

    def delete_by_key(self, call: Call) -> Answer:
        sobject, matches = self._by_key(call)
        check_deletable(self._org, sobject)
        if len(matches) != 1:
            return _several(call, sobject, matches)
        self._org.delete(sobject.name, matches[0], call.user_id)
        return Answer(None, 204)

    def upsert(self, call: Call) -> Answer:
        sobject, matches = self._by_key(call)
        field = key_field(sobject, call.parts[1])
        if len(matches) > 1:
            return _several(call, sobject, matches)
        row = self._org.tables.get(sobject, matches[0]) if matches else None
        if row is not None:
            preconditions.check_write(call, sobject, row)
        elif call.query.get("updateOnly", "").lower() == "true":
            raise no_such_resource()
        options = rest_options(call.headers)
        id, created = upsert(
            self._org, sobject, field, call.parts[2], call.json_object(), call.user_id, options
        )
        if not created and float(call.version) < 46:
            return Answer(None, 204)
        body = {"id": id, "success": True, "errors": [], "created": created}
        return Answer(body, 201 if created else 200)

    def _by_key(self, call: Call) -> tuple[SObject, list[str]]:
        sobject = self._org.sobject(call.parts[0], call.user_id)
        return sobject, matches(self._org, sobject, key_field(sobject, call.parts[1]), call.parts[2])

    def _read(self, call: Call, sobject: SObject, id: str) -> Answer:
        row = self._org.tables.get(sobject, id)
        if row is None:
            raise no_such_resource()
        if row.get("IsDeleted"):
            raise SalesforceError("ENTITY_IS_DELETED", "entity is deleted", [], status=404)
        names = [name.strip() for name in call.query.get("fields", "").split(",") if name.strip()]
        tag = preconditions.etag(sobject, row)
        headers = {"ETag": tag} if tag else {}
        if preconditions.unchanged(call, sobject, row):
            return Answer(None, 304, headers)
        return Answer(record_body(sobject, row, names, call.version), headers=headers)

    def updated(self, call: Call) -> Answer:
        """Ids of live records whose SystemModstamp lies in the window."""
        sobject = _replicated(self._org, call)
        start, end = self._window(call, UPDATED_DAYS)
        where = '"SystemModstamp" >= ? AND "SystemModstamp" < ?'
        where += ' AND "IsDeleted" = 0' if sobject.has("IsDeleted") else ""
        rows = self._org.tables.select(sobject, where, (wire_instant(start), wire_instant(end)))
        return Answer({"ids": [row["Id"] for row in rows], "latestDateCovered": self._covered(end)})

    def deleted(self, call: Call) -> Answer:
        """What was deleted in the window and is still in the recycle bin."""
        sobject = _replicated(self._org, call)
        start, end = self._window(call, DELETED_DAYS)
        found = self._org.bin.listed(sobject.name, wire_instant(start), wire_instant(end))
        earliest = wire_instant(self._org.clock.now() - timedelta(days=DELETED_DAYS))
        return Answer(
            {
                "deletedRecords": [{"id": each.id, "deletedDate": each.deleted_at} for each in found],
                "earliestDateAvailable": max(earliest, self._org.bin.purged_at(sobject.name) or earliest),
                "latestDateCovered": self._covered(end),
            }
        )

    def _window(self, call: Call, days: int) -> tuple[datetime, datetime]:
        start, end = (_window_end(call, name) for name in ("start", "end"))
        if end - start < _MINUTE:
            message = "startDate must be at least one minute before endDate"
            raise SalesforceError("INVALID_REPLICATION_DATE", message)
        if start < self._org.clock.now() - timedelta(days=days):
            message = f"startDate cannot be more than {days} days ago"
            raise SalesforceError("INVALID_REPLICATION_DATE", message)
        return start, end

    def _covered(self, end: datetime) -> str:
        """Up to when nothing can still come to light: transactions that still run hold it back."""
        running = self._org.pending.oldest_start()
        return wire_instant(min(end, self._org.clock.now(), *([running] if running else [])))


def check_deletable(org: Org, sobject: SObject) -> None:
    """Raises CANNOT_DELETE_ENTITY for what nobody can delete; who may not is a matter of the delete itself."""
    if "deletable" not in org.sobject(sobject.name).abilities:
        message = f"entity type cannot be deleted: {sobject.label}"
        raise SalesforceError("CANNOT_DELETE_ENTITY", message, [])


def key_field(sobject: SObject, name: str) -> Field:
    """The field by which a record is looked up; only external ids and id lookups can be used."""
    field = sobject.field(name)
    if field is None or not set("xl") & set(field.flags):
        message = f"Provided external ID field does not exist or is not accessible: {name}"
        raise SalesforceError("NOT_FOUND", message, status=404)
    return field


def matches(org: Org, sobject: SObject, field: Field, value: str) -> list[str]:
    """Ids of the live records with that key."""
    where = f"{quoted(field.name)} = ?" + (' AND "IsDeleted" = 0' if sobject.has("IsDeleted") else "")
    key = full_id(value) or value if field.type == "id" else value
    return [row["Id"] for row in org.tables.select(sobject, where, (key,))]


def upsert(
    org: Org,
    sobject: SObject,
    field: Field,
    value: str,
    body: dict[str, Any],
    user_id: str,
    options: SaveOptions,
) -> tuple[str, bool]:
    """Update the record with that key, or create it; returns its id and whether it was created."""
    found = matches(org, sobject, field, value)
    if len(found) > 1:
        message = f"{field.name}: more than one record found for external id field: {found}"
        raise SalesforceError("DUPLICATE_EXTERNAL_ID", message, [])
    _check_absent(body, field.name)
    if found:
        org.update(sobject.name, found[0], body, user_id, options)
        return found[0], False
    if field.type == "id":
        raise no_such_resource()
    return org.insert(sobject.name, {**body, field.name: value}, user_id, options), True


def _check_absent(body: dict[str, Any], name: str) -> None:
    """The address of a request says which record it is; the body may not say it again."""
    if any(key.lower() == name.lower() for key in body):
        message = f"The {name} field should not be specified in the sobject data."
        raise SalesforceError("INVALID_FIELD", message)


def _without_id(call: Call) -> dict[str, Any]:
    body = call.json_object()
    _check_absent(body, "Id")
    return body


def record_body(sobject: SObject, row: Row, names: list[str], version: str) -> Row:
    """A record as a single read answers it: the named fields in their order, or all of them."""
    fields = sobject.visible() if not names else [_named(sobject, name) for name in names]
    values = shown(sobject, row)
    url = f"/services/data/v{version}/sobjects/{sobject.name}/{row['Id']}"
    body: Row = {"attributes": {"type": sobject.name, "url": url}}
    for field in fields:
        body[field.name] = _address(sobject, field, values) if field.compound else values[field.name]
    if names:
        body.setdefault("Id", row["Id"])
    return body


def _named(sobject: SObject, name: str) -> Field:
    field = sobject.field(name)
    if field is None:
        raise no_such_column(name, sobject.name)
    return field


def _address(sobject: SObject, whole: Field, values: Row) -> Row | None:
    prefix = whole.name.removesuffix("Address")
    parts = {
        each.name.removeprefix(prefix): values[each.name]
        for each in sobject.visible()
        if each.part_of == whole.name
    }
    if all(value is None for value in parts.values()):
        return None
    return {name[0].lower() + name[1:]: value for name, value in sorted(parts.items())}


def _path_id(text: str) -> str:
    id = full_id(text)
    if id is None:
        message = f"Provided external ID field does not exist or is not accessible: {text}"
        raise SalesforceError("NOT_FOUND", message, status=404)
    return id


def _several(call: Call, sobject: SObject, found: list[str]) -> Answer:
    """No record is 404; more than one is 300 with a list of their URLs."""
    if not found:
        raise no_such_resource()
    path = f"/services/data/v{call.version}/sobjects/{quote(sobject.name)}"
    return Answer([f"{path}/{id}" for id in found], 300)


def _replicated(org: Org, call: Call) -> SObject:
    sobject = org.sobject(call.parts[0], call.user_id)
    if "replicateable" not in sobject.abilities or not sobject.has("SystemModstamp"):
        message = f"{sobject.name} cannot be replicated"
        raise SalesforceError("INVALID_TYPE_FOR_OPERATION", message)
    return sobject


def _window_end(call: Call, name: str) -> datetime:
    """A window's edge without its seconds, which replication ignores."""
    try:
        # A plus sign that was not percent-encoded arrives as a blank.
        instant = datetime.fromisoformat(call.query.get(name, "").replace(" ", "+"))
    except ValueError:
        raise SalesforceError("INVALID_REPLICATION_DATE", f"{name} is not a valid dateTime") from None
    instant = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return instant.astimezone(UTC).replace(second=0, microsecond=0)
