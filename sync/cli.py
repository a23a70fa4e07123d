"""The command line. Each command does its work here, or asks the server that owns the store to do it.

Exit codes stand in sync/commands/base.py.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from datetime import UTC, datetime
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Annotated

import typer

from data.errors import StoreError, StoreOwnedError
from data.store import restore
from sync import owner, terminal
from sync.commands import by_hand, config, syncs
from sync.commands.base import AsJson, StoreUrl, carry_out, end, opened, who
from sync.errors import UsageError
from sync.settings import Settings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Keeps SPOTIO and Salesforce in step, mirrors both and SalesScreen into one DuckDB store.",
)

app.add_typer(config.app, name="config")
syncs.register(app)
by_hand.register(app)

log = logging.getLogger("fieldline")


class _NoPandas(MetaPathFinder):
    """Says that pandas is not installed."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError("pandas is left out of this process", name=fullname)


def without_pandas() -> None:
    """Let this process never import pandas: Arrow looks for it at its first array, and nothing without a console uses it.

    That saves 50 MB and a quarter of a second.
    """
    sys.meta_path.insert(0, _NoPandas())


def main() -> None:
    """The `fieldline` program."""
    if not {"up", "demo"}.intersection(sys.argv):
        without_pandas()
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s"
    )
    app()


