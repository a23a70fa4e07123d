"""From filters as they are written to the engine's: fields become columns, values what the system holds."""

from __future__ import annotations

from collections.abc import Callable

from data.syncs.filters import All, AnyFilter, Condition, Some
from sync.engine.definition import Clause, Column, Filter, Kind, Side, Test
from sync.syncs.names import UnresolvedError
from sync.syncs.notes import Notes
from sync.syncs.vocabulary import Vocabulary

_ORDERED = ("greater", "greater_or_equal", "less", "less_or_equal")
_RELATIVE = ("within_last_days", "not_within_last_days")
_PARTS_OF_TEXT = ("contains", "not_contains", "starts_with")
_MOMENTS = (Kind.DATE, Kind.DATETIME)
_UNDIVIDED = (Kind.NUMBER, Kind.BOOLEAN, Kind.DATE, Kind.DATETIME, Kind.STAGE, Kind.USER)


def resolved_filter(filter: AnyFilter, side: Side, words: Vocabulary, notes: Notes, where: str) -> Filter:
    """The engine's filter; what is wrong with a condition is noted, and the condition left out."""
    if isinstance(filter, All):
        parts = [_part(part, side, words, notes, where) for part in filter.all]
        return Filter(tuple(_alternatives_joined([part for part in parts if part is not None])))
    if isinstance(filter, Some):
        parts = [_part(part, side, words, notes, where) for part in filter.any]
        return Filter(tuple(part for part in parts if part is not None), any_of=True)
    part = _part(filter, side, words, notes, where)
    return Filter((part,) if part is not None else ())


def _part(part: AnyFilter, side: Side, words: Vocabulary, notes: Notes, where: str) -> Clause | Filter | None:
    if not isinstance(part, Condition):
        return resolved_filter(part, side, words, notes, where)
    try:
        return _clause(part, side, words)
    except UnresolvedError as error:
        notes.mistake(f"{where}: {error}")
        return None


def _clause(condition: Condition, side: Side, words: Vocabulary) -> Clause:
    look_up: Callable[[str], Column] = words.spotio if side is Side.SPOTIO else words.salesforce_or_path
    column = look_up(condition.field)
    test: Test = "equals" if condition.test == "in" else condition.test
    _suits(column, test)
    if test in (*_RELATIVE, *_PARTS_OF_TEXT) or not condition.value:
        return Clause(side, column, test, condition.value, condition.value)
    values = tuple(words.value(side, column, text) for text in condition.value)
    return Clause(side, column, test, values, condition.value)


def _suits(column: Column, test: Test) -> None:
    if test in _ORDERED and column.kind not in (Kind.NUMBER, *_MOMENTS):
        raise UnresolvedError(
            f"{column.label} has no order, so nothing is {test} than something; choose another test."
        )
    if test in _RELATIVE and column.kind not in _MOMENTS:
        raise UnresolvedError(
            f"{column.label} is no date, so {test} cannot be asked of it; choose another test."
        )
    # Several choices of one record are joined to one text, so "contains" asks for one of them.
    if test in _PARTS_OF_TEXT and column.kind in _UNDIVIDED:
        raise UnresolvedError(
            f"{column.label} is no text, so {test} cannot be asked of it; choose another test."
        )


def _alternatives_joined(parts: list[Clause | Filter]) -> list[Clause | Filter]:
    """Several *equals* on one field are alternatives (L-07): they become one condition, where the first one stood."""
    joined: list[Clause | Filter] = []
    places: dict[str, int] = {}
    for part in parts:
        if isinstance(part, Clause) and part.test == "equals":
            place = places.setdefault(part.column.name, len(joined))
            if place < len(joined):
                first = joined[place]
                if isinstance(first, Clause):
                    joined[place] = Clause(
                        part.side,
                        part.column,
                        "equals",
                        tuple(dict.fromkeys((*first.values, *part.values))),
                        tuple(dict.fromkeys((*first.shown, *part.shown))),
                    )
                continue
        joined.append(part)
    return joined
