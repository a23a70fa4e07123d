"""Canonical forms, in which values are compared, and what a value becomes on the other side.

A side's value is always compared with that side's own earlier value, so a translation that loses something cannot come
back as a change. All functions are expressions over text columns in the forms of `inputs.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from sync.engine.definition import Column, FieldRule, Kind, Side

_NOTHING = pl.lit(None, pl.String)


def canonical(value: pl.Expr, kind: Kind) -> pl.Expr:
    """The form in which two values of a kind are the same or not; blank is null."""
    text = value.str.strip_chars()
    text = pl.when(text.str.len_bytes() == 0).then(_NOTHING).otherwise(text)
    match kind:
        case Kind.EMAIL:
            return text.str.to_lowercase()
        case Kind.PHONE:
            return _phone(text)
        case Kind.NUMBER:
            return _number(text)
        case Kind.BOOLEAN:
            return text.str.to_lowercase()
        case Kind.DATE:
            return text.str.slice(0, 10)
        case Kind.DATETIME:
            # Whole seconds: Salesforce keeps no fraction (reference: system datetimes).
            return text.str.replace(r"\.\d+", "").str.replace(r"\+00(:?00)?$", "Z")
        case Kind.CHOICES:
            return _several(text)
        case Kind.TEXT | Kind.ADDRESS:
            return text.str.replace_all("\r\n", "\n", literal=True).str.normalize("NFC")
        case _:
            return text


def _phone(text: pl.Expr) -> pl.Expr:
    """Digits alone; the 1 before ten digits is North America's own prefix. What has no digit stays as it is."""
    digits = text.str.replace_all(r"\D", "")
    national = pl.when((digits.str.len_bytes() == 11) & digits.str.starts_with("1")).then(digits.str.slice(1)).otherwise(digits)  # fmt: skip
    return pl.when(national.str.len_bytes() == 0).then(text).otherwise(national)


def _number(text: pl.Expr) -> pl.Expr:
    number = text.cast(pl.Float64, strict=False)
    return pl.when(number.is_null()).then(text).otherwise(
        (number + 0.0).cast(pl.String).str.strip_suffix(".0").replace("-0", "0")
    )  # fmt: skip


def _several(text: pl.Expr) -> pl.Expr:
    parts = text.str.split(";").list.eval(pl.element().str.strip_chars()).list.unique().list.sort()
    joined = parts.list.eval(pl.element().filter(pl.element().str.len_bytes() > 0)).list.join(";")
    return pl.when(joined.str.len_bytes() == 0).then(_NOTHING).otherwise(joined)


def same(one: pl.Expr, other: pl.Expr, kind: Kind) -> pl.Expr:
    """Whether two values of one kind are the same in canonical form; two blanks are."""
    return canonical(one, kind).eq_missing(canonical(other, kind))


def blank(value: pl.Expr) -> pl.Expr:
    """Whether there is no value, or nothing but white space."""
    return value.is_null() | (value.str.strip_chars().str.len_bytes() == 0)


def translated(value: pl.Expr, rule: FieldRule, to: Side, persons: Mapping[str, str]) -> pl.Expr:
    """What one side's value is on the other side, in its form; null for a blank and for what has no counterpart.

    `persons` tells of each user of the first side who it is on the other one, default included.
    """
    source, target = rule.column(to.other), rule.column(to)
    mapping = rule.to_spotio if to is Side.SPOTIO else rule.to_salesforce
    held = pl.when(blank(value)).then(_NOTHING).otherwise(value)
    if source.kind is Kind.USER:
        return _looked_up(held, persons)
    if mapping is not None:
        if source.kind is Kind.CHOICES:
            return _each_looked_up(held, mapping)
        return _looked_up(held.str.strip_chars(), mapping)
    return _in_form(held, source, target)


def _looked_up(value: pl.Expr, mapping: Mapping[str, str]) -> pl.Expr:
    if not mapping:
        return pl.when(value.is_null()).then(value).otherwise(_NOTHING)
    return value.replace_strict(list(mapping), list(mapping.values()), default=None, return_dtype=pl.String)


def _each_looked_up(value: pl.Expr, mapping: Mapping[str, str]) -> pl.Expr:
    """Null when one of them has no counterpart: half a list would be an invented value."""
    parts = value.str.split(";").list.eval(pl.element().str.strip_chars())
    known = parts.list.eval(
        pl.element().replace_strict(
            list(mapping), list(mapping.values()), default=None, return_dtype=pl.String
        )
    )
    return pl.when(known.list.eval(pl.element().is_null()).list.any()).then(_NOTHING).otherwise(
        known.list.join(";")
    )  # fmt: skip


def _in_form(value: pl.Expr, source: Column, target: Column) -> pl.Expr:
    if target.kind is Kind.DATE and source.kind is Kind.DATETIME:
        return value.str.slice(0, 10)
    if target.kind is Kind.DATETIME and source.kind is Kind.DATE:
        return value + pl.lit("T00:00:00Z")
    if target.kind is Kind.NUMBER and target.scale is not None:
        # The system would round by itself and show another value than was sent.
        number = value.cast(pl.Float64, strict=False).round(target.scale)
        return pl.when(number.is_null()).then(value).otherwise(_number(number.cast(pl.String)))
    if target.kind in (Kind.CHOICE, Kind.EMAIL, Kind.PHONE):
        return value.str.strip_chars()
    return value
