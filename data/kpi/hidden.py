"""Which columns of facts, and which numbers, a person's masks take away.

A mask names a column of the mirror; what shows its value there, under another name or in what was made of it, data/masks.py
knows. Here it is told which columns of a fact are made of which: a row behind a number has no column, and a number has
no filter, that its reader may not see.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from data.access import Scope
from data.kpi.dictionary import Kpi
from data.kpi.question import Question
from data.masks import Masks
from data.store import Store

if TYPE_CHECKING:
    import polars as pl

_EVENT = ("history", "event")
_RECORD = ("spotio", "record")
# Counts of a pair, and steps of a funnel, that are made of results.
OUTCOMES = ("contacts", "run", "sat", "cancelled", "no_show")
# Columns of facts -> those of history.event that tell the same.
_OF_EVENT: Mapping[str, str] = {
    **{
        name: name
        for name in (
            "template_id", "result_id", "verification", "distance", "from_stage_id", "to_stage_id", "due_at",
            "type_id", "territory_id",
        )
    },
    **dict.fromkeys(("outcome", "contact", *OUTCOMES), "result_id"),
    **dict.fromkeys(("verified", "not_verifiable"), "verification"),
}  # fmt: skip
# Filters and groups of a question -> what of a fact they tell.
_ASKED = {
    "territories": "territory_id",
    "types": "type_id",
    "templates": "template_id",
    "results": "result_id",
    "from_stages": "from_stage_id",
    "to_stages": "to_stage_id",
}
_GROUPED = {"territory": "territory_id", "type": "type_id", "template": "template_id", "result": "result_id"}
_MONEY = ("net", "sold_value", "value")


def columns(store: Store, scope: Scope) -> frozenset[str]:
    """The columns of facts, and of the record beside them, that are empty for this person."""
    if not scope.masks:
        return frozenset()
    masks = Masks.of(store, scope.masks)
    gone = masks.expressions(_EVENT, dict.fromkeys(_OF_EVENT.values(), "varchar")).keys()
    found = {column for column, source in _OF_EVENT.items() if source in gone}
    if masks.expressions(("kpi", "sale"), {"value": "double"}):
        found.update(_MONEY)
    record = masks.names(_RECORD)
    return frozenset(
        found | {name for name in ("name", "address", "lat") if name in record or masks.whole(_RECORD)}
    )


def asked(store: Store, question: Question) -> Question:
    """The question as this person may ask it: narrowed by what they may not see, it is about nothing."""
    gone = columns(store, question.scope)
    changed: dict[str, Any] = {
        name: () for name, column in _ASKED.items() if column in gone and getattr(question, name) is not None
    }
    if question.verification is not None and "verification" in gone:
        changed["users"] = ()
    return replace(question, **changed) if changed else question


def group(store: Store, scope: Scope, name: str | None) -> bool:
    """Whether a person may not see by what this group tells things apart."""
    return _GROUPED.get(name or "") in columns(store, scope)


def emptied(rows: pl.DataFrame, gone: frozenset[str]) -> pl.DataFrame:
    """The rows without what stands in these columns."""
    import polars as pl  # late: a command that only pulls never needs it

    return rows.with_columns(
        pl.lit(None, rows.schema[name]).alias(name) for name in rows.columns if name in gone
    )


def numbers(store: Store, scope: Scope, kpis: Iterable[Kpi]) -> frozenset[str]:
    """The keys of those numbers that are made of what this person may not see."""
    if not scope.masks:
        return frozenset()
    masks = Masks.of(store, scope.masks)
    return frozenset(kpi.key for kpi in kpis if any(_in(masks, column) for column in kpi.masked_by))


def _in(masks: Masks, column: str) -> bool:
    schema, table, name = column.split(".")
    return (schema, table, name) in masks.hidden or masks.whole((schema, table))
