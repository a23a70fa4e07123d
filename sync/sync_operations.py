"""What the commands of the two-way sync do, wherever they run: plan, run, switch, explain, decide."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from data import config
from data.store import Store
from data.syncs import asked, cases, computed, conflicts, journal, links, plans, standing, states
from data.syncs.seen import Seen
from sync.connectors.salesforce.ids import full_id
from sync.engine import guards
from sync.engine import why as engine_why
from sync.engine.definition import Definition, FieldRule, Side
from sync.engine.guards import Guarded
from sync.errors import StalePlanError, UsageError
from sync.runner import SYNCED, Runner, SyncRequest
from sync.settings import Settings
from sync.syncing import pull_both
from sync.syncing import sync as run_syncs
from sync.syncs import asking, saving, showing, turning
from sync.syncs.elsewhere import failure, not_looked_at
from sync.syncs.planning import Planned, all_due, engine_state, make_plan
from sync.syncs.resolving import definition, published
from sync.syncs.running import what_goes_on
from sync.syncs.saving import Editors

Progress = Callable[[dict[str, Any]], None]
APPROVED_FOR = timedelta(days=1)
PLAN_APPROVED_FOR = timedelta(hours=1)  # by then, too much may have moved
_IN_ROWS = ("actions", "blocked", "conflicts")  # of a saved plan: what its rows tell
# What became of an id that a sync holds nothing of, by the step that says so.
_NOT_HELD = {
    "type": "other_type",
    "id": "no_id",
    "erased": "erased",
    "another_sync": "another_sync",
    "apply": "waiting",
}
_NOT_ITS_OWN = ("not_mirrored", "other_type", "no_id", "another_sync")


class SyncOperations:
    """The commands over one open store."""

    def __init__(self, store: Store, runner: Runner | None, settings: Settings) -> None:
        self._store, self._runner, self._settings = store, runner, settings

    def commands(self) -> dict[str, Callable[..., Any]]:
        """The commands by name."""
        return {
            "plan": self.plan, "sync": self.sync, "sync_on": self.sync_on, "sync_pause": self.sync_pause,
            "sync_resume": self.sync_resume, "sync_off": self.sync_off, "why": self.why, "conflicts": self.conflicts,
            "conflict_page": self.conflict_page, "resolve": self.resolve, "resolve_several": self.resolve_several,
            "resolve_all": self.resolve_all, "approve_plan": self.approve_plan,
            "withdraw_approval": self.withdraw_approval,
        }  # fmt: skip

    def plan(self, *, sync: str | None, save: bool, person: str, progress: Progress) -> dict[str, Any]:
        """What the next run would write; of a sync that is off, what it would if it were turned on now (`preview`)."""
        now = datetime.now(UTC)
        names = [sync] if sync else [state.sync for state in states.read_all(self._store) if state.on]
        planned, guarded, previews = [], {}, []
        found = []
        for name in names:
            made, editors = definition(self._store, name), Editors()
            preview = states.read(self._store, name).off
            piece = editors if save else None
            each = self._preview(made, now, piece=piece) if preview else self._next(made, now, piece)
            planned.append(each)
            previews += [name] if preview else []
            approved = plans.approved(self._store, name, now=now)
            guarded[name] = self._guarded(made, each, approved)
            if save:
                found.append(saving.rows(self._store, each, guarded[name], editors))
        document = {**showing.plan_document(self._store, planned, guarded), "preview": previews}
        if save:
            kept = {name: told for name, told in document.items() if name not in _IN_ROWS}
            linked = {name: links.live_count(self._store, name) for name in names}
            document["plan_id"] = plans.save(
                self._store, {**kept, **saving.beside(self._store, planned, linked)},
                pl.concat([pl.DataFrame(schema=dict(plans.ROW)), *found]), syncs=names,
                version=config.number(self._store), person=person, now=now,
            )  # fmt: skip
        return document

    def approve_plan(
        self, *, plan: str, sync: str, classes: Mapping[str, int], person: str, progress: Progress
    ) -> dict[str, Any]:
        """Let a run of a saved plan do so many actions of each class beyond its limits, for an hour (C-06).

        Raises UsageError for what the plan does not hold, and StalePlanError when it is of another version.
        """
        saved = plans.read(self._store, plan)
        if saved is None or sync not in saved["syncs"]:
            raise UsageError(f"There is no plan {plan} of {sync}; nothing was approved.")
        if saved["version"] != config.number(self._store):
            raise StalePlanError(
                f"Plan {plan} was made from version {saved['version']} of the configuration, and"
                f" {config.number(self._store)} is in force; nothing was approved.",
                "Plan again.",
            )
        held = {one["class"]: one for one in saved["document"]["held"] if one["sync"] == sync}
        for named, most in classes.items():
            if named not in held or not 0 < most <= held[named]["planned"]:
                raise UsageError(f"Plan {plan} holds no {guards.counted(named, most)}; nothing was approved.")
            if held[named]["limit"] == "calls":
                raise UsageError(
                    f"{held[named]['text']} Salesforce sets that limit, and no approval lifts it; nothing was approved."
                )
        now = datetime.now(UTC)
        until = now + PLAN_APPROVED_FOR
        plans.approve(self._store, sync, classes, plan=plan, person=person, now=now, until=until)
        return {"plan": plan, "sync": sync, "classes": dict(classes), "until": until}

    def withdraw_approval(self, *, plan: str, sync: str, person: str, progress: Progress) -> dict[str, Any]:
        """End what was approved of a plan and no run has made use of."""
        return {"withdrawn": plans.withdraw(self._store, plan, sync, datetime.now(UTC))}

    def sync(
        self,
        *,
        sync: str | None,
        plan: str | None,
        approve: Mapping[str, int],
        only: Sequence[str],
        pull: bool,
        person: str,
        progress: Progress,
    ) -> dict[str, Any]:
        """One run of a sync, or of all that are on; `only` limits it to some records of either system."""
        ids = tuple(showing.record_id(each) for each in only)
        request = SyncRequest("command", (sync,) if sync else (), pull, ids, plan, approve)
        outcome = run_syncs(self._running(), request, lambda counts: progress({**counts.as_json(), "expected": counts.expected}))  # fmt: skip
        return outcome.as_json()

    def sync_on(
        self, *, sync: str, outbound: bool, confirmed: bool, person: str, progress: Progress
    ) -> dict[str, Any]:
        """Turn a sync on, or say what its first run would write when it is not confirmed.

        Both systems are pulled first. What is confirmed is what was shown: the first run may write that many of each
        class, whatever the guards say, and no more.
        """
        made = definition(self._store, sync)
        wanted = turning.directions(made, outbound=outbound)
        runner = self._running()
        with runner.turn(SYNCED):
            fresh = turning.still_off(self._store, made, wanted)
            pull_both(runner, "command", lambda _: None)
            now = datetime.now(UTC)
            planned = self._preview(made, now, fresh) if fresh else self._next(made, now)
            document = {
                **showing.plan_document(self._store, [planned], {sync: self._guarded(made, planned, {})}),
                "sync": sync,
                "directions": list(wanted),
                "projected_calls": showing.projected_calls(planned, self._polls()),
                "turned_on": False,
                "missed": states.missed(self._store, sync).total if fresh else 0,
            }
            if not confirmed or not fresh:
                return {**document, "turned_on": not fresh}
            stood = turning.turn_on(self._store, made, fresh, person=person, now=now)
            plans.approve(self._store, sync, planned.counts, person=person, now=now, until=now + APPROVED_FOR)
        return {**document, "turned_on": True, "snapshot": stood}

    def sync_pause(self, *, sync: str | None, person: str, progress: Progress) -> dict[str, Any]:
        """Pause a sync, or all."""
        return self._switched(sync, states.pause, person)

    def sync_resume(self, *, sync: str | None, person: str, progress: Progress) -> dict[str, Any]:
        """Resume a sync, or all that are paused."""
        return self._switched(sync, states.resume, person)

    def _switched(self, sync: str | None, switch: Callable[..., Any], person: str) -> dict[str, Any]:
        now = datetime.now(UTC)
        names = [self._known(sync)] if sync else [state.sync for state in states.read_all(self._store)]
        found = [switch(self._store, name, person=person, now=now) for name in names]
        return {"syncs": [{"sync": s.sync, "inbound": s.inbound, "outbound": s.outbound} for s in found]}

    def sync_off(self, *, sync: str, confirmed: bool, person: str, progress: Progress) -> dict[str, Any]:
        """Turn a sync off, or say what that gives up when it is not confirmed (T-04)."""
        name, now = self._known(sync), datetime.now(UTC)
        missed = states.missed(self._store, name)
        document = {
            "sync": name,
            "links": states.drop_count(self._store, name),
            "never_caught_up": missed.total,
            "turned_off": False,
        }
        if not confirmed:
            return document
        with self._running().turn(SYNCED):
            states.turn_off(self._store, name, person=person, now=now)
        return {**document, "turned_off": True}

    def why(self, *, record: str, progress: Progress) -> dict[str, Any]:
        """Why a record did or did not sync, told by every sync from the engine's own evaluation."""
        try:
            side, id = showing.record_of(record)
        except ValueError as error:
            raise UsageError(str(error)) from error
        if side is Side.SALESFORCE:
            id = full_id(id)
        now = datetime.now(UTC)
        told = [self._why_in(made, side, id, now) for made in self._definitions()]
        best = min(
            told,
            key=lambda each: (each["link"] is None, each["outcome"] in _NOT_ITS_OWN),
            default=None,
        )
        return {
            "system": str(side), "object": best["object"] if best else None, "id": id, "syncs": told,
            "outcome": best["outcome"] if best else "no_sync",
            "first_failure": best["first_failure"] if best else _no_sync(),
            "trace": best["trace"] if best else [],
            "text": best["text"] if best else "No sync is published.",
            "as_of": best.get("as_of", {}) if best else {},
        }  # fmt: skip

    def _why_in(self, made: Definition, side: Side, id: str, now: datetime) -> dict[str, Any]:
        state = engine_state(self._store, made.sync, self._polls()["salesforce"])
        planned = make_plan(self._store, made, state, now=now, only=[id])
        told = engine_why.tell(made, planned.inputs, planned.plan, side, id, now)
        object = made.type_name if side is Side.SPOTIO else made.sobject
        if told is None:
            found = not_looked_at(self._store, made, side, id)
            return {
                "sync": made.sync, "object": object, "link": None, "outcome": _NOT_HELD.get(found["step"], "not_mirrored"),
                "text": found["text"], "first_failure": found,
                "trace": [{"step": found["step"], "passed": False, "text": found["text"], "seen": found["seen"]}],
            }  # fmt: skip
        text = " ".join(
            [told.text, *self._tried(planned, side, id), *(made.standing_still if told.link else [])]
        )
        return {
            "sync": made.sync, "object": object, "link": told.link, "outcome": told.outcome, "text": text,
            "first_failure": told.first_failure, "trace": list(told.trace), "as_of": self._as_of(planned),
        }  # fmt: skip

    def _as_of(self, planned: Planned) -> dict[str, str]:
        """Since when what Salesforce computes of the record stands, by label (F-03)."""
        made = planned.definition
        if not made.computed:
            return {}
        seen = computed.seen_at(self._store, made.sobject.lower(), planned.inputs.salesforce["id"])
        return {column.label: max(seen.values()) for column in made.computed} if seen else {}

    def _tried(self, planned: Planned, side: Side, id: str) -> Iterator[str]:
        """What kept the planned writes of a record from being done the last time."""
        actions = planned.plan.actions.filter(pl.col(f"{side}_id") == id)
        for action in actions["action"]:
            reason = journal.came_to_nothing(self._store, action)
            if reason:
                yield f"The last try came to nothing: {reason.rstrip('.')}. The next run tries it again."

    def conflicts(
        self, *, sync: str | None, standing_too: bool, matches_too: bool, progress: Progress
    ) -> Any:
        """The open conflicts, the longest-waiting first; with the others asked for, `{conflicts, standing, matches}`."""
        rules = self._rules()
        open_ones = [_named(row, rules) for row in conflicts.listed(self._store, sync)]
        if not (standing_too or matches_too):
            return open_ones
        differing = [_named(row, rules) for row in standing.listed(self._store, sync)] if standing_too else []
        undecided = cases.listed(self._store, sync) if matches_too else []
        return {"conflicts": open_ones, "standing": differing, "matches": undecided}

    def conflict_page(
        self, *, of: str, sync: str | None, field: str | None, offset: int, limit: int, around: str | None = None,
        progress: Progress,
    ) -> dict[str, Any]:  # fmt: skip
        """A page of what people are asked (`of`: open, standing, matches) or of what was decided (decided).

        It is the one on which `around` stands, the id of a conflict or a standing difference, where that is to be found.
        """
        definitions = self._definitions()
        return asking.page(
            self._store, definitions, of, sync=sync, field=field, offset=offset, limit=limit, around=around
        )

    def _rules(self) -> dict[tuple[str, str], FieldRule]:
        return {(made.sync, rule.key): rule for made in self._definitions() for rule in made.fields}

    def resolve(
        self, *, id: str, take: str | None, value: str | None, restore: bool, person: str, progress: Progress
    ) -> dict[str, Any]:
        """Decide a conflict or a standing difference, or bring the loser of a settled conflict back; the next run writes it."""
        now = datetime.now(UTC)
        if restore:
            return {
                "id": conflicts.restore(self._store, id, person=person, now=now),
                "restores": id,
                "decided": 1,
            }
        if (take is None) == (value is None):
            raise UsageError("Say either --take spotio, --take salesforce or --value TEXT.")
        _side(take)
        chosen = take or "value"
        decide = standing.decide if id.startswith("s-") else conflicts.decide
        number = decide(self._store, [id], chosen, value=value, person=person, now=now)
        return {"id": id, "take": chosen, "value": value, "decided": number}

    def resolve_several(
        self, *, seen: Sequence[Mapping[str, str | None]], take: str | None, value: str | None, person: str, progress: Progress,
    ) -> dict[str, Any]:  # fmt: skip
        """Decide conflicts, or standing differences, as a person has `seen` them: `{id, spotio, salesforce}` each, undecided.

        What became another by then, or was decided by somebody else, is refused, and with it all the others. `cases` are
        those decided, with the fields that are decided together with them.
        """
        if (take is None) == (value is None):
            raise UsageError("Say either whose value is taken, or another value.")
        _side(take)
        shown = [Seen(str(each["id"]), each["spotio"], each["salesforce"]) for each in seen]
        if len({each.id[:2] for each in shown}) != 1:
            raise UsageError("Choose conflicts or standing differences, one or more of them.")
        ids, chosen, now = [each.id for each in shown], take or "value", datetime.now(UTC)
        decide = standing.decide if ids[0].startswith("s-") else conflicts.decide
        number = decide(self._store, ids, chosen, value=value, seen=shown, person=person, now=now)
        decided = asked.decided_by(self._store, person, now)
        return {"ids": ids, "take": chosen, "value": value, "decided": number, "cases": decided}

    def resolve_all(
        self, *, sync: str, field: str | None, changed_by: str | None, of_standing: bool, take: str,
        expected: int | None, person: str, progress: Progress,
    ) -> dict[str, Any]:  # fmt: skip
        """Decide every open conflict, or standing difference of a field, that a rule means; without `expected`, say how many."""
        made = definition(self._store, sync)
        key = _key_of(made, field) if field else None
        now = datetime.now(UTC)
        if of_standing:
            if key is None:
                raise UsageError("Name the --field whose standing differences are meant.")
            rows = [row for row in standing.listed(self._store, sync, field=key) if row["take"] is None]
            meant = len([r for r in rows if take != "blanks" or not r["spotio"] or not r["salesforce"]])
            if expected is not None:
                meant = standing.decide_field(self._store, sync, key, take, expected=expected, person=person, now=now)  # fmt: skip
        else:
            _side(take)
            rule = conflicts.Rule(field=key, changed_by=changed_by)
            meant = conflicts.count_by_rule(self._store, sync, rule)
            if expected is not None:
                meant = conflicts.decide_by_rule(self._store, sync, rule, take, expected=expected, person=person, now=now)  # fmt: skip
        decided = asked.decided_by(self._store, person, now) if expected is not None else []
        return {
            "meant": meant,
            "decided": meant if expected is not None else 0,
            "take": take,
            "cases": decided,
        }

    def _definitions(self) -> list[Definition]:
        return [each.definition for each in published(self._store) if each.definition is not None]

    def _known(self, sync: str) -> str:
        if states.read(self._store, sync).changed_at is None:
            definition(self._store, sync)  # says which there are
        return sync

    def _next(
        self, made: Definition, now: datetime, piece: Callable[[Planned], None] | None = None
    ) -> Planned:
        kept = states.read(self._store, made.sync)
        state = engine_state(self._store, made.sync, self._polls()["salesforce"])
        everything = all_due(made, kept, now)
        return make_plan(
            self._store, made, state, now=now, since=kept.planned_to, everything=everything, piece=piece
        )

    def _preview(
        self,
        made: Definition,
        now: datetime,
        fresh: Sequence[states.Direction] | None = None,
        piece: Callable[[Planned], None] | None = None,
    ) -> Planned:
        """The plan as if directions were turned on now."""
        state = engine_state(self._store, made.sync, self._polls()["salesforce"])
        wanted = fresh if fresh is not None else turning.directions(made, outbound=False)
        return make_plan(
            self._store,
            made,
            turning.as_if_on(state, wanted, now),
            now=now,
            everything=True,
            turning_on=wanted,
            piece=piece,
        )

    def _guarded(self, made: Definition, planned: Planned, approved: Mapping[str, int]) -> Guarded:
        lost = links.known_lost(self._store, made.sync)
        return what_goes_on(self._store, self._settings, made, planned, approved, known_lost=lost)

    def _polls(self) -> dict[str, int]:
        schedule = self._settings.schedule
        return {"spotio": schedule.spotio_seconds, "salesforce": schedule.salesforce_seconds}

    def _running(self) -> Runner:
        if self._runner is None:
            raise UsageError("This process does not sync.")
        return self._runner


