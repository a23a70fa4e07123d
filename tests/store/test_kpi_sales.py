"""Sales from each source, taken back within the window or not; stage moves and the time in a stage."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest

from data.kpi import ask
from data.mirror import Reading, merge
from data.schema import Field, MirrorTable, prepare
from data.store import Store
from sync.connectors.spotio.tables import CATEGORIZATION, STAGE, USER
from tests.store.small_field import (
    DAY,
    HOUR,
    LOST,
    MONDAY,
    NEW,
    PITCHED,
    SOLD,
    SmallField,
    manager,
    october,
    on,
    rep,
)
from tests.store.small_spotio import BEGAN

TUESDAY, WEDNESDAY, FRIDAY = MONDAY + DAY, MONDAY + 2 * DAY, MONDAY + 4 * DAY


@pytest.fixture
def field(store: Store) -> SmallField:
    field = SmallField(store)
    field.record("r1")
    field.record("r2", value="250")
    return field


def sales(field: SmallField, **question: Any) -> tuple[float | None, ...]:
    """Gross and net, counted and valued."""
    found = field.values("sold", "sold_net", "sales_value", "sales_net", **question)
    return tuple(value.value for value in found.values())


def test_a_sale_is_a_move_into_a_won_stage_credited_to_who_made_it_on_its_day(field: SmallField) -> None:
    field.move("1", TUESDAY, NEW, SOLD, "r1", user="u3")
    field.move("2", WEDNESDAY, PITCHED, SOLD, "r2")
    field.settle()
    assert sales(field) == (2, 2, 350, 350)
    assert field.by("sold", "user") == {"u1": 1, "u3": 1}
    assert sales(field, **on(TUESDAY.date())) == (1, 1, 100, 100)
    assert sales(field, scope=manager("south")) == (1, 1, 100, 100)
    assert sales(field, scope=rep("u1")) == (1, 1, 250, 250)


def test_a_sale_taken_back_within_the_window_keeps_its_date_and_gets_a_dated_adjustment(
    field: SmallField,
) -> None:
    field.move("1", TUESDAY, NEW, SOLD)
    field.move("2", FRIDAY, SOLD, LOST)
    field.settle()
    assert sales(field, **on(TUESDAY.date())) == (1, 1, 100, 100)
    assert sales(field, **on(FRIDAY.date())) == (0, -1, 0, -100)
    assert sales(field) == (1, 0, 100, 0)
    assert field.value("sold").extra["cancelled"] == 1
    assert field.parts("sold_per_lead") == (0, 2)


def test_after_the_window_it_stays_a_sale_and_the_next_is_another(field: SmallField) -> None:
    field.move("1", TUESDAY, NEW, SOLD)
    field.move("2", FRIDAY + DAY, SOLD, PITCHED)
    field.settle()
    assert sales(field) == (1, 1, 100, 100)
    field.move("3", FRIDAY + 5 * DAY, PITCHED, SOLD)
    field.settle()
    assert sales(field) == (2, 2, 200, 200)


def test_going_to_and_fro_within_the_window_is_one_sale(field: SmallField) -> None:
    field.move("1", TUESDAY, NEW, SOLD)
    field.move("2", TUESDAY + HOUR, SOLD, PITCHED)
    field.move("3", WEDNESDAY, PITCHED, SOLD)
    field.settle()
    assert sales(field) == (1, 1, 100, 100)
    assert field.number("sold", **on(TUESDAY.date())) == 1


def test_won_again_without_having_been_taken_back_is_no_second_sale(store: Store) -> None:
    field = SmallField(store, sold_source="result")
    field.record("r1")
    field.knock("1", TUESDAY, result="Sold", user="u3")
    field.knock("2", FRIDAY + 7 * DAY, result="Sold")
    field.settle()
    assert field.by("sold", "user") == {"u3": 1}


def test_a_result_can_be_the_source_and_one_classed_cancelled_takes_it_back(store: Store) -> None:
    field = SmallField(store, sold_source="result")
    field.record("r1")
    field.move("m", MONDAY, NEW, SOLD)
    field.knock("1", TUESDAY, result="Sold")
    field.appoint("2", MONDAY, WEDNESDAY)
    field.outcome("2", "Cancelled", WEDNESDAY, made=MONDAY)
    field.settle()
    assert sales(field) == (1, 0, 100, 0)


@pytest.mark.parametrize(
    ("categorization", "sold"),
    [
        ({"type": "stageChange", "dataObjectTypeId": "10", "stageId": PITCHED}, {"u1": 1}),
        ({"type": "stageChange", "dataObjectTypeId": "99", "stageId": SOLD}, {}),
        ({"type": "activityResult", "activityTemplateId": "1", "activityResultId": "2"}, {"u2": 1}),
        ({"type": "recordCreated", "dataObjectTypeId": "10"}, {"u1": 1, "u4": 1}),
        ({"type": "activityScheduled", "activityTemplateId": "5"}, {"u3": 1}),
        ({"type": "activityLogged", "activityTemplateId": "1"}, {"u2": 1}),
    ],
)
def test_what_won_means_is_what_the_tenant_told_spotio(
    field: SmallField, categorization: dict[str, Any], sold: dict[str, int]
) -> None:
    field.record("r3", owner="u4")
    field.spotio.delete("record", "r2")
    field.move("1", TUESDAY, NEW, PITCHED)
    field.knock("2", TUESDAY, "r3", user="u2", result="Interested")
    field.appoint("3", TUESDAY, FRIDAY, "r3", closer="u3")
    field.see(CATEGORIZATION, {"id": "won", **categorization})
    field.settle()
    assert field.by("sold", "user") == sold


def test_a_stage_that_spotio_moves_to_the_won_ones_makes_sales_of_what_entered_it(field: SmallField) -> None:
    field.move("1", TUESDAY, NEW, PITCHED)
    field.settle()
    assert field.number("sold") == 0
    field.see(STAGE, {"id": f"10:{PITCHED}", "typeId": "10", "stageId": PITCHED, "groupName": "won"})
    field.settle()
    assert field.number("sold") == 1


def test_a_sale_without_a_value_is_counted_apart(field: SmallField) -> None:
    field.record("r3", value=None)
    field.move("1", TUESDAY, NEW, SOLD, "r3")
    field.settle()
    value = field.value("sales_value")
    assert (value.value, value.extra["without_value"]) == (0, 1)


def test_sold_per_lead_follows_the_records_created_in_the_period(field: SmallField) -> None:
    field.record("r3", FRIDAY)
    field.move("1", FRIDAY + 20 * DAY, NEW, SOLD, "r1")
    field.settle()
    assert field.parts("sold_per_lead") == (1, 3)
    assert field.parts("sold_per_lead", **on(FRIDAY.date())) == (0, 1)


def _sobject(name: str, **columns: str) -> MirrorTable:
    kinds = {"Id": "varchar", **columns, "SystemModstamp": "timestamptz"}
    return MirrorTable(
        "salesforce",
        name.lower(),
        name,
        "Id",
        tuple(Field(n, k, k) for n, k in kinds.items()),
        "SystemModstamp",
    )


OPPORTUNITY = _sobject("Opportunity", AccountId="varchar", OwnerId="varchar", IsWon="boolean", Amount="double", CloseDate="date")  # fmt: skip
LEAD = _sobject("Lead", ConvertedOpportunityId="varchar")
SALESFORCE_USER = _sobject("User", Email="varchar")


def put(store: Store, table: MirrorTable, **values: str | None) -> None:
    """One row of a Salesforce table."""
    row = {name: None for name in table.columns} | {"SystemModstamp": BEGAN.isoformat()} | values
    prepare(store, table, "first", BEGAN)
    merge(store, table, pa.Table.from_pylist([row], pa.schema([(name, pa.string()) for name in row])), Reading("first", BEGAN))  # fmt: skip


@pytest.fixture
def salesforce(store: Store) -> SmallField:
    """u3 is ada@example.com in both systems; bob is in Salesforce alone."""
    field = SmallField(store, sold_source="salesforce_won")
    field.see(USER, {"id": "u3", "email": "Ada@example.com"})
    put(store, SALESFORCE_USER, Id="005ada", Email="ada@EXAMPLE.com")
    put(store, SALESFORCE_USER, Id="005bob", Email="bob@example.com")
    put(store, LEAD, Id="00Q000000000001AAA", ConvertedOpportunityId="006000000000003AAA")
    return field


def won(store: Store, number: int, **values: str | None) -> None:
    usual: dict[str, str | None] = {
        "Id": f"00600000000000{number}AAA", "OwnerId": "005ada", "IsWon": "true", "Amount": "500", "CloseDate": "2026-10-13",
    }  # fmt: skip
    put(store, OPPORTUNITY, **(usual | values))


def test_salesforces_won_opportunities_are_credited_by_email_on_their_close_date(
    salesforce: SmallField,
) -> None:
    won(salesforce.store, 1)
    won(salesforce.store, 2, OwnerId="005bob", CloseDate="2026-10-14")
    won(salesforce.store, 4, IsWon="false")
    salesforce.record("r1")
    salesforce.move("m", TUESDAY, NEW, SOLD)
    salesforce.settle()
    assert sales(salesforce) == (2, 2, 1000, 1000)
    assert salesforce.value("sold").extra["credited_to_nobody"] == 1
    assert salesforce.by("sold", "user") == {"u3": 1}
    assert salesforce.by("sold", "team") == {"south": 1}
    assert sales(salesforce, **on(date(2026, 10, 14))) == (1, 1, 500, 500)
    assert sales(salesforce, scope=manager("north")) == (0, 0, 0, 0)
    salesforce.settings = salesforce.settings.model_copy(update={"sold_source": "spotio_won"})
    salesforce.settle()
    assert sales(salesforce) == (1, 1, 100, 100)


@pytest.mark.parametrize(
    ("external", "matched"),
    [
        ("006000000000003", True),
        ("001000000000009AAA", True),
        ("00Q000000000001", True),
        ("001000000000008AAA", False),
        (None, False),
    ],
)
def test_an_opportunity_is_a_records_only_through_an_external_id_that_is_there(
    salesforce: SmallField, external: str | None, matched: bool
) -> None:
    salesforce.record("r1", externalDataObjectId=external)
    salesforce.appoint("1", MONDAY, TUESDAY, closer="u3")
    salesforce.outcome("1", "Sat - not sold", TUESDAY, closer="u3", made=MONDAY)
    salesforce.settle()
    won(salesforce.store, 3, AccountId="001000000000009AAA")
    salesforce.settle()
    assert salesforce.number("sold") == 1
    assert salesforce.parts("close_rate") == (int(matched), 1)
    assert salesforce.parts("sold_per_lead") == (int(matched), 1)


def test_an_opportunity_that_is_won_no_more_is_no_sale_any_more(salesforce: SmallField) -> None:
    won(salesforce.store, 1)
    salesforce.settle()
    won(salesforce.store, 1, IsWon="false", SystemModstamp=datetime(2026, 10, 20, tzinfo=UTC).isoformat())
    salesforce.settle()
    assert salesforce.number("sold") == 0


@pytest.mark.requirement("KP-03")
@pytest.mark.rule("E-05")
def test_moves_are_counted_from_stage_to_stage_by_who_made_them(field: SmallField) -> None:
    field.move("1", TUESDAY, NEW, PITCHED, user="u3")
    field.move("2", WEDNESDAY, PITCHED, LOST)
    field.move("3", WEDNESDAY + HOUR, LOST, LOST)
    field.move("4", FRIDAY, NEW, PITCHED, "r2")
    field.settle()
    assert field.by("stage_moves_total", "user") == {"u1": 2, "u3": 1}
    found = ask.stages(field.store, october())
    assert found.select("from_stage_id", "to_stage_id", "moves", "net", "records").rows() == [
        (NEW, PITCHED, 2, 2, 2),
        (PITCHED, LOST, 1, 1, 1),
    ]
    assert ask.stages(field.store, october(scope=rep("u3")))["moves"].to_list() == [1]


@pytest.mark.requirement("KP-03")
def test_going_to_and_fro_within_a_day_is_no_net_move(field: SmallField) -> None:
    field.move("1", TUESDAY, NEW, PITCHED)
    field.move("2", TUESDAY + HOUR, PITCHED, NEW)
    field.move("3", WEDNESDAY, NEW, PITCHED)
    field.move("4", WEDNESDAY + HOUR, PITCHED, LOST)
    field.settle()
    moves = field.value("stage_moves")
    assert (moves.value, moves.extra["total"], moves.extra["first_entries"]) == (1, 4, 2)
    assert field.number("first_entries", **on(TUESDAY.date())) == 1


@pytest.mark.requirement("KP-03")
def test_the_time_in_a_stage_is_the_median_of_the_stays_that_ended(field: SmallField) -> None:
    field.move("1", MONDAY + 2 * DAY, NEW, PITCHED)
    field.move("2", MONDAY + 6 * DAY, PITCHED, LOST, user="u3")
    field.settle()
    stay = field.value("time_in_stage")
    assert (stay.value, stay.denominator) == (3, 2)
    assert field.number("time_in_stage", users=("u3",)) == 4
    assert field.number("time_in_stage", last=date(2026, 10, 12)) is None


def test_a_stay_that_began_elsewhere_is_measured_anew_when_the_move_before_is_deleted(
    field: SmallField,
) -> None:
    field.move("1", TUESDAY, NEW, PITCHED)
    field.move("2", FRIDAY, PITCHED, NEW)
    field.move("3", FRIDAY + HOUR, NEW, PITCHED)
    field.settle()
    assert field.number("first_entries") == 1
    field.spotio.at(FRIDAY + DAY).delete("activity", "1")
    field.settle()
    assert field.number("time_in_stage", users=("u1",)) == pytest.approx((4 + 1 / 24) / 2)
    # SPOTIO then shows that the record was born in the stage that its first known move left.
    assert field.number("first_entries") == 1
