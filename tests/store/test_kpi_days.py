"""Whose days numbers count by: each rep's own or one zone's for all, chosen once; and the distance to SalesScreen's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from data.kpi import ask, days, rollups
from data.kpi.settings import KpiSettings, Zones
from data.store import Store
from tests.store.small_field import HOUR, NEW, PITCHED, SOLD, SmallField, october

DENVER, AUCKLAND, NEW_YORK, LONDON = "America/Denver", "Pacific/Auckland", "America/New_York", "Europe/London"
EACH = Zones(company=DENVER, by_team={"south": NEW_YORK}, by_user={"u2": AUCKLAND})
ONE = EACH.model_copy(update={"everybody": LONDON})
# Five in the morning, UTC: Monday in London and New York, Sunday night in Denver, Monday evening in Auckland.
NIGHT = datetime(2026, 10, 12, 5, tzinfo=UTC)
USERS = ("u1", "u2", "u3")


@pytest.fixture
def field(store: Store) -> SmallField:
    """Every kind of what is counted by days, in hours in which the zones are not agreed on the day."""
    field = SmallField(store, zones=EACH)
    for number, user in enumerate(USERS):
        record = f"r{number}"
        field.record(record, NIGHT + number * HOUR, owner=user)
        for turn in range(4):
            field.knock(f"k{number}{turn}", NIGHT + turn * 8 * HOUR, record, user=user, result="Interested")
        field.move(f"m{number}", NIGHT + 2 * HOUR, NEW, PITCHED, record, user)
        field.move(f"w{number}", NIGHT + 19 * HOUR, PITCHED, SOLD, record, user)
        field.appoint(
            f"p{number}", NIGHT + 3 * HOUR, NIGHT + 30 * HOUR, record, setter=user, closer=USERS[number - 1]
        )
    field.settle()
    return field


def _zone_of(everybody: str | None) -> Mapping[str, str]:
    return dict.fromkeys(USERS, everybody) if everybody else {"u1": DENVER, "u2": AUCKLAND, "u3": NEW_YORK}


def _plainly(store: Store, zone: Mapping[str, str]) -> dict[str, dict[tuple[str, date], int]]:
    """number -> (user, day) -> count, from the mirror alone."""
    local = (
        "timezone(case {user} "
        + " ".join(f"when '{u}' then '{z}'" for u, z in zone.items())
        + " end, {at})::date"
    )
    visit = "type = 'event' and done and activityTemplateId = '1'"
    day = local.format(user="ownerId", at="date")
    texts = {
        "visits": f"select ownerId, {day}, count(*) from spotio.activity where {visit}",
        "doors": f"select ownerId, {day}, count(distinct dataObjectId) from spotio.activity where {visit}",
        "stage_moves_total": f"select ownerId, {day}, count(*) from spotio.activity where type = 'transition'",
        "sold": f"select ownerId, {day}, count(*) from spotio.activity where toStageId = '{SOLD}'",
        "created": f"select ownerId, {local.format(user='ownerId', at='createdAt')}, count(*) from spotio.record",
        "set": f"select createdById, {local.format(user='createdById', at='updatedAt')}, count(*) from spotio.appointment",
        "run_rate": f"select createdById, {day}, count(*) from spotio.appointment",
    }
    return {
        name: {
            (row["who"], row["day"]): row["n"]
            for row in store.rows(f"select * from ({text} group by all) t(who, day, n)")
        }
        for name, text in texts.items()
    }


def _asked(store: Store, **question: Any) -> dict[str, dict[tuple[str, date], int]]:
    kpis = {
        "visits": "n",
        "doors": "n",
        "stage_moves_total": "n",
        "sold": "n",
        "created": "n",
        "set": "n",
        "run_rate": "d",
    }
    found: dict[str, dict[tuple[str, date], int]] = {kpi: {} for kpi in kpis}
    for user in USERS:
        asked = october(users=(user,), **question)
        for row in ask.series(store, asked, list(kpis)).iter_rows(named=True):
            for kpi, part in kpis.items():
                if row[f"{kpi}_{part}"]:
                    found[kpi][user, row["day"]] = int(row[f"{kpi}_{part}"])
    return found


@pytest.mark.rule("E-07")
@pytest.mark.parametrize("zones", [pytest.param(EACH, id="each rep's"), pytest.param(ONE, id="one for all")])
def test_every_number_follows_the_days_that_were_chosen(
    field: SmallField, store: Store, zones: Zones
) -> None:
    field.settings = field.settings.model_copy(update={"zones": ONE if zones is EACH else EACH})
    field.settle()
    field.settings = field.settings.model_copy(update={"zones": zones})
    field.settle()
    assert _asked(store) == _plainly(store, _zone_of(zones.everybody))
    kept = {table: sorted(map(repr, store.frame(f"select * from kpi.{table}").rows())) for table in ("visit", "day", "move", "sale", "appointment")}  # fmt: skip
    rollups.refresh(store, field.settings, None)
    assert kept == {
        table: sorted(map(repr, store.frame(f"select * from kpi.{table}").rows())) for table in kept
    }


@pytest.mark.rule("E-07")
def test_with_one_zone_chosen_all_events_have_its_days_and_hours(field: SmallField, store: Store) -> None:
    field.settings = field.settings.model_copy(update={"zones": ONE})
    field.settle()
    wrong = store.rows(
        "select * from history.event where known_until is null and (zone <> $zone"
        " or local_day <> timezone($zone, happened_at)::date or local_hour <> hour(timezone($zone, happened_at))"
        " or due_day <> timezone($zone, due_at)::date)",
        {"zone": LONDON},
    )
    assert wrong == []
    hours = store.rows(
        "select hour(timezone($zone, date)) + 24 * (isodow(timezone($zone, date)) - 1) as hour, count(*) as n"
        " from spotio.activity where type = 'event' group by 1",
        {"zone": LONDON},
    )
    assert field.by("visits", "hour") == {row["hour"]: row["n"] for row in hours}


@pytest.mark.rule("E-07")
def test_as_of_a_moment_before_the_choice_changed_days_are_those_of_then(
    field: SmallField, store: Store
) -> None:
    def days_of_events(**question: Any) -> dict[str, dict[tuple[str, date], int]]:
        return {
            kpi: days for kpi, days in _asked(store, **question).items() if kpi not in {"set", "run_rate"}
        }

    then, before = field.settle(), days_of_events()
    field.settings = field.settings.model_copy(update={"zones": ONE})
    field.settle()
    assert days_of_events() != before
    assert days_of_events(as_of=then) == before


@pytest.mark.rule("E-07")
def test_each_reps_days_are_told_apart_from_salesscreens_by_hours(store: Store) -> None:
    field = SmallField(store, zones=EACH)
    field.settle()
    own = days.zones(store, field.settings, USERS)
    assert own == {"u1": DENVER, "u2": AUCKLAND, "u3": NEW_YORK}
    one = field.settings.model_copy(update={"zones": ONE})
    assert days.zones(store, one, USERS) == dict.fromkeys(USERS, LONDON)
    october = (date(2026, 10, 5), date(2026, 10, 11))
    assert days.later(DENVER, NEW_YORK, *october) == {timedelta(hours=2)}
    assert days.later(AUCKLAND, NEW_YORK, *october) == {timedelta(hours=-17)}
    assert days.later("US/Eastern", NEW_YORK, *october) == {timedelta(0)}
    # Europe sets its clocks back a week before America does.
    autumn = (date(2026, 10, 20), date(2026, 11, 10))
    assert days.later(NEW_YORK, LONDON, *autumn) == {timedelta(hours=5), timedelta(hours=4)}


@pytest.mark.rule("E-07")
@pytest.mark.parametrize("name", ["everybody", "salesscreen"])
def test_a_zone_that_is_none_is_told_in_a_sentence(name: str) -> None:
    with pytest.raises(
        ValueError, match=f"^zones.{name}: 'Denver' is no time zone; use a name such as America/Denver.$"
    ):
        KpiSettings.parse({"zones": {name: "Denver"}})


def test_while_no_company_zone_is_published_it_is_that_of_the_schedule(store: Store) -> None:
    standing = KpiSettings.standing(store, {"zones": {"salesscreen": NEW_YORK}}, DENVER)
    assert (standing.zones.company, standing.zones.salesscreen) == (DENVER, NEW_YORK)
    assert KpiSettings.standing(store, {"zones": {"company": LONDON}}, DENVER).zones.company == LONDON
