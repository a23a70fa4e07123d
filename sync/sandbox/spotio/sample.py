"""The workflow of the sandbox's tenant: a company that sells solar roofs from door to door.

Ids are fixed, so that the world can name them; as in real tenants system fields count from 100000 and custom
ones from low numbers, and a client has to find both through `systemRole` or the name.
"""

from sync.sandbox.spotio.workflow import Field, RecordType, Result, Stage, Template, Workflow

VERIFIED_DISTANCE_METRES = 100.0


def sample_workflow() -> Workflow:
    """A fresh copy each time, because workflows change while a sandbox runs."""
    types = [_lead(), _account(), _deal()]
    return Workflow(
        types=types,
        templates=_templates(),
        settings=_settings(),
        won={"type": "stageChange", "dataObjectTypeId": "1", "stageId": types[0].stage("Sold").id},
        lost={"type": "stageChange", "dataObjectTypeId": "1", "stageId": types[0].stage("Not interested").id},
    )


def _person() -> list[Field]:
    return [
        Field("100002", "First Name", "text", "firstName", "name", show_in_activity_feed=True),
        Field("100003", "Last Name", "text", "lastName", "name", show_in_activity_feed=True),
        Field("100004", "Company", "text", "company", show_in_activity_feed=True),
        Field("100005", "Phone", "phone", "phone"),
        Field("100006", "Email", "email", "email"),
        Field("100007", "Value", "currency", "value"),
        Field("100008", "Address", "address", "address", "location"),
        Field("100009", "Unit", "text", "unit"),
    ]


def _house() -> list[Field]:
    industries = [
        "Agriculture",
        "Chemicals",
        "Construction",
        "Education",
        "Healthcare",
        "Retail",
        "Technology",
    ]
    roofs = ["Asphalt shingle", "Concrete tile", "Clay tile", "Metal", "Slate", "Flat"]
    interests = ["Solar panels", "Battery storage", "EV charger", "New roof", "Heat pump"]
    return [
        Field("20", "Industry", "singleChoice", active_options=industries, use_as_filter=True),
        Field("21", "Roof type", "singleChoice", active_options=roofs, use_as_filter=True),
        Field("22", "Interests", "multiChoice", active_options=interests, use_as_filter=True),
        Field("23", "Monthly bill", "currency"),
        Field("24", "Follow-up date", "date"),
        Field("25", "Qualified at", "dateTime"),
        Field("26", "Notes", "multiLine"),
        Field("27", "Household size", "number"),
    ]


def _lead() -> RecordType:
    stages = [
        Stage("1", "New", "active", "#5B9BD5"),
        Stage("2", "Attempted", "active", "#9DC3E6"),
        Stage("3", "Contacted", "active", "#FFD966"),
        Stage("4", "Pitched", "active", "#F4B183"),
        Stage("5", "Appointment set", "active", "#A9D18E"),
        Stage("6", "Sold", "won", "#00B050"),
        Stage("7", "Not interested", "lost", "#C00000", ["Price", "Renting", "Competitor", "No need"]),
        Stage("8", "Unqualified", "lost", "#7F7F7F", ["Shaded roof", "Roof too old", "Credit"]),
    ]
    return RecordType("1", "Lead", stages, _person() + _house())


def _account() -> RecordType:
    stages = [
        Stage("1", "Prospect", "active", "#5B9BD5"),
        Stage("2", "In discussion", "active", "#FFD966"),
        Stage("3", "Customer", "won", "#00B050"),
        Stage("4", "Former customer", "lost", "#7F7F7F", ["Moved away", "Cancelled"]),
    ]
    fields = _person() + _house()
    by_role = {item.system_role: item for item in fields}
    for role, is_name in (("firstName", None), ("lastName", None), ("company", "name")):
        by_role[role].role = is_name
    return RecordType("2", "Account", stages, fields)


def _deal() -> RecordType:
    stages = [
        Stage("1", "Qualification", "active", "#5B9BD5"),
        Stage("2", "Proposal", "active", "#FFD966"),
        Stage("3", "Negotiation", "active", "#F4B183"),
        Stage("4", "Closed won", "won", "#00B050"),
        Stage("5", "Closed lost", "lost", "#C00000", ["Price", "Competitor", "Timing"]),
    ]
    fields = [
        Field("30", "Deal name", "text", role="name", required_without_stage=True),
        Field("100007", "Value", "currency", "value"),
        Field("31", "Close date", "date"),
        Field("26", "Notes", "multiLine"),
    ]
    return RecordType("3", "Deal", stages, fields, parent_id="2", inherit_owner=True)


def _templates() -> list[Template]:
    return [
        Template("1", "Visit", _results(1, _VISIT), "visit", default_duration=10),
        Template("2", "Call", _results(11, _CALL), "call", "task", "virtual", default_duration=5),
        Template("3", "Email", [], "email", "task", "virtual", default_duration=0),
        Template("4", "Text", [], "text", "task", "virtual", default_duration=0),
        Template("5", "Appointment", _results(21, _APPOINTMENT), "appointment", default_duration=60),
        Template("101", "Site survey", _results(31, _SURVEY), default_duration=45),
    ]


_VISIT = ["Not Home", "Come back", "Not interested", "Interested", "Appointment set", "Sold"]
_CALL = ["No answer", "Left message", "Reached", "Appointment set"]
_APPOINTMENT = ["Sat - sold", "Sat - not sold", "No show", "Cancelled", "Rescheduled"]
_SURVEY = ["Roof suitable", "Roof unsuitable", "Cancelled"]


def _results(first_id: int, names: list[str]) -> list[Result]:
    return [Result(str(first_id + index), name, system=index == 0) for index, name in enumerate(names)]


def _settings() -> dict[str, object]:
    return {
        "name": "Brightwater Home Energy",
        "alwaysSendEmailWithMobileCode": False,
        "enforceStrongPassword": True,
        "webSessionDuration": 1440,
        "mobileSessionDuration": 43200,
        "dailyReportEnabled": False,
        "weeklyReportEnabled": False,
        "countryCode": "US",
        "extendedPhoneValidation": False,
        "autoVisitsEnabled": False,
        "doorToDoorFlowEnabled": True,
        "showNumberOfVisitsOnMap": True,
        "permissionsMode": "teams",
        "timezone": "America/New_York",
        "visitsFrequencyEnabled": False,
        "visitsFrequencyDays": 30,
        "currency": "USD",
        "defaultDataObjectId": "1",
        "trackManualVisitsDuration": False,
        "verifiedDistance": VERIFIED_DISTANCE_METRES,
        "prioritizeLoggingVisits": True,
        "allowCollaborators": True,
        "recordHandlerId": None,
        "allowMultipleRecordsAtTheSameAddress": True,
        "minDistanceBetweenRecords": 0.0,
        "isCustomWorkingDaysEnabled": False,
        "startOfCustomWorkingDay": "monday",
        "endOfCustomWorkingDay": "friday",
    }
