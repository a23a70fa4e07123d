"""Activities and appointments as the API shows them: feed, single read, history, flat exports, upcoming."""

from collections.abc import Sequence
from typing import Any

import msgspec

from sync.sandbox.spotio.fields import of_type, shown_fields
from sync.sandbox.spotio.shapes import kind_of, number
from sync.sandbox.spotio.store import Row, words
from sync.sandbox.spotio.tenant import Tenant

FEET_PER_METRE = 3.280839895

_FEED = words(
    "activityTemplateId type done ownerId date allDay resultId distance verified duration "
    "durationSeconds text title notes isNote email phoneNumber reference isRead reminder "
    "updatedAt createdAt direction transition ownerChanged"
)
_FEED_RECORD = words(
    "id typeId name territoryId stageId ownerId value visitsCount callsCount address lat lng "
    "externalDataObjectId"
)
_FEED_FLAGS = ("done", "allDay", "verified", "isNote", "isRead")
_MAYBE_ABSENT = ("direction", "transition", "ownerChanged")


def feed_page(tenant: Tenant, keys: Sequence[int], field_ids: list[str] | None, user: Row) -> list[Row]:
    """ActivityFeedDto of these activities, in this order; `field_ids` None for no field values, ["*"] for all."""
    activity = ", ".join(f'a."{name}"' for name in _FEED)
    record = ", ".join(f"r.{name}" for name in _FEED_RECORD)
    cursor = tenant.store.db.execute(
        f"select a.id, a.fieldDiff, r.fields, {activity}, {record} from activities a "  # noqa: S608
        # A cross join keeps the order of the tables: without it SQLite walks all live records for each page.
        f"cross join records r on r.id = a.dataObjectId and r.deletedAt is null "
        f"where a.id in ({', '.join('?' * len(keys))})",
        keys,
    )
    split = 3 + len(_FEED)
    found = {row[0]: _feed_item(tenant, row, row[3:split], row[split:], field_ids, user) for row in cursor}
    return [found[key] for key in keys if key in found]


def _feed_item(
    tenant: Tenant, row: Any, activity: Any, record: Any, field_ids: list[str] | None, user: Row
) -> Row:
    item = dict(zip(_FEED, activity, strict=True))
    for name in _FEED_FLAGS:
        item[name] = None if item[name] is None else bool(item[name])
    for name in _MAYBE_ABSENT:
        if item[name] is None:
            del item[name]
        elif name != "direction":
            item[name] = msgspec.Raw(item[name].encode())
    about = dict(zip(_FEED_RECORD, record, strict=True))
    about["visitCount"], about["callCount"] = about.pop("visitsCount"), about.pop("callsCount")
    if row[1] is not None:
        about["fieldDiff"] = msgspec.Raw(row[1].encode())
    if field_ids is not None:
        shown = shown_fields(kind_of(tenant, about), msgspec.json.decode(row[2]))
        about["fields"] = [value for value in shown if field_ids == ["*"] or value["fieldId"] in field_ids]
    sees = user["role"] != "Sales" or user["id"] in (about["ownerId"], item["ownerId"])
    item |= {"id": str(row[0]), "dataObject": about, "access": "full" if sees else "ghost"}
    return item


def activity_response(tenant: Tenant, row: Row) -> Row:
    """ActivityResponse: one activity, planned or done."""
    record = tenant.store.row("records", row["dataObjectId"]) or {}
    names = words(
        "id verified mobileId dataObjectId type done activityLat activityLng isNote resultId "
        "email phoneNumber reference isRead reminder appointmentId activityTemplateId ownerId "
        "title notes date duration durationSeconds allDay allDayDate"
    )
    shown = {name: row[name] for name in names}
    shown |= {"dataObjectLat": record.get("lat"), "dataObjectLng": record.get("lng"), "autoExecution": False}
    shown |= {"isNote": bool(row["isNote"]), "allDay": bool(row["allDay"])}
    return shown | _present(row)


def historical(row: Row) -> Row:
    """HistoricalDataObjectActivityDto."""
    names = words(
        "id activityTemplateId type ownerId title notes text date durationSeconds verified "
        "distance resultId email phoneNumber reference appointmentId dataObjectId plannedDate"
    )
    shown = {name: row[name] for name in names}
    shown |= {"allDay": bool(row["allDay"]), "documents": [], "access": "full"}
    return shown | _present(row)


def _present(row: Row) -> Row:
    return {name: row[name] for name in _MAYBE_ABSENT if row[name] is not None}


def flat(tenant: Tenant, row: Row, record: Row) -> Row:
    """ActivityExportItem: names where the other answers have ids."""
    kind = kind_of(tenant, record)
    owner = tenant.store.row("users", row["ownerId"]) or {}
    template = tenant.workflow.template_by_id(row["activityTemplateId"] or "")
    move, owners = row["transition"] or {}, row["ownerChanged"] or {}
    stages = {stage.id: stage.name for stage in kind.stages}
    return {
        "id": row["id"],
        "activityDate": row["date"],
        "owner": user_name(owner),
        "latitude": row["activityLat"],
        "longitude": row["activityLng"],
        "title": row["title"],
        "notes": row["notes"],
        "activityType": row["type"],
        "activityTemplateType": template.name if template else None,
        "fromStage": stages.get(move.get("fromStageId", "")),
        "toStage": stages.get(move.get("toStageId", "")),
        "previousDataObjectOwner": _user_name(tenant, owners.get("previousDataObjectOwnerId")),
        "newDataObjectOwner": _user_name(tenant, owners.get("newDataObjectOwnerId")),
        "result": tenant.workflow.result_name(row["resultId"]),
        "distanceFromTheDataObjectInFeet": _feet(row["distance"]),
        "duration": row["duration"] or 0,
        "direction": row["direction"],
        "content": row["text"],
        "dataObjectId": row["dataObjectId"],
        "activityOwnerExternalUserId": owner.get("externalSystemUserId"),
        "updatedAt": row["updatedAt"],
        "createdAt": row["createdAt"],
    }


