"""A plan as it is saved: a row an action with who made the changes that it carries on, and what a page tells beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import polars as pl

from data.access import EVERYTHING
from data.naming import Pointer, names
from data.store import Store
from data.syncs.plans import ROW
from sync.engine.definition import Side
from sync.engine.guards import Guarded
from sync.engine.inputs import MOMENT, TEXT, Schema
from sync.syncs.asking import described
from sync.syncs.planning import Planned

EDITED: Schema = {"action": TEXT, "key": TEXT, "by": TEXT, "at": MOMENT}
_BLOCKING = ("blocked", "undecided")


class Editors:
    """Who made the changes that a plan carries on; it is told each piece of the plan while that is made."""

    def __init__(self) -> None:
        self._found = [pl.DataFrame(schema=EDITED)]

    def __call__(self, piece: Planned) -> None:
        """Keep who edited what the piece writes."""
        edits = piece.inputs.edits
        if edits.is_empty() or piece.plan.fields.is_empty():
            return
        columns = pl.DataFrame(
            [
                {"key": rule.key, "system": str(side), "column": rule.column(side.other).name}
                for rule in piece.definition.fields
                for side in Side
            ],
            schema={"key": TEXT, "system": TEXT, "column": TEXT},
        )
        written = (
            piece.plan.fields.filter(pl.col("column").is_not_null())
            .select("action", key="field")
            .join(
                piece.plan.actions.select("action", "system", "spotio_id", "salesforce_id"), on="action"
            )
            .join(columns, on=["key", "system"])
            .select(
                "action", "key", "column",
                system=pl.when(pl.col("system") == str(Side.SPOTIO)).then(pl.lit(str(Side.SALESFORCE))).otherwise(pl.lit(str(Side.SPOTIO))),
                id=pl.when(pl.col("system") == str(Side.SPOTIO)).then("salesforce_id").otherwise("spotio_id"),
            )
        )  # fmt: skip
        # Where a system does not tell of the field, it tells who changed the record.
        exact = edits.filter(pl.col("column").is_not_null())
        record = edits.filter(pl.col("column").is_null()).drop("column").unique(["system", "id"], keep="last")
        found = written.join(exact, on=["system", "id", "column"], how="left").join(
            record, on=["system", "id"], how="left", suffix="_record"
        )
        self._found.append(
            found.select(
                "action",
                "key",
                by=pl.coalesce("changed_by", "changed_by_record"),
                at=pl.coalesce("changed_at", "changed_at_record"),
            ).unique(["action", "key"], keep="last")
        )

    @property
    def frame(self) -> pl.DataFrame:
        """`action`, `key` of the field, `by` (a name), `at`."""
        return pl.concat(self._found).unique(["action", "key"], keep="last")


def rows(store: Store, planned: Planned, guarded: Guarded, editors: Editors) -> pl.DataFrame:
    """The rows of a plan in the shape of data.syncs.plans.ROW: its actions in their order, then what is blocked."""
    made = pl.concat([_actions(planned, guarded, editors.frame), _blocked(planned)])
    return made.with_columns(_names(store, planned, made))


def _actions(planned: Planned, guarded: Guarded, edited: pl.DataFrame) -> pl.DataFrame:
    plan = planned.plan
    told = (
        plan.fields.filter(pl.col("column").is_not_null())
        .join(edited, left_on=["action", "field"], right_on=["action", "key"], how="left", maintain_order="left")
        .select(
            "action",
            told=pl.struct(
                pl.coalesce("field", "column").alias("key"), "label", pl.col("before").alias("from"),
                pl.col("after").alias("to"), "reason", "by", pl.col("at").dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
            ).struct.json_encode(),
        )
        .group_by("action", maintain_order=True)
        .agg(fields=pl.col("told").str.join(","))
        .with_columns(fields=pl.format("[{}]", "fields"))
    )  # fmt: skip
    found = plan.actions.join(told, on="action", how="left", maintain_order="left").join(
        guarded.actions.select("action", goes_on=pl.lit(True)), on="action", how="left", maintain_order="left"
    )
    return _shaped(
        found.with_columns(
            sync=pl.lit(planned.definition.sync), digest="action", held=pl.col("goes_on").is_null()
        ).sort("step", maintain_order=True)
    )


def _blocked(planned: Planned) -> pl.DataFrame:
    """What something keeps from syncing: a linked pair is one, though the plan tells of it on both sides."""
    found = planned.plan.decisions.filter(pl.col("outcome").is_in(_BLOCKING))
    ids = [
        pl.col("id").filter(pl.col("system") == str(side)).first().over(pl.coalesce("link", "id")).alias(f"{side}_id")
        for side in Side
    ]  # fmt: skip
    one = found.with_columns(*ids).unique(pl.coalesce("link", "id"), keep="first", maintain_order=True)
    return _shaped(
        one.with_columns(
            sync=pl.lit(planned.definition.sync), kind=pl.lit("blocked"), held=pl.lit(False), why="text"
        )
    )


def _shaped(frame: pl.DataFrame) -> pl.DataFrame:
    missing = {name: pl.lit(None, kind) for name, kind in ROW.items() if name not in frame.columns}
    return frame.with_columns(**missing).select(pl.col(name).cast(kind) for name, kind in ROW.items())


def _names(store: Store, planned: Planned, made: pl.DataFrame) -> pl.Series:
    """What each row's record is called: as SPOTIO calls it, else as Salesforce does."""
    tables = {
        "spotio_id": ("spotio", "record"),
        "salesforce_id": ("salesforce", planned.definition.sobject.lower()),
    }
    wanted = {Pointer(table, id) for column, table in tables.items() for id in made[column].drop_nulls()}
    called = names(store, EVERYTHING, wanted)
    found = [
        called.get(Pointer(tables["spotio_id"], spotio or ""))
        or called.get(Pointer(tables["salesforce_id"], salesforce or ""))
        for spotio, salesforce in made.select("spotio_id", "salesforce_id").iter_rows()
    ]
    return pl.Series("name", found, TEXT)


def beside(store: Store, planned: Sequence[Planned], linked: dict[str, int]) -> dict[str, Any]:
    """What a page tells beside the rows: `{guards, mapped, mirrored_to}`, by sync, and what the mapped fields' values are called.

    `linked`: how many links each sync has, of which a limit may be a share.
    """
    rules = {(each.definition.sync, rule.key): rule for each in planned for rule in each.definition.fields}
    return {
        "guards": {
            each.definition.sync: {**asdict(each.definition.guard), "linked": linked[each.definition.sync]}
            for each in planned
        },
        "mapped": [described(sync, key, rules) for sync, key in rules],
        "mirrored_to": {
            each.definition.sync: each.reached.isoformat().replace("+00:00", "Z") for each in planned
        },
    }
