"""The commands of the two-way sync: plan, sync, turn on and off, why, conflicts, resolve."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from sync import terminal
from sync.commands import telling
from sync.commands.base import AsJson, StoreUrl, carry_out, end, who
from sync.errors import UsageError

SyncName = Annotated[
    str | None, typer.Option("--sync", help="Only this sync; all that are on when not given")
]
Name = Annotated[str, typer.Argument(help="The sync's name in the configuration")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask")]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    for name, command in _COMMANDS.items():
        app.command(name)(command)


def plan(
    sync: SyncName = None,
    save: Annotated[bool, typer.Option("--save", help="Keep it, for `fieldline sync --plan ID`")] = False,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show what the next run would write; nothing is written."""

    def work() -> int:
        document = carry_out("plan", {"sync": sync, "save": save, "person": who()}, store)
        terminal.show_json(document) if as_json else telling.show_plan(document)
        return 0

    end(work, as_json)


def sync(
    sync: SyncName = None,
    plan: Annotated[
        str | None, typer.Option("--plan", help="Do nothing that is not in this saved plan")
    ] = None,
    approve: Annotated[
        list[str] | None,
        typer.Option("--approve", help="CLASS=N: let N actions of a class through that a guard holds"),
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Only these records, SYSTEM:ID or ID")
    ] = None,
    no_pull: Annotated[bool, typer.Option("--no-pull", help="Plan on what is mirrored already")] = False,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Run the syncs once: pull, plan, guard, write, record."""

    def work() -> int:
        arguments: dict[str, Any] = {
            "sync": sync, "plan": plan, "approve": _approvals(approve or []), "only": only or [],
            "pull": not no_pull, "person": who(),
        }  # fmt: skip
        with terminal.bars(quiet=as_json) as progress:
            report = carry_out("sync", arguments, store, progress, pulls=True)
        terminal.show_json(report) if as_json else telling.show_sync(report)
        return {"done": 0, "held": 3}.get(report["outcome"], 1)

    end(work, as_json)


def _approvals(given: list[str]) -> dict[str, int]:
    found = {}
    for each in given:
        name, equals, number = each.partition("=")
        if not equals or not number.isdigit():
            raise UsageError(f"'{each}' approves nothing; write it as create_spotio=120.")
        found[name] = int(number)
    return found


def sync_on(
    name: Name,
    outbound: Annotated[bool, typer.Option("--outbound", help="The outbound direction too")] = False,
    yes: Yes = False,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Turn a sync on, after showing what its first run would write and how many calls a day it takes."""

    def work() -> int:
        arguments: dict[str, Any] = {"sync": name, "outbound": outbound, "person": who()}
        document = carry_out("sync_on", {**arguments, "confirmed": yes}, store, pulls=True)
        if not document["turned_on"] and not as_json:
            telling.show_turn_on(document)
            if not _agreed(f"Turn {name} on?", yes):
                terminal.err.print("Nothing was turned on. Add --yes to turn it on without being asked.")
                return 3
            document = carry_out("sync_on", {**arguments, "confirmed": True}, store, pulls=True)
        if as_json:
            terminal.show_json(document)
        else:
            telling.show_turned_on(document)
        return 0 if document["turned_on"] else 3

    end(work, as_json)


def sync_pause(name: Name, store: StoreUrl = None, as_json: AsJson = False) -> None:
    """Stop a sync and keep what it agreed on; resuming catches up."""
    _switch("sync_pause", name, store, as_json)


def sync_resume(name: Name, store: StoreUrl = None, as_json: AsJson = False) -> None:
    """Go on with a paused sync."""
    _switch("sync_resume", name, store, as_json)


def pause_all(store: StoreUrl = None, as_json: AsJson = False) -> None:
    """Stop every sync."""
    _switch("sync_pause", None, store, as_json)


def resume_all(store: StoreUrl = None, as_json: AsJson = False) -> None:
    """Go on with every paused sync."""
    _switch("sync_resume", None, store, as_json)


def _switch(command: str, name: str | None, store: str | None, as_json: bool) -> None:
    def work() -> int:
        document = carry_out(command, {"sync": name, "person": who()}, store)
        terminal.show_json(document) if as_json else telling.show_switches(document)
        return 0

    end(work, as_json)


def sync_off(name: Name, yes: Yes = False, store: StoreUrl = None, as_json: AsJson = False) -> None:
    """Turn a sync off and drop what it agreed on; says first how many changes will never be caught up."""

    def work() -> int:
        arguments: dict[str, Any] = {"sync": name, "person": who()}
        document = carry_out("sync_off", {**arguments, "confirmed": yes}, store, pulls=True)
        if not document["turned_off"] and not as_json:
            telling.show_off(document)
            if not _agreed(f"Turn {name} off?", yes):
                terminal.err.print("Nothing was turned off. Add --yes to turn it off without being asked.")
                return 3
            document = carry_out("sync_off", {**arguments, "confirmed": True}, store, pulls=True)
        terminal.show_json(document) if as_json else telling.show_off(document)
        return 0 if document["turned_off"] else 3

    end(work, as_json)


def why(
    record: Annotated[str, typer.Argument(help="SYSTEM:ID, as spotio:6a1e… or salesforce:00Q…")],
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Say why a record did or did not sync, and the smallest change that would make it."""

    def work() -> int:
        document = carry_out("why", {"record": record}, store)
        terminal.show_json(document) if as_json else telling.show_why(document)
        return 0

    end(work, as_json)


def conflicts(
    sync: SyncName = None,
    with_standing: Annotated[
        bool, typer.Option("--standing", help="Also fields that differed when linked")
    ] = False,
    with_matches: Annotated[
        bool, typer.Option("--matches", help="Also records that may be the same")
    ] = False,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """List the fields that both sides changed and nobody has decided yet."""

    def work() -> int:
        asked = {"sync": sync, "standing_too": with_standing, "matches_too": with_matches}
        found = carry_out("conflicts", asked, store)
        if as_json:
            terminal.show_json(found)
        elif with_standing or with_matches:
            telling.show_open(found)
        else:
            telling.show_conflicts(found)
        return 0

    end(work, as_json)


def resolve(
    id: Annotated[
        str | None, typer.Argument(help="The id of a conflict (c-…) or a standing difference (s-…)")
    ] = None,
    take: Annotated[
        str | None,
        typer.Option(help="Whose value is taken: spotio or salesforce; of standing differences also blanks"),
    ] = None,
    value: Annotated[str | None, typer.Option(help="Another value, as SPOTIO holds it")] = None,
    restore: Annotated[
        bool, typer.Option("--restore", help="Bring the loser of a settled conflict back")
    ] = False,
    sync: Annotated[str | None, typer.Option("--sync", help="Many at once: those of this sync")] = None,
    field: Annotated[str | None, typer.Option(help="Many at once: only of this field")] = None,
    changed_by: Annotated[
        str | None, typer.Option(help="Many at once: only what this person changed")
    ] = None,
    of_standing: Annotated[
        bool, typer.Option("--standing", help="Many at once: standing differences")
    ] = False,
    yes: Yes = False,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Decide a conflict, or many by a rule; the next run writes it."""

    def work() -> int:
        if (id is None) == (sync is None):
            raise UsageError("Name either one conflict by its id, or --sync for many.")
        if id is not None:
            arguments = {"id": id, "take": take, "value": value, "restore": restore, "person": who()}
            document = carry_out("resolve", arguments, store)
        else:
            if take is None:
                raise UsageError("Say whose value is taken: --take spotio or --take salesforce.")
            rule = {
                "sync": sync, "field": field, "changed_by": changed_by, "of_standing": of_standing, "take": take,
                "person": who(),
            }  # fmt: skip
            document = carry_out("resolve_all", {**rule, "expected": None}, store)
            if not _agreed(f"Decide {document['meant']:,} at once?", yes):
                terminal.show_json(document) if as_json else terminal.out.print(f"{document['meant']:,} would be decided; nothing was.")  # fmt: skip
                return 3
            document = carry_out("resolve_all", {**rule, "expected": document["meant"]}, store)
        if as_json:
            terminal.show_json(document)
        else:
            terminal.out.print(f"Decided {document['decided']:,}. The next run writes it.")
        return 0

    end(work, as_json)


def _agreed(question: str, yes: bool) -> bool:
    """Whether a person agrees; nobody is asked where nobody sits."""
    return yes or (sys.stdin.isatty() and typer.confirm(question, err=True))


_COMMANDS: dict[str, Callable[..., None]] = {
    "plan": plan, "sync": sync, "sync-on": sync_on, "sync-pause": sync_pause, "sync-resume": sync_resume,
    "sync-off": sync_off, "pause-all": pause_all, "resume-all": resume_all, "why": why, "conflicts": conflicts,
    "resolve": resolve,
}  # fmt: skip
