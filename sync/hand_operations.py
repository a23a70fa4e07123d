"""What a person decides by hand (SF-28): link, unlink, keep out; let a refused write go again, ignore or assign it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import polars as pl

from data.store import Store
from data.syncs import cases, failures, kept_out, links, states
from sync.connectors.salesforce.ids import full_id
from sync.engine.definition import SYSTEM_NAMES, Definition, Side
from sync.engine.match import Matches
from sync.engine.plan import NO_MATCHES, entries, plan
from sync.errors import UsageError
from sync.runner import SYNCED, Runner
from sync.syncs.applying import Apis, apply_plan
from sync.syncs.loading import load
from sync.syncs.planning import engine_state
from sync.syncs.resolving import definition, published
from sync.syncs.showing import record_of

Progress = Callable[[dict[str, Any]], None]
_BY_HAND = "a person's word"
_LIVE = ("active", "deleted", "case")


class HandOperations:
    """The commands over one open store."""

    def __init__(self, store: Store, runner: Runner | None) -> None:
        self._store, self._runner = store, runner

    def commands(self) -> dict[str, Callable[..., Any]]:
        """The commands by name."""
        return {
            "link": self.link, "unlink": self.unlink, "exclude": self.exclude, "include": self.include,
            "failures": self.failures, "retry": self.retry, "ignore": self.ignore, "assign": self.assign,
            "match": self.match,
        }  # fmt: skip

    def link(
        self, *, spotio_id: str, salesforce_id: str, sync: str | None, person: str, progress: Progress
    ) -> dict[str, Any]:
        """Link two records as they stand; nothing is written, and what differs is a standing difference (L-01)."""
        made = self._sync_of(sync)
        ids = {Side.SPOTIO: spotio_id.strip(), Side.SALESFORCE: full_id(salesforce_id.strip())}
        with self._running().turn(SYNCED):
            state = engine_state(self._store, made.sync, 0)
            if "on" not in (state.inbound, state.outbound) and "paused" not in (state.inbound, state.outbound):  # fmt: skip
                raise UsageError(f"{made.sync} is off, and turning it off took its links apart.", f"Turn it on with `fieldline sync-on {made.sync}` first.")  # fmt: skip
            inputs = load(self._store, made, state, only=list(ids.values()))
            for side, rows in ((Side.SPOTIO, inputs.spotio), (Side.SALESFORCE, inputs.salesforce)):
                self._may_be_linked(made, side, ids[side], rows)
            now = datetime.now(UTC)
            pair = {f"{side}_id": [id] for side, id in ids.items()}
            found = Matches(pl.DataFrame({**pair, "key": [_BY_HAND]}), NO_MATCHES.cases, NO_MATCHES.undecided)
            planned = plan(made, inputs, state, now, entries(made, inputs, state, now), found)
            run = self._running().open_run("link", "command", SYNCED)
            linking = planned.actions.filter(pl.col("kind") == "link")
            apply_plan(self._store, made, planned, linking, Apis(None, None), run=run)
            cases.say(self._store, made.sync, ids[Side.SPOTIO], ids[Side.SALESFORCE], same=True, person=person, now=now)  # fmt: skip
            self._running().finish(run, "done", None)
        [linked] = [each for each in self._links(Side.SPOTIO, ids[Side.SPOTIO], made.sync) if each["state"] in _LIVE]  # fmt: skip
        differing = planned.fields.filter(pl.col("reason") == "standing")
        return {
            "link": linked["link"], "sync": made.sync, "spotio_id": ids[Side.SPOTIO],
            "salesforce_id": ids[Side.SALESFORCE], "differing": differing["label"].to_list(),
        }  # fmt: skip

    def _may_be_linked(self, made: Definition, side: Side, id: str, rows: pl.DataFrame) -> None:
        system = SYSTEM_NAMES[side]
        object = made.type_name if side is Side.SPOTIO else made.sobject
        found = rows.filter(pl.col("id") == id).to_dicts()
        if not found:
            raise UsageError(f"{system} has shown us no {object} {id}.", "Check the id; a new record is there after `fieldline pull`.")  # fmt: skip
        if found[0]["_deleted"]:
            raise UsageError(f"{object} {id} is deleted in {system}.", "Undelete it there first.")
        for link in self._links(side, id, None):
            if link["state"] in _LIVE:
                other = link[f"{side.other}_id"]
                raise UsageError(
                    f"{object} {id} of {system} is linked to {other} already ({link['link']} of {link['sync']}).",
                    f"Take that apart first: `fieldline unlink {side}:{id}`.",
                )

    def unlink(self, *, record: str, sync: str | None, person: str, progress: Progress) -> dict[str, Any]:
        """Take the link of a record apart; both records stay as they are, and are not linked again by themselves."""
        side, id = _record(record)
        found = [each for each in self._links(side, id, sync) if each["state"] in _LIVE]
        if not found:
            raise UsageError(f"{SYSTEM_NAMES[side]} {id} is not linked.")
        with self._running().turn(SYNCED):
            links.unlink(self._store, [each["link"] for each in found], f"by {person}", datetime.now(UTC))
        return {"unlinked": [each["link"] for each in found], "record": f"{side}:{id}"}

    def exclude(
        self, *, record: str, note: str, sync: str | None, person: str, progress: Progress
    ) -> dict[str, Any]:
        """Keep a record out of a sync, or of all; a linked one stays linked, and nothing travels."""
        side, id = _record(record)
        names = self._names_for(side, id, sync)
        now = datetime.now(UTC)
        changed = [
            name
            for name in names
            if kept_out.keep_out(self._store, name, side, [id], "excluded", person=person, note=note, now=now)
        ]
        return {"record": f"{side}:{id}", "excluded": changed, "syncs": names}

    def include(self, *, record: str, sync: str | None, progress: Progress) -> dict[str, Any]:
        """Let a record in again."""
        side, id = _record(record)
        names = [sync] if sync else sorted({row["sync"] for row in kept_out.listed(self._store)})
        now = datetime.now(UTC)
        changed = [
            name for name in names if kept_out.let_in(self._store, name, side, [id], "excluded", now=now)
        ]
        if not changed:
            raise UsageError(f"{SYSTEM_NAMES[side]} {id} is not excluded.")
        return {"record": f"{side}:{id}", "included": changed}

    def failures(self, *, sync: str | None, ignored: bool, progress: Progress) -> list[dict[str, Any]]:
        """The refused writes that wait for a person, newest first."""
        return failures.listed(self._store, sync, ignored=ignored)

    def retry(self, *, which: Sequence[str], progress: Progress) -> dict[str, Any]:
        """Let refused writes be tried again by the next run."""
        writes = self._writes(which)
        return {"writes": writes, "released": failures.release(self._store, writes, datetime.now(UTC))}

    def ignore(self, *, which: Sequence[str], note: str, progress: Progress) -> dict[str, Any]:
        """Leave refused writes untried and unlisted, with a note."""
        if not note.strip():
            raise UsageError("Say why it is ignored: --note TEXT.")
        writes = self._writes(which)
        return {"writes": writes, "ignored": failures.ignore(self._store, writes, note.strip())}

    def assign(self, *, which: Sequence[str], to: str, progress: Progress) -> dict[str, Any]:
        """Note who looks after refused writes."""
        writes = self._writes(which)
        return {"writes": writes, "assigned": failures.assign(self._store, writes, to), "to": to}

    def match(
        self, *, word: str, spotio_id: str, salesforce_id: str, note: str, sync: str | None, person: str, progress: Progress,
        of_case: str | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Say of two records whether they are the same; the next run goes by it.

        `of_case` is the case in which the person saw the two, undecided: what became of it since is not overwritten.
        """
        if word not in ("same", "different"):
            raise UsageError(f"'{word}' is no answer; say same or different.")
        made = self._sync_of(sync)
        spotio, salesforce = spotio_id.strip(), full_id(salesforce_id.strip())
        for side, id in ((Side.SPOTIO, spotio), (Side.SALESFORCE, salesforce)):
            self._names_for(side, id, made.sync)
        cases.say(
            self._store, made.sync, spotio, salesforce, same=word == "same", person=person, note=note, now=datetime.now(UTC),
            of_case=of_case,
        )  # fmt: skip
        return {"sync": made.sync, "spotio_id": spotio, "salesforce_id": salesforce, "word": word}

    def _writes(self, which: Sequence[str]) -> list[str]:
        """The refused writes that are meant, named by their own ids or by their records."""
        listed = [
            *failures.listed(self._store),
            *failures.listed(self._store, ignored=True),
        ]
        found: list[str] = []
        for each in which:
            if each.startswith("w-"):
                mine = [row["write"] for row in listed if row["write"] == each]
            else:
                side, id = _record(each)
                mine = [row["write"] for row in listed if row[f"{side}_id"] == id]
            if not mine:
                raise UsageError(f"No refused write of {each} waits for anybody.", "`fieldline failures` lists those that do.")  # fmt: skip
            found += mine
        return list(dict.fromkeys(found))

    def _sync_of(self, name: str | None) -> Definition:
        """The named sync, or the only one there is."""
        if name is not None:
            return definition(self._store, name)
        names = [each.settings.name for each in published(self._store)]
        if len(names) > 1:
            raise UsageError(f"There are several syncs: {', '.join(names)}.", "Say which one is meant with --sync.")  # fmt: skip
        return definition(self._store, names[0] if names else "")

    def _names_for(self, side: Side, id: str, sync: str | None) -> list[str]:
        """The syncs that take records of this kind; a UsageError for a record that none of them has seen."""
        wanted = [self._sync_of(sync)] if sync else [each.definition for each in published(self._store) if each.definition]  # fmt: skip
        found = []
        for made in wanted:
            inputs = load(self._store, made, engine_state(self._store, made.sync, 0), only=[id])
            rows = inputs.spotio if side is Side.SPOTIO else inputs.salesforce
            if id in rows["id"]:
                found.append(made.sync)
        if not found:
            raise UsageError(f"No sync has seen a record {id} in {SYSTEM_NAMES[side]}.", f"`fieldline why {side}:{id}` says more.")  # fmt: skip
        return found

    def _links(self, side: Side, id: str, sync: str | None) -> list[dict[str, Any]]:
        return [each for each in links.find(self._store, side, id, sync) if each["reason"] != states.TURNED_OFF]  # fmt: skip

    def _running(self) -> Runner:
        if self._runner is None:
            raise UsageError("This process does not sync.")
        return self._runner


def _record(reference: str) -> tuple[Side, str]:
    """System and id of a record; Salesforce's in the long form."""
    try:
        side, id = record_of(reference)
    except ValueError as error:
        raise UsageError(str(error)) from error
    return side, full_id(id) if side is Side.SALESFORCE else id
