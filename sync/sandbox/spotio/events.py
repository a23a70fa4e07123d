"""What a webhook tells about a record, an activity or an appointment; not the shape of the REST answers."""

from typing import Any

from sync.sandbox.spotio.store import Row, Store

SCOPES = (
    "lead.added",
    "lead.updated",
    "lead.deleted",
    "activity.created",
    "activity.updated",
    "activity.deleted",
    "activity.done",
    "appointment.created",
    "appointment.updated",
    "appointment.deleted",
)


def record(store: Store, kind: str, row: Row) -> None:
    if store.on_event is not None:
        store.emit(kind, _record_data(store, row))


def activity(store: Store, kind: str, row: Row) -> None:
    if store.on_event is not None:
        store.emit(kind, _dated_data(store, row))


def appointment(store: Store, kind: str, row: Row) -> None:
    if store.on_event is not None:
        store.emit(kind, _dated_data(store, row))


def _dated_data(store: Store, row: Row) -> Row:
    parent = store.row("records", row["dataObjectId"])
    return {
        "id": row["id"],
        "objectId": row["id"],
        "date": row["date"],
        "notes": row.get("notes"),
        "dataObject": _record_data(store, parent) if parent else None,
    }


def _record_data(store: Store, row: Row) -> Row:
    owner = store.row("users", row["ownerId"])
    return {
        "objectId": row["id"],
        "createdAt": row["createdAt"],
        "assignedUserEmail": owner["email"] if owner else None,
        "address": {"fullAddress": row["address"]},
        "fields": _fields(store, row),
    }


def _fields(store: Store, row: Row) -> list[dict[str, Any]]:
    kind = store.workflow.type_by_id(row["typeId"])
    values = row["fields"] or {}
    return [
        {
            "id": int(item.id),
            "title": item.name,
            "values": values[item.id] if isinstance(values[item.id], list) else [values[item.id]],
        }
        for item in (kind.fields if kind else [])
        if item.id in values
    ]
