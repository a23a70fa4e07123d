"""Events and their mirror agree after any story: late, edited, dated back, deleted, brought back, given to others.

A story is a list of steps, each at a later moment: something is seen, deleted or hidden, or the events are refreshed,
to the end or until a crash. Nothing is asked of the derivation but what must hold of any: that it depends on the
mirror alone and not on the way there, that plain counts over the mirror agree, and that no version is lost or double.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data import events
from data.events import EventSettings
from data.store import Store
from tests.scenarios.events_known import events_known
from tests.scenarios.mirroring import url_of
from tests.store.small_spotio import BEGAN, SmallSpotio

Row = dict[str, Any]
HOURS = (0, 1, 30, 200, -50)  # how long ago something happened when it is told; the last lies ahead
ids = {
    "record": st.sampled_from(["r1", "r2", "r3"]),
    "activity": st.sampled_from(["1", "2", "3", "4", "10"]),
    "appointment": st.sampled_from(["5", "6", "7", "12"]),
    "team": st.sampled_from(["t1", "t2", "t3"]),
}
users = st.sampled_from(["u1", "u2", "u3", None])
stages = st.sampled_from(["1", "2", "3"])
ago = st.sampled_from(HOURS).map(lambda hours: timedelta(hours=hours))
records = st.one_of(ids["record"], st.none())

told: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "record": {
        "ownerId": users, "stageId": stages, "value": st.sampled_from(["1", "2.5", None]), "source": st.sampled_from(["Ios", "Import", "Api"]),
        "territoryId": st.sampled_from(["a", "b", None]), "typeId": st.just("10"), "createdById": users,
        "createdAt": ago, "updatedAt": st.just(timedelta()),
    },
    "activity": {
        "type": st.sampled_from(["event", "event", "event", "transition", "transition", "ownerChanged", "create", "note"]),
        "done": st.sampled_from([True, True, False]), "ownerId": users, "dataObjectId": records, "date": ago, "createdAt": ago,
        "updatedAt": st.just(timedelta()), "resultId": st.sampled_from(["7", "8", None]), "verified": st.booleans(),
        "distance": st.sampled_from(["3.5", None]), "fromStageId": stages, "toStageId": stages, "previousOwnerId": users,
    },
    "appointment": {
        "dataObjectId": records, "ownerId": users, "createdById": users, "date": ago, "updatedAt": st.just(timedelta()),
        "activityId": ids["activity"], "recurringDefinition": st.sampled_from([None, {"id": "70"}, {"id": "71"}]),
    },
    "team": {"usersIds": st.lists(st.sampled_from(["u1", "u2", "u3"]), unique=True), "parentId": st.sampled_from([None, "t1", "t2"])},
}  # fmt: skip


@dataclass(frozen=True)
class See:
    """A row is told, whole when it is new, else as far as `changed` goes."""

    table: str
    row_id: str
    members: Row
    changed: frozenset[str]


@dataclass(frozen=True)
class Lose:
    """A row is deleted, or not visible any more."""

    table: str
    row_id: str
    deleted: bool


@dataclass(frozen=True)
class Refresh:
    """So many records a transaction, and which transaction, if any, ends in a crash."""

    records: int
    crash_at: int | None


def seen(table: str) -> st.SearchStrategy[See]:
    changed = st.frozensets(st.sampled_from(sorted(told[table])), min_size=1, max_size=3)
    return st.builds(See, st.just(table), ids[table], st.fixed_dictionaries(told[table]), changed)


def lost(table: str) -> st.SearchStrategy[Lose]:
    return st.builds(Lose, st.just(table), ids[table], st.sampled_from([True, True, False]))


refreshes = st.builds(Refresh, st.sampled_from([1, 2, 100]), st.one_of(st.none(), st.integers(1, 5)))
steps = st.one_of(
    seen("activity"), seen("activity"), seen("activity"), seen("record"), seen("appointment"), seen("team"),
    st.sampled_from(sorted(told)).flatmap(lost), refreshes,
)  # fmt: skip
zones = st.sampled_from(
    [
        EventSettings("America/Denver", {}, {"u2": "Asia/Tokyo"}, frozenset({"u3"})),
        EventSettings("UTC", {"t1": "America/New_York", "t2": "Pacific/Auckland"}),
    ]
)


class CrashError(Exception):
    """The process ends here."""


@contextmanager
def crashing(at: int | None) -> Iterator[None]:
    """Let the process end just before the commit of the store's `at`-th transaction."""
    write, count = Store.write, [0]

    @contextmanager
    def ending(store: Store) -> Iterator[duckdb.DuckDBPyConnection]:
        with write(store) as cursor:
            yield cursor
            count[0] += 1
            if count[0] == at:
                raise CrashError

    with mock.patch.object(Store, "write", ending):
        yield