@app.command()
def pull(
    system: Annotated[str | None, typer.Option(help="Only spotio, salesforce or salesscreen")] = None,
    reconcile: Annotated[
        bool, typer.Option(help="Read everything, and look for what no feed reports")
    ] = False,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Bring the mirror up to the sources' present state."""

    def work() -> int:
        arguments = {"system": system, "reconcile": reconcile}
        with terminal.bars(quiet=as_json) as progress:
            report = carry_out("pull", arguments, store, progress, pulls=True)
        terminal.show_json(report) if as_json else terminal.show_pull(report)
        return 0 if report["outcome"] == "done" else 1

    end(work, as_json)


@app.command()
def query(
    sql: Annotated[str, typer.Argument(help="A SELECT over the mirror and the log")],
    as_of: Annotated[
        str | None, typer.Option(help="The mirror as it was at this moment: 2026-10-12T18:00, in UTC")
    ] = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Ask the store; only SELECT over the mirror and the log passes."""

    def work() -> int:
        result = carry_out("query", {"sql": sql, "as_of": as_of}, store)
        terminal.show_json(result) if as_json else terminal.show_rows(result)
        return 0

    end(work, as_json)


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(help="The file to write; it must not exist")],
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Copy the store, consistent, while others go on reading."""

    def work() -> int:
        result = carry_out("backup", {"target": str(target.absolute())}, store)
        if as_json:
            terminal.show_json(result)
        else:
            terminal.out.print(f"Wrote {result['path']}, {result['bytes']:,} bytes.")
        return 0

    end(work, as_json)


@app.command("restore")
def restore_command(
    source: Annotated[Path, typer.Argument(help="A file that `fieldline backup` wrote")],
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Put a backup in the store's place; what stood there is kept beside it."""

    def work() -> int:
        settings = Settings.load(store=store)
        try:
            kept = restore(source, settings.store)
        except StoreOwnedError as error:
            owning = owner.find(settings.store)
            raise StoreOwnedError(error.path, error.pid, owning.url if owning else None) from error
        again = _erase_again(settings, kept) if kept else []
        if as_json:
            document = {
                "restored": settings.store,
                "kept": str(kept) if kept else None,
                "erased_again": again,
            }
            terminal.show_json(document)
        else:
            terminal.out.print(
                f"Restored {settings.store}." + (f" The former store is {kept}." if kept else "")
            )
            if again:
                terminal.out.print(f"Erased again, as in the former store: {', '.join(again)}.", markup=False)
        return 0

    end(work, as_json)


def _erase_again(settings: Settings, former: Path) -> list[str]:
    """Keep erased whoever was erased since the backup was made; says so when the former store cannot tell."""
    from data.erase import erase_again

    with opened(settings) as store:
        try:
            return [str(person) for person in erase_again(store, former, datetime.now(UTC))]
        except StoreError as error:
            terminal.err.print(str(error), style="red", soft_wrap=True, markup=False)
            return []


@app.command()
def export(
    to: Annotated[
        Path | None, typer.Option(help="The folder; FIELDLINE_EXPORT__FOLDER when not given")
    ] = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Write events, numbers and their dimensions as Parquet, for other tools."""

    def work() -> int:
        given = str(to or Settings.load(store=store).export.folder)
        if not given:
            raise UsageError(
                "There is no folder to export to.", "Give one with --to, or set FIELDLINE_EXPORT__FOLDER."
            )
        result = carry_out("export", {"folder": str(Path(given).absolute()), "asked_by": who()}, store)
        terminal.show_json(result) if as_json else terminal.show_export(result)
        return 0

    end(work, as_json)


@app.command()
def erase(
    person: Annotated[
        str, typer.Argument(help="SYSTEM:ID of a record, lead, contact, account, deal or user")
    ],
    why: Annotated[str, typer.Option(help="Why, kept with the stub")] = "",
    delete_copies: Annotated[
        bool,
        typer.Option(
            "--delete-copies", help="Also delete the copies of the store that upgrades left beside it"
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask")] = False,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Erase a person from mirror and history, for good, and leave a stub."""

    def work() -> int:
        arguments = {"person": person, "delete_copies": delete_copies, "asked_by": who(), "why": why}
        if not yes:
            planned = carry_out("erase", {**arguments, "confirmed": False}, store)
            terminal.show_json(planned) if as_json else terminal.show_erasure(planned)
            if as_json or not terminal.agreed("Erase this person here, for good?"):
                terminal.err.print("Nothing was erased; --yes erases without asking.", soft_wrap=True)
                return 3
        erased = carry_out("erase", {**arguments, "confirmed": True}, store)
        terminal.show_json(erased) if as_json else terminal.show_erasure(erased)
        return 0

    end(work, as_json)


@app.command()
def doctor(store: StoreUrl = None, as_json: AsJson = False) -> None:
    """Look whether store, disk and the three systems can be used."""

    def work() -> int:
        from sync.doctor import machine, systems

        settings = Settings.load(store=store)
        checks = [check.as_json() for check in machine(settings)]
        try:
            checks += carry_out("doctor", {}, store)["checks"]
        except StoreError:  # told already: then what the environment sets is looked at
            checks += [check.as_json() for check in systems(settings)]
        if as_json:
            terminal.show_json({"checks": checks})
        else:
            for check in checks:
                said = f"{check['state']:8} {check['name']}: {check['text']}"
                terminal.out.print(said, markup=False, soft_wrap=True)
        return 1 if any(check["state"] == "failed" for check in checks) else 0

    end(work, as_json)


@app.command()
def up(store: StoreUrl = None, as_json: AsJson = False) -> None:
    """Runner and console, until ended."""
    end(lambda: _serve(Settings.load(store=store), as_json, console=True), as_json)


@app.command()
def run(store: StoreUrl = None, as_json: AsJson = False) -> None:
    """The runner without the console, until ended."""
    end(lambda: _serve(Settings.load(store=store), as_json, console=False), as_json)


@app.command()
def sandbox(
    port: Annotated[
        int,
        typer.Option(
            min=0, max=65533, help="Salesforce's port; SPOTIO and SalesScreen follow. 0 picks free ones"
        ),
    ] = 8700,
    seed: Annotated[int, typer.Option(help="The world is the same for the same seed")] = 1,
    scale: Annotated[str, typer.Option(help="small, medium or large")] = "small",
    live: Annotated[bool, typer.Option("--live", help="The reps go on working")] = False,
    as_json: AsJson = False,
    until_eof: Annotated[bool, typer.Option(hidden=True)] = False,
) -> None:
    """Stand-ins of Salesforce, SPOTIO and SalesScreen, with one company in them."""

    def work() -> int:
        from sync.sandbox import server

        # A large world takes a while to build, and an end in the middle harms nothing.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: sys.exit(0))
        if until_eof:
            threading.Thread(target=_end_with_parent, daemon=True).start()
        try:
            server.serve(
                port=port,
                seed=seed,
                scale=scale,
                live=live,
                ready=lambda env: terminal.show_json({"ready": True, "env": env}),
            )
        except server.PortInUseError as error:
            raise UsageError(f"The sandbox cannot start: {error}.", "Choose another with --port.") from error
        except KeyError as error:
            raise UsageError(f"There is no scale {error}.", "Choose small, medium or large.") from error
        return 0

    end(work, as_json)


@app.command()
def demo(as_json: AsJson = False) -> None:
    """Sandbox, store, runner and console in a folder of their own, until ended."""
    from sync.demo import demonstrate

    end(lambda: demonstrate(as_json=as_json), as_json)


def _serve(settings: Settings, as_json: bool, *, console: bool) -> int:
    from sync.application import Application
    from sync.serving import asgi, heed_signals, listen, serve

    heed_signals()
    taken = listen(settings.host, settings.port)
    try:
        application = Application(settings)
    except StoreOwnedError as error:
        owning = owner.find(settings.store)
        raise StoreOwnedError(error.path, error.pid, owning.url if owning else None) from error

    def ready() -> None:
        if as_json:
            terminal.show_json({"ready": True, "url": application.url})
        else:
            terminal.out.print(f"{'Console and runner' if console else 'Runner'} on {application.url}")

    serve(asgi(application, console=console), taken, ready)
    return 0


def _end_with_parent() -> None:
    """End when whoever started us is gone: the pipe from it closes."""
    sys.stdin.read()
    os.kill(os.getpid(), 15)


if __name__ == "__main__":
    main()
