"""What the fixed columns of the mirror are called, of which kind they are, and which of them matter first.

Salesforce names its fields, and companies name their own in SPOTIO (`sync.field`); SPOTIO's and SalesScreen's fixed
columns have only the names of their API, and the events those of this product. They get their words here, once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_WORDS = {
    "activityid": "Activity id", "activity_id": "Activity id", "activitykey": "Activity key",
    "activityname": "Activity", "activitytemplateid": "Activity type", "activitytypename": "Kind of activity",
    "addressunit": "Unit", "allday": "All day", "alldaydate": "All-day date", "appointment_id": "Appointment id",
    "authorizationprovider": "Signs in with", "by_user_id": "Done by", "callcount": "Calls",
    "createdat": "Created", "createdbyid": "Created by", "createddate": "Created", "dataobjectid": "Record",
    "dateofassignment": "Assigned", "due_at": "Due", "due_day": "Day due", "durationseconds": "Duration in seconds",
    "externaldataobjectid": "External id", "externalsystemuserid": "External id",
    "fielddiff": "Field change", "firstname": "First name", "first_load": "From the first load",
    "from_stage_id": "Stage before", "fromstageid": "Stage before", "global": "For everybody", "groupname": "Group",
    "happened_at": "When", "hasaddress": "Has an address", "id": "Id", "isinsalesforce": "In Salesforce",
    "isnote": "Is a note", "isreadonly": "Read only", "known_from": "Known from", "known_until": "Known until",
    "lastactivityownerid": "Last activity by", "lastactivitytime": "Last activity", "lastcalldate": "Last call",
    "lastcallresultid": "Result of last call", "lastcontractsigneddate": "Last contract signed",
    "lastlocationstatus": "Location at last visit", "lastname": "Last name", "lastvisitdate": "Last visit",
    "lastvisitresultid": "Result of last visit", "lat": "Latitude", "lng": "Longitude", "local_day": "Local day",
    "local_hour": "Local hour", "lossreasons": "Loss reasons", "newownerid": "Owner after",
    "nextactivitytime": "Next activity", "originalstartdate": "Original start", "ownerid": "Owner",
    "parentid": "Part of", "parentrequired": "Needs a parent", "phonenumber": "Phone", "pinid": "Pin id",
    "placeid": "Place id", "polygons": "Outline", "previousownerid": "Owner before", "received_at": "Received",
    "record_id": "Record", "recurringdefinition": "Repeats", "remindbeforeinseconds": "Reminder, seconds before",
    "result_id": "Result", "resultid": "Result", "stage_id": "Stage then", "stageid": "Stage",
    "stageupdatedat": "Stage changed", "stageupdatedbyid": "Stage changed by", "systemrole": "Role in SPOTIO",
    "team_id": "Team then", "teamkey": "Team", "template_id": "Activity type", "territory_id": "Territory then",
    "territoryglobalaccess": "All territories", "territoryid": "Territory", "to_stage_id": "Stage after",
    "tostageid": "Stage after", "type_id": "Type", "typeid": "Type", "updatedat": "Changed",
    "updatedbyid": "Changed by", "user_id": "Counts for", "userid": "User", "userids": "People",
    "userpicurl": "Picture", "usersids": "People", "visibleinreports": "In reports", "visitscount": "Visits",
    "who": "Counts because", "zip": "ZIP code", "_deleted_at": "Deleted at the source", "_digest": "Digest",
    "_not_visible_at": "Not shown by the source since", "_pulled_at": "Read",
}  # fmt: skip
# What one looks for first, in this order; the rest comes as the source has it, with ids of other things at the end.
_FIRST = (
    "name", "firstname", "lastname", "happened_at", "date", "kind", "title", "subject", "typeid", "type",
    "activitytemplateid", "template_id", "resultid", "result_id", "status", "stageid", "stagename", "to_stage_id",
    "ownerid", "user_id", "dataobjectid", "record_id", "value", "amount", "email", "phone", "company", "territoryid",
    "address", "updatedat",
)  # fmt: skip
_LAST = (
    "id", "externaldataobjectid", "externalsystemuserid", "pinid", "placeid", "lat", "lng", "createdat", "createdbyid",
    "createddate", "updatedbyid", "lastmodifieddate", "lastmodifiedbyid", "systemmodstamp", "isdeleted",
    "masterrecordid",
)  # fmt: skip
_OWN_FIRST = ("email", "phone", "company")
_PLACE = {name: place for place, name in enumerate(_FIRST)} | {
    name: 1000 + place for place, name in enumerate(_LAST)
}

NUMBER, DAY, MOMENT, YES_NO, LIST, TEXT = "number", "day", "moment", "yes_no", "list", "text"


def word(column: str, label: str | None = None) -> str:
    """What a column is called: the source's own label, else our word for it, else its name with a capital."""
    if label and label != column:
        return label
    known = _WORDS.get(column.lower())
    return known or column[:1].upper() + column[1:]


def ordered(columns: Iterable[str], labels: Mapping[str, str] | None = None) -> list[str]:
    """The columns with those that matter first at the front, the mirror's own at the end.

    Of a company's own fields of SPOTIO those by which one knows somebody come with them, by their labels, as their
    columns have numbers for names.
    """

    def place(name: str) -> int:
        if name.startswith("_"):
            return 2000
        own = name.startswith("f_")
        label = (labels or {}).get(name, "").lower()
        known = (label if label in _OWN_FIRST else "") if own else name.lower()
        return _PLACE.get(known, len(_FIRST) + (not own))

    return sorted(columns, key=place)


def kind(stored: str) -> str:
    """What sort of values a column of this DuckDB type holds, as far as comparing them goes."""
    if stored.endswith("[]"):
        return LIST
    if stored.startswith("TIMESTAMP"):
        return MOMENT
    if stored == "DATE":
        return DAY
    if stored == "BOOLEAN":
        return YES_NO
    whole = stored.split("(")[0]
    return NUMBER if whole.endswith("INT") or whole in ("INTEGER", "DOUBLE", "FLOAT", "DECIMAL") else TEXT
