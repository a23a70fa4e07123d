"""What other tools get as Parquet: the tables, their columns, and what each of them means.

This list makes the files, the manifest beside them and docs/exports.md, so the three cannot disagree. A column keeps
its name, its type and its meaning once it was released; a new one is added at the end.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A column of a file: its DuckDB type, what it means, and how it is made when not from the column of its name."""

    name: str
    type: str
    text: str
    made: str = ""


@dataclass(frozen=True)
class ExportTable:
    """One table: what a row is, the table of the store it comes from, and the day whose month parts its files."""

    name: str
    text: str
    source: str
    columns: tuple[Column, ...]
    rows: str = "true"
    day: str | None = None
    lists: str = ""  # joined to each row: what one of its columns lists

    @property
    def sql(self) -> str:
        """The whole table, with the types as declared."""
        chosen = ", ".join(
            f"({column.made or column.name})::{column.type} as {column.name}" for column in self.columns
        )
        return f"select {chosen} from {self.source} {self.lists} where {self.rows}"

    @property
    def empty_sql(self) -> str:
        """The same columns without rows, for a store that has no such table yet."""
        return f"select {', '.join(f'null::{c.type} as {c.name}' for c in self.columns)} where false"


DAY = Column(
    "day", "date", "Local day: the rep's own, or that of one zone for everybody where that was chosen"
)
HOUR = Column("hour", "tinyint", "Hour of that day, 0 to 23")
RECORD = Column("record_id", "varchar", "SPOTIO's record")
ACTIVITY = Column("activity_id", "varchar", "SPOTIO's activity behind it")
APPOINTMENT = Column("appointment_id", "varchar", "SPOTIO's appointment")
EVENT = Column("event_id", "varchar", "The event behind it: `events.event_id`")
USER = Column("user_id", "varchar", "Whom it counts for; null: nobody")
TEAM = Column("team_id", "varchar", "Their deepest team, as of the event")
TERRITORY = Column("territory_id", "varchar", "The record's territory, as of the event")
TYPE = Column("type_id", "varchar", "The record's type, as of the event")
TEMPLATE = Column("template_id", "varchar", "The activity type: `activity_types.template_id`")
RESULT = Column("result_id", "varchar", "The result: `results.result_id` of the same template")
LEFT_OUT = Column(
    "left_out", "varchar", "Why it counts in no number (`other_origin`, `before_start`); null: it counts"
)
NAME = Column("name", "varchar", "Name in SPOTIO")
DELETED = Column(
    "deleted", "boolean", "Deleted in SPOTIO; it stays because events name it", "_deleted_at is not null"
)
_FLAGS = {
    "run": "The closer went there: its result is classed as run; a no-show was run too",
    "sat": "The customer sat through it: its result is classed so",
    "no_show": "The customer was not there: its result is classed so",
    "cancelled": "It was called off: its result is classed so",
    "rescheduled": "It was moved to another time: its result is classed so",
}

