"""Records (data objects): what the operations on them change, append and announce.

A changed stage appends a `transition`, a changed owner an `ownerChanged`, each changed field an `update` with its
difference, a new record a `create`. Every accepted write moves `updatedAt`, even one that changes nothing.
"""

import secrets
from collections.abc import Mapping
from typing import Any

from sync.sandbox.spotio import events
from sync.sandbox.spotio.activities import Activities
from sync.sandbox.spotio.counters import refresh_counters
from sync.sandbox.spotio.derived import UNCOUNTED, as_request, derived_members, pin_id
from sync.sandbox.spotio.errors import SpotioError, invalid, not_found
from sync.sandbox.spotio.fields import as_text, missing_fields, read_fields
from sync.sandbox.spotio.geo import completed_pin
from sync.sandbox.spotio.parse import optional_stamp, optional_text, texts
from sync.sandbox.spotio.store import Row, Store
from sync.sandbox.spotio.territories import Territories
from sync.sandbox.spotio.workflow import RecordType, Stage

WRITABLE = (
    "stageId",
    "ownerId",
    "parentId",
    "externalDataObjectId",
    "source",
    "pin",
    "fields",
    "collaboratorIds",
)


class Records:
    def __init__(self, store: Store, activities: Activities, territories: Territories) -> None:
        self._store, self._activities, self._territories = store, activities, territories

    def get(self, record_id: str) -> Row:
        """The stored row of a live record."""
        row = self._store.row("records", record_id)
        if row is None or row["deletedAt"] is not None:
            raise not_found("Data object", record_id)
        return row

    def create(self, by: str, request: Mapping[str, Any]) -> str:
        """Create from a DataObjectRequest; owner and stage default as SPOTIO's guide says. Returns the id."""
        kind = self._kind(request)
        now = self._store.now()
        parent_id = optional_text(request, "parentId")
        if kind.parent_required and parent_id is None:
            raise invalid("parentId", f"A {kind.name} needs a parent.")
        inherited = self._store.row("records", parent_id) if kind.inherit_owner else None
        asked = {
            "stageId": request.get("stageId") or "1",
            "ownerId": request.get("ownerId") or (inherited["ownerId"] if inherited else by),
            "source": request.get("source") or "Api",
        }
        row: Row = {"id": self._new_id(), "typeId": kind.id, "fields": {}, "collaboratorIds": [], "pin": None}
        row |= self._read({**request, **asked}, kind, row)
        if missing := missing_fields(kind, row["stageId"], row["fields"]):
            raise SpotioError(missing)
        created_at = optional_stamp(request, "createdAt") or now
        row |= {"createdAt": created_at, "updatedAt": now, "createdById": by, "updatedById": by}
        row |= {"stageUpdatedAt": now, "stageUpdatedById": by, "dateOfAssignment": now} | UNCOUNTED
        row = derived_members(self._store.workflow, row)
        self._store.insert("records", row)
        self._activities.note_change(by, row["id"], "create", now, date=created_at)
        events.record(self._store, "lead.added", row)
        return str(row["id"])

    def change(
        self,
        by: str,
        record_id: str,
        changes: Mapping[str, Any],
        *,
        check_required: bool = True,
        loss_reasons: list[str] | None = None,
        notes: str | None = None,
    ) -> None:
        """Replace the members given; `fields` is the whole list, what it leaves out is emptied.

        `loss_reasons` and `notes` go to the transition that a changed stage appends. A null member empties it.
        """
        before = self.get(record_id)
        kind = self._store.workflow.type_by_id(before["typeId"])
        if kind is None:
            raise invalid("typeId", f"Type with id: {before['typeId']} does not exist.")
        unknown = changes.keys() - set(WRITABLE)
        if unknown:
            raise invalid(sorted(unknown)[0], "This member cannot be changed.")
        now = self._store.now()
        after = before | self._read(changes, kind, before)
        if check_required and (missing := missing_fields(kind, after["stageId"], after["fields"])):
            raise SpotioError(missing)
        after |= {"updatedAt": now, "updatedById": by}
        if after["stageId"] != before["stageId"]:
            after |= {"stageUpdatedAt": now, "stageUpdatedById": by}
        if after["ownerId"] != before["ownerId"]:
            after["dateOfAssignment"] = now
        after = derived_members(self._store.workflow, after)
        self._store.update("records", record_id, after)
        self._note_differences(by, before, after, kind, loss_reasons, notes)
        events.record(self._store, "lead.updated", after)

    def delete(
        self,
        by: str,
        record_id: str,
        *,
        permanently: bool = False,
        new_parent_id: str | None = None,
        reassign_type_ids: list[str] | None = None,
    ) -> None:
        """Move a record to the deleted ones, its children too unless they go to `new_parent_id`."""
        row = self.get(record_id)
        if new_parent_id is not None:
            self.get(new_parent_id)
        for child in self._store.rows("records", "parentId = ? and deletedAt is null", (record_id,)):
            stays = new_parent_id is not None and child["typeId"] in (reassign_type_ids or [child["typeId"]])
            if stays:
                self.change(by, child["id"], {"parentId": new_parent_id}, check_required=False)
            else:
                self.delete(by, child["id"], permanently=permanently)
        now = self._store.now()
        if permanently:
            self._remove(record_id)
        else:
            self._store.update("records", record_id, {"deletedAt": now, "deletedById": by})
        events.record(self._store, "lead.deleted", row)

    def restore(self, by: str, record_id: str) -> None:
        """Bring a deleted record back, with all it had."""
        row = self._store.row("records", record_id)
        if row is None or row["deletedAt"] is None:
            raise not_found("Deleted data object", record_id)
        changes = {"deletedAt": None, "deletedById": None, "updatedAt": self._store.now(), "updatedById": by}
        self._store.update("records", record_id, changes)
        events.record(self._store, "lead.updated", row | changes)

    def purge(self, record_id: str | None) -> int:
        """Remove deleted records for ever, one or all, from the list of deleted ones too; returns how many."""
        where, parameters = ("id = ?", (record_id,)) if record_id else ("true", ())
        gone = self._store.rows("records", f"deletedAt is not null and {where}", parameters)
        for row in gone:
            self._remove(row["id"])
        return len(gone)

    def merge(self, by: str, winner_id: str, loser_ids: list[str]) -> None:
        """Move what hangs on the losers to the winner, fill its blanks from them, and delete them."""
        winner = self.get(winner_id)
        if winner_id in loser_ids or not loser_ids:
            raise invalid("losers", "Other records than the winner are expected.")
        values, kind = dict(winner["fields"]), self._store.workflow.type_by_id(winner["typeId"])
        now = self._store.now()
        for loser_id in loser_ids:
            loser = self.get(loser_id)
            taken = {k: v for k, v in loser["fields"].items() if kind is not None and kind.field_by_id(k)}
            values = taken | values
            for table in ("activities", "appointments"):
                for row in self._store.rows(table, "dataObjectId = ?", (loser_id,)):
                    self._store.update(table, row["id"], {"dataObjectId": winner_id, "updatedAt": now})
            for child in self._store.rows("records", "parentId = ?", (loser_id,)):
                self._store.update("records", child["id"], {"parentId": winner_id, "updatedAt": now})
            self.delete(by, loser_id)
        self.change(by, winner_id, {"fields": as_request(values)}, check_required=False)
        refresh_counters(self._store, winner_id)

    def pin(self, pin_id: str) -> Row:
        """The pin of that id, which some live record has."""
        held = "deletedAt is null and json_extract(pin, '$.id') = ?"
        found = self._store.rows("records", held, (pin_id,), "rowid limit 1")
        if not found:
            raise invalid("pinId", f"Pin with id: {pin_id} does not exist.")
        pin: Row = found[0]["pin"]
        return pin

    def move(self, by: str, record_id: str, pin: Row, unit: str | None) -> None:
        """Bring a record to a pin that another one has, into `unit` there; they share it from then on."""
        row = self.get(record_id)
        kind = self._store.workflow.type_by_id(row["typeId"])
        field = kind.field_by_role("unit") if kind else None
        if unit is not None and field is None:
            raise invalid("unit", "A data object of this type has no unit.")
        changes: Row = {"pin": pin}
        if field is not None:
            values = {key: value for key, value in row["fields"].items() if key != field.id}
            changes["fields"] = as_request(values | ({field.id: unit} if unit else {}))
        self.change(by, record_id, changes, check_required=False)
        # A changed address makes a pin of the record's own; here it is to be the other one's.
        self._store.update("records", record_id, {"pin": pin})

    def _kind(self, request: Mapping[str, Any]) -> RecordType:
        type_id = optional_text(request, "typeId")
        kind = self._store.workflow.type_by_id(type_id) if type_id else None
        if kind is None:
            raise invalid(
                "typeId", f"Type with id: {type_id} does not exist." if type_id else "typeId is required."
            )
        return kind

    def _read(self, request: Mapping[str, Any], kind: RecordType, before: Row) -> Row:
        """The members of a request as columns, validated; only those that were sent."""
        read: Row = {}
        for member in WRITABLE:
            if member not in request:
                continue
            match member:
                case "stageId":
                    read[member] = self._stage(kind, request).id
                case "ownerId":
                    read[member] = self._user_id(optional_text(request, member), member)
                case "parentId":
                    read[member] = self._parent_id(kind, optional_text(request, member), before["id"])
                case "pin":
                    read |= self._pin(kind, request["pin"], before)
                case "fields":
                    sent = [] if request["fields"] is None else request["fields"]
                    read["fields"] = read_fields(kind, sent, before["fields"] or {})
                case "collaboratorIds":
                    read[member] = [self._user_id(user, member) for user in texts(request, member)]
                case _:
                    read[member] = optional_text(request, member)
        return read

    def _stage(self, kind: RecordType, request: Mapping[str, Any]) -> Stage:
        stage_id = optional_text(request, "stageId")
        stage = kind.stage_by_id(stage_id) if stage_id else None
        if stage is None:
            raise invalid("stageId", f"Stage with id: {stage_id} does not exist.")
        return stage

    def _user_id(self, user_id: str | None, member: str) -> str:
        if user_id is None or self._store.row("users", user_id) is None:
            raise invalid(member, f"User with id: {user_id} does not exist.")
        return user_id

    def _parent_id(self, kind: RecordType, parent_id: str | None, record_id: str) -> str | None:
        if parent_id is None:
            return None
        parent = self._store.row("records", parent_id)
        if parent is None or parent["deletedAt"] is not None or parent_id == record_id:
            raise invalid("parentId", f"Data object with id: {parent_id} does not exist.")
        if kind.parent_id is not None and parent["typeId"] != kind.parent_id:
            raise invalid("parentId", f"A {kind.name} cannot belong to a record of that type.")
        return parent_id

    def _pin(self, kind: RecordType, sent: Any, before: Row) -> Row:
        if sent is None:
            return {"pin": None, "territoryId": None}
        if not isinstance(sent, Mapping):
            raise invalid("pin", "An object is expected.")
        if kind.field_by_role("address") is None:
            raise invalid("pin", f"A {kind.name} has no address.")
        pin = completed_pin(sent, pin_id(before["id"]))
        if not (-90 <= pin["lat"] <= 90 and -180 <= pin["lng"] <= 180):
            raise invalid("pin", "Latitude or longitude is out of range.")
        return {"pin": pin, "territoryId": self._territories.containing(pin)}

    def _note_differences(
        self,
        by: str,
        before: Row,
        after: Row,
        kind: RecordType,
        loss_reasons: list[str] | None,
        notes: str | None,
    ) -> None:
        at, record_id = after["updatedAt"], after["id"]
        for item in kind.fields:
            old, new = (as_text(side["fields"].get(item.id)) for side in (before, after))
            if item.system_role == "address":
                old, new = before["address"], after["address"]
            if old != new:
                difference = {
                    "fieldType": "lead" if item.system_role else "detailsCustomField",
                    "reference": item.id,
                    "oldValue": old,
                    "newValue": new,
                }
                self._activities.note_change(by, record_id, "update", at, fieldDiff=difference)
        if before["ownerId"] != after["ownerId"]:
            owners = {
                "previousDataObjectOwnerId": before["ownerId"],
                "newDataObjectOwnerId": after["ownerId"],
            }
            self._activities.note_change(by, record_id, "ownerChanged", at, ownerChanged=owners)
        if before["stageId"] != after["stageId"]:
            move = {"fromStageId": before["stageId"], "toStageId": after["stageId"]}
            move |= {"lossReasons": loss_reasons or []}
            self._activities.note_change(by, record_id, "transition", at, transition=move, notes=notes)

    def _remove(self, record_id: str) -> None:
        for table in ("activities", "appointments"):
            self._store.db.execute(f"delete from {table} where dataObjectId = ?", (record_id,))  # noqa: S608
        self._store.delete("records", record_id)

    def _new_id(self) -> str:
        """24 hexadecimal characters that begin with the time, as the database behind the real system gives them."""
        seconds = int(self._store.clock.now().timestamp())
        return f"{seconds:08x}{secrets.token_hex(8)}"
