"""Canonical forms, in which values are compared, and what a value becomes on the other side.

A side's value is always compared with that side's own earlier value, so a translation that loses something cannot come
back as a change. All functions are expressions over text columns in the forms of `inputs.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from sync.engine.definition import Column, FieldRule, Kind, Side


@dataclass(frozen=True)
class Persons:
    """Who a user of one side is on the other one; whoever is nobody there is the default user, if there is one (U-02)."""

    known: Mapping[str, str] = field(default_factory=dict)
    default: str = ""


# An expression that names its input twice does the work twice, and nested ones much more: each of these names it once
# where that can be.
def canonical(value: pl.Expr, kind: Kind) -> pl.Expr:
    """The form in which two values of a kind are the same or not; blank is null."""
    text = value.str.strip_chars()
    match kind:
        case Kind.EMAIL | Kind.BOOLEAN:
            text = text.str.to_lowercase()
        case Kind.PHONE:
            return _phone(text)
        case Kind.NUMBER:
            return pl.coalesce(_number(text.cast(pl.Float64, strict=False)), _filled(text))
        case Kind.DATE:
            text = text.str.slice(0, 10)
        case Kind.DATETIME:
            # Whole seconds: Salesforce keeps no fraction (reference: system datetimes).
            text = text.str.replace(r"\.\d+", "").str.replace(r"\+00(:?00)?$", "Z")
        case Kind.CHOICES:
            parts = _parts(text).list.unique().list.sort()
            text = parts.list.join(";")
        case Kind.TEXT | Kind.ADDRESS:
            text = text.str.replace_all("\r\n", "\n", literal=True).str.normalize("NFC")
        case _:
            pass
    return _filled(text)


def _filled(text: pl.Expr) -> pl.Expr:
    """The text, null where it is empty."""
    return text.replace("", None)


def _phone(text: pl.Expr) -> pl.Expr:
    """Digits alone; the 1 before ten digits is North America's own prefix. What has no digit stays as it is."""
    digits = text.str.replace_all(r"\D", "").str.replace(r"^1(\d{10})$", "$1")
    return pl.coalesce(_filled(digits), _filled(text))


def _number(number: pl.Expr) -> pl.Expr:
    """As the shortest decimal text. There are two zeros, and one has a sign."""
    return number.cast(pl.String).str.strip_suffix(".0").replace("-0", "0")


def _parts(text: pl.Expr) -> pl.Expr:
    """The single choices, without blank ones."""
    return text.str.split(";").list.eval(pl.element().str.strip_chars().replace("", None).drop_nulls())


def same(one: pl.Expr, other: pl.Expr, kind: Kind) -> pl.Expr:
    """Whether two values of one kind are the same in canonical form; two blanks are."""
    return canonical(one, kind).eq_missing(canonical(other, kind))


def blank(value: pl.Expr) -> pl.Expr:
    """Whether there is no value, or nothing but white space."""
    return value.str.strip_chars().replace("", None).is_null()


def translated(value: pl.Expr, rule: FieldRule, to: Side, persons: Persons) -> pl.Expr:
    """What one side's value is on the other side, in its form; null for a blank and for what has no counterpart."""
    source, target = rule.column(to.other), rule.column(to)
    mapping = rule.to_spotio if to is Side.SPOTIO else rule.to_salesforce
    if source.kind is Kind.USER:
        return _person(_filled(value.str.strip_chars()), persons)
    if mapping is not None:
        if source.kind is Kind.CHOICES:
            return _each_looked_up(value, mapping)
        return _looked_up(_filled(value.str.strip_chars()), mapping)
    return _in_form(value, source, target)


def _person(user: pl.Expr, persons: Persons) -> pl.Expr:
    known = _looked_up(user, persons.known)
    if not persons.default:
        return known
    # Also a queue, or a user whom nobody has listed yet.
    return pl.when(user.is_not_null()).then(known.fill_null(persons.default))


def _looked_up(value: pl.Expr, mapping: Mapping[str, str]) -> pl.Expr:
    return value.replace_strict(list(mapping), list(mapping.values()), default=None, return_dtype=pl.String)


def _each_looked_up(value: pl.Expr, mapping: Mapping[str, str]) -> pl.Expr:
    """Null when one of them has no counterpart: half a list would be an invented value."""
    known = _parts(value).list.eval(
        pl.element().replace_strict(
            list(mapping), list(mapping.values()), default=None, return_dtype=pl.String
        )
    )
    return _filled(known.list.join(";", ignore_nulls=False))


def _in_form(value: pl.Expr, source: Column, target: Column) -> pl.Expr:
    if target.kind is Kind.NUMBER and target.scale is not None:
        # The system would round by itself and show another value than was sent.
        number = value.str.strip_chars().cast(pl.Float64, strict=False).round(target.scale)
        return pl.coalesce(_number(number), _filled(value.str.strip_chars()))
    if target.kind is Kind.DATE and source.kind is Kind.DATETIME:
        return _filled(value.str.strip_chars().str.slice(0, 10))
    if target.kind is Kind.DATETIME and source.kind is Kind.DATE:
        return _filled(value.str.strip_chars()) + pl.lit("T00:00:00Z")
    if target.kind in (Kind.CHOICE, Kind.EMAIL, Kind.PHONE):
        return _filled(value.str.strip_chars())
    return pl.when(~blank(value)).then(value)
