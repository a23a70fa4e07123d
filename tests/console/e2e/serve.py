"""The console under uvicorn, over a store of some kind: python -m tests.console.e2e.serve PORT FOLDER KIND.

The real application with the real routes. In the runner's place a thread writes the run that a page asks for, row by
row, as the runner would.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
import uvicorn

import console
from console import fonts
from console.context import Context, set_context
from data import ledger
from data.store import Store
from tests.console import doors, planned
from tests.console.blocked import all_kinds
from tests.console.clashing import Clashing, at_odds
from tests.console.conftest import program
from tests.console.field import Field, at_work
from tests.console.region import Region
from tests.console.seed import Seed, ago, company


def main(port: int, folder: Path, kind: str) -> None:
    store = Store.open(f"duckdb:////{str(folder.resolve())[1:]}/{kind}.duckdb")
    seed = Seed(store)
    if kind in ("company", "cold", "failing"):
        company(seed)
    if kind == "failing":
        fail(seed)
    if kind == "first-load":
        first_load(seed)
    if kind == "field":
        at_work(Field(store))
    if kind == "region":
        Region(store)
    if kind == "doors":
        doors.at_work(store)
    if kind == "planned":
        planned.at_work(store)
    if kind == "explored":
        Region(store).rename("r-0", "Castell household")
    if kind == "clashing":
        at_odds(Clashing.made(store))
        run_of_a_sync(store)
    if kind in ("blocked", "mending"):
        all_kinds(store)
    systems = ("spotio", "salesforce", "salesscreen") if kind != "empty" else ("spotio", "salesforce")

    def request_run(asked_by: str) -> bool:
        threading.Thread(target=short_run, args=(seed, asked_by), daemon=True).start()
        return True

    @asynccontextmanager
    async def lifespan(_: st.App) -> AsyncIterator[None]:
        set_context(
            Context(
                store,
                request_run,
                systems,
                "America/Denver",
                request_sync=lambda sync, plan: True,
                command=program(store),
            )
        )
        yield
        set_context(None)
        store.close()

    app = st.App(Path(console.__file__).parent / "app.py", lifespan=lifespan, routes=fonts.routes)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


def fail(seed: Seed) -> None:
    """Salesforce refuses the sign-in since a minute."""
    text = "Salesforce refused the sign-in: the client secret is not valid any more."
    run = seed.run(outcome="failed", started_at=ago(minutes=1), systems="salesforce", text=text)
    seed.problem(
        "salesforce",
        "sign_in",
        text,
        advice="Set the new one and start Fieldline again.",
        run=run,
        since=ago(minutes=1),
    )


def run_of_a_sync(store: Store) -> None:
    """The run that wrote and decided what the sync's tests of its pages have."""
    run = ledger.start_run(
        store, ago(minutes=3), asked_by="schedule", systems=["spotio", "salesforce"], kind="sync"
    )
    ledger.note_sync(store, run, "doors", 1, ago(minutes=3))
    ledger.finish_run(store, run, ago(minutes=2), "partial")


def first_load(seed: Seed) -> None:
    """A first load, half way."""
    run = seed.run(outcome="running", started_at=ago(seconds=40))
    seed.table(run, "spotio", "record", read=10_204, inserted=10_204, mode="first_load", mirror=10_204)
    seed.table(run, "salesforce", "lead", outcome="running", expected=51_900, read=31_400, mode="first_load")


def short_run(seed: Seed, asked_by: str) -> None:
    """A first load of one table in three steps, and its end."""
    run = seed.run(outcome="running", asked_by=asked_by, started_at=ago(seconds=0), systems="spotio")
    seed.table(run, "spotio", "record", outcome="running", mode="first_load", expected=300, read=0)
    for read in (100, 200, 300):
        time.sleep(1.5)
        seed.read_so_far(run, read)
    seed.end_run(run)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
