"""Facts for the engine in any number: a sync of twenty fields of all kinds, new leads, and links of which some changed."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl

from sync.engine import inputs as shapes
from sync.engine.definition import Column, Definition, FieldRule, Inbound, Kind, MatchKey, Outbound, Side
from sync.engine.inputs import Inputs, Pools, State

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
ON = State("on", "on", NOW, NOW)
USERS = 50
KINDS = (
    *(Kind.TEXT,) * 8, Kind.EMAIL, Kind.PHONE, Kind.PHONE, Kind.NUMBER, Kind.NUMBER, Kind.BOOLEAN, Kind.DATE,
    Kind.DATETIME, Kind.CHOICE, Kind.CHOICES, Kind.STAGE, Kind.USER,
)  # fmt: skip
_CHOICES = {f"{letter}{number}": "" for letter in "cd" for number in range(8)}


def definition() -> Definition:
    """Twenty fields, two of them a group; matched by e-mail, then by telephone and name."""
    rules = tuple(_rule(number, kind) for number, kind in enumerate(KINDS))
    return Definition(
        "bench", 1, "10", "Lead", fields=rules, inbound=Inbound(True), outbound=Outbound(True),
        match=(MatchKey((rules[8].key,), "Email"), MatchKey((rules[9].key, rules[1].key), "Phone + Name")),
        default_spotio_user="u0", default_salesforce_user="U0",
    )  # fmt: skip


def _rule(number: int, kind: Kind) -> FieldRule:
    stages = {str(each): f"S{each}" for each in range(8)}
    choices = _CHOICES if kind in (Kind.CHOICE, Kind.CHOICES) else None
    length = 255 if kind is Kind.TEXT else None
    there = Kind.CHOICE if kind is Kind.STAGE else kind
    return FieldRule(
        f"f{number}~lead.F{number}",
        Column(
            f"f{number}", f"Field {number}", kind, length=length, choices=choices, restricted=bool(choices)
        ),
        Column(
            f"F{number}", f"Field {number}", there, length=length, choices=choices, restricted=bool(choices)
        ),
        conflict="newest",
        group="name" if number in (0, 1) else "",
        to_salesforce=stages if kind is Kind.STAGE else None,
        to_spotio={there: here for here, there in stages.items()} if kind is Kind.STAGE else None,
    )


def _value(number: int, kind: Kind, side: Side) -> pl.Expr:
    """What a record shows of a field; `n` is the record's number."""
    n = pl.col("n")
    digits = n.cast(pl.String).str.zfill(7)
    day = pl.format("2026-11-{}", (n % 28 + 1).cast(pl.String).str.zfill(2))
    match kind:
        case Kind.EMAIL:
            return pl.format("Person.{}@Example.com", n)
        case Kind.PHONE:
            return pl.format("(555) {}-{}", digits.str.slice(0, 3), digits.str.slice(3))
        case Kind.NUMBER:
            return pl.format("{}.5", n)
        case Kind.BOOLEAN:
            return pl.when(n % 2 == 0).then(pl.lit("true")).otherwise(pl.lit("false"))
        case Kind.DATE:
            return day
        case Kind.DATETIME:
            return pl.format("{}T10:00:00Z", day)
        case Kind.CHOICE:
            return pl.format("c{}", n % 8)
        case Kind.CHOICES:
            return pl.format("c{};d{}", n % 8, n % 3)
        case Kind.STAGE:
            return pl.format("{}" if side is Side.SPOTIO else "S{}", n % 8)
        case Kind.USER:
            return pl.format("u{}" if side is Side.SPOTIO else "U{}", n % USERS)
        case _:
            return pl.format(f"Some text of field {number} for record {{}}", n)


