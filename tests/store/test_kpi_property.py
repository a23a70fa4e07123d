"""Whatever happens in whatever order: rollups, the derivation from events and a plain count agree, now and as of then."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.kpi import ask, rollups
from data.store import Store
from tests.store.conftest import url_of
from tests.store.plain_numbers import plain_numbers
from tests.store.small_field import AFTERWARDS, MONDAY, STAGES, SmallField, october

USERS, RECORDS = ["u1", "u2", "u3"], ["r1", "r2"]
DERIVED = ("door", "day", "move", "sale", "appointment")
NUMBERS = (
    "doors", "visits", "verified_doors", "verified_share", "contact_rate", "created", "set", "run_rate", "sit_rate",
    "no_show_rate", "sat", "sold", "sold_net", "stage_moves", "stage_moves_total", "first_entries",
)  # fmt: skip
# Few moments, so that things fall on one instant, one day and one window.
moments = st.builds(
    lambda days, hours: MONDAY + timedelta(days=days, hours=hours),
    st.integers(0, 8),
    st.sampled_from([0, 0, 1, 5]),
)
numbers = st.integers(1, 4).map(str)
users, records = st.sampled_from(USERS), st.sampled_from(RECORDS)
distances = st.sampled_from([{}, {"distance": None}, {"distance": "150", "verified": False}])


def _knock(
    field: SmallField, number: str, at: Any, record: str | None, user: str, result: str, more: Any
) -> None:
    field.knock(f"k{number}", at, record, user, result, **more)


def _appointment(field: SmallField, number: str, at: Any, record: str, setter: str, closer: str, result: str | None) -> None:  # fmt: skip
    due = at + timedelta(days=1)
    field.appoint(number, at, due, record, setter, closer)
    if result is not None:
        field.outcome(number, result, due, record, closer, made=at)


steps = st.one_of(
    st.tuples(
        st.just(_knock), numbers, moments, st.sampled_from([*RECORDS, None]), users,
        st.sampled_from(["Not Home", "Interested", "Sold", "Left a flyer"]), distances,
    ),
    st.tuples(
        st.just(_appointment), numbers, moments, records, users, users,
        st.sampled_from([None, "Sat - sold", "Sat - not sold", "No show", "Cancelled", "Rescheduled"]),
    ),
    st.tuples(
        st.just(lambda f, n, at, a, b, record, user: f.move(f"m{n}", at, a, b, record, user)),
        numbers, moments, st.sampled_from([*STAGES]), st.sampled_from([*STAGES]), records, users,
    ),
    st.tuples(st.just(lambda f, kind, n: f.spotio.delete("activity", f"{kind}{n}")), st.sampled_from("kma"), numbers),
    st.tuples(st.just(lambda f, n: f.spotio.delete("appointment", n)), numbers),
    st.tuples(
        st.just(lambda f, at, users: f.spotio.at(at).team("south", users)), moments, st.lists(users, unique=True)
    ),
    st.tuples(
        st.just(lambda f, at, record, place: f.spotio.at(at).record(record, territoryId=place, updatedAt=at)),
        moments, records, st.sampled_from(["t1", "t2"]),
    ),
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.requirement("KP-09", "CO-09")
@settings(max_examples=10)
@given(story=st.lists(st.lists(steps, min_size=1, max_size=8), min_size=1, max_size=3))
def test_rollups_events_and_a_plain_count_agree_after_any_story(
    story: list[list[tuple[Any, ...]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    with Store.open(url_of(tmp_path_factory.mktemp("numbers") / "s.duckdb")) as store:
        field = SmallField(store)
        for record in RECORDS:
            field.record(record)
        told = []
        for chapter in story:
            for act, *members in chapter:
                act(field, *members)
            told.append((field.settle(), _answers(store)))

        stand = {table: _rows(store, table) for table in DERIVED}
        rollups.refresh(store, field.settings, None)
        assert {table: _rows(store, table) for table in DERIVED} == stand
        for moment, answers in told:
            assert _answers(store, as_of=moment) == answers
        counted = plain_numbers(
            store, field.settings.results, STAGES, field.settings.rescission_days, AFTERWARDS
        )
        assert _by_user(store) == counted


def _answers(store: Store, **question: Any) -> list[Any]:
    groups = [
        ask.by(store, october(**question), NUMBERS, group).rows() for group in ("user", "team", "territory")
    ]
    return [ask.values(store, october(**question), NUMBERS), *groups]


def _by_user(store: Store) -> dict[str, dict[str, int]]:
    frame = ask.by(store, october(), NUMBERS, "user")
    shown = {kpi: f"{kpi}_n" for kpi in NUMBERS}
    shown |= {f"{kpi} of": f"{kpi}_d" for kpi in ("verified_share", "run_rate")}
    return {
        name: {user: int(n) for user, n in frame.select("key", column).iter_rows() if n} for name, column in shown.items()
    }  # fmt: skip


def _rows(store: Store, table: str) -> list[str]:
    return sorted(map(repr, store.frame(f"select * from kpi.{table}").rows()))
