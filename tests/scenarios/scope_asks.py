"""What a person can ask the console, each question with what the answer has to be.

Every reader and service that tells of people's work is here or in `scope_tables.py`. A question gives what was answered and what is true, both
plain, so that any of them can be asked by anybody, in any order, beside any other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from console import services
from console.board_period import Race
from console.filters import Filters, Span
from console.identity import NotYoursError
from console.readers import board, explore, kpi, numbers, record
from data.kpi.settings import KpiSettings
from tests.scenarios.scope_company import (
    ABOVE,
    ANA,
    BAY,
    BEN,
    CAL,
    CO,
    END,
    FAY,
    GUS,
    LAB,
    LATER,
    LONER,
    REPS,
    RIDGE,
    START,
    Truth,
)  # fmt: skip
from tests.scenarios.scope_tables import OF_TABLES, Answer, Ask

SPAN = Span(START.date(), END.date())
RACE = Race(SPAN, Span(START.date(), START.date() + timedelta(days=5)), None, "")
_COUNTS: dict[str, Callable[[Truth], float]] = {
    "visits": lambda truth: truth.sum("visit"),
    "doors": lambda truth: float(len(truth.doors())),
    "activities": lambda truth: truth.sum("visit", "call", "meeting"),
    "created": lambda truth: truth.sum("created"),
    "set": lambda truth: truth.sum("set"),
    "sat": lambda truth: float(len(truth.held())),
    "stage_moves_total": lambda truth: truth.sum("move"),
}


def filters(truth: Truth, **narrowed: Any) -> Filters:
    """All that is theirs; who sees everything asks about the company without its lab."""
    return Filters(
        **({"teams": (CO,)} if truth.seen.teams is None and truth.seen.role != "rep" else {}) | narrowed
    )


def value_of_all(truth: Truth) -> Answer:
    found = kpi.values(filters(truth), SPAN, tuple(_COUNTS))
    return {key: value.numerator for key, value in found.items()}, {key: count(truth) for key, count in _COUNTS.items()}  # fmt: skip


def the_number_behind(truth: Truth) -> Answer:
    return kpi.whole(filters(truth), SPAN, "visits").value, truth.sum("visit")


def money(truth: Truth) -> Answer:
    found = kpi.values(filters(truth), SPAN, ("sales_value",))["sales_value"].value
    if "spotio.record.value" in truth.seen.masks:
        return found, None
    worth = {id: 100.0 + number for number, id in enumerate(truth.company.creators)}
    return found, sum(worth[one.record] for one in truth.did("move"))


def trend(truth: Truth) -> Answer:
    found = kpi.series(filters(truth), SPAN, "visits", "day")
    told = {row["step"]: row["n"] for row in found.iter_rows(named=True) if row["n"]}
    return told, Counter(one.moment.date() for one in truth.did("visit"))


def groups(truth: Truth) -> Answer:
    def of(group: str) -> dict[Any, float]:
        found = kpi.by(filters(truth), SPAN, ("visits",), group)["visits"]
        return {key: row.numerator for key, row in found.items() if row.numerator}

    visits, company = truth.did("visit"), truth.company
    return (
        [of("user"), of("team"), of("result"), of("territory")],
        [
            Counter(one.user for one in visits),
            Counter(company.team_at(one.user, one.moment) for one in visits),
            Counter(f"1:{one.result}" for one in visits),
            Counter(f"t-{company.first_owners[one.record]}" for one in visits),
        ],
    )


def pairs(truth: Truth) -> Answer:
    found = kpi.matrix(filters(truth), SPAN)
    return set(found.select("setter_id", "closer_id").iter_rows()), truth.pairs()


def funnels(truth: Truth) -> Answer:
    steps = dict(kpi.funnel(filters(truth), SPAN, "activity").select("step", "n").iter_rows())
    cohort = dict(kpi.funnel(filters(truth), SPAN, "cohort").select("step", "n").iter_rows())
    return (
        [steps["doors"], steps["set"], steps["sat"], cohort["set"], cohort["sat"]],
        [len(truth.doors()), truth.sum("set"), len(truth.held()), truth.sum("set"), truth.sum("set")],
    )


def rows_behind(truth: Truth) -> Answer:
    found = kpi.behind(filters(truth), SPAN, "visits", "numerator", 10_000)
    return set(found["id"]), {f"activity:{one.id}" for one in truth.did("visit")}


def rows_behind_held(truth: Truth) -> Answer:
    found = kpi.behind(filters(truth), SPAN, "sat", "numerator", 10_000)
    return set(found["id"]), {f"scheduled:{one.id}" for one in truth.held()}


def known_then(truth: Truth) -> Answer:
    """As of a moment, which takes another way through the engine."""
    found = kpi.values(
        filters(truth, as_of=LATER + timedelta(days=3650)), SPAN, ("visits", "doors", "set", "sat")
    )
    return [value.numerator for value in found.values()], [_COUNTS[key](truth) for key in found]


def of_others(truth: Truth) -> Answer:
    """Ids in an address that are not the reader's to see give nothing, and no other words than ids that nobody has."""
    teams = truth.seen.teams
    away = [
        (user, team) for user, team in ((GUS, BAY), (ANA, RIDGE)) if teams is not None and team not in teams
    ]
    found: list[Any] = []
    for user, team in away:
        asked: list[dict[str, Any]] = [
            {"reps": (user,)}, {"reps": ("u-nobody",)}, {"teams": (team,)}, {"setter": user, "closer": user},
            {"territory": "t-u-nobody"},
        ]  # fmt: skip
        for one in asked:
            narrowed = filters(truth, **one)
            found.append(kpi.values(narrowed, SPAN, ("set",))["set"].numerator)
            found.append(kpi.behind(narrowed, SPAN, "set", "numerator", 9).height)
            if "reps" in one:
                found += [
                    kpi.values(narrowed, SPAN, ("visits",))["visits"].value,
                    len(kpi.paces(narrowed, ("visits",))),
                ]
        found += [board.knocks(user, END.date() - timedelta(days=2)).height, user in board.reps()]
        found.append(
            user in kpi.partners(filters(truth, setter=user, closer=user), SPAN)
            and (user not in {one for pair in truth.pairs() for one in pair})
        )
    return found, [0] * len(found)