TABLES: tuple[ExportTable, ...] = (
    ExportTable(
        "events",
        "What happened: a record created, a stage moved, an appointment scheduled, an activity logged; as known now.",
        "history.event",
        (
            Column("event_id", "varchar", "The event's own id, the same for ever", "id"),
            Column("kind", "varchar", "`created`, `stage_moved`, `scheduled` or `logged`"),
            RECORD, ACTIVITY, APPOINTMENT, USER,
            Column("who", "varchar", "Why them: `activity_owner`, `record_owner`, `made_the_change`, `appointment_owner`"),
            Column("by_user_id", "varchar", "Who did it"),
            Column("happened_at", "timestamptz", "When it happened"),
            Column("day", "date", DAY.text, "local_day"), Column("hour", "tinyint", HOUR.text, "local_hour"),
            Column("zone", "varchar", "The time zone of the day and the hour"),
            Column("received_at", "timestamptz", "When SPOTIO had it"),
            Column("origin", "varchar", "`human`, `fieldline`, `automation`, `integration` or `import`"),
            TEMPLATE, RESULT,
            Column("verification", "varchar", "Of a logged visit: `verified`, `not_verified` or `not_verifiable`"),
            Column("distance", "double", "Metres from the pin, where measured"),
            Column("from_stage_id", "varchar", "The stage it left"), Column("to_stage_id", "varchar", "The stage it went to"),
            Column("due_at", "timestamptz", "When a scheduled appointment is to take place"),
            Column("due_day", "date", "The same as a local day"),
            Column("value", "double", "The record's value, as of the event"),
            TYPE, Column("stage_id", "varchar", "The record's stage, as of the event"), TERRITORY, TEAM,
            Column("first_load", "boolean", "It lay in SPOTIO before the mirror began"),
            Column("known_from", "timestamptz", "Since when it is known as it stands here"),
        ),
        rows="known_until is null",
        day="day",
    ),
    ExportTable(
        "activity_days",
        "Sums by local day, rep, team, territory and record type: what can be added up.",
        "kpi.day",
        (
            DAY, USER, TEAM, TERRITORY, TYPE,
            Column("activities", "integer", "Activities logged that count"),
            Column("visits", "integer", "Visits that count"),
            Column("verified", "integer", "Of these visits: near the pin"),
            Column("not_verified", "integer", "Of these visits: too far from the pin"),
            Column("not_verifiable", "integer", "Of these visits: without a measured distance"),
            Column("calls", "integer", "Calls"), Column("texts", "integer", "Text messages"), Column("emails", "integer", "E-mails"),
            Column("other_origin", "integer", "Logged by an origin that does not count; in none of the sums above"),
            Column("before_start", "integer", "Logged before the start of the numbers; in none of the sums above"),
            Column("doors", "integer", "Doors knocked: distinct (rep, record, day) with a visit that counts"),
            Column("verified_doors", "integer", "Of these doors: with a verified visit"),
            Column("contact_doors", "integer", "Of these doors: with a result classed as contact"),
            Column("unclassified_doors", "integer", "Of these doors: with no result classed, or none at all"),
            Column("created", "integer", "Records created that count"),
            Column("created_other_origin", "integer", "Records created by an origin that does not count"),
            Column("created_before_start", "integer", "Records created before the start of the numbers"),
        ),
        day="day",
    ),
    ExportTable(
        "doors",
        "A rep at a record on a local day with at least one visit that counts; place and team as of the first of them.",
        "kpi.door",
        (
            DAY, USER, RECORD, Column("first_at", "timestamptz", "The day's first visit"), HOUR, TEAM, TERRITORY, TYPE,
            Column("visits", "integer", "Visits"), Column("verified", "integer", "Of these: near the pin"),
            Column("not_verified", "integer", "Of these: too far from the pin"),
            Column("not_verifiable", "integer", "Of these: without a measured distance"),
            Column("contact", "boolean", "A visit has a result classed as contact"),
            Column("unclassified", "boolean", "No visit has, and one has a result in no class or none at all"),
        ),
        day="day",
    ),
    ExportTable(
        "appointments",
        "Live appointments, and activities that set one where results are the source of *set*; in cycles of a record.",
        "kpi.appointment",
        (
            EVENT, RECORD, APPOINTMENT, ACTIVITY,
            Column("cycle", "integer", "How often the record's sequence of appointments had ended before"),
            Column("first_of_cycle", "boolean", "This one counts as *set*"),
            TYPE, TERRITORY, TEMPLATE, Column("result_id", "varchar", "Its outcome's result; null: none yet"),
            Column("set_at", "timestamptz", "When it was set"), Column("set_day", "date", "The same as a local day of the setter"),
            Column("setter_id", "varchar", "Who set the first one of the cycle"),
            Column("setter_team_id", "varchar", "Their team, as of then"),
            Column("closer_id", "varchar", "Who owns this one"), Column("closer_team_id", "varchar", "Their team, as of its outcome, else as of its making"),
            Column("due_at", "timestamptz", "When it is to take place"), Column("due_day", "date", "The same as a local day of the closer"),
            *(Column(name, "boolean", text) for name, text in _FLAGS.items()),
            Column("outcome", "varchar", "`none`, `unclassified` or `classified`"),
            Column("sold", "boolean", "The sale of the cycle is this one's"), Column("sold_value", "double", "And its value"),
            LEFT_OUT,
        ),
        day="set_day",
    ),
    ExportTable(
        "sales",
        "Sales, credited at the sale date; one taken back within the rescission window keeps its row and says when.",
        "kpi.sale",
        (
            Column("sale_id", "varchar", "The event behind it, or `opportunity:` and Salesforce's id"),
            RECORD, TYPE, TERRITORY, USER, TEAM,
            Column("sold_at", "timestamptz", "When it was sold"), Column("sold_day", "date", "The same as a local day"),
            Column("value", "double", "The record's value, as of the sale"),
            Column("cancelled_at", "timestamptz", "When it was taken back; null: it was not"),
            Column("cancelled_day", "date", "The same as a local day"),
            Column("lead_day", "date", "When the record was created; on its first sale only"),
            LEFT_OUT,
        ),
        day="sold_day",
    ),
    ExportTable(
        "stage_moves",
        "Moves of a record from one stage to another.",
        "kpi.move",
        (
            EVENT, RECORD, TYPE, TERRITORY, USER, TEAM, Column("moved_at", "timestamptz", "When it moved"), DAY, HOUR,
            Column("from_stage_id", "varchar", "The stage it left"), Column("to_stage_id", "varchar", "The stage it went to"),
            Column("net", "boolean", "The record's last move of the day, and it is elsewhere than that morning"),
            Column("first_entry", "boolean", "It was never in that stage before"),
            Column("stayed_seconds", "double", "How long it was in the stage that it left"), LEFT_OUT,
        ),
        day="day",
    ),
    ExportTable(
        "users",
        "SPOTIO's users. One erased here has no name any more.",
        "spotio.user",
        (
            Column("user_id", "varchar", "SPOTIO's id of the user", "id"),
            Column("name", "varchar", "First and last name", "nullif(trim(concat_ws(' ', firstName, lastName)), '')"),
            Column("email", "varchar", "E-mail address"), Column("role", "varchar", "SPOTIO's role: Admin, Manager or Sales"),
            Column("suspended", "boolean", "May not sign in"), DELETED,
        ),
    ),
    ExportTable(
        "teams",
        "SPOTIO's teams.",
        "spotio.team",
        (Column("team_id", "varchar", "SPOTIO's id of the team", "id"), NAME, Column("parent_id", "varchar", "The team above it", "parentId"), DELETED),
    ),
    ExportTable(
        "team_members",
        "Who is in which team now; members of a team are also listed in every team above it.",
        "spotio.team",
        (Column("team_id", "varchar", "The team", "id"), Column("user_id", "varchar", "The member", "member")),
        rows="_deleted_at is null",
        lists=", unnest(usersIds) as listed(member)",
    ),
    ExportTable(
        "territories",
        "SPOTIO's territories.",
        "spotio.territory",
        (
            Column("territory_id", "varchar", "SPOTIO's id of the territory", "id"), Column("name", "varchar", NAME.text, "title"),
            Column("parent_id", "varchar", "The territory above it", "parentId"), DELETED,
        ),
    ),
    ExportTable(
        "record_types",
        "Types of records: lead, account, whatever the workflow has.",
        "spotio.record_type",
        (Column("type_id", "varchar", "SPOTIO's id of the type", "id"), NAME, DELETED),
    ),
    ExportTable(
        "stages",
        "The stages of each record type.",
        "spotio.stage",
        (
            Column("type_id", "varchar", "The record type", "typeId"), Column("stage_id", "varchar", "The stage, within its type", "stageId"),
            NAME, Column("group_name", "varchar", "`active`, `won` or `lost`, as SPOTIO groups them", "groupName"),
            Column("position", "bigint", "Its place in the type's order"), DELETED,
        ),
    ),
    ExportTable(
        "activity_types",
        "Types of activities.",
        "spotio.activity_template",
        (
            Column("template_id", "varchar", "SPOTIO's id of the activity type", "id"), NAME,
            Column("role", "varchar", "SPOTIO's own role of it, such as visit or call", "systemRole"), Column("active", "boolean", "In use"), DELETED,
        ),
    ),
    ExportTable(
        "results",
        "The results that an activity of a type can have.",
        "spotio.activity_template",
        (
            Column("template_id", "varchar", "The activity type", "id"),
            Column("result_id", "varchar", "The result, within its activity type", "result ->> '$.id'"),
            Column("name", "varchar", NAME.text, "result ->> '$.name'"),
            Column("active", "boolean", "In use", "result ->> '$.active'"),
        ),
        lists=", unnest(from_json(results, '[\"json\"]')) as listed(result)",
    ),
)  # fmt: skip


