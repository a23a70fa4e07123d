"""What a person can ask the console, each question with what the answer has to be.

Every reader and service that tells of people's work is here. A question gives what was answered and what is true, both
plain, so that any of them can be asked by anybody, in any order, beside any other.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import polars as pl

from console import services
from console.board_period import Race
from console.filters import Filters, Span
from console.identity import NotYoursError
from console.readers import board, explore, kpi, numbers, record
from console.readers.explore import Asked, Filter, QueryRefusedError, Table
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
    HIDDEN,
    LAB,
    LATER,
    LONER,
    REPS,
    RIDGE,
    START,
    Truth,
)  # fmt: skip

SPAN = Span(START.date(), END.date())
RACE = Race(SPAN, Span(START.date(), START.date() + timedelta(days=5)), None, "")
Answer = tuple[Any, Any]  # what came, what is true
Ask = Callable[[Truth], Answer]
_LEFT_OUT = Filter("ownerId", "not_equals", (LONER,))
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


def _table(name: str) -> Table:
    return next(one for one in explore.tables() if one.full_name == name)


def _ids(name: str, *narrowed: Filter, key: str = "id", search: str = "") -> set[str]:
    table = _table(name)
    return set(explore.page(table, Asked(filters=narrowed, search=search, limit=500)).rows[key])


def pages(truth: Truth) -> Answer:
    got = [
        _ids("spotio.record", _LEFT_OUT),
        _ids("spotio.activity", _LEFT_OUT),
        _ids("spotio.user") - {LONER},
        _ids("salesforce.lead", Filter("OwnerId", "not_equals", (f"005-{LONER}",)), key="Id"),
    ]
    people = truth.people()
    return got, [
        truth.records(), truth.activities(), people,
        {f"00Q-{id}" for id, first in truth.company.first_owners.items() if first in people and id != "r-lab"},
    ]  # fmt: skip


def one_table(truth: Truth) -> Answer:
    """Searched, narrowed by an id, counted, and taken away."""
    table = _table("spotio.record")
    seen = truth.records()
    taken = services.rows_as(
        "parquet", explore.all_rows(table, Asked(filters=(_LEFT_OUT,))), {"page": "Explore"}
    )
    return (
        [
            _ids("spotio.record", search="Door r02"), _ids("spotio.record", search="Door r06"),
            _ids("spotio.record", Filter("ownerId", "equals", (FAY,))),
            explore.counted(table, Asked(filters=(_LEFT_OUT,))), set(pl.read_parquet(io.BytesIO(taken))["id"]),
        ],
        [
            {"r02"} & seen, {"r06"} & seen, {id for id in seen if truth.company.owners[id] == FAY}, len(seen), seen,
        ],
    )  # fmt: skip


def events(truth: Truth) -> Answer:
    found = _ids(
        "history.event", Filter("kind", "equals", ("logged",)), Filter("user_id", "not_equals", (LONER,))
    )
    return found, {f"activity:{one.id}" for one in truth.did("visit", "call", "meeting")}


STATEMENTS = (
    f"select id from spotio.record where ownerId <> '{LONER}'",
    f"select a.id from spotio.activity a where a.ownerId <> '{LONER}'",
    "select distinct id from history.change where object = 'record' and id <> 'r-lab'",
    f"select substr(id, 10) as id from history.event where kind = 'logged' and known_until is null and user_id <> '{LONER}'",
    "select appointment_id as id from kpi.appointment",
)


def statements(truth: Truth) -> Answer:
    got = [set(explore.run_sql(sql)["id"]) for sql in STATEMENTS]
    happened = {one.id for one in truth.did("visit", "call", "meeting")}
    booked = {one.id for one in (*truth.did("set"), *truth.held())}
    return got, [truth.records(), truth.activities(), truth.records(), happened, booked]


def a_shared_statement(truth: Truth) -> Answer:
    """Somebody else's, run by whoever opens it."""
    shared = next(one for one in explore.saved_queries() if one.name == "Everybody's doors")
    return set(explore.run_sql(shared.sql)["id"]), truth.records()


def single_records(truth: Truth) -> Answer:
    """A record's page and everything beside it; of one that is not theirs, as of one that nobody has, nothing."""
    seen = truth.records()
    mine, others = sorted(seen), sorted(truth.company.owners.keys() - seen - {"r-lab"})
    got: list[Any] = []
    for id in (*mine[:1], *others[:1], "r-absent"):
        found = record.record("spotio", "record", id)
        entries = record.entries("spotio", "record", id)
        done = {one.target[2] for one in entries if one.target and one.kind == "activity"}
        told = {one.id for one in record.find(id)} & {id}
        got.append((id, found is not None, bool(entries), told, done - truth.activities()))
        if id not in seen:
            got.append(record.counterparts("spotio", "record", id))
    want: list[Any] = [(id, True, True, {id}, set()) for id in mine[:1]]
    for id in (*others[:1], "r-absent"):
        want += [(id, False, False, set(), set()), []]
    return got, want


def masked(truth: Truth) -> Answer:
    """What is hidden from a role is nowhere, and no way to find or to order by."""
    if not truth.seen.masks:
        return 0, 0
    table = _table("spotio.record")
    said = [
        str(explore.page(table, Asked(limit=500)).rows.rows()),
        str(record.find(HIDDEN)),
        str(record.find(f"{HIDDEN}3")),
    ]
    said += [str(record.record("spotio", "record", "r00")), str(record.entries("spotio", "record", "r00"))]
    said += [
        str(explore.run_sql("select * from spotio.record r join spotio.record_lead l using (id)").rows())
    ]
    said += [str(explore.profile(table)), str(explore.run_sql("select * from history.change").rows())]
    said += [str(_ids("spotio.record", search=HIDDEN))]
    refused = []
    for asked in (
        Asked(sort="f_100006"),
        Asked(filters=(Filter("f_100006", "contains", ("3",)),)),
        Asked(columns=("f_100006",)),
    ):
        words = []
        for name in ("f_100006", "f_none"):
            other = Asked(
                sort=name if asked.sort else None, columns=(name,) if asked.columns else None,
                filters=tuple(Filter(name, one.how, one.values) for one in asked.filters),
            )  # fmt: skip
            try:
                explore.page(table, other)
            except QueryRefusedError as error:
                words.append(str(error).replace(name, "X"))
        refused.append(len(words) == 2 and words[0] == words[1])
    return (any(HIDDEN in text for text in said), refused), (False, [True] * 3)


def a_reps_own(truth: Truth) -> Answer:
    """The day of a rep: each visit, and a place among the team, of whom only numbers are told."""
    user = truth.seen.user or ""
    day = board.my_day("visits", SPAN)
    team = truth.company.team_at(user, LATER)
    among = Counter(
        one.user for one in truth.company.done
        if one.what == "visit" and truth.company.team_at(one.user, one.moment) == team
    )  # fmt: skip
    own = among.get(user)
    place = day.place
    rows = board.board("visits", RACE, Filters(hour=5, setter=GUS, closer=GUS)).rows
    return (
        [set(day.knocks["activity_id"]), place and (place.value, place.of, place.rank), {row.user_id: row.value for row in rows if row.value}],
        [
            {one.id for one in truth.did("visit")},
            own and (own, len(among), 1 + sum(value > own for value in among.values())),
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
    of_others, standings, people_at_work, visits_of_a_day, choosable, targets, logged_results, pages, one_table, events,
    statements, a_shared_statement, single_records, masked,
)  # fmt: skip
OF_REPS: tuple[Ask, ...] = (the_number_behind, rows_behind, rows_behind_held, a_reps_own, refused_to_a_rep)
