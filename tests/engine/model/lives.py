"""What has become of a linked pair, and which way values may travel (C-03, C-04, L-06, L-07, L-08)."""

from __future__ import annotations

from dataclasses import dataclass

from sync.engine.definition import Side
from tests.engine.model.filters import passes
from tests.engine.worlds import Link, Record, Text, World


@dataclass
class Life:
    """A linked pair: its code (None: both live), the open directions, and what the link is from now on."""

    link: Link
    spotio: Record
    salesforce: Record
    code: Text
    open_to: dict[Side, bool]
    next: tuple[str, bool, bool, Text]  # state, to_spotio, to_salesforce, reason
    at_once: bool
    unlink: bool

    @property
    def kept(self) -> Side | None:
        """The side whose record still stands after a deletion."""
        gone = {"deleted_in_spotio": Side.SALESFORCE, "deleted_in_salesforce": Side.SPOTIO}
        return gone.get(self.code or "")


def life(world: World, link: Link) -> Life:
    spotio = world.spotio.get(link.spotio_id) or Record(link.spotio_id, visible=False)
    salesforce = world.salesforce.get(link.salesforce_id) or Record(link.salesforce_id, visible=False)
    code = _code(world, link, spotio, salesforce)
    if code is not None:
        return Life(link, spotio, salesforce, code, dict.fromkeys(Side, False), _stopped(link, code, gone=spotio.deleted), True, False)  # fmt: skip
    definition, state = world.definition, world.state
    inbound, outbound = definition.inbound, definition.outbound
    born_here = link.born == "spotio"
    out_of_filter = not born_here and not passes(inbound.filter, salesforce, world.now)
    selected = not outbound.selective or any(
        passes(each.filter, spotio, world.now) for each in outbound.selective
    )
    left_whole = out_of_filter or (born_here and not selected)
    leaving = inbound.leaving if out_of_filter else outbound.leaving
    wants = {Side.SPOTIO: not left_whole, Side.SALESFORCE: not left_whole and selected}
    was = {Side.SPOTIO: link.to_spotio, Side.SALESFORCE: link.to_salesforce}
    last = leaving == "last_update"
    once = inbound.scope == "historical_only" and not inbound.updates_after_import and not born_here
    on = {Side.SPOTIO: state.inbound == "on" and not once, Side.SALESFORCE: state.outbound == "on"}
    open_to = {side: on[side] and (wants[side] or (was[side] and last)) for side in Side}
    reason = "left_filter" if out_of_filter else None if selected else "left_selection"
    return Life(
        link, spotio, salesforce, None, open_to,
        ("active", wants[Side.SPOTIO], wants[Side.SALESFORCE], reason),
        at_once=all(wants.values()) or not last,
        unlink=left_whole and leaving == "unlink" and any(was.values()),
    )  # fmt: skip


def _code(world: World, link: Link, spotio: Record, salesforce: Record) -> Text:
    if link.state == "unlinked":
        return "unlinked"
    if link.state == "case":
        return link.reason or "case"
    if {(Side.SPOTIO, link.spotio_id), (Side.SALESFORCE, link.salesforce_id)} & world.excluded:
        return "excluded"
    if salesforce.deleted and salesforce.merged_into:
        return "merged_in_salesforce"
    if spotio.deleted and salesforce.deleted:
        return "deleted_in_both"
    if not ((spotio.visible or spotio.deleted) and (salesforce.visible or salesforce.deleted)):
        return "not_visible"
    if salesforce.converted and not salesforce.deleted:
        return "converted"
    if spotio.deleted:
        return "deleted_in_spotio"
    return "deleted_in_salesforce" if salesforce.deleted else None


def _stopped(link: Link, code: str, *, gone: bool) -> tuple[str, bool, bool, Text]:
    """The state of a link of which nothing travels; absence and exclusion leave it as it is."""
    if code in ("unlinked", "excluded", "not_visible"):
        return link.state, link.to_spotio, link.to_salesforce, link.reason
    deleted = code.startswith("deleted_in_") or (code == "converted" and gone)
    state = "deleted" if deleted else "case" if code.startswith("merged_") else link.state
    return state, link.to_spotio, link.to_salesforce, code