@dataclass
class Story:
    """One store, and what stood there at each moment."""

    store: Store
    settings: EventSettings
    spotio: SmallSpotio
    known: set[tuple[str, str]] = field(default_factory=set)
    moments: list[tuple[datetime, list[Row]]] = field(default_factory=list)

    def do(self, step: See | Lose | Refresh) -> None:
        self.spotio.now += timedelta(hours=5)
        if isinstance(step, See):
            new = (step.table, step.row_id) not in self.known
            self.known.add((step.table, step.row_id))
            told = {name: self.spotio.now - value if isinstance(value, timedelta) else value for name, value in step.members.items()}  # fmt: skip
            chosen = {name: value for name, value in told.items() if new or name in step.changed}
            self.spotio.see(step.table, step.row_id, **self._possible(step, chosen))
        elif isinstance(step, Lose):
            (self.spotio.delete if step.deleted else self.spotio.hide)(step.table, step.row_id)
        else:
            self.refresh(step)
            self.moments.append((datetime.now(UTC), events_known(self.store)))

    def _possible(self, step: See, members: Row) -> Row:
        """No team is above itself, and nothing was updated before."""
        if step.table == "team":
            order = ["t1", "t2", "t3"]
            if members.get("parentId") is not None and order.index(members["parentId"]) >= order.index(step.row_id):  # fmt: skip
                members |= {"parentId": None}
        return members

    def refresh(self, step: Refresh) -> int | None:
        with mock.patch.object(events, "BATCH_RECORDS", step.records), crashing(step.crash_at):
            try:
                return events.refresh(self.store, self.settings)
            except CrashError:
                return None


def counted(rows: list[Row], kind: str, *names: str) -> list[tuple[Any, ...]]:
    return sorted((tuple(row[name] for name in names) for row in rows if row["kind"] == kind), key=str)


def plain(story: Story, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a query over the mirror; `day(owner, moment)` there is a local day by the zones of users and company."""
    by_user = " ".join(f"when '{user}' then '{zone}'" for user, zone in story.settings.zone_by_user.items())
    zone = f"case owner {by_user} else '{story.settings.zone}' end" if by_user else f"'{story.settings.zone}'"
    with story.store.cursor() as cursor:
        cursor.execute(f"create temp macro day(owner, moment) as timezone({zone}, moment)::date")
        rows = cursor.sql(sql).to_arrow_table().to_pylist()
        cursor.execute("drop macro day")
    return sorted((tuple(row.values()) for row in rows), key=str)


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "empty.duckdb"
    with Store.open(url_of(path)) as store:
        SmallSpotio(store)
    return path


@pytest.mark.rule("E-01")
@settings(max_examples=25)
@given(story_steps=st.lists(steps, min_size=4, max_size=24), event_settings=zones)
def test_events_follow_from_the_mirror_alone_whatever_happened_on_the_way(
    empty_store: Path, story_steps: list[See | Lose | Refresh], event_settings: EventSettings
) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "store.duckdb"
        shutil.copyfile(empty_store, path)
        with Store.open(url_of(path)) as store:
            story = Story(store, event_settings, SmallSpotio(store, new=False).at(BEGAN))
            for step in story_steps:
                story.do(step)
                rows = events_known(store)
                assert len({row["id"] for row in rows}) == len(rows)
            story.refresh(Refresh(100, None))
            check(story)


def check(story: Story) -> None:
    store, rows = story.store, events_known(story.store)
    assert story.refresh(Refresh(100, None)) == 0
    for moment, stood in story.moments:
        assert events_known(store, moment) == stood
    check_counts(story, rows)
    events.touch_all(store)
    assert story.refresh(Refresh(100, None)) == 0
    with store.write() as cursor:
        cursor.execute("delete from history.event")
    events.touch_all(store)
    story.refresh(Refresh(2, None))
    assert events_known(store) == rows


def check_counts(story: Story, rows: list[Row]) -> None:
    """Zones of teams follow the teams of the time, which no plain query tells: then the days are left out."""
    day = ["local_day"] if not story.settings.zone_by_team else []
    moment = "day(ownerId, date)" if day else "null"
    live = "spotio.activity where _deleted_at is null and date is not null and"

    def mirror_has(sql: str) -> list[tuple[Any, ...]]:
        return [row if day else row[:-1] for row in plain(story, sql)]

    assert counted(rows, "logged", "user_id", "result_id", *day) == mirror_has(
        f"select ownerId, resultId, {moment} as day from {live} type = 'event' and done"
    )
    assert counted(rows, "stage_moved", "user_id", "from_stage_id", "to_stage_id", *day) == mirror_has(
        f"select ownerId, fromStageId, toStageId, {moment} as day from {live} type = 'transition'"
    )
    assert counted(rows, "created", "record_id") == plain(
        story, "select id from spotio.record where _deleted_at is null"
    )
    assert counted(rows, "scheduled", "user_id", "by_user_id", "due_at") == plain(
        story,
        "select ownerId, createdById, date from spotio.appointment p where _deleted_at is null and not exists"
        " (select 1 from spotio.appointment o where o._deleted_at is null and o.id::int < p.id::int"
        " and (o.recurringDefinition ->> '$.id') = (p.recurringDefinition ->> '$.id'))",
    )
