"""A record for people: its values with names, its counterparts elsewhere, what happened to it, how it is found."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from data.access import EVERYTHING, Scope
from data.errors import QueryRefusedError
from data.finding import count, search
from data.matches import related
from data.profiles import profile
from data.records import record
from data.store import Store
from data.timeline import timeline
from tests.store.conftest import NOON, url_of
from tests.store.small_spotio import SmallSpotio
from tests.store.two_teams import (
    ANALYST,
    EAST,
    HIDDEN,
    LATER,
    MANAGER,
    MASKED,
    RECORD,
    REP,
    SF_USER,
    see,
    two_teams,
)

LEAD_1, LEAD_2 = "00Q000000000001AAA", "00Q000000000002AAA"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(url_of(tmp_path_factory.mktemp("records") / "s.duckdb")) as store:
        yield two_teams(store)


@pytest.mark.requirement("CO-03")
def test_a_records_values_bear_the_names_of_their_fields_and_of_what_ids_stand_for(company: Store) -> None:
    found = record(company, ANALYST, "spotio", "record", "rw")
    assert found is not None
    values = {value.column: value for value in found.values}
    assert (found.name, values["f_100006"].label) == ("Castell household", "Email")
    assert (values["ownerId"].said, values["ownerId"].target) == ("Wanda West", ("spotio", "user", "uw"))
    assert (values["stageId"].said, values["territoryId"].said, values["typeId"].said) == (
        "New",
        "West hills",
        "Lead",
    )
    assert (found.pulled_at, found.deleted_at) == (LATER, None)
    assert "_digest" not in values


def test_an_activitys_result_and_a_leads_owner_are_named(company: Store) -> None:
    activity = record(company, ANALYST, "spotio", "activity", "aw")
    lead = record(company, ANALYST, "salesforce", "lead", LEAD_1)
    assert activity is not None
    assert lead is not None
    assert {v.column: v.said for v in activity.values if v.said} == {
        "activityTemplateId": "Visit", "ownerId": "Wanda West", "resultId": "Sold", "dataObjectId": "Castell household",
    }  # fmt: skip
    assert {v.column: v.said for v in lead.values if v.said} == {"OwnerId": "Wanda West"}


def test_a_record_out_of_scope_is_not_there_and_a_hidden_value_is_not_shown(company: Store) -> None:
    assert record(company, MANAGER, "spotio", "record", "re") is None
    assert record(company, ANALYST, "spotio", "record", "no such id") is None
    masked = record(company, MASKED, "spotio", "record", "rw")
    assert masked is not None
    assert HIDDEN not in str(masked)
    with pytest.raises(QueryRefusedError):
        record(company, REP, "spotio", "record", "rw")
    with pytest.raises(QueryRefusedError):
        record(company, ANALYST, "sync", "run", "r-1")


@pytest.mark.requirement("CO-09")
def test_a_record_can_be_seen_as_it_was(company: Store) -> None:
    was = record(company, ANALYST, "spotio", "record", "rw", NOON)
    assert was is not None
    assert {v.column: v.value for v in was.values}["f_100006"] == f"{HIDDEN}1@example.com"


def test_counterparts_are_found_by_ids_and_by_what_is_equal_and_say_how(company: Store) -> None:
    (castell,) = related(company, ANALYST, "spotio", "record", "rw")
    assert (castell.object, castell.id, castell.certain) == ("lead", LEAD_1, False)
    assert castell.how == ("equal e-mail", "equal address and postal code")
    (east,) = related(company, ANALYST, "spotio", "record", "re")
    assert (east.id, east.certain, east.how[0]) == (LEAD_2, True, "Salesforce holds the id, in SPOTIO_Id__c")
    back = {match.id: match.certain for match in related(company, ANALYST, "salesforce", "lead", LEAD_2)}
    assert back == {"re": True}
    assert [m.id for m in related(company, ANALYST, "spotio", "user", "uw")] == ["005000000000001AAA"]


def test_nobody_finds_a_counterpart_by_what_they_may_not_see(company: Store) -> None:
    (castell,) = related(company, MASKED, "spotio", "record", "rw")
    assert castell.how == ("equal address and postal code",)
    assert related(company, MANAGER, "spotio", "record", "re") == []
    with company.write() as cursor:
        cursor.execute(
            "update salesforce.lead set OwnerId = '005000000000002AAA' where Id = $id", {"id": LEAD_1}
        )
    try:
        assert related(company, MANAGER, "spotio", "record", "rw") == []
    finally:
        with company.write() as cursor:
            cursor.execute(
                "update salesforce.lead set OwnerId = '005000000000001AAA' where Id = $id", {"id": LEAD_1}
            )


def test_a_timeline_tells_changes_activities_and_facts_newest_first(company: Store) -> None:
    entries = timeline(company, ANALYST, "spotio", "record", "rw")
    assert [entry.happened_at for entry in entries] == sorted((e.happened_at for e in entries), reverse=True)
    assert {entry.kind for entry in entries} >= {"change", "activity", "appointment"}
    (changed,) = [entry for entry in entries if (entry.kind, entry.title) == ("change", "Changed")]
    assert [(f.label, f.before, f.after) for f in changed.fields] == [
        ("Email", f"{HIDDEN}1@example.com", f"{HIDDEN}2@example.com")
    ]
    (visit,) = [entry for entry in entries if entry.title == "Visit: Sold"]
    assert (visit.who, visit.target) == ("Wanda West", ("spotio", "activity", "aw"))


def test_a_timeline_of_a_lead_tells_what_salesforce_recorded(company: Store) -> None:
    entries = timeline(company, ANALYST, "salesforce", "lead", LEAD_1)
    assert {(e.who, e.fields[0].label) for e in entries if e.kind == "field_history"} == {
        ("Wanda West", "Email"), ("Wanda West", "Status"),
    }  # fmt: skip


def test_a_timeline_tells_a_change_of_a_moment_as_a_moment(store: Store) -> None:
    spotio = SmallSpotio(store)
    spotio.at(NOON).record("r1", updatedAt=NOON, nextActivityTime=NOON)
    spotio.at(LATER).record("r1", updatedAt=LATER, nextActivityTime=None)
    (changed,) = [
        entry for entry in timeline(store, EVERYTHING, "spotio", "record", "r1") if entry.title == "Changed"
    ]
    assert [(field.before, field.after) for field in changed.fields] == [(NOON, None)]


def test_a_timeline_names_a_stage_by_the_type_that_the_record_had_then(store: Store) -> None:
    spotio = SmallSpotio(store)
    for type_id, names in (("1", ("New", "Sold")), ("2", ("Open", "Lost"))):
        for number, name in enumerate(names, 1):
            spotio.see("stage", f"{type_id}:{number}", typeId=type_id, stageId=str(number), name=name)
    spotio.at(NOON).record("r1", typeId="1", stageId="1")
    for hours, members in enumerate(({"stageId": "2"}, {"typeId": "2"}, {"stageId": "1"}), 1):
        spotio.at(NOON + timedelta(hours=hours)).record("r1", **members)
    changed = [
        entry for entry in timeline(store, EVERYTHING, "spotio", "record", "r1") if entry.title == "Changed"
    ]
    stages = [
        (field.before, field.after) for entry in changed for field in entry.fields if field.label == "Stage"
    ]
    assert stages == [("Lost", "Open"), ("New", "Sold")]


def test_a_timeline_goes_on_when_a_moment_was_none_once(store: Store) -> None:
    spotio = SmallSpotio(store)
    spotio.at(NOON).record("r1", updatedAt=NOON)
    spotio.visit("good", text="Nobody there")
    spotio.visit("odd", date="yesterday", createdAt=NOON)  # makes text of the column
    told = timeline(store, EVERYTHING, "spotio", "record", "r1")
    assert [entry.happened_at for entry in told if entry.kind == "activity"] == [NOON]


def test_a_timeline_shows_nothing_that_the_reader_may_not_see(company: Store) -> None:
    assert timeline(company, MANAGER, "spotio", "record", "re") == []
    for system, object, id in (("spotio", "record", "rw"), ("salesforce", "lead", LEAD_1)):
        assert HIDDEN not in str(timeline(company, MASKED, system, object, id))
    with pytest.raises(QueryRefusedError):
        timeline(company, REP, "spotio", "record", "rw")


@pytest.mark.requirement("CO-03")
def test_a_search_finds_by_id_name_and_e_mail_in_all_systems(company: Store) -> None:
    assert [(f.object, f.id, f.column) for f in search(company, ANALYST, "rw")] == [("record", "rw", "id")]
    named = {(f.system, f.object, f.id) for f in search(company, ANALYST, "castell")}
    assert named == {("spotio", "record", "rw"), ("salesforce", "lead", LEAD_1)}
    by_mail = {(f.system, f.object) for f in search(company, ANALYST, "uw@EXAMPLE")}
    assert by_mail == {("spotio", "user"), ("salesforce", "user")}
    assert search(company, ANALYST, "  ") == []


@pytest.mark.requirement("CO-03")
def test_a_search_finds_a_phone_number_however_it_is_punctuated_and_by_no_fewer_than_seven_digits(
    company: Store,
) -> None:
    leads = frozenset({("salesforce", "lead")})
    for typed in ("303 555 0100", "+1 (303) 555-0100", "5550100"):
        assert [(f.id, f.column) for f in search(company, ANALYST, typed, among=leads)] == [
            (LEAD_1, "Phone")
        ], typed
    assert search(company, ANALYST, "555010", among=leads) == []


def test_a_search_counts_what_it_would_find_and_tells_no_e_mail_that_is_hidden(company: Store) -> None:
    assert count(company, ANALYST, "castell") == len(search(company, ANALYST, "castell")) == 2
    assert len(search(company, ANALYST, "e", each=1)) < count(company, ANALYST, "e")
    assert all(found.email for found in search(company, ANALYST, "castell"))
    assert {found.email for found in search(company, MASKED, "castell")} == {None}


def test_a_search_finds_nothing_out_of_scope_or_hidden(company: Store) -> None:
    assert search(company, MANAGER, EAST) == []
    assert search(company, MASKED, HIDDEN) == []
    assert search(company, REP, "castell") == []
    assert {f.object for f in search(company, EVERYTHING, EAST)} >= {
        "record",
        "user",
        "team",
        "territory",
        "lead",
    }


@pytest.mark.requirement("CO-03")
def test_a_profile_tells_what_the_columns_hold(company: Store) -> None:
    found = profile(company, ANALYST, "spotio.record")
    columns = {column.name: column for column in found.columns}
    assert (found.rows, found.looked_at) == (2, 2)
    assert (columns["value"].filled, columns["value"].least, columns["value"].greatest) == (
        1.0,
        "100.0",
        "200.0",
    )
    assert (columns["typeId"].distinct, columns["typeId"].top) == (1, (("1", 2),))
    assert (columns["lat"].filled, columns["lat"].top) == (0.0, ())


def test_a_profile_tells_nothing_of_hidden_columns_or_other_teams(company: Store) -> None:
    assert "f_100006" not in {column.name for column in profile(company, MASKED, "spotio.record").columns}
    assert HIDDEN not in str(profile(company, MASKED, "spotio.activity"))
    assert HIDDEN not in str(profile(company, MASKED, "history.change"))
    assert EAST not in str(profile(company, MANAGER, "spotio.record"))
    with pytest.raises(QueryRefusedError):
        profile(company, MASKED, "spotio.record", ["f_100006"])
    with pytest.raises(QueryRefusedError):
        profile(company, REP, "spotio.record")


def test_of_a_large_table_a_profile_looks_at_a_part(company: Store) -> None:
    with company.write() as cursor:
        cursor.execute(
            "create table salesforce.large as select range as Id, range % 3 as Rest from range(3000000)"
        )
    try:
        found = profile(company, Scope("admin", "", None, None), "salesforce.large")
        assert found.rows == 3_000_000
        assert 0 < found.looked_at < 1_000_000
        assert {value for value, _ in found.columns[1].top} == {"0", "1", "2"}
    finally:
        with company.write() as cursor:
            cursor.execute("drop table salesforce.large")


def test_a_stage_without_its_type_is_named_where_all_types_call_it_so(store: Store) -> None:
    company = two_teams(store)  # of its own: it gets one record more
    see(company, SF_USER, {"Id": "005000000000003AAA", "Name": "Ana"})
    see(company, RECORD, {"id": "rx", "stageId": "2", "name": "no type", "ownerId": "uw"})
    found = record(company, ANALYST, "spotio", "record", "rx")
    assert found is not None
    assert {v.column: v.said for v in found.values}["stageId"] == "Sold"
