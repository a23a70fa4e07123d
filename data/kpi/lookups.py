"""What settings and SPOTIO's workflow say about results, activity types, stages and sales, as tables to join.

They are part of the digest under which the derived tables stand: a stage that SPOTIO moves to the group of won ones
changes what a sale was, so everything is derived anew.
"""

from __future__ import annotations

from typing import Any

from data.kpi.settings import KpiSettings, has_table
from data.store import Store

Rows = list[list[Any]]
_CLASSES = ("contact", "no_contact", "set", "run", "sat", "sold", "no_show", "cancelled", "rescheduled")
# What SPOTIO calls the kinds of its categorization -> the kind of event that it means.
_KINDS = {
    "stagechange": "stage_moved",
    "activityresult": "logged",
    "activitylogged": "logged",
    "activityscheduled": "scheduled",
    "recordcreated": "created",
}


def found(store: Store, settings: KpiSettings) -> dict[str, Rows]:
    """The rows of each lookup table, in a fixed order."""
    groups = _stage_groups(store)
    return {
        "result_class": [
            [*key.split(":"), *(name in classes for name in _CLASSES)]
            for key, classes in sorted(settings.results.items())
        ],
        "template": _templates(store),
        "stage_group": groups,
        "won": _won(store, settings, groups),
    }


def fill(store: Store, lookups: dict[str, Rows]) -> None:
    """Write the lookup tables, all in one transaction."""
    with store.write() as cursor:
        for table, rows in lookups.items():
            cursor.execute(f"delete from kpi.{table}")
            if rows:
                marks = ", ".join("?" * len(rows[0]))
                cursor.executemany(f"insert into kpi.{table} values ({marks})", rows)


def _templates(store: Store) -> Rows:
    if not has_table(store, "spotio", "activity_template"):
        return []
    # One that was deleted keeps its role: what was logged with it stays what it was.
    rows = store.rows("select id, systemRole as role from spotio.activity_template order by id")
    return [[row["id"], row["role"]] for row in rows]


def _stage_groups(store: Store) -> Rows:
    if not has_table(store, "spotio", "stage"):
        return []
    rows = store.rows("select typeId, stageId, groupName from spotio.stage order by typeId, stageId")
    return [[row["typeId"], row["stageId"], row["groupName"]] for row in rows]


def _won(store: Store, settings: KpiSettings, groups: Rows) -> Rows:
    if settings.sold_source == "result":
        return [
            ["logged", None, None, *key.split(":")]
            for key, classes in sorted(settings.results.items())
            if "sold" in classes
        ]
    if settings.sold_source == "salesforce_won":
        return []
    return _categorized(store) or [
        ["stage_moved", type_id, stage_id, None, None]
        for type_id, stage_id, group in groups
        if group == "won"
    ]


def _categorized(store: Store) -> Rows:
    """The tenant's own definition of won, empty where SPOTIO told none."""
    if not has_table(store, "spotio", "categorization"):
        return []
    rows = store.rows(
        "select type, dataObjectTypeId, stageId, activityTemplateId, activityResultId from spotio.categorization"
        " where id = 'won' and _deleted_at is null"
    )
    return [
        [
            _KINDS[row["type"].lower()],
            row["dataObjectTypeId"],
            row["stageId"],
            row["activityTemplateId"],
            row["activityResultId"],
        ]
        for row in rows
        if (row["type"] or "").lower() in _KINDS
    ]