def document() -> str:
    """docs/exports.md: every table and column that other tools get."""
    lines = [
        "# Tables for other tools",
        "",
        "`fieldline export` writes these tables as Parquet into a folder, and a running server does so once a day when",
        "`FIELDLINE_EXPORT__FOLDER` is set. A table is one file, `users.parquet`, or where it says *by month* a folder with a",
        "file a month, `events/month=2026-10/events.parquet`: DuckDB, polars, Spark and the Parquet connectors of BI tools",
        "read such a folder as one table with `month` as a column. A file is replaced as a whole, so a reader never sees half",
        "of one; `manifest.json` is written last and says when, with columns, types, files and row counts. All tables are of",
        "one moment.",
        "",
        "    select u.name, sum(d.doors) as doors",
        "    from 'exports/activity_days/*/*.parquet' d join 'exports/users.parquet' u using (user_id)",
        "    where d.day >= date '2026-10-01' group by all order by doors desc;",
        "",
        "Ids are text. Instants are UTC. Nothing here names a customer: records are ids. `users` names the reps; whoever",
        "may read the folder may read that.",
    ]
    for table in TABLES:
        by_month = f" By month of `{table.day}`." if table.day else ""
        lines += [
            "",
            f"## {table.name}",
            "",
            f"{table.text}{by_month}",
            "",
            "| column | type | meaning |",
            "|---|---|---|",
        ]
        lines += [f"| `{column.name}` | {column.type} | {column.text} |" for column in table.columns]
    return "\n".join(lines) + "\n"
