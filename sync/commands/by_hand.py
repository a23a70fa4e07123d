"""What a person decides by hand: link, unlink, exclude, include; failures, retry, ignore, assign; match."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich.table import Table

from sync import terminal
from sync.commands.base import AsJson, StoreUrl, carry_out, end, who

OfSync = Annotated[str | None, typer.Option("--sync", help="The sync that is meant, where there are several")]
Record = Annotated[str, typer.Argument(help="SYSTEM:ID, as spotio:6a1e… or salesforce:00Q…")]
Which = Annotated[list[str], typer.Argument(help="Refused writes (w-…), or SYSTEM:ID for those of a record")]
Note = Annotated[str, typer.Option("--note", help="Why, for whoever looks at it later")]
SpotioId = Annotated[str, typer.Argument(help="The SPOTIO record's id")]
SalesforceId = Annotated[str, typer.Argument(help="The Salesforce record's id, of 15 or 18 characters")]
_SHOWN = 40


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    for name, command in _COMMANDS.items():
        app.command(name)(command)


def link(
    spotio_id: SpotioId,
    salesforce_id: SalesforceId,
    sync: OfSync = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Link two records as they stand; nothing is written to either system."""

    def say(told: dict[str, Any]) -> str:
        differing = ", ".join(told["differing"])
        more = f" They differ in {differing}: decide with `fieldline resolve`." if differing else ""
        return f"{told['spotio_id']} and {told['salesforce_id']} are linked as {told['link']}.{more}"

    arguments = {"spotio_id": spotio_id, "salesforce_id": salesforce_id, "sync": sync, "person": who()}
    _do("link", arguments, say, store, as_json, pulls=True)


def unlink(record: Record, sync: OfSync = None, store: StoreUrl = None, as_json: AsJson = False) -> None:
    """Take a record's link apart; both records stay, and are not linked again by themselves."""

    def say(told: dict[str, Any]) -> str:
        return f"{', '.join(told['unlinked'])}: taken apart. Both records stay as they are."

    _do("unlink", {"record": record, "sync": sync, "person": who()}, say, store, as_json, pulls=True)


def exclude(
    record: Record, note: Note = "", sync: OfSync = None, store: StoreUrl = None, as_json: AsJson = False
) -> None:
    """Keep a record out: nothing of it travels until it is included again."""

    def say(told: dict[str, Any]) -> str:
        if not told["excluded"]:
            return f"{told['record']} was excluded already."
        return f"{told['record']} is excluded from {', '.join(told['excluded'])}."

    arguments = {"record": record, "note": note, "sync": sync, "person": who()}
    _do("exclude", arguments, say, store, as_json)


def include(record: Record, sync: OfSync = None, store: StoreUrl = None, as_json: AsJson = False) -> None:
    """Let an excluded record take part again."""

    def say(told: dict[str, Any]) -> str:
        return f"{told['record']} takes part in {', '.join(told['included'])} again."

    _do("include", {"record": record, "sync": sync}, say, store, as_json)


def failures(
    sync: OfSync = None,
    ignored: Annotated[
        bool, typer.Option("--ignored", help="Those that are ignored, with their notes")
    ] = False,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """List the writes that a system refused and that wait for a person."""

    def work() -> int:
        found = carry_out("failures", {"sync": sync, "ignored": ignored}, store)
        if as_json:
            terminal.show_json(found)
            return 0
        if not found:
            terminal.out.print("No refused write waits for anybody.")
            return 0
        table = Table("id", "what", "record", "why it was refused", "who", box=None)
        for row in found[:_SHOWN]:
            ids = " / ".join(each for each in (row["spotio_id"], row["salesforce_id"]) if each)
            said = f"{row['text']} ({row['ignored']})" if row["ignored"] else row["text"]
            table.add_row(row["write"], f"{row['kind']} {row['system']}", ids, said, row["assigned"] or "–")
        terminal.out.print(table)
        if len(found) > _SHOWN:
            terminal.out.print(f"… and {len(found) - _SHOWN:,} more; --json gives all.")
        return 0

    end(work, as_json)


def retry(which: Which, store: StoreUrl = None, as_json: AsJson = False) -> None:
    """Let refused writes be tried again by the next run."""
    _do("retry", {"which": which}, lambda told: f"{told['released']:,} are tried again by the next run.", store, as_json)  # fmt: skip


def ignore(which: Which, note: Note = "", store: StoreUrl = None, as_json: AsJson = False) -> None:
    """Leave refused writes as they are and list them no more."""
    _do("ignore", {"which": which, "note": note}, lambda told: f"{told['ignored']:,} are ignored.", store, as_json)  # fmt: skip


def assign(
    which: Which,
    to: Annotated[str, typer.Option("--to", help="Who looks after it")],
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Note who looks after refused writes."""
    _do("assign", {"which": which, "to": to}, lambda told: f"{told['assigned']:,} are {told['to']}'s.", store, as_json)  # fmt: skip


def match(
    word: Annotated[str, typer.Argument(help="same or different")],
    spotio_id: SpotioId,
    salesforce_id: SalesforceId,
    note: Note = "",
    sync: OfSync = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Say whether two records that may be the same are; the next run goes by it."""

    def say(told: dict[str, Any]) -> str:
        return f"{told['spotio_id']} and {told['salesforce_id']}: {told['word']}. The next run goes by it."

    arguments = {
        "word": word, "spotio_id": spotio_id, "salesforce_id": salesforce_id, "note": note, "sync": sync, "person": who(),
    }  # fmt: skip
    _do("match", arguments, say, store, as_json)


def _do(
    command: str,
    arguments: dict[str, Any],
    say: Callable[[dict[str, Any]], str],
    store: str | None,
    as_json: bool,
    *,
    pulls: bool = False,
) -> None:
    def work() -> int:
        told = carry_out(command, arguments, store, pulls=pulls)
        if as_json:
            terminal.show_json(told)
        else:
            terminal.out.print(say(told), markup=False)
        return 0

    end(work, as_json)


_COMMANDS: dict[str, Callable[..., None]] = {
    "link": link, "unlink": unlink, "exclude": exclude, "include": include, "failures": failures, "retry": retry,
    "ignore": ignore, "assign": assign, "match": match,
}  # fmt: skip
