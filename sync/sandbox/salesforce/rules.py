"""What Salesforce itself fills in or does when a record is written, object by object.

`complete` derives the fields that nobody writes (a person's full name, what a stage means, when an event ends);
`follow` does what a write sets off elsewhere (field history, the primary contact role, a parent's last activity).
"""

from __future__ import annotations

from collections.abc import Set
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sync.sandbox.salesforce import person_accounts
from sync.sandbox.salesforce.errors import SalesforceError
from sync.sandbox.salesforce.schema import SObject
from sync.sandbox.salesforce.values import parse_instant, wire_instant

if TYPE_CHECKING:
    from sync.sandbox.salesforce.org import Org

Row = dict[str, Any]

_HISTORY = {
    "Account": ("AccountHistory", "AccountId"),
    "Contact": ("ContactHistory", "ContactId"),
    "Lead": ("LeadHistory", "LeadId"),
    "Opportunity": ("OpportunityFieldHistory", "OpportunityId"),
}
_HISTORY_TYPES = {
    "boolean": "Boolean",
    "currency": "Currency",
    "percent": "Percent",
    "date": "DateOnly",
    "datetime": "DateTime",
    "picklist": "DynamicEnum",
    "email": "Email",
    "phone": "PhoneNumber",
}
_STAGE_FACTS = ("StageName", "Amount", "CloseDate", "Probability")
_FORECAST_CATEGORIES = {"Best Case": "BestCase", "Commit": "Forecast"}


def complete(org: Org, sobject: SObject, row: Row, before: Row | None, given: Set[str]) -> None:
    """Derive what the object derives, in place. `given` names the fields that the writer set.

    Raises SalesforceError where fields contradict each other.
    """
    match sobject.name:
        case "Lead" | "Contact" | "User":
            names = (row.get("FirstName"), row.get("LastName"))
            row["Name"] = " ".join(name for name in names if name) or None
        case "Account":
            person_accounts.complete(org, row, before, given)
        case "Opportunity":
            _complete_opportunity(org, row, before, given)
        case "Task":
            _complete_task(org, row, before, given)
        case "Event":
            _complete_event(row, before, given)
    if sobject.name in ("Task", "Event"):
        _relate(org, row, given)


def _complete_opportunity(org: Org, row: Row, before: Row | None, given: Set[str]) -> None:
    stage = org.stages().get((row.get("StageName") or "").lower(), {})
    if before is None or row["StageName"] != before["StageName"]:
        if row.get("Probability") is None or "Probability" not in given:
            row["Probability"] = stage.get("DefaultProbability")
        if row.get("ForecastCategoryName") is None or "ForecastCategoryName" not in given:
            row["ForecastCategoryName"] = stage.get("ForecastCategoryName", "Pipeline")
        if before is not None:
            row["LastStageChangeDate"] = wire_instant(org.clock.now())
    category = row.get("ForecastCategoryName")
    row["ForecastCategory"] = _FORECAST_CATEGORIES.get(category or "", category)
    row["IsClosed"], row["IsWon"] = stage.get("IsClosed", 0), stage.get("IsWon", 0)
    amount, probability = row.get("Amount"), row.get("Probability")
    row["ExpectedRevenue"] = None if amount is None else round(amount * (probability or 0) / 100, 2)


def _complete_task(org: Org, row: Row, before: Row | None, given: Set[str]) -> None:
    closed = row.get("Status") == "Completed"
    row["IsClosed"] = int(closed)
    row["IsHighPriority"] = int(row.get("Priority") == "High")
    if not closed:
        row["CompletedDateTime"] = None
    elif row.get("CompletedDateTime") is None:
        row["CompletedDateTime"] = wire_instant(org.clock.now())


