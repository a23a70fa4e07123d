"""When two values are the same, and what a value is on the other side; a value at a time."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from sync.engine.definition import Column, FieldRule, Kind, Side
from tests.engine.worlds import Text, World


def canonical(value: Text, kind: Kind) -> Text:
    """The form in which values are compared; a blank is None."""
    text = (value or "").strip()
    if not text:
        return None
    if kind in (Kind.EMAIL, Kind.BOOLEAN):
        return text.lower()
    if kind is Kind.PHONE:
        digits = re.sub(r"\D", "", text)
        if len(digits) == 11 and digits.startswith("1"):
            digits = digits[1:]
        return digits or text
    if kind is Kind.NUMBER:
        return number_text(text)
    if kind is Kind.DATE:
        return text[:10]
    if kind is Kind.DATETIME:
        return re.sub(r"\+00(:?00)?$", "Z", re.sub(r"\.\d+", "", text, count=1))
    if kind is Kind.CHOICES:
        return ";".join(sorted({part.strip() for part in text.split(";")} - {""})) or None
    if kind is Kind.TEXT:
        return unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    return text


def number_text(text: str) -> str:
    try:
        number = float(text)
    except ValueError:
        return text
    return "0" if number == 0 else repr(number).removesuffix(".0")


def same(one: Text, other: Text, kind: Kind) -> bool:
    return canonical(one, kind) == canonical(other, kind)


def blank(value: Text) -> bool:
    return not (value or "").strip()


def translated(world: World, value: Text, rule: FieldRule, to: Side) -> Text:
    """What one side's value is on the other; None for a blank, and for what has no counterpart."""
    source, target = rule.column(to.other), rule.column(to)
    if value is None or blank(value):
        return None
    if source.kind is Kind.USER:
        return person(world, value.strip(), to)
    mapping = rule.to_spotio if to is Side.SPOTIO else rule.to_salesforce
    if mapping is None:
        return _in_form(value, source, target)
    if source.kind is Kind.CHOICES:
        return _each(value, mapping)
    return mapping.get(value.strip())


def person(world: World, user: str, to: Side) -> Text:
    """The active user of `to` whom a user of the other side is, or the default one."""
    by_id = {(each.system, each.id): each for each in world.persons}
    known = by_id.get((to.other, user))
    partner = by_id.get((to, known.partner)) if known and known.partner else None
    if partner and partner.active:
        return partner.id
    definition = world.definition
    default = definition.default_spotio_user if to is Side.SPOTIO else definition.default_salesforce_user
    return default or None


def _each(value: str, mapping: Mapping[str, str]) -> Text:
    found = [mapping.get(part.strip()) for part in value.split(";") if part.strip()]
    return None if None in found else ";".join(part for part in found if part)


def _in_form(value: str, source: Column, target: Column) -> str:
    if target.kind is Kind.DATE and source.kind is Kind.DATETIME:
        return value[:10]
    if target.kind is Kind.DATETIME and source.kind is Kind.DATE:
        return f"{value}T00:00:00Z"
    if target.kind is Kind.NUMBER and target.scale is not None:
        try:
            return number_text(str(round(float(value), target.scale)))
        except ValueError:
            return value
    if target.kind in (Kind.CHOICE, Kind.EMAIL, Kind.PHONE):
        return value.strip()
    return value
