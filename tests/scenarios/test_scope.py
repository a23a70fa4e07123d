"""Many people ask at once, each of whom may see something else, while the store is written and rules change.

Whatever is asked, in whatever order and beside whatever else, comes from what that person may see and from nothing else.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from console import services
from console.context import Context, SignIn, set_context
from console.identity import NoRoleError, Visitor, on_behalf_of
from console.readers import kpi
from data.store import Store
from tests.scenarios.scope_asks import OF_READERS, OF_REPS, Ask
from tests.scenarios.scope_company import (
    ANA,
    BAY,
    BEN,
    DELTA,
    EAST,
    GUS,
    HEAD,
    LATER,
    REPS,
    RIDGE,
    WEST,
    Company,
    Seen,
    Truth,
)

ADA = Seen("ada", "admin")
ANALYST = Seen(
    "nora", "analyst", masks=("spotio.record.f_100006", "salesforce.lead.email", "spotio.record.value")
)
WES = Seen("wes", "manager", (WEST,))
MANAGERS = (
    WES, Seen("esa", "manager", (EAST,)), Seen("bill", "manager", (BAY,)),
    Seen("dora", "manager", (DELTA, BAY)), Seen("zoe", "manager", ()), Seen("head", "manager", (RIDGE,), user=HEAD),
)  # fmt: skip
A_REP = tuple(Seen(user, "rep", user=user) for user in REPS)
EVERYBODY = (ADA, ANALYST, *MANAGERS, *A_REP)
AT_ONCE = 6


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    path: Path = tmp_path_factory.mktemp("scope") / "store.duckdb"
    with Store.open(f"duckdb:////{str(path)[1:]}") as store:
        company = Company(store)
        company.fill()
        publish(company, EVERYBODY)
        set_context(Context(store, lambda asked_by: True, ("spotio",), "UTC", SignIn("made up", "http://localhost", admins=("ada@acme.example",))))  # fmt: skip
        with on_behalf_of(ADA.visitor):
            services.save_query(
                "Everybody's doors", "select id from spotio.record where id <> 'r-lab'", shared=True
            )
            assert services.set_target("visits", "week", 30.0, rep=ANA) is None
            assert services.set_target("visits", "week", 20.0, rep=GUS) is None
        yield company
        set_context(None)


def publish(company: Company, people: tuple[Seen, ...]) -> None:
    """The list of people, each with what they lead, and the columns hidden from each role."""
    masks = {one.role: list(one.masks) for one in people if one.masks}
    company.publish([one.line() for one in people], masks)


def ask(company: Company, seen: Seen, question: Ask) -> str | None:
    """Ask for somebody; what is wrong with the answer, if anything."""
    truth = Truth(company, seen)
    with on_behalf_of(seen.visitor):
        try:
            got, want = question(truth)
        except Exception as error:  # noqa: BLE001 (told with whose question it was)
            return f"{question.__name__} for {seen.name}: {error!r}"
    return None if got == want else f"{question.__name__} for {seen.name}:\n  got  {got}\n  want {want}"


def all_at_once(
    company: Company, people: tuple[Seen, ...], turn: int, whole: tuple[str, ...] = ()
) -> list[str]:
    """Everybody asks every other question, those of `whole` all of them, several at a time; what was answered wrong.

    In two turns everybody has asked everything.
    """
    asked = [
        (one, question)
        for place, one in enumerate(people)
        for number, question in enumerate(OF_REPS if one.role == "rep" else OF_READERS)
        if one.name in whole or (place + number + turn) % 2
    ]
    random.Random(turn).shuffle(asked)  # noqa: S311 (an order, no secret)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [wrong for wrong in pool.map(lambda pair: ask(company, *pair), asked) if wrong]


@contextmanager
def being_written(company: Company) -> Iterator[None]:
    """Meanwhile things are logged that concern nobody here, the numbers follow, and others come onto the list."""
    over, failed = threading.Event(), []

    def write() -> None:
        try:
            while not over.wait(1):
                company.log_in_lab()
        except Exception as error:  # noqa: BLE001 (told below)
            failed.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        over.set()
        writer.join()
    assert not failed
    assert company.lab > 0


@pytest.mark.requirement("CO-19")
@pytest.mark.requirement("CO-08")
@pytest.mark.requirement("KP-09")
@pytest.mark.rule("N-03")
def test_everybody_is_told_their_own_part_while_others_ask_and_after_the_rules_change(
    company: Company,
) -> None:
    with being_written(company):
        assert all_at_once(company, EVERYBODY, 1) == []
    # West goes to somebody else, a mask comes for managers, and Ben changes team; nothing says so but the store.
    masks = ANALYST.masks
    changed: list[Seen] = []
    for one in EVERYBODY:
        changed.append(Seen(one.name, one.role, (DELTA,) if one is WES else one.leads, one.user, masks if one.role in ("analyst", "manager") else ()))  # fmt: skip
    company.moved[BEN] = (LATER, BAY)
    company.teams(LATER)
    publish(company, tuple(changed))
    with being_written(company):
        assert all_at_once(company, tuple(changed), 2, whole=("wes", "head", BEN)) == []


def test_whoever_is_not_on_the_list_is_told_nothing(company: Company) -> None:
    with on_behalf_of(Visitor("stranger@acme.example")), pytest.raises(NoRoleError):
        kpi.choices()