def _complete_event(row: Row, before: Row | None, given: Set[str]) -> None:
    """Start, end and duration say the same thing; whichever two were given decide."""
    if row.get("StartDateTime") is None or ("ActivityDateTime" in given and "StartDateTime" not in given):
        row["StartDateTime"] = row.get("ActivityDateTime") or _midnight(row.get("ActivityDate"))
    if row.get("StartDateTime") is None:
        message = "Required fields are missing: [StartDateTime]"
        raise SalesforceError("REQUIRED_FIELD_MISSING", message, ["StartDateTime"])
    start = parse_instant(row["StartDateTime"])
    end = parse_instant(row["EndDateTime"]) if row.get("EndDateTime") else None
    minutes = row.get("DurationInMinutes")
    if end is not None and minutes is not None and {"EndDateTime", "DurationInMinutes"} <= given:
        if end - start != timedelta(minutes=minutes):
            message = "Duration and end date do not agree"
            raise SalesforceError("FIELD_INTEGRITY_EXCEPTION", message, ["DurationInMinutes"])
    elif "EndDateTime" in given and end is not None:
        minutes = None
    elif minutes is not None:
        end = None
    if end is None and minutes is None:
        message = "Required fields are missing: [DurationInMinutes]"
        raise SalesforceError("REQUIRED_FIELD_MISSING", message, ["DurationInMinutes"])
    end = end or start + timedelta(minutes=minutes or 0)
    if end < start:
        message = "End date must be on or after the start date"
        raise SalesforceError("FIELD_INTEGRITY_EXCEPTION", message, ["EndDateTime"])
    row["EndDateTime"] = wire_instant(end)
    row["DurationInMinutes"] = int((end - start).total_seconds() // 60)
    row["ActivityDateTime"] = None if row.get("IsAllDayEvent") else row["StartDateTime"]
    row["ActivityDate"], row["EndDate"] = row["StartDateTime"][:10], row["EndDateTime"][:10]


def _midnight(day: str | None) -> str | None:
    return f"{day}T00:00:00.000+0000" if day else None


def _relate(org: Org, row: Row, given: Set[str]) -> None:
    """An activity's account follows from what it is about, else from whom it is with."""
    who, what = row.get("WhoId"), row.get("WhatId")
    if who and what and who.startswith("00Q"):
        message = "Cannot specify WhatId when WhoId is a lead"
        raise SalesforceError("FIELD_INTEGRITY_EXCEPTION", message, ["WhatId"])
    if "AccountId" in given:
        return  # a trusted load says it itself
    source = what or who
    if source is None or source.startswith("00Q"):
        row["AccountId"] = None
    elif source.startswith("001"):
        row["AccountId"] = source
    else:
        parent = org.find(source)
        row["AccountId"] = parent and parent[1].get("AccountId")


def follow(org: Org, sobject: SObject, row: Row, before: Row | None, user_id: str, stamp: str) -> None:
    """What the write of `row` sets off in other records."""
    if sobject.name in _HISTORY:
        _track(org, sobject, row, before, user_id, stamp)
    match sobject.name:
        case "Account":
            person_accounts.follow(org, row, before)
        case "Opportunity":
            if before is None or any(row[name] != before[name] for name in _STAGE_FACTS):
                _keep_stage_facts(org, row, before, user_id, stamp)
            if before is None and row.get("ContactId"):
                role = {"OpportunityId": row["Id"], "ContactId": row["ContactId"], "IsPrimary": True}
                org.insert("OpportunityContactRole", role, user_id)
        case "OpportunityContactRole":
            if row["IsPrimary"]:
                _clear_other_primaries(org, sobject, row)
        case "Task" | "Event":
            _note_activity(org, row)


def _track(org: Org, sobject: SObject, row: Row, before: Row | None, user_id: str, stamp: str) -> None:
    history, parent = _HISTORY[sobject.name]

    def keep(field: str, kind: str | None, old: Any, new: Any) -> None:
        entry = {"Field": field, "DataType": kind, "OldValue": old, "NewValue": new}
        org.load(history, [{parent: row["Id"], "CreatedById": user_id, "CreatedDate": stamp, **entry}])

    if before is None:
        keep("created", None, None, None)
        return
    for name in sobject.tracked:
        if not sobject.has(name) or row[name] == before[name]:
            continue
        if name.endswith("Id"):
            # A reference leaves two entries: the names that people read, and the ids.
            keep(name.removesuffix("Id"), "Text", org.name_of(before[name]), org.name_of(row[name]))
            keep(name.removesuffix("Id"), "EntityId", before[name], row[name])
        else:
            kind = _HISTORY_TYPES.get(sobject.fields[name.lower()].type, "Text")
            keep(name, kind, before[name], row[name])


def _keep_stage_facts(org: Org, row: Row, before: Row | None, user_id: str, stamp: str) -> None:
    facts = {name: row[name] for name in (*_STAGE_FACTS, "ExpectedRevenue", "ForecastCategory")}
    earlier = {"PrevAmount": before and before["Amount"], "PrevCloseDate": before and before["CloseDate"]}
    who_and_when = {"CreatedById": user_id, "CreatedDate": stamp, "SystemModstamp": stamp}
    org.load("OpportunityHistory", [{"OpportunityId": row["Id"], **facts, **earlier, **who_and_when}])


def _clear_other_primaries(org: Org, sobject: SObject, row: Row) -> None:
    where = '"OpportunityId" = ? AND "IsPrimary" = 1 AND "Id" <> ?'
    for other in org.tables.select(sobject, where, (row["OpportunityId"], row["Id"])):
        org.system_update(other["Id"], {"IsPrimary": 0})


def _note_activity(org: Org, row: Row) -> None:
    """Parents remember the day of the latest thing done; it is a system change: only SystemModstamp moves."""
    day = row.get("ActivityDate")
    if not day or day > wire_instant(org.clock.now())[:10] or not row.get("IsClosed", 1):
        return
    for parent_id in {row[name] for name in ("WhoId", "WhatId", "AccountId")}:
        found = org.find(parent_id)
        if parent_id and found and (found[1].get("LastActivityDate") or "") < day:
            org.system_update(parent_id, {"LastActivityDate": day})
