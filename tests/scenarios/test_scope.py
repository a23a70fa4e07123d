"""Many people ask at once, each of whom may see something else, while the store is written and rules change.

Whatever is asked, in whatever order and beside whatever else, comes from what that person may see and from nothing else.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from console import services
from console.context import Context, SignIn, context, set_context
from console.identity import NoRoleError, Visitor, on_behalf_of
from console.readers import kpi
from data.store import Store
from tests.scenarios.scope_asks import (
    OF_READERS,
    OF_REPS,
    a_reps_own,
    choosable,
    funnels,
    groups,
    pairs,
    people_at_work,
    standings,
    trend,
    value_of_all,
    visits_of_a_day,
)
from tests.scenarios.scope_company import (
    ANA,
    BAY,
    BEN,
    CAL,
    DEE,
    DELTA,
    EAST,
    GUS,
    HEAD,
    LATER,
    RIDGE,
    WEST,
    Company,
    Seen,
    Truth,
)
from tests.scenarios.scope_tables import Ask

ADA = Seen("ada", "admin")
ANALYST = Seen(
    "nora", "analyst", masks=("spotio.record.f_100006", "salesforce.lead.email", "spotio.record.value")
)
WES = Seen("wes", "manager", (WEST,))
MANAGERS = (
    WES, Seen("esa", "manager", (EAST,)), Seen("bill", "manager", (BAY,)),
    Seen("dora", "manager", (DELTA, BAY)), Seen("zoe", "manager", ()), Seen("head", "manager", (RIDGE,), user=HEAD),
)  # fmt: skip
A_REP = tuple(Seen(user, "rep", user=user) for user in (ANA, BEN, CAL, DEE, GUS))
EVERYBODY = (ADA, ANALYST, *MANAGERS, *A_REP)
AT_ONCE = 6
# What the console keeps answers of.
KEPT = (value_of_all, trend, groups, pairs, funnels, standings, people_at_work, choosable, visits_of_a_day)


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


def answered_wrong(company: Company, asked: Sequence[tuple[Seen, Ask]]) -> list[str]:
    """Ask all of it in a random order, several at a time; what was answered wrong."""
    shuffled = random.Random(len(asked)).sample(asked, len(asked))  # noqa: S311 (an order, no secret)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [wrong for wrong in pool.map(lambda pair: ask(company, *pair), shuffled) if wrong]


def all_at_once(company: Company, people: tuple[Seen, ...], turn: int) -> list[str]:
    """Everybody asks every other question: in two turns, all of them; what was answered wrong."""
    return answered_wrong(
        company,
        [
            (one, question)
            for place, one in enumerate(people)
            for number, question in enumerate(OF_REPS if one.role == "rep" else OF_READERS)
            if (place + number + turn) % 2
        ],
    )


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
    present = [(one, q) for one in EVERYBODY for q in ((a_reps_own,) if one.role == "rep" else (choosable,))]
    assert answered_wrong(company, present) == []
    # Ben changes team: neither a number nor anybody's scope says so.
    company.moved[BEN] = (LATER, BAY)
    company.teams(LATER)
    assert answered_wrong(company, present) == []
    # West is led by somebody else, and Wes leads Delta instead.
    assert answered_wrong(company, [(WES, question) for question in KEPT]) == []
    people = tuple(WES.leading(DELTA) if one is WES else one for one in EVERYBODY)
    publish(company, people)
    assert answered_wrong(company, [(WES.leading(DELTA), question) for question in KEPT]) == []
    # A mask comes for managers.
    people = tuple(replace(one, masks=ANALYST.masks) if one.role == "manager" else one for one in people)
    publish(company, people)
    with being_written(company):
        assert all_at_once(company, people, 2) == []


@pytest.mark.requirement("CO-19")
def test_without_a_sign_in_the_views_of_one_machine_are_apart_too(company: Company) -> None:
    """Nobody has an e-mail there, by which they could be told apart."""
    served = context()
    set_context(replace(served, sign_in=None))
    try:
        for question in OF_REPS:
            for one in A_REP:
                with on_behalf_of(Visitor(role="rep", user_id=one.user)):
                    got, want = question(Truth(company, one))
                assert got == want, (question.__name__, one.name)
    finally:
        set_context(served)


def test_whoever_is_not_on_the_list_is_told_nothing(company: Company) -> None:
    with on_behalf_of(Visitor("stranger@acme.example")), pytest.raises(NoRoleError):
        kpi.choices()
