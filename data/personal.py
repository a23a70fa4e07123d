"""Which columns of the mirror say who somebody is, and which rows are about them.

Choice: a list of what stays, not of what goes. What stays is what numbers are made of and what cannot name anybody:
ids, types, stages, owners, territories, results, counters, amounts and instants. Everything else goes, and so does a
field that is added tomorrow. `history.event` holds nothing but such columns (ids, days, codes, metres, amounts), so
it is left as it is: every count adds up after an erasure as before.

A merge asks this module too, so that the next pull does not bring back what was erased here.
"""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from data.literals import one_of
from data.schema import OWN_COLUMNS, MirrorTable, quoted

# Objects that are about one person, or can be: a private customer's account, a deal named after its customer.
PEOPLE = {
    "spotio": frozenset({"record", "user"}),
    "salesforce": frozenset({"lead", "contact", "account", "opportunity", "user"}),
    "salesscreen": frozenset({"user"}),
}
# Objects of other systems' rows that are about such a person, by the column that names them.
_ABOUT = {
    ("spotio", "activity"): {"dataObjectId": frozenset({"record"})},
    ("spotio", "appointment"): {"dataObjectId": frozenset({"record"})},
}
_STAYS = {
    ("spotio", "record"): (
        "id typeId value stageId ownerId updatedAt createdAt stageUpdatedById stageUpdatedAt createdById updatedById"
        " territoryId source lastLocationStatus lastActivityTime lastActivityOwnerId nextActivityTime visitsCount"
        " lastVisitDate dateOfAssignment lastVisitResultId callCount lastCallDate lastCallResultId lastContractSignedDate"
    ),
    ("spotio", "activity"): (
        "id activityTemplateId type done ownerId date allDay resultId dataObjectId distance verified duration"
        " durationSeconds fromStageId toStageId lossReasons previousOwnerId newOwnerId isNote direction createdAt updatedAt"
    ),
    ("spotio", "appointment"): (
        "id dataObjectId ownerId date duration activityId allDay allDayDate done activityTemplateId"
        " remindBeforeInSeconds originalStartDate recurringDefinition createdById updatedById updatedAt"
    ),
    ("spotio", "user"): (
        "id role status suspended isInSalesforce territoryGlobalAccess visible visibleInReports isReadonly"
        " authorizationProvider"
    ),
    ("salesscreen", "user"): "id teamKey",
}
# Salesforce describes its own fields: ids and references stay, and of the others these.
_STAYS_IN_SALESFORCE = (
    "IsDeleted IsConverted ConvertedDate IsPersonAccount IsActive IsClosed IsWon IsArchived UserType TimeZoneSidKey"
    " CreatedDate LastModifiedDate SystemModstamp LastActivityDate"
    " Status StageName Type LeadSource Amount ExpectedRevenue Probability CloseDate ForecastCategory ForecastCategoryName"
    " Field DataType Priority TaskSubtype EventSubtype CallType CallDurationInSeconds CompletedDateTime"
    " ActivityDate ActivityDateTime DurationInMinutes StartDateTime EndDateTime EndDate IsAllDayEvent"
    " IsHighPriority IsPrivate IsChild IsGroupEvent IsPrimary"
)


def stays(table: MirrorTable) -> frozenset[str]:
    """The columns of a row about a person that are kept when the person is erased."""
    if table.system != "salesforce":
        return frozenset(_STAYS.get((table.system, table.name), "").split())
    named = frozenset(_STAYS_IN_SALESFORCE.split())
    return frozenset(
        field.column_name
        for field in table.fields
        if field.source_type in {"id", "reference"} or field.name in named
    )


def about(table: MirrorTable) -> dict[str, frozenset[str]]:
    """The columns by which a row of the table is about a person, and the objects that their ids are of.

    Of Salesforce any object counts that refers to a lead, contact, account or opportunity; but not such an object
    itself: a contact of an account is somebody else.
    """
    if table.name in PEOPLE.get(table.system, ()):
        return {table.key: frozenset({table.name})}
    if table.system != "salesforce":
        return _ABOUT.get((table.system, table.name), {})
    customers = PEOPLE["salesforce"] - {"user"}
    found = {}
    for field in table.fields:
        named = frozenset(str(name).lower() for name in field.detail.get("referenceTo", ())) & customers
        if field.source_type == "reference" and named:
            found[field.column_name] = named
    return found


def without_erased(
    cursor: duckdb.DuckDBPyConnection, sql: str, table: MirrorTable, columns: Iterable[str]
) -> str:
    """The rows of a query over `columns`; those about an erased person keep only what stays.

    Nothing is added to the query as long as nobody of the system was erased.
    """
    subjects = about(table)
    if not subjects or not _anybody(cursor, table.system):
        return sql
    kept = stays(table)
    lost = ", ".join(
        f"case when not _about_erased then {quoted(name)} end as {quoted(name)}"
        for name in columns
        if name not in kept and name not in OWN_COLUMNS
    )
    erased = " or ".join(
        f"{quoted(column)} in (select id from history.erased where system = '{table.system}'"
        f" and {one_of('object', objects)})"
        for column, objects in subjects.items()
    )
    replaced = f" replace ({lost})" if lost else ""
    return f"select * exclude (_about_erased){replaced} from (select *, coalesce({erased}, false) as _about_erased from ({sql}))"


def _anybody(cursor: duckdb.DuckDBPyConnection, system: str) -> bool:
    found = cursor.sql(
        "select 1 from history.erased where system = $system limit 1", params={"system": system}
    )
    return bool(found.fetchall())