def _side(take: str | None) -> None:
    if take not in (None, "spotio", "salesforce"):
        raise UsageError(f"'{take}' is no side; take spotio or salesforce.")


def _key_of(made: Definition, name: str) -> str:
    """The mapped pair that a SPOTIO or Salesforce field's name means."""
    wanted = name.removeprefix("lead.").casefold()
    for rule in made.fields:
        if wanted in (
            rule.spotio.label.casefold(),
            rule.spotio.name,
            rule.salesforce.name.casefold(),
            rule.key.casefold(),
        ):
            return rule.key
    known = ", ".join(rule.spotio.label for rule in made.fields)
    raise UsageError(f"{made.sync} maps no field '{name}'.", f"It maps: {known}.")


def _named(row: dict[str, Any], rules: Mapping[tuple[str, str], FieldRule]) -> dict[str, Any]:
    """A row of a field with the field's names on both sides; `key` is the mapped pair's."""
    rule = rules.get((row["sync"], row["field"]))
    return {
        **row, "key": row["field"], "field": rule.spotio.label if rule else row["field"],
        "salesforce_field": rule.salesforce.name if rule else None,
    }  # fmt: skip


def _no_sync() -> dict[str, Any]:
    change = "Publish one: `fieldline config sample` shows how one looks."
    return failure("sync", "No sync is published.", None, change)
