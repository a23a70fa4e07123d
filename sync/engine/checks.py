"""What the target would refuse, said before it is asked (SF-16): one reason a value, in words, with what to do."""

from __future__ import annotations

import polars as pl
from polars.expr.whenthen import ChainedThen, Then

from sync.engine.definition import SYSTEM_NAMES, Column, Definition, Kind, Side
from sync.engine.inputs import TEXT
from sync.engine.scope import shown
from sync.engine.values import blank

_EMAIL = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"
_DATE = r"^\d{4}-\d{2}-\d{2}"
_NOTHING = pl.lit(None, TEXT)


def code_of(column: Column, *, creating: bool) -> pl.Expr:
    """The first thing that is wrong with `after` for a column, null when it will do; `unmapped` stands beside it."""
    value, empty = pl.col("after"), blank(pl.col("after"))
    found: Then | ChainedThen = pl.when(pl.col("unmapped")).then(
        pl.lit("owner_unmatched" if column.kind is Kind.USER else "value_unmapped")
    )
    if not (column.createable if creating else column.updateable):
        found = found.when(pl.lit(True)).then(pl.lit("not_writeable"))
    if not creating and not column.nillable:
        found = found.when(empty).then(pl.lit("required_blank"))
    if column.length:
        found = found.when(value.str.len_chars() > column.length).then(pl.lit("too_long"))
    if column.choices and column.restricted:
        found = found.when(~empty & _unknown(value, column)).then(pl.lit("not_a_choice"))
    if column.kind is Kind.NUMBER:
        number = value.cast(pl.Float64, strict=False)
        bad = number.is_null() | (number.abs() >= 10.0 ** (column.digits or 18))
        found = found.when(~empty & bad).then(pl.lit("not_a_number"))
    if column.kind is Kind.EMAIL:
        found = found.when(~empty & ~value.str.contains(_EMAIL)).then(pl.lit("not_an_email"))
    if column.kind in (Kind.DATE, Kind.DATETIME):
        found = found.when(~empty & ~value.str.contains(_DATE)).then(pl.lit("not_a_date"))
    return found.otherwise(_NOTHING)


def _unknown(value: pl.Expr, column: Column) -> pl.Expr:
    chosen = list(column.choices or {})
    if column.kind is not Kind.CHOICES:
        return ~value.is_in(chosen)
    return value.str.split(";").list.set_difference(pl.lit(chosen, pl.List(TEXT))).list.len() > 0


def explained(definition: Definition, failing: pl.DataFrame) -> pl.DataFrame:
    """`failing` (side, column, after, source, code) with text and change: what is wrong, and what would mend it.

    `source` becomes what people know it as: a stage or a user by name.
    """
    columns = {(side, fill.column.name): fill.column for fill in definition.fills for side in [fill.side]}
    columns |= {
        (side, rule.column(side).name): rule.column(side) for rule in definition.fields for side in Side
    }
    sources = {
        (side, rule.column(side).name): rule.column(side.other) for rule in definition.fields for side in Side
    }
    if failing.is_empty():
        return failing.with_columns(text=_NOTHING, change=_NOTHING)
    parts = []
    for key, part in failing.partition_by(["side", "column", "code"], as_dict=True).items():
        side, name, code = Side(key[0]), str(key[1]), str(key[2])
        column = columns[(side, name)]
        source = sources.get((side, name), column)
        part = part.with_columns(source=shown("source", source.choices, source.kind, definition))
        text, change = _words(code, side, column, source.label)
        parts.append(part.with_columns(text=text, change=pl.lit(change)))
    return pl.concat(parts)


def _words(code: str, side: Side, column: Column, source: str) -> tuple[pl.Expr, str]:
    system, label, limit = SYSTEM_NAMES[side], column.label, column.length or 0
    told = pl.format("'{}'", pl.col("source").fill_null(""))
    match code:
        case "owner_unmatched":
            return (
                pl.format(
                    f"{source} is {{}}, who is nobody in {system}, and there is no default user.", told
                ),
                f"Match the user, or set a default user of {system}.",
            )
        case "value_unmapped":
            return (
                pl.format(f"{source} is {{}} and has no counterpart in {system}.", told),
                f"Add it to the value map of {source}.",
            )
        case "not_writeable":
            return pl.lit(f"{system} does not let {label} be written."), f"Map {label} the other way only."
        case "required_blank":
            return (
                pl.lit(f"{system} does not let {label} be empty."),
                f"Give {source} a value, or keep blanks from travelling.",
            )
        case "too_long":
            count = pl.col("after").str.len_chars()
            return (
                pl.format(f"{source} has {{}} characters; {system} takes {limit:,} of {label}.", count),
                f"Shorten {source} to {limit:,} characters.",
            )
        case "not_a_choice":
            return (
                pl.format(f"{system} has no choice '{{}}' for {label}.", pl.col("after")),
                f"Add the choice in {system}, or add the value to the value map of {source}.",
            )
        case "not_a_number":
            return (
                pl.format(f"{source} is {{}}, which is no number that {label} of {system} takes.", told),
                f"Correct {source}.",
            )
        case "not_an_email":
            return pl.format(f"{source} is {{}}, which is no e-mail address.", told), f"Correct {source}."
        case _:
            return pl.format(f"{source} is {{}}, which is no date.", told), f"Correct {source}."


def required(definition: Definition, side: Side) -> dict[str, str]:
    """Columns that a new record of a side must have, with their labels: mapped or filled ones, whose value can miss."""
    found = {r.column(side).name: r.column(side).label for r in definition.fields if r.column(side).required}
    fills = [fill for fill in definition.fills if fill.side is side and fill.column.required]
    return found | {fill.column.name: fill.column.label for fill in fills}