def flat_classic(tenant: Tenant, row: Row, record: Row) -> Row:
    """ActivityDto of the plain export."""
    whole = flat(tenant, row, record)
    shared = words(
        "id activityDate owner latitude longitude title notes activityType fromStage toStage "
        "result duration direction content activityOwnerExternalUserId updatedAt createdAt"
    )
    kind = kind_of(tenant, record)
    company = kind.field_by_role("company")
    owners = [tenant.store.row("users", user) or {} for user in (record["ownerId"], row["ownerId"])]
    territory = tenant.store.row("territories", record["territoryId"]) or {}
    shown = {name: whole[name] for name in shared} | {
        "address": record["address"],
        "reportType": "current",
        "previousLeadOwner": whole["previousDataObjectOwner"],
        "newLeadOwner": whole["newDataObjectOwner"],
        "territory": territory.get("title"),
        "visitVerificationInMeter": row["distance"],
        "visitVerificationInFeet": whole["distanceFromTheDataObjectInFeet"],
        "company": record["fields"].get(company.id) if company else None,
        "value": record["value"],
        "visitCount": record["visitsCount"],
        "leadOwnerEmail": owners[0].get("email"),
        "activityOwnerEmail": owners[1].get("email"),
        "leadId": record["id"],
        "leadOwnerExternalUserId": owners[0].get("externalSystemUserId"),
        "contacts": [],
    }
    difference = row["fieldDiff"]
    if difference is not None:
        changed = kind.field_by_id(difference["reference"])
        shown["field"] = {
            "id": int(difference["reference"]),
            "name": changed.name if changed else None,
            "previousValue": difference["oldValue"],
            "value": difference["newValue"],
        }
    return shown


def appointment(tenant: Tenant, row: Row) -> Row:
    """AppointmentV2: what creating and changing one answer."""
    record = tenant.store.row("records", row["dataObjectId"]) or {}
    names = words(
        "id dataObjectId ownerId date duration title notes activityId activityTemplateId "
        "remindBeforeInSeconds allDayDate createdById sendInvitation invitationDescription"
    )
    shown = {name: row[name] for name in names}
    shown |= {"allDay": bool(row["allDay"]), "done": bool(row["done"]), "auto": False, "access": "full"}
    shown |= {"dataObjectTypeId": number(record.get("typeId")), "duration": row["duration"] or 0}
    return shown | _series(tenant, row)


def appointment_with_record(tenant: Tenant, row: Row) -> Row:
    """AppointmentWithDataObject: a single read."""
    record = tenant.store.row("records", row["dataObjectId"])
    shown = appointment(tenant, row) | {
        "updatedAt": row["updatedAt"],
        "updatedById": number(row["updatedById"]),
    }
    if record is not None:
        parent = tenant.store.row("records", record["parentId"])
        shown["dataObject"] = _brief(tenant, record) | ({"parent": _brief(tenant, parent)} if parent else {})
    return shown


def upcoming(tenant: Tenant, row: Row, record: Row) -> Row:
    """UpcomingDataObjectAppointmentDto."""
    names = words(
        "id activityTemplateId ownerId title notes date remindBeforeInSeconds originalStartDate "
        "allDayDate activityId sendInvitation invitationDescription"
    )
    shown = {name: row[name] for name in names}
    brief = _brief(tenant, record)
    about = {name: brief[name] for name in ("id", "typeId", "stageId", "name", "address", "phones", "emails")}
    shown |= {
        "duration": row["duration"] or 0,
        "durationSeconds": (row["duration"] or 0) * 60,
        "allDay": bool(row["allDay"]),
        "autoExecution": False,
        "access": "full",
        "dataObject": about | {"addressUnit": record["addressUnit"], "textOptedIn": False},
    }
    return shown | _series(tenant, row)


def user_name(user: Row) -> str | None:
    return f"{user['firstName']} {user['lastName']}" if user else None


def _user_name(tenant: Tenant, user_id: str | None) -> str | None:
    return user_name(tenant.store.row("users", user_id) or {})


def _feet(metres: float | None) -> float | None:
    return None if metres is None else round(metres * FEET_PER_METRE, 2)


def _series(tenant: Tenant, row: Row) -> Row:
    series = tenant.store.row("series", row["seriesId"])
    if series is None:
        return {}
    names = ("id", "periodicity", "interval", "repeatOn", "until", "count", "timezone")
    return {"recurringDefinition": {name: series[name] for name in names}}


def _brief(tenant: Tenant, record: Row) -> Row:
    kind = kind_of(tenant, record)
    names = ("id", "typeId", "stageId", "externalDataObjectId", "territoryId", "name", "address")
    return {name: record[name] for name in names} | {
        "phones": of_type(kind, record["fields"], "phone"),
        "emails": of_type(kind, record["fields"], "email"),
    }
