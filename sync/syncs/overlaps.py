"""Two syncs that could both take a record (L-03): found before publishing, from what their filters exclude of each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, product

from sync.engine.definition import Clause, Definition, Filter


def overlaps(definitions: Sequence[Definition]) -> list[str]:
    """A sentence for each two syncs whose records are not told apart by their filters."""
    return [text for one, other in combinations(definitions, 2) for text in _between(one, other)]


def _between(one: Definition, other: Definition) -> Iterator[str]:
    if one.sobject != other.sobject:
        return
    both = f"{one.sync} and {other.sync}"
    if one.inbound.wanted and other.inbound.wanted and not apart(one.inbound.filter, other.inbound.filter):
        yield (
            f"{both} would both take the same {one.sobject} of Salesforce; let their inbound filters exclude each other, "
            f"as in `is: equals` here and `is: not_equals` there, on one field."
        )
    if one.type_id != other.type_id:
        return
    if one.outbound.wanted and other.outbound.wanted and not _outbound_apart(one, other):
        yield (
            f"{both} would both send the same {one.type_name} of SPOTIO; let their selective filters exclude each other, "
            "or switch one of them off."
        )
    elif {_way(one), _way(other)} == {"inbound", "outbound"}:
        yield (
            f"{both} share {one.type_name} of SPOTIO and {one.sobject} of Salesforce, one for each direction; make them "
            "one sync with both directions, or records would go round in a circle."
        )


def _way(definition: Definition) -> str:
    if definition.inbound.wanted and definition.outbound.wanted:
        return "both"
    return "inbound" if definition.inbound.wanted else "outbound" if definition.outbound.wanted else ""


def _outbound_apart(one: Definition, other: Definition) -> bool:
    if not one.outbound.selective or not other.outbound.selective:
        return False
    return all(
        apart(mine.filter, theirs.filter)
        for mine, theirs in product(one.outbound.selective, other.outbound.selective)
    )


def apart(one: Filter, other: Filter) -> bool:
    """Whether no record can pass both; false where that cannot be told from the conditions alone."""
    return all(
        any(_exclude(mine, theirs) for mine, theirs in product(way, way_there))
        for way, way_there in product(_ways(one), _ways(other))
    )


_MOST_WAYS = 200


def _ways(filter: Filter) -> list[list[Clause]]:
    """The filter as alternatives of conditions that all hold; of a very branched one a single way without conditions."""
    parts = [_ways(part) if isinstance(part, Filter) else [[part]] for part in filter.parts]
    if filter.any_of:
        ways = [way for part in parts for way in part]
    else:
        ways = [[]]
        for part in parts:
            ways = [[*way, *more] for way in ways for more in part]
            if len(ways) > _MOST_WAYS:
                return [[]]
    return ways if len(ways) <= _MOST_WAYS else [[]]


def _exclude(one: Clause, other: Clause) -> bool:
    """Whether no value meets both conditions."""
    if one.column.name != other.column.name:
        return False
    for mine, theirs in ((one, other), (other, one)):
        if mine.test == "is_blank" and theirs.test not in (
            "is_blank", "not_equals", "not_contains", "not_within_last_days",
        ):  # fmt: skip
            return True
        if mine.test == "equals" and theirs.test == "equals" and not set(mine.values) & set(theirs.values):
            return len(mine.values) > 0 and not _several_at_once(mine)
        if mine.test == "equals" and theirs.test == "not_equals" and set(mine.values) <= set(theirs.values):
            return not _several_at_once(mine)
        if _opposite(mine, theirs):
            return True
    return _bounds_apart(one, other)


def _several_at_once(clause: Clause) -> bool:
    return clause.column.kind == "choices"


def _opposite(mine: Clause, theirs: Clause) -> bool:
    pairs = {("contains", "not_contains"), ("within_last_days", "not_within_last_days")}
    return (mine.test, theirs.test) in pairs and mine.values == theirs.values


def _bounds_apart(one: Clause, other: Clause) -> bool:
    """Of two bounds: one from above that lies below one from beneath."""
    above = {"less": False, "less_or_equal": True}
    beneath = {"greater": False, "greater_or_equal": True}
    for low, high in ((one, other), (other, one)):
        if high.test in above and low.test in beneath:
            most, least = _sortable(high.values[0]), _sortable(low.values[0])
            return most < least or (most == least and not (above[high.test] and beneath[low.test]))
    return False


def _sortable(value: str) -> tuple[int, float, str]:
    try:
        return 0, float(value), ""
    except ValueError:
        return 1, 0.0, value