def records(side: Side, first: int, last: int, *, changed: bool = False) -> pl.DataFrame:
    """Records of these numbers; with `changed`, one in a hundred shows another text in a field."""
    nothing = pl.lit(None, pl.String)
    flags = (
        {"_origin": pl.lit("human"), "_native_id": nothing} if side is Side.SPOTIO
        else {"_merged_into": nothing, "_converted": pl.lit(False), "_spotio_id": nothing}
    )  # fmt: skip
    letter = "f" if side is Side.SPOTIO else "F"
    frame = pl.DataFrame({"n": pl.int_range(first, last + 1, eager=True)}).select(
        _id(side).alias("id"), pl.lit(False).alias("_deleted"), pl.lit(True).alias("_visible"),
        *(value.alias(name) for name, value in flags.items()),
        *(_value(number, kind, side).alias(f"{letter}{number}") for number, kind in enumerate(KINDS)), "n",
    )  # fmt: skip
    if changed:
        # The two sides change different fields of one record.
        column = "f3" if side is Side.SPOTIO else "F5"
        frame = frame.with_columns(pl.when(pl.col("n") % 100 == 0).then(pl.col(column) + " changed").otherwise(column))  # fmt: skip
    return frame.drop("n")


def _id(side: Side) -> pl.Expr:
    return pl.format("{}" if side is Side.SPOTIO else "00Q{}", pl.col("n"))


def persons() -> pl.DataFrame:
    rows = [
        (str(side), f"{mine}{number}", f"{theirs}{number}", True, f"User {number}")
        for side, mine, theirs in ((Side.SPOTIO, "u", "U"), (Side.SALESFORCE, "U", "u"))
        for number in range(USERS)
    ]
    return pl.DataFrame(rows, schema=shapes.PERSONS, orient="row")


def new_leads(count: int) -> tuple[Inputs, Pools]:
    """So many leads of Salesforce that SPOTIO does not know, and an empty SPOTIO."""
    salesforce, spotio = records(Side.SALESFORCE, 1, count), records(Side.SPOTIO, 1, 0)
    pools = Pools(_pool(spotio, "_native_id"), _pool(salesforce, "_spotio_id"))
    return Inputs(spotio, salesforce, persons=persons()), pools


def _pool(rows: pl.DataFrame, outside: str) -> pl.DataFrame:
    return rows.select("id", pl.lit(False).alias("linked"), outside, pl.exclude("id", outside, "^_.*$"))


def linked(first: int, last: int) -> Inputs:
    """Links of these numbers, of which one in a hundred changed on each side."""
    before = {side: records(side, first, last) for side in Side}
    numbers = pl.DataFrame({"n": pl.int_range(first, last + 1, eager=True)})
    links = numbers.select(
        link=pl.format("l-{}", "n"), spotio_id=_id(Side.SPOTIO), salesforce_id=_id(Side.SALESFORCE),
        state=pl.lit("active"), born=pl.lit("matched"), to_spotio=pl.lit(True), to_salesforce=pl.lit(True),
        reason=pl.lit(None, pl.String),
    )  # fmt: skip
    agreed = pl.concat(
        [
            pl.DataFrame(
                {"link": links["link"], "field": rule.key, "spotio": before[Side.SPOTIO][rule.spotio.name],
                 "salesforce": before[Side.SALESFORCE][rule.salesforce.name], "reason": "edited", "agreed_at": NOW},
                schema=shapes.AGREED,
            )
            for rule in definition().fields
        ]
    )  # fmt: skip
    return Inputs(
        records(Side.SPOTIO, first, last, changed=True), records(Side.SALESFORCE, first, last, changed=True),
        links=links, agreed=agreed, persons=persons(),
    )  # fmt: skip


def all_changed(count: int) -> Inputs:
    """So many links, each of which changed on both sides, in different fields."""
    facts = linked(1, count)
    return Inputs(
        facts.spotio.with_columns(pl.col("f3") + " changed"), facts.salesforce.with_columns(pl.col("F5") + " changed"),
        links=facts.links, agreed=facts.agreed, persons=facts.persons,
    )  # fmt: skip
