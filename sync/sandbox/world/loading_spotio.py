"""Puts the company's half in SPOTIO into a tenant: people, territories, records, activities, appointments."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any

from sync.sandbox.spotio.derived import derived_members
from sync.sandbox.spotio.geo import area_square_metres
from sync.sandbox.world.company import Activity, Appointment, Company, Person, Record, Team, Territory
from sync.sandbox.world.instants import precise_text, text
from sync.sandbox.world.stages import STAGES

if TYPE_CHECKING:
    from sync.sandbox.spotio.tenant import Tenant
    from sync.sandbox.spotio.workflow import RecordType, Workflow

Row = dict[str, Any]

COMPANY_NAME = "Brightwater Home Energy"
TIME_ZONE = "America/Denver"
ROLES = {"admin": "Admin", "vp": "Manager", "regional": "Manager", "lead": "Manager"}
"""By job; everybody else has the role Sales."""


def load_tenant(company: Company, tenant: Tenant) -> None:
    """Fill an empty tenant. Its workflow must have the types, stages, fields, templates and results of the sample."""
    tenant.workflow.settings |= {"name": COMPANY_NAME, "timezone": TIME_ZONE}
    tenant.load("users", _users(company))
    tenant.load("teams", (_team(team) for team in company.teams))
    tenant.load("territories", (_territory(territory) for territory in company.territories))
    names = _Names(tenant.workflow)
    admin = company.people[0].spotio_id
    # The many go straight to their tables: they are written in the wire's form here, so nothing is left to read.
    records = (_record(record, names, admin) for record in chain(company.records, company.deals))
    tenant.store.load("records", (derived_members(tenant.workflow, row) for row in records))
    tenant.store.load("activities", (_activity(activity, names) for activity in company.activities))
    tenant.store.load("appointments", (_appointment(item, names) for item in company.appointments))
    series = [item for item in company.appointments if item.repeat]
    tenant.store.load("series", (_series(item) for item in series))


class _Names:
    """Ids by name, looked up once: the workflow searches its lists."""

    def __init__(self, workflow: Workflow) -> None:
        self.types = {name: _TypeNames(workflow.type(name)) for name in STAGES}
        self.templates = {template.name: template.id for template in workflow.templates}
        self.results = {
            (template.name, result.name): result.id
            for template in workflow.templates
            for result in template.results
        }
        self.durations = {template.name: template.default_duration for template in workflow.templates}


class _TypeNames:
    def __init__(self, kind: RecordType) -> None:
        self.id = kind.id
        self.stages = {stage.name: stage.id for stage in kind.stages}
        self.fields = {field.name: field.id for field in kind.fields}
        self.system = {field.name for field in kind.fields if field.system_role}


def _users(company: Company) -> Iterator[Row]:
    admin = company.people[0]
    areas: dict[Person, list[str]] = {}
    for territory in company.territories:
        for person in territory.people:
            areas.setdefault(person, []).append(territory.id)
    for person in company.people:
        if person.spotio_id is None:
            continue
        status = "suspended" if person.left else "active" if person.accepted else "invited"
        changed = person.left or person.joined
        yield {
            "id": person.spotio_id,
            "firstName": person.first,
            "lastName": person.last,
            "email": person.mail,
            "role": ROLES.get(person.job, "Sales"),
            "status": status,
            "suspended": person.left is not None,
            "phone": person.phone,
            "isInSalesforce": False,
            "territoryGlobalAccess": person.job in ("admin", "vp"),
            "visible": person.job != "admin",
            "visibleInReports": person.job in ("setter", "closer"),
            "isReadonly": False,
            "timezone": TIME_ZONE,
            "territoryIds": areas.get(person, []),
            "inviterId": None if person is admin else admin.spotio_id,
            "invitedAt": precise_text(person.joined),
            "invitationAcceptedAt": precise_text(person.joined) if person.accepted else None,
            "lastLoginAt": person.signed_in and precise_text(person.signed_in),
            "createdAt": precise_text(person.joined),
            "updatedAt": precise_text(changed),
        }


def _team(team: Team) -> Row:
    since = precise_text(min(person.joined for person in team.members))
    return {
        "id": team.id,
        "name": team.name,
        "parentId": team.parent and team.parent.id,
        "usersIds": [person.spotio_id for person in team.members if person.spotio_id],
        "visible": True,
        "assignable": True,
        "createdAt": since,
        "updatedAt": precise_text(max(person.joined for person in team.members)),
    }


def _territory(territory: Territory) -> Row:
    points = [{"lat": round(lat, 6), "lng": round(lng, 6)} for lat, lng in territory.quad.corners]
    return {
        "id": territory.id,
        "title": territory.title,
        "color": territory.color,
        "parentId": territory.parent and territory.parent.id,
        "global": False,
        "userIds": [person.spotio_id for person in territory.people if person.spotio_id],
        "zips": [],
        "locations": [],
        "polygons": [{"id": int(territory.id), "points": points}],
        "properties": [],
        "area": round(area_square_metres(points), 1),
        "createdAt": precise_text(territory.updated),
        "updatedAt": precise_text(territory.updated),
    }


def _record(record: Record, names: _Names, admin: str | None) -> Row:
    kind = names.types[record.kind]
    parent, visit, call, last = record.parent, record.last_visit, record.last_call, record.last_active
    return {
        "id": record.id,
        "typeId": kind.id,
        "stageId": kind.stages[record.stage],
        "ownerId": record.owner.spotio_id,
        "parentId": parent and parent.id,
        # A deal has no address, so it lies nowhere.
        "territoryId": None if parent else record.territory.id,
        "source": record.source,
        "pin": None if parent else _pin(record),
        "address": None if parent else record.house.address,
        "fields": _fields(record, kind),
        "createdAt": precise_text(record.created),
        "updatedAt": precise_text(record.updated),
        "createdById": record.creator.spotio_id,
        "updatedById": record.updated_by.spotio_id,
        "stageUpdatedAt": precise_text(record.stage_at),
        "stageUpdatedById": record.stage_by.spotio_id,
        "dateOfAssignment": precise_text(record.assigned),
        "visitsCount": record.visits,
        "lastVisitDate": visit and text(visit.at),
        "lastVisitResultId": visit and names.results[visit.template, visit.result],
        "lastVisitNote": visit and (visit.notes or None),
        "lastLocationStatus": _location_status(visit),
        "callsCount": record.calls,
        "lastCallDate": call and text(call.at),
        "lastCallResultId": call and names.results[call.template, call.result],
        "lastActivityTime": last and _date(last),
        "lastActivityOwnerId": last and last.owner.spotio_id,
        "nextActivityTime": record.next_active and text(record.next_active),
        "deletedAt": record.deleted and precise_text(record.deleted),
        "deletedById": admin if record.deleted else None,
    }


def _pin(record: Record) -> Row:
    house = record.house
    return {
        "id": str(int(record.id[8:16], 16) & 0x7FFFFFFF),  # the API types it as int32
        "lat": house.lat,
        "lng": house.lng,
        "placeId": None,
        "address": house.address,
        "street": house.street,
        "houseNumber": str(house.number),
        "zip": house.zip,
        "city": house.city,
        "state": "CO",
        "country": "USA",
        "shortAddress": f"{house.number} {house.street}",
    }


def _fields(record: Record, kind: _TypeNames) -> Row:
    own = {
        "First Name": record.first,
        "Last Name": record.last,
        "Company": record.company,
        "Phone": record.phone,
        "Email": record.mail,
        "Unit": record.unit,
        **record.details,
    }
    return {kind.fields[name]: value for name, value in own.items() if value}


def _location_status(visit: Activity | None) -> str:
    if visit is None or visit.distance is None:
        return "unknown"
    return "verified" if visit.verified else "unverified"


def _activity(activity: Activity, names: _Names) -> Row:
    template, appointment = activity.template, activity.appointment
    recorded, date = precise_text(activity.logged), _date(activity)
    row: Row = {
        "id": activity.id,
        "dataObjectId": activity.record.id,
        "type": activity.type,
        "done": activity.done,
        "ownerId": activity.owner.spotio_id,
        "date": date,
        "plannedDate": None,
        "allDay": False,
        "isNote": activity.type == "note",
        "title": None,
        "notes": activity.notes or None,
        "verified": activity.verified,
        "createdById": (appointment.setter if appointment else activity.owner).spotio_id,
        "createdAt": recorded,
        "updatedAt": precise_text(activity.edited) if activity.edited else recorded,
        **_NO_EVENT,
        **_NO_CHANGE,
    }
    if template:
        row["activityTemplateId"] = names.templates[template]
        row["resultId"] = names.results[template, activity.result] if activity.result else None
        row["duration"] = names.durations[template] or None
        row["distance"] = activity.distance
        if activity.position:
            row["activityLat"], row["activityLng"] = activity.position
        if activity.direction:
            _remote(row, activity)
        if appointment:
            row["appointmentId"], row["title"] = appointment.id, activity.title
            row["duration"], row["plannedDate"] = appointment.minutes, date
    elif activity.was or activity.now:
        _change(row, activity, names.types[activity.record.kind])
    return row


_NO_EVENT = dict.fromkeys(
    (
        "activityTemplateId",
        "resultId",
        "duration",
        "durationSeconds",
        "distance",
        "activityLat",
        "activityLng",
        "direction",
        "email",
        "phoneNumber",
        "appointmentId",
    )
)
_NO_CHANGE = dict.fromkeys(("transition", "ownerChanged", "fieldDiff"))


def _date(activity: Activity) -> str:
    """When it happened: for what the server writes down by itself that is its own stamp."""
    return precise_text(activity.at) if activity.type != "event" else text(activity.at)


def _remote(row: Row, activity: Activity) -> None:
    """A call, a text or an e-mail: which way it went and to whom."""
    row["direction"] = activity.direction
    if activity.template == "Email":
        row["email"] = activity.record.mail
    else:
        row["phoneNumber"] = activity.record.phone
    if activity.seconds:
        row["durationSeconds"] = activity.seconds


def _change(row: Row, activity: Activity, kind: _TypeNames) -> None:
    if activity.type == "transition":
        row["transition"] = {
            "fromStageId": kind.stages[activity.was],
            "toStageId": kind.stages[activity.now],
            "lossReasons": [activity.reason] if activity.reason else [],
        }
    elif activity.type == "ownerChanged":
        row["ownerChanged"] = {
            "previousDataObjectOwnerId": activity.was,
            "newDataObjectOwnerId": activity.now,
        }
    else:
        row["fieldDiff"] = {
            "fieldType": "lead" if activity.reason in kind.system else "detailsCustomField",
            "reference": kind.fields[activity.reason],
            "oldValue": activity.was or None,
            "newValue": activity.now,
        }


def _appointment(appointment: Appointment, names: _Names) -> Row:
    activity = appointment.activity
    booked = precise_text(appointment.booked)
    date = text(activity.at)
    return {
        "id": appointment.id,
        "dataObjectId": activity.record.id,
        "ownerId": activity.owner.spotio_id,
        "date": date,
        "duration": appointment.minutes,
        "title": activity.title,
        "notes": appointment.notes or None,
        "activityId": activity.id,
        "allDay": False,
        "done": activity.done,
        "activityTemplateId": names.templates[activity.template],
        "sendInvitation": False,
        "seriesId": appointment.id if appointment.repeat else None,
        "originalStartDate": date if appointment.repeat else None,
        "createdById": appointment.setter.spotio_id,
        "createdAt": booked,
        "updatedById": (activity.owner if appointment.changed else appointment.setter).spotio_id,
        "updatedAt": precise_text(appointment.changed) if appointment.changed else booked,
    }


def _series(appointment: Appointment) -> Row:
    start = text(appointment.activity.at)
    return {
        "id": appointment.id,
        "firstId": appointment.id,
        "until": None,
        "count": None,
        "timezone": TIME_ZONE,
        "start": start,
        "skipped": [],
        **(appointment.repeat or {}),
    }
