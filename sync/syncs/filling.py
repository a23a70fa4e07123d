"""Constants and templates: what a new record gets in fields that nothing is mapped to (F-04)."""

from __future__ import annotations

import re
from collections.abc import Callable

from data.syncs.settings import MappedField
from sync.engine.definition import SYSTEM_NAMES, Column, Fill, Kind, Part, Side
from sync.syncs.names import UnresolvedError
from sync.syncs.vocabulary import Vocabulary

_RELATIVE = re.compile(r"(?:created|today)(?:\s*\+\s*(\d{1,5})\s*days?)?")
_PLACE = re.compile(r"\{([^{}]+)\}")
_MOMENTS = (Kind.DATE, Kind.DATETIME)
_WITHOUT_TEMPLATE = (*_MOMENTS, Kind.BOOLEAN, Kind.NUMBER, Kind.USER, Kind.STAGE)


def resolved_fill(mapped: MappedField, side: Side, column: Column, words: Vocabulary) -> Fill:
    """What the constant of a field comes to; UnresolvedError with the sentence that says why it does not."""
    if not column.createable:
        raise UnresolvedError(
            f"{column.label} cannot be filled in {SYSTEM_NAMES[side]}: it is set there and not by us."
        )
    wording = _written(mapped.constant)
    relative = _RELATIVE.fullmatch(wording.strip()) if column.kind in _MOMENTS else None
    if relative:
        return Fill(side, column, days_from_now=int(relative.group(1) or 0), wording=wording)
    if _PLACE.search(wording):
        if column.kind in _WITHOUT_TEMPLATE:
            raise UnresolvedError(
                f"{column.label} is no text, so it cannot be made of a template; give it a value."
            )
        look_up: Callable[[str], Column] = words.salesforce if side is Side.SPOTIO else words.spotio
        return Fill(side, column, _parts(wording, look_up), wording=wording)
    value = words.value(side, column, wording)
    if column.length is not None and len(value) > column.length:
        raise UnresolvedError(
            f"The constant of {column.label} has {len(value)} characters, and {SYSTEM_NAMES[side]} takes {column.length}."
        )
    return Fill(side, column, (Part(text=value),), wording=wording)


def _written(constant: object) -> str:
    if isinstance(constant, bool):
        return "true" if constant else "false"
    return str(constant)


def _parts(wording: str, look_up: Callable[[str], Column]) -> tuple[Part, ...]:
    parts: list[Part] = []
    for number, piece in enumerate(_PLACE.split(wording)):
        if number % 2:
            parts.append(Part(column=look_up(piece.strip()).name))
        elif piece:
            parts.append(Part(text=piece))
    return tuple(parts)