def standings(truth: Truth) -> Answer:
    found = board.board("visits", RACE, filters(truth)).rows
    return {row.user_id: row.value for row in found if row.value}, Counter(
        one.user for one in truth.did("visit")
    )


def people_at_work(truth: Truth) -> Answer:
    found = set(board.reps()) - {LONER}
    return found, {one.user for one in truth.did("visit", "call", "meeting")}


def visits_of_a_day(truth: Truth) -> Answer:
    day = START.date() + timedelta(days=9)
    got, want = [], []
    for user in (ANA, CAL, FAY):
        got.append(set(board.knocks(user, day)["activity_id"]))
        want.append({one.id for one in truth.did("visit") if one.user == user and one.moment.date() == day})
    return got, want


def choosable(truth: Truth) -> Answer:
    found = kpi.choices()
    teams, want = {one.id for one in found.teams} - {LAB}, truth.seen.teams
    people = {one.id for one in found.reps} - {LONER}
    return (teams, people), (set(ABOVE) - {LAB} if want is None else set(want), truth.people())


def targets(truth: Truth) -> Answer:
    """Who may see a target, and who may set one."""
    found = {row["user_id"] for row in kpi.standing_targets().iter_rows(named=True)}
    want = {ANA, GUS} & truth.people()
    if truth.seen.role == "analyst":
        return found, want
    outside = [user for user in REPS if user not in truth.people()]
    refused = [services.set_target("visits", "week", 5.0, rep=user) is not None for user in outside]
    return (found, refused), (want, [True] * len(outside))


def logged_results(truth: Truth) -> Answer:
    """Of what is classed on the page of the numbers, how often it was logged."""
    if truth.seen.teams is None:
        return 0, 0
    found = {one.key: one.logged for one in numbers.results(KpiSettings()) if one.logged}
    last = max((one.moment.date() for one in truth.did("visit", "call", "meeting")), default=END.date())
    recent = truth.did("visit", "meeting", when=lambda one: (last - one.moment.date()).days < 28)
    return found, Counter(f"{'1' if one.what == 'visit' else '5'}:{one.result}" for one in recent)


def a_reps_own(truth: Truth) -> Answer:
    """The day of a rep: each visit, and a place among the team, of whom only numbers are told.

    The team is that of the last day; who came to it in these days has a place in it from that day on.
    """
    user = truth.seen.user or ""
    day = board.my_day("visits", SPAN)
    team = truth.company.team_at(user, END)
    done = [
        one for one in truth.company.done
        if one.what == "visit" and truth.company.team_at(one.user, one.moment) == team
    ]  # fmt: skip
    among = Counter(one.user for one in done)
    came, _ = truth.company.moved.get(user, (START, team))
    since = Counter(one.user for one in done if came > END or one.moment.date() >= came.date())
    own = since.get(user)
    place = day.place
    rows = board.board("visits", RACE, Filters(hour=5, setter=GUS, closer=GUS)).rows
    return (
        [set(day.knocks["activity_id"]), place and (place.value, place.of, place.rank), {row.user_id: row.value for row in rows if row.value}],
        [
            {one.id for one in truth.did("visit")},
            own and (own, len(since), 1 + sum(value > own for value in since.values())),
            dict(among),
        ],
    )  # fmt: skip


def refused_to_a_rep(truth: Truth) -> Answer:
    asked: Iterable[Callable[[], Any]] = (
        explore.tables, lambda: explore.run_sql("select 1"), lambda: record.record("spotio", "record", "r00"),
        lambda: record.find("Door"), lambda: kpi.values(Filters(), SPAN, ("visits",)), board.reps,
        lambda: board.knocks(BEN, END.date()), kpi.standing_targets, explore.saved_queries,
        lambda: services.save_query("mine", "select 1", shared=True), lambda: services.set_target("visits", "week", 1.0),
        lambda: kpi.matrix(Filters(), SPAN), lambda: numbers.results(KpiSettings()), kpi.territories,
    )  # fmt: skip
    refused = []
    for one in asked:
        try:
            one()
        except NotYoursError:
            refused.append(True)
    return refused, [True] * 14


OF_READERS: tuple[Ask, ...] = (
    value_of_all, the_number_behind, money, trend, groups, pairs, funnels, rows_behind, rows_behind_held, known_then,
    of_others, standings, people_at_work, visits_of_a_day, choosable, targets, logged_results, *OF_TABLES,
)  # fmt: skip
OF_REPS: tuple[Ask, ...] = (the_number_behind, rows_behind, rows_behind_held, a_reps_own, refused_to_a_rep)
