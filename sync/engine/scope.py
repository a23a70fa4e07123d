"""Which records that belong to no link may enter, and in words why the others do not (T-01 to T-05, L-07).

A record is *new* when it is not in the snapshot of the turn-on; creation dates are never compared. Each step is a
column, and the first one that a record does not pass is its decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import polars as pl
from polars.expr.whenthen import ChainedThen, Then

from sync.engine.definition import Definition, Filter, Kind, Side
from sync.engine.filters import first_failing, passes, wants
from sync.engine.inputs import TEXT, Inputs, State
from sync.engine.values import same

ENTRIES: dict[str, pl.DataType | type[pl.DataType]] = {
    "id": TEXT,
    "code": TEXT,  # null: it may enter
    "clause": TEXT,
    "seen": TEXT,
    "field": TEXT,
    "text": TEXT,
    "change": TEXT,
}
# What changes without a person meaning this record: a redrawn territory moves everything in it (T-03).
_NOT_MEANT = ("owner", "territory")


def unlinked(rows: pl.DataFrame, links: pl.DataFrame, side: Side) -> pl.DataFrame:
    """The rows that no link names."""
    return rows.join(links.select(id=f"{side}_id"), on="id", how="anti")


def entering_from_salesforce(
    definition: Definition, inputs: Inputs, state: State, now: datetime
) -> pl.DataFrame:
    """Every unlinked row of Salesforce in the shape of ENTRIES."""
    rows = _flagged(unlinked(inputs.salesforce, inputs.links, Side.SALESFORCE), inputs, Side.SALESFORCE)
    if rows.is_empty():
        return pl.DataFrame(schema=ENTRIES)
    inbound = definition.inbound
    known = inputs.snapshot.filter(pl.col("system") == Side.SALESFORCE).select(
        "id", "passed", stood=pl.lit(True)
    )
    rows = rows.join(known.unique("id"), on="id", how="left", maintain_order="left").with_columns(
        pl.col("stood").fill_null(False), pl.col("passed").fill_null(False)
    )
    once = inbound.scope == "historical_only"
    failing = pl.lit(None, pl.Int32) if once else first_failing(inbound.filter, now)
    rows = rows.with_columns(failing=failing)
    stood = pl.col("stood")
    code = (
        _common(state.inbound, pl.col("_converted").fill_null(False))
        .when(pl.lit(inbound.scope == "forward_only") & stood).then(pl.lit("stood_before"))
        .when(pl.lit(once) & ~stood).then(pl.lit("came_later"))
        .when(pl.lit(once) & ~pl.col("passed")).then(pl.lit("failed_at_turn_on"))
        .when(pl.col("failing").is_not_null()).then(pl.lit("filtered"))
        .when(pl.col("barred")).then(pl.lit("widened"))
        .otherwise(None)
    )  # fmt: skip
    return _told(rows.with_columns(code=code), inbound.filter, Side.SALESFORCE, definition)


def entering_from_spotio(definition: Definition, inputs: Inputs, state: State, now: datetime) -> pl.DataFrame:
    """Every unlinked record of SPOTIO in the shape of ENTRIES."""
    rows = _flagged(unlinked(inputs.spotio, inputs.links, Side.SPOTIO), inputs, Side.SPOTIO)
    if rows.is_empty():
        return pl.DataFrame(schema=ENTRIES)
    outbound = definition.outbound
    known = inputs.snapshot.filter(pl.col("system") == Side.SPOTIO).select("id", stood=pl.lit(True))
    rows = rows.join(known.unique("id"), on="id", how="left", maintain_order="left").with_columns(
        pl.col("stood").fill_null(False)
    )
    rows = rows.with_columns(edited=_edited(definition, inputs, state, rows))
    wanted = [selective.filter for selective in outbound.selective] or [Filter()]
    passing = pl.any_horizontal([passes(each, now) for each in wanted])
    # Of several named filters the first is told: any of them would do.
    failing = pl.when(passing).then(None).otherwise(first_failing(wanted[0], now))
    rows = rows.with_columns(failing=failing)
    stood = pl.col("stood")
    code = (
        _common(state.outbound, pl.lit(False))
        .when(~stood & ~_sent_as_new(outbound.origins)).then(pl.lit("origin"))
        .when(stood & ~pl.col("edited")).then(pl.lit("not_edited"))
        .when(pl.col("failing").is_not_null()).then(pl.lit("filtered"))
        .when(pl.col("barred")).then(pl.lit("widened"))
        .otherwise(None)
    )  # fmt: skip
    return _told(rows.with_columns(code=code), wanted[0], Side.SPOTIO, definition)


def _flagged(rows: pl.DataFrame, inputs: Inputs, side: Side) -> pl.DataFrame:
    excluded = inputs.excluded.filter(pl.col("system") == side)["id"]
    barred = inputs.barred.filter(pl.col("system") == side)["id"]
    # Whoever carries the other system's id was linked, or is being linked: nothing else is made of it.
    return rows.with_columns(
        excluded=pl.col("id").is_in(excluded.implode()), barred=pl.col("id").is_in(barred.implode())
    )


def _common(switch: str, converted: pl.Expr) -> ChainedThen | Then:
    """The steps that both directions share; a chain to be gone on with."""
    return (
        pl.when(pl.col("excluded")).then(pl.lit("excluded"))
        .when(pl.col("_deleted")).then(pl.lit("deleted"))
        .when(~pl.col("_visible")).then(pl.lit("not_visible"))
        .when(converted).then(pl.lit("converted"))
        .when(pl.lit(switch == "off")).then(pl.lit("direction_off"))
        .when(pl.lit(switch == "paused")).then(pl.lit("direction_paused"))
    )  # fmt: skip


def _sent_as_new(origins: frozenset[str]) -> pl.Expr:
    """Whether a record that came later is sent: by who made it, or because a person changed it since.

    Never what our own inbound write made; who made it has to be known (T-03).
    """
    origin = pl.col("_origin").fill_null("")
    return origin.is_in(list(origins)) | (pl.col("edited") & (origin != "fieldline"))


def _edited(definition: Definition, inputs: Inputs, state: State, rows: pl.DataFrame) -> pl.Series:
    """Whether a person changed a mapped, stage or filter field against the snapshot since the turn-on (T-03).

    Of a record that came later there is nothing to compare with: the system must tell of that very field.
    """
    if rows.is_empty() or state.outbound_on_at is None:
        return pl.Series([False] * rows.height, dtype=pl.Boolean)
    since = inputs.edits.filter(
        (pl.col("system") == Side.SPOTIO)
        & (pl.col("origin") == "human")
        & (pl.col("changed_at") > state.outbound_on_at)
    )
    somewhere = since.filter(pl.col("column").is_null())["id"].implode()
    held = inputs.snapshot_values.partition_by("column", as_dict=True)
    names = [column.name for column in definition.needed(Side.SPOTIO)]
    later = ~pl.col("stood") & pl.col("id").is_in(since.filter(pl.col("column").is_in(names))["id"].implode())
    differing = [rows.select(later.alias("later"))]
    for column in definition.needed(Side.SPOTIO):
        before = held.get((column.name,))
        if before is None:
            continue
        told = since.filter(pl.col("column") == column.name)["id"].implode()
        by_person = pl.col("id").is_in(told)
        if column.name not in _NOT_MEANT:
            by_person = by_person | pl.col("id").is_in(somewhere)
        joined = rows.select("id", column.name).join(
            before.select("id", held="value", was=pl.lit(True)), on="id", how="left", maintain_order="left"
        )
        differs = (
            pl.col("was").fill_null(False)
            & ~same(pl.col(column.name), pl.col("held"), column.kind)
            & by_person
        )
        differing.append(joined.select(differs.alias(f"d{len(differing)}")))
    return pl.concat(differing, how="horizontal").select(pl.any_horizontal(pl.all()).alias("edited"))[
        "edited"
    ]


def _told(rows: pl.DataFrame, wanted: Filter, side: Side, definition: Definition) -> pl.DataFrame:
    """The decision in words: what was seen, what is wanted, and the smallest change that would do."""
    other = "Salesforce" if side is Side.SPOTIO else "SPOTIO"
    direction = "outbound" if side is Side.SPOTIO else "inbound"
    plain = {
        "excluded": ("It is excluded by hand.", "Include it again."),
        "deleted": ("It is deleted.", "Undelete it."),
        "not_visible": ("Our account does not see it any more.", "Give the account behind the connection access to it."),
        "converted": ("It is converted.", ""),
        "direction_off": (f"The {direction} direction of {definition.sync} is off.", f"Turn on the {direction} direction."),
        "direction_paused": (f"The {direction} direction of {definition.sync} is paused.", f"Resume {definition.sync}."),
        "stood_before": ("It stood before the sync was turned on, and only what comes later is brought in.", "Bring it in by a back-fill, or link it by hand."),
        "came_later": ("It came after the sync was turned on, and only what stood then is brought in.", "Choose “historical and going forward”."),
        "failed_at_turn_on": ("It did not pass the filters when the sync was turned on, and only what did is brought in.", "Bring it in by a back-fill, or link it by hand."),
        "origin": (f"It was not made by a person, and only such records are sent to {other}.", "Let the outbound direction send imported records too, or change a mapped field of it."),
        "not_edited": ("It stood before the outbound direction was turned on, and no person changed a mapped field of it since.", "Change a mapped field of it in SPOTIO, or send it by a back-fill."),
        "widened": ("Only a filter that was widened later lets it in.", "Bring it in by a back-fill."),
    }  # fmt: skip
    seen, texts, changes, clauses, labels = _per_clause(wanted, side, definition)
    code = pl.col("code")
    text = code.replace_strict({k: v[0] for k, v in plain.items()}, default=None, return_dtype=TEXT)
    change = code.replace_strict({k: v[1] for k, v in plain.items()}, default=None, return_dtype=TEXT)
    filtered = code == "filtered"
    return rows.with_columns(
        clause=pl.when(filtered).then(clauses).otherwise(None),
        seen=pl.when(filtered).then(seen).otherwise(None),
        field=pl.when(filtered).then(labels).otherwise(None),
        text=pl.when(filtered).then(texts).otherwise(text),
        change=pl.when(filtered).then(changes).otherwise(change),
    )


def _per_clause(wanted: Filter, side: Side, definition: Definition) -> tuple[pl.Expr, ...]:
    """Of the failing clause: value seen, text, change, the condition and the field's label."""
    nothing = pl.lit(None, TEXT)
    seen, text, change, clause_text, label = nothing, nothing, nothing, nothing, nothing
    for number, clause in enumerate(wanted.clauses()):
        here = pl.col("failing") == number
        value = shown(clause.column.name, clause.column.choices, clause.column.kind, definition)
        told = pl.when(value.is_null()).then(pl.lit("blank")).otherwise(pl.concat_str([pl.lit("'"), value, pl.lit("'")]))  # fmt: skip
        wish = wants(clause)
        seen = pl.when(here).then(value).otherwise(seen)
        text = pl.when(here).then(pl.format("{} is {}; the filter wants {}.", pl.lit(clause.column.label), told, pl.lit(wish))).otherwise(text)  # fmt: skip
        change = pl.when(here).then(pl.lit(f"Set {clause.column.label} to {wish}, or let the filter take it.")).otherwise(change)  # fmt: skip
        clause_text = pl.when(here).then(pl.lit(f"{clause.column.label}: {wish}")).otherwise(clause_text)
        label = pl.when(here).then(pl.lit(clause.column.label)).otherwise(label)
    return seen, text, change, clause_text, label


def shown(name: str, choices: object, kind: Kind, definition: Definition) -> pl.Expr:
    """A column's value as people know it: a stage or a user by name."""
    value = pl.col(name)
    names = dict(choices) if isinstance(choices, Mapping) else {}
    if kind is Kind.USER:
        names = dict(definition.user_names)
    if not names:
        return value
    return value.replace_strict(list(names), list(names.values()), default=value, return_dtype=TEXT)
