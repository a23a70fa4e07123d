"""What differs between two `syncs` sections, in the words of those who set a sync up.

Both are read as what they mean, so a default that was written out is no change, nor is another order of the fields.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from data.differences import Change
from data.syncs.filters import All, AnyFilter, Condition, Some, Verified
from data.syncs.settings import MappedField, SyncSettings, SyncsSection

_WAYS = {"both": "both ways", "to_salesforce": "to Salesforce only", "to_spotio": "to SPOTIO only"}
_WINS = {"salesforce": "Salesforce wins", "spotio": "SPOTIO wins", "newest": "the newest wins", "ask": "a person is asked"}  # fmt: skip
_WON = {"salesforce": "Salesforce won", "spotio": "SPOTIO won", "newest": "the newest won", "ask": "a person was asked"}  # fmt: skip
_TESTS = {
    "equals": "is", "in": "is", "not_equals": "is not", "contains": "contains", "not_contains": "does not contain",
    "starts_with": "begins with", "greater": "is more than", "greater_or_equal": "is at least", "less": "is less than",
    "less_or_equal": "is at most", "is_blank": "is blank", "is_not_blank": "is not blank",
    "within_last_days": "is within the last days:", "not_within_last_days": "is not within the last days:",
}  # fmt: skip
_LETS_IN = ("equals", "in", "contains", "starts_with")
_KEEPS_OUT = ("not_equals", "not_contains")


def sync_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """What differs between the syncs of two documents, sync by sync."""
    old = {sync.name: sync for sync in SyncsSection.of(before)}
    new = {sync.name: sync for sync in SyncsSection.of(after)}
    found: list[Change] = []
    for name in dict.fromkeys([*old, *new]):
        found += _sync(name, old.get(name), new.get(name))
    return found


def in_words(filter: AnyFilter) -> str:
    """A filter as a sentence says it: "Industry is Chemicals and (Rating is Hot or Rating is blank)"."""
    if isinstance(filter, All | Some):
        parts = filter.all if isinstance(filter, All) else filter.any
        joined = (" and " if isinstance(filter, All) else " or ").join(
            f"({in_words(part)})" if isinstance(part, All | Some) and len(parts) > 1 else in_words(part)
            for part in parts
        )
        return joined or "everything"
    if isinstance(filter, Verified):
        return "the visit is verified"
    return f"{filter.field} {_TESTS[filter.test]} {_either(filter.value)}".rstrip()


def _either(values: tuple[str, ...]) -> str:
    return f"{', '.join(values[:-1])} or {values[-1]}" if len(values) > 1 else "".join(values)


def _sync(name: str, old: SyncSettings | None, new: SyncSettings | None) -> Iterator[Change]:
    path = f"syncs.{name}"
    if old is None and new is not None:
        directions = f"inbound {_on(new.inbound.on)}, outbound {_on(new.outbound.on)}"
        text = f"{name}: added, SPOTIO's {new.spotio_type} and Salesforce by {new.mode}, {directions}, {len(new.fields)} fields."
        yield Change(path, None, _json(new), text)
    elif new is None and old is not None:
        yield Change(path, _json(old), None, f"{name}: removed.")
    elif old is not None and new is not None:
        for member in type(old).model_fields:
            was, now = getattr(old, member), getattr(new, member)
            # Of a value map the order counts too: of several alike the first leads back.
            if was == now and (member != "value_maps" or _ordered(was) == _ordered(now)):
                continue
            told = list(_TELLERS.get(member, _plainly)(member, was, now))
            if not told and member != "fields":
                told = [f"{_words(member)} changed"]
            for text in told:
                yield Change(f"{path}.{member}", _json(was), _json(now), f"{name}: {text}.")


def _plainly(member: str, was: Any, now: Any) -> Iterator[str]:
    if isinstance(was, BaseModel) and isinstance(now, BaseModel):
        for inner in type(was).model_fields:
            before, after = getattr(was, inner), getattr(now, inner)
            if before != after:
                yield f"{_words(member)}, {_words(inner)} is {_value(after)} now, it was {_value(before)}"
    else:
        yield f"{_words(member)} is {_value(now)} now, it was {_value(was)}"


def _inbound(member: str, was: Any, now: Any) -> Iterator[str]:
    if was.on != now.on:
        yield f"inbound is {_on(now.on)} now"
    if was.scope != now.scope:
        yield f"inbound takes {_words(now.scope)} now, it took {_words(was.scope)}"
    yield from _filters("the filter", was.filters, now.filters)
    if was.updates_after_import != now.updates_after_import:
        yield f"what was imported {'goes on being' if now.updates_after_import else 'is no longer'} updated after its import"
    if was.leaving != now.leaving:
        yield f"inbound, leaving is {_words(now.leaving)} now, it was {_words(was.leaving)}"


def _outbound(member: str, was: Any, now: Any) -> Iterator[str]:
    if was.on != now.on:
        yield f"outbound is {_on(now.on)} now"
    old = {each.name: each.filters for each in was.selective}
    new = {each.name: each.filters for each in now.selective}
    for name in dict.fromkeys([*old, *new]):
        if name not in old:
            yield f"selective filter “{name}” is new: {in_words(new[name])}"
        elif name not in new:
            yield f"selective filter “{name}” is gone, it was: {in_words(old[name])}"
        else:
            yield from _filters(f"selective filter “{name}”,", old[name], new[name])
    if was.origins != now.origins:
        yield f"new records of {_value(now.origins)} are sent now, it was {_value(was.origins)}"
    if was.leaving != now.leaving:
        yield f"outbound, leaving is {_words(now.leaving)} now, it was {_words(was.leaving)}"


def _filters(what: str, was: AnyFilter, now: AnyFilter) -> Iterator[str]:
    if was == now:
        return
    old, new = _flat(was), _flat(now)
    if old is None or new is None:
        yield f"{what} is now: {in_words(now)}; it was: {in_words(was)}"
        return
    for key in dict.fromkeys([*old, *new]):
        field, test = key
        before, after = old.get(key), new.get(key)
        if before is None and after is not None:
            yield f"{what} asks in addition that {in_words(_condition(key, after))}"
        elif after is None and before is not None:
            yield f"{what} no longer asks that {in_words(_condition(key, before))}"
        elif before is not None and after is not None and before != after:
            yield from _values(what, field, test, before, after)


def _values(
    what: str, field: str, test: str, before: tuple[str, ...], after: tuple[str, ...]
) -> Iterator[str]:
    added = tuple(value for value in after if value not in before)
    removed = tuple(value for value in before if value not in after)
    if test in _LETS_IN or test in _KEEPS_OUT:
        way = "lets" if test in _LETS_IN else "keeps"
        end, bare = ("in", "let") if test in _LETS_IN else ("out", "keep")
        if added:
            yield f"{what} {field} also {way} {_either(added)} {end}"
        if removed:
            yield f"{what} {field} no longer {way} {_either(removed)} {end}"
        if not added and not removed:
            yield f"{what} {field} {bare}s the same {end}, in another order"
    else:
        yield f"{what} {field} {_TESTS[test]} {_either(after)} now, it was {_either(before)}"


def _flat(filter: AnyFilter) -> dict[tuple[str, str], tuple[str, ...]] | None:
    """(field, test) -> values of a filter that is one list of conditions; None when it is more than that.

    Several *equals* on one field are alternatives, so their values go together (L-07).
    """
    parts = filter.all if isinstance(filter, All) else (filter,)
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for part in parts:
        if not isinstance(part, Condition):
            return None
        key = (part.field, "equals" if part.test == "in" else part.test)
        if key in found and key[1] not in ("equals", "not_equals"):
            return None
        found[key] = (*found.get(key, ()), *part.value)
    return found


def _condition(key: tuple[str, str], values: tuple[str, ...]) -> Condition:
    return Condition.model_validate({"field": key[0], "is": key[1], "value": values})


def _fields(member: str, was: Any, now: Any) -> Iterator[str]:
    old = {_pair(field): field for field in was}
    new = {_pair(field): field for field in now}
    for pair in dict.fromkeys([*old, *new]):
        if pair not in old:
            yield f"{pair} is {_how(new[pair])} now"
        elif pair not in new:
            yield f"{pair} is no longer {'mapped' if _mapped(old[pair]) else 'filled'}"
        elif old[pair] != new[pair]:
            yield from _field(pair, old[pair], new[pair])


def _field(pair: str, was: MappedField, now: MappedField) -> Iterator[str]:
    if was.direction != now.direction:
        yield f"{pair} travels {_WAYS[now.direction]} now, it travelled {_WAYS[was.direction]}"
    if was.conflict != now.conflict:
        yield f"{pair}: {_WINS[now.conflict]} now, before {_WON[was.conflict]}"
    if was.blanks != now.blanks:
        yield f"{pair}: an empty value {'empties the other side' if now.blanks == 'clear' else 'is kept from the other side'} now"
    if was.backfill != now.backfill:
        yield f"{pair} {'fills links that stand' if now.backfill else 'no longer fills links that stand'}"
    if was.constant != now.constant:
        yield f"{pair} is filled with {_value(now.constant)} now, it was {_value(was.constant)}"
    if was.group != now.group:
        yield f"{pair} is decided {f'together with the group {now.group}' if now.group else 'by itself'} now"


def _pair(field: MappedField) -> str:
    return " → ".join(name for name in (field.spotio, field.salesforce) if name)


def _mapped(field: MappedField) -> bool:
    return bool(field.spotio and field.salesforce)


def _how(field: MappedField) -> str:
    if not _mapped(field):
        return f"filled with {_value(field.constant)}"
    filled = (
        f", filled with {_value(field.constant)} where there is nothing" if field.constant is not None else ""
    )
    return f"mapped {_WAYS[field.direction]} ({_WINS[field.conflict]}{filled})"


def _match(member: str, was: Any, now: Any) -> Iterator[str]:
    yield f"records are matched by {_keys(now)} now, it was {_keys(was)}"


def _keys(keys: tuple[tuple[str, ...], ...]) -> str:
    return ", then ".join(" + ".join(key) for key in keys) or "nothing"


def _value_maps(member: str, was: Any, now: Any) -> Iterator[str]:
    there = member == "value_maps"
    for field in dict.fromkeys([*was, *now]):
        old, new = was.get(field, {}), now.get(field, {})
        for name in dict.fromkeys([*old, *new]):
            way = f"{field} {name}" if there else f"{name} on the way back to {field}"
            if old.get(name) != new.get(name):
                yield f"{way} is {_value(new.get(name))} now, it was {_value(old.get(name))}"
        if list(old.items()) != list(new.items()) and old == new:
            yield f"the value map of {field} is in another order"


def _ordered(maps: Mapping[str, Mapping[str, str]]) -> list[tuple[str, list[tuple[str, str]]]]:
    return [(field, list(maps[field].items())) for field in sorted(maps)]


_TELLERS = {
    "inbound": _inbound,
    "outbound": _outbound,
    "fields": _fields,
    "match": _match,
    "value_maps": _value_maps,
    "value_maps_back": _value_maps,
}


def _on(on: bool) -> str:
    return "on" if on else "off"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _value(value: Any) -> str:
    if value is None or value in ((), {}, ""):
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ", ".join(_value(inner) for inner in value)
    if isinstance(value, BaseModel):
        return ", ".join(f"{_words(name)} {_value(inner)}" for name, inner in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_value(inner)}" for name, inner in value.items())
    return str(value)


def _json(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    if isinstance(value, tuple | list):
        return [_json(inner) for inner in value]
    return value
