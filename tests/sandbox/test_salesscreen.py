"""SalesScreen stand-in: two calls that write and nothing that reads."""

import asyncio
from datetime import datetime
from typing import Any

import httpx
import pytest

from sync.sandbox.clock import Clock
from sync.sandbox.salesscreen import PER_MINUTE, PER_SECOND, SalesScreenStandIn
from sync.sandbox.standin import Refused

RECORD = {
    "id": "spotio:activity:1:knocks",
    "activityTypeName": "Door knocks",
    "user": {"id": "503", "email": "rae@example.com"},
    "activity": {"key": "visit-interested", "name": "Visit: Interested"},
    "quantity": 1,
    "value1": 1250.0,
    "createdDate": "2026-09-01T15:04:05.000Z",
}


class StoppedClock(Clock):
    """Moves only when it is told to, so that a slow machine cannot spread a burst over two seconds."""

    def __init__(self) -> None:
        super().__init__()
        self._started = super().now()

    def now(self) -> datetime:
        return self._started + self._offset


class Board:
    def __init__(self) -> None:
        self.clock = StoppedClock()
        self.standin = SalesScreenStandIn(self.clock)
        self.standin.act("set_quota", {"on": False})

    def post(self, path: str, body: Any, *, method: str = "POST", **headers: str) -> httpx.Response:
        return asyncio.run(self._send(method, path, body, {"apiKey": self.standin.api_key} | headers))

    async def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> httpx.Response:
        transport = httpx.ASGITransport(self.standin.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://salesscreen") as client:
            return await client.request(method, path, json=body, headers=headers)

    def add(self, *records: Any) -> int:
        return self.post("/api/v1/Record/Add", list(records)).status_code

    def rows(self, name: str) -> list[dict[str, Any]]:
        return self.standin.state(name, None)[name]


@pytest.fixture
def board() -> Board:
    return Board()


def test_a_record_is_taken_with_an_empty_answer_and_kept_as_sent(board: Board) -> None:
    answer = board.post("/api/v1/Record/Add", [RECORD])
    assert (answer.status_code, answer.content) == (200, b"")
    kept = board.rows("records")[0]
    assert {name: kept[name] for name in RECORD if name != "createdDate"} == {
        name: value for name, value in RECORD.items() if name != "createdDate"
    }
    assert kept["createdDate"] == "2026-09-01T15:04:05.000000Z"


def test_the_same_id_again_updates_in_place(board: Board) -> None:
    board.add(RECORD)
    first = board.rows("records")[0]
    board.clock.advance(60)
    board.add(RECORD | {"quantity": 0, "value1": 0})
    (second,) = board.rows("records")
    assert (second["quantity"], second["value1"]) == (0, 0)
    assert second["receivedAt"] == first["receivedAt"]
    assert second["updatedAt"] > first["updatedAt"]


def test_whatever_a_record_names_comes_into_being(board: Board) -> None:
    board.add(RECORD | {"activityTypeName": "Door nkocks"})
    assert [user["userId"] for user in board.rows("users")] == ["503"]
    (kind,) = board.rows("activityTypes")
    assert (kind["name"], kind["activities"]) == ("Door nkocks", [RECORD["activity"]])


@pytest.mark.parametrize(
    "body",
    [
        RECORD,
        "x",
        [RECORD, {**RECORD, "id": ""}],
        [{**RECORD, "activityTypeName": None}],
        [{**RECORD, "user": {"email": "rae@example.com"}}],
        [{**RECORD, "quantity": "one"}],
        [{**RECORD, "createdDate": "yesterday"}],
        [{**RECORD, "activity": "visit"}],
        [None],
    ],
)
def test_one_malformed_record_refuses_the_whole_array(board: Board, body: Any) -> None:
    assert board.post("/api/v1/Record/Add", body).status_code == 400
    assert board.rows("records") == board.rows("users") == []


def test_a_user_is_matched_by_the_callers_id_and_a_team_by_its_key(board: Board) -> None:
    person = {"userId": "503", "email": "rae@example.com", "firstname": "Rae", "lastname": "Stone"}
    assert board.post("/api/v1/User/Add", person | {"team": {"key": "west", "name": "West"}}).content == b""
    board.post("/api/v1/User/Add", {"userId": "503", "lastname": "Steel"})
    board.post("/api/v1/User/Add", {"userId": "504", "team": {"key": "west-2", "name": "West"}})
    rae, other = board.rows("users")
    assert (rae["firstname"], rae["lastname"], rae["team"]["key"]) == ("Rae", "Steel", "west")
    assert other["team"] == {"key": "west-2", "name": "West"}
    assert [team["key"] for team in board.rows("teams")] == ["west", "west-2"]
    assert board.post("/api/v1/User/Add", {"email": "x@example.com"}).status_code == 400


def test_a_wrong_key_and_every_other_path_are_refused(board: Board) -> None:
    assert board.post("/api/v1/Record/Add", [RECORD], apiKey="guess").status_code == 401
    for method, path in (
        ("GET", "Record/Add"),
        ("GET", "User/List"),
        ("POST", "Record/Delete"),
        ("GET", "Team"),
    ):
        assert board.post(f"/api/v1/{path}", None, method=method).status_code == 404
    assert board.post("/API/V1/record/ADD", [RECORD]).status_code == 200


def test_fifteen_calls_a_second_and_two_hundred_a_minute_are_the_limit(board: Board) -> None:
    board.standin.act("set_quota", {"on": True})
    taken = 0
    while taken < PER_MINUTE:
        burst = [board.add(RECORD) for _ in range(PER_SECOND)]
        taken += burst.count(200)
        board.clock.advance(2)
    assert taken == PER_MINUTE
    assert board.add(RECORD) == 429
    board.clock.advance(60)
    assert [board.add(RECORD) for _ in range(PER_SECOND + 1)] == [200] * PER_SECOND + [429]


def test_calls_are_counted_by_how_they_were_answered(board: Board) -> None:
    board.add(RECORD)
    board.add({"id": "x"})
    board.standin.act("set_quota", {"on": True})
    for _ in range(PER_SECOND + 2):
        board.add(RECORD)
    (company,) = board.rows("company")
    assert company["calls"] == {"200": 1 + PER_SECOND, "400": 1, "429": 2}
    assert company["quota"] == {"on": True, "perSecond": PER_SECOND, "perMinute": PER_MINUTE}


def test_a_day_is_one_of_the_companys_time_zone(board: Board) -> None:
    """Denver is six hours behind in summer; an instant without an offset is by the company's clock."""
    board.add(RECORD | {"id": "1", "createdDate": "2026-07-02T05:30:00Z", "quantity": 2})
    board.add(RECORD | {"id": "2", "createdDate": "2026-07-02T06:30:00Z"})
    board.add(RECORD | {"id": "3", "createdDate": "2026-07-02T23:30:00"})
    written = {row["id"]: row["createdDate"] for row in board.rows("records")}
    assert written["3"] == "2026-07-03T05:30:00.000000Z"
    sums = [(row["day"], row["quantity"], row["value1"]) for row in board.rows("days")]
    assert sums == [("2026-07-01", 2, 1250.0), ("2026-07-02", 2, 2500.0)]


def test_a_correction_moves_a_record_to_another_day_and_user(board: Board) -> None:
    board.add(RECORD)
    board.add(RECORD | {"createdDate": "2026-09-03T15:00:00Z", "user": {"id": "504"}})
    assert [(row["day"], row["userId"], row["quantity"]) for row in board.rows("days")] == [
        ("2026-09-03", "504", 1)
    ]


def test_calls_that_nobody_has_confirmed_exist_only_when_they_are_turned_on(board: Board) -> None:
    board.add(RECORD, RECORD | {"id": "second"}, RECORD | {"id": "third"})
    delete, deactivate = "/api/v1/Record/Delete", "/api/v1/User/Deactivate"
    assert board.post(delete, ["second"]).status_code == 404
    board.standin.act("offer_calls", {"on": True})
    assert board.post(delete, ["second", {"id": "third"}, "unknown"]).content == b""
    assert [row["id"] for row in board.rows("records")] == [RECORD["id"]]
    assert board.post(delete, [7]).status_code == board.post(delete, {}).status_code == 400
    assert board.post(deactivate, {"userId": "503"}).status_code == 200
    assert board.rows("users")[0]["active"] is False
    assert board.post(deactivate, {"userId": "999"}).status_code == 400
    with pytest.raises(Refused, match="true or false"):
        board.standin.act("offer_calls", {})


def test_the_administrator_deactivates_and_a_record_brings_back(board: Board) -> None:
    board.add(RECORD)
    assert board.standin.act("deactivate_user", {"id": "503"}) == {"id": "503", "active": False}
    assert board.rows("users")[0]["active"] is False
    board.add(RECORD | {"id": "another"})
    assert board.rows("users")[0]["active"] is True
    board.standin.act("deactivate_user", {"id": "503"})
    assert board.standin.act("reactivate_user", {"id": "503"})["active"] is True
    with pytest.raises(Refused, match="no SalesScreen user"):
        board.standin.act("deactivate_user", {"id": "999"})
    with pytest.raises(Refused, match="set_quota"):
        board.standin.act("fire", {})


def test_the_state_can_be_narrowed_and_taken_back(board: Board) -> None:
    board.add(RECORD)
    board.standin.save()
    board.clock.advance(60)
    since = board.clock.now()
    board.add(RECORD | {"id": "late"})
    assert [row["id"] for row in board.standin.state("records", since)["records"]] == ["late"]
    board.standin.reset()
    assert [row["id"] for row in board.rows("records")] == [RECORD["id"]]
    with pytest.raises(Refused, match="records"):
        board.standin.state("leads", None)
    with pytest.raises(Refused, match="one key"):
        board.standin.token("503")
