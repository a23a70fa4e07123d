"""Which records that belong to no link may enter (T-01 to T-05, L-07); None, or the code of what keeps one out."""

from __future__ import annotations

from sync.engine.definition import Filter, Kind, Side
from tests.engine.model.filters import passes
from tests.engine.model.values import same
from tests.engine.worlds import Record, Text, World


def unlinked(world: World, side: Side) -> list[Record]:
    named = world.linked_ids(side)
    return [record for record in world.rows(side).values() if record.id not in named]


def kept_out(world: World, side: Side, record: Record) -> Text:
    """Why a record does not enter; None when it may."""
    switch = world.state.outbound if side is Side.SPOTIO else world.state.inbound
    if (side, record.id) in world.excluded:
        return "excluded"
    if record.deleted:
        return "deleted"
    if not record.visible:
        return "not_visible"
    if side is Side.SALESFORCE and record.converted:
        return "converted"
    if switch == "off":
        return "direction_off"
    if switch == "paused":
        return "direction_paused"
    return _from_spotio(world, record) if side is Side.SPOTIO else _from_salesforce(world, record)


def _from_salesforce(world: World, record: Record) -> Text:
    inbound = world.definition.inbound
    stood = (Side.SALESFORCE, record.id) in world.snapshot
    if inbound.scope == "historical_only":
        if not stood:
            return "came_later"
        if not world.snapshot[Side.SALESFORCE, record.id]:
            return "failed_at_turn_on"
    else:
        if inbound.scope == "forward_only" and stood:
            return "stood_before"
        if not passes(inbound.filter, record, world.now):
            return "filtered"
    return "widened" if (Side.SALESFORCE, record.id) in world.barred else None


def _from_spotio(world: World, record: Record) -> Text:
    outbound = world.definition.outbound
    stood = (Side.SPOTIO, record.id) in world.snapshot
    edited = _edited_by_person(world, record, stood=stood)
    if stood and not edited:
        return "not_edited"
    sent = record.origin in outbound.origins or (edited and record.origin != "fieldline")
    if not stood and not sent:
        return "origin"
    wanted = [named.filter for named in outbound.selective] or [Filter()]
    if not any(passes(each, record, world.now) for each in wanted):
        return "filtered"
    return "widened" if (Side.SPOTIO, record.id) in world.barred else None


def _edited_by_person(world: World, record: Record, *, stood: bool) -> bool:
    on_at = world.state.outbound_on_at
    if on_at is None:
        return False
    told = {
        edit.column
        for edit in world.edits
        if edit.system is Side.SPOTIO and edit.id == record.id and edit.origin == "human" and edit.at > on_at
    }
    for column in world.definition.needed(Side.SPOTIO):
        if not stood:
            if column.name in told:
                return True
            continue
        if (record.id, column.name) not in world.held:
            continue
        # A reassignment or a redrawn territory says nothing of this record, unless it is told of it alone.
        meant = column.kind is not Kind.USER and column.name != "territory"
        by_person = column.name in told or (meant and None in told)
        if by_person and not same(record[column.name], world.held[record.id, column.name], column.kind):
            return True
    return False
