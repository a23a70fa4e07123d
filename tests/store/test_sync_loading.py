"""What a plan is given: which records and links are looked at, and in which form everything is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from data import mirror
from data.schema import Field, MirrorTable, prepare
from data.store import Store
from data.syncs import cases, conflicts, failures, kept_out, links
from sync.connectors.spotio import tables
from sync.engine.definition import Definition, Side
from sync.engine.inputs import Inputs, State
from sync.syncs import loading
from tests.store import small_pair
from tests.store.small_pair import (
    EMAIL,
    LEAD,
    MINUTE,
    NOON,
    RECORD,
    SECOND,
    WORTH,
    SmallPair,
    carry_out,
    create_lead,
    definition,
    filtered_by,
    record,
)

ON = State(inbound="on", outbound="on", inbound_on_at=NOON, outbound_on_at=NOON)
DANA = "dana@example.com"


@pytest.fixture
def pair(store: Store) -> SmallPair:
    """s1 is linked with 00Q1 and s2 with 00Q2; s3 and 00Q3 stand alone. All of it was pulled at noon."""
    pair = SmallPair(store)
    pair.users()
    for number in (1, 2, 3):
        pair.record(f"s{number}", f"{number}@x.com")
        pair.lead(f"00Q{number}", f"{number}@x.com")
    for number in (1, 2):
        carry_out(store, create_lead(f"a{number}", f"s{number}", f"{number}@x.com"), NOON, f"00Q{number}")
    return pair.at(NOON + 5 * MINUTE)


def load(pair: SmallPair, chosen: Definition | None = None, **how: Any) -> Inputs:
    return loading.load(pair.store, chosen or definition(), ON, **how)


def looked_at(inputs: Inputs) -> tuple[list[str], list[str], list[str]]:
    return tuple(sorted(frame[name].to_list()) for frame, name in (  # type: ignore[return-value]
        (inputs.spotio, "id"), (inputs.salesforce, "id"), (inputs.links, "link"),
    ))  # fmt: skip


def since_noon(pair: SmallPair, chosen: Definition | None = None) -> tuple[list[str], list[str], list[str]]:
    return looked_at(load(pair, chosen, since=NOON + MINUTE))


NOTHING: tuple[list[str], list[str], list[str]] = ([], [], [])
FIRST = (["s1"], ["00Q1"], ["l-1"])


def test_nothing_is_looked_at_when_nothing_was_pulled_since_the_last_plan(pair: SmallPair) -> None:
    assert since_noon(pair) == NOTHING


def test_what_was_pulled_since_is_looked_at_with_its_partner_and_what_they_agreed_on(pair: SmallPair) -> None:
    pair.record("s1", "new@x.com")
    inputs = load(pair, since=NOON + MINUTE)
    assert looked_at(inputs) == FIRST
    assert inputs.agreed.select("link", "field", "spotio", "salesforce", "reason").rows() == [
        ("l-1", EMAIL, "1@x.com", "1@x.com", "created")
    ]
    assert inputs.links.drop("reason").rows() == [("l-1", "s1", "00Q1", "active", "spotio", True, True)]
    pair.lead("00Q3", "new@x.com")
    assert since_noon(pair) == (["s1"], ["00Q1", "00Q3"], ["l-1"])


@pytest.mark.rule("L-08")
def test_what_was_deleted_or_vanished_since_is_looked_at_though_its_row_was_not_read_again(
    pair: SmallPair,
) -> None:
    # The source may date a deletion long before it tells of it.
    pair.delete(RECORD, "s1", when=NOON - timedelta(days=1))
    mirror.mark_not_visible(pair.store, LEAD, ["00Q2"], pair.reading())
    inputs = load(pair, since=NOON + MINUTE)
    assert looked_at(inputs) == (["s1", "s2"], ["00Q1", "00Q2"], ["l-1", "l-2"])
    assert inputs.spotio.sort("id").select("id", "_deleted", "_visible").rows() == [
        ("s1", True, True),
        ("s2", False, True),
    ]
    assert inputs.salesforce.sort("id").select("id", "_deleted", "_visible").rows() == [
        ("00Q1", False, True),
        ("00Q2", False, False),
    ]


@pytest.mark.rule("L-03")
def test_what_another_sync_has_linked_is_nobody_elses(pair: SmallPair) -> None:
    other = definition(sync="shops")
    assert looked_at(load(pair, other, everything=True)) == (["s3"], ["00Q3"], [])
    assert looked_at(load(pair, other, only=["s1", "00Q2"])) == NOTHING
    pools = loading.load_pools(pair.store, other)
    assert pools.salesforce.filter("linked")["id"].sort().to_list() == ["00Q1", "00Q2"]
    links.unlink(pair.store, ["l-1"], "by_hand", pair.now)
    assert looked_at(load(pair, other, only=["s1", "00Q2"])) == (["s1"], [], [])


@pytest.mark.parametrize("outcome", ["blocked", "conflict", "waiting", "undecided", "planned"])
def test_a_record_that_is_not_done_with_is_looked_at_until_it_is(pair: SmallPair, outcome: str) -> None:
    told = {"system": "salesforce", "id": "00Q1", "link": "l-1"}
    record(pair.store, decisions=small_pair.decisions(told | {"outcome": outcome}))
    assert since_noon(pair) == FIRST
    record(pair.store, decisions=small_pair.decisions(told | {"outcome": "in_step"}))
    assert since_noon(pair) == NOTHING


def test_what_people_did_since_is_looked_at(pair: SmallPair) -> None:
    clash = {"link": "l-1", "field": EMAIL, "spotio": "a", "salesforce": "b"}
    record(pair.store, conflicts=small_pair.conflicts(clash))
    assert since_noon(pair) == NOTHING
    conflicts.decide(pair.store, ["c-1"], "spotio", person=DANA, now=pair.now)
    assert since_noon(pair) == FIRST
    kept_out.keep_out(pair.store, "doors", "spotio", ["s2"], "excluded", person=DANA, note="ours", now=pair.now)  # fmt: skip
    cases.say(pair.store, "doors", "s3", "00Q3", same=True, person=DANA, now=pair.now)
    inputs = load(pair, since=NOON + MINUTE)
    assert looked_at(inputs) == (["s1", "s2", "s3"], ["00Q1", "00Q2", "00Q3"], ["l-1", "l-2"])
    assert inputs.resolutions.rows() == [("l-1", EMAIL, EMAIL, "spotio", None, "a", "b")]
    assert inputs.excluded.rows() == [("spotio", "s2", "ours")]
    assert inputs.verdicts.rows() == [("s3", "00Q3", True)]


def test_a_refused_write_that_was_let_go_is_looked_at_and_no_longer_a_failure(pair: SmallPair) -> None:
    carry_out(pair.store, create_lead("a9", "s3", "3@x.com"), NOON, state="failed", code="TOO_LONG")
    assert load(pair, since=NOON + MINUTE).failures["digest"].to_list() == ["a9"]
    failures.release(pair.store, ["w-3"], pair.now)
    inputs = load(pair, since=NOON + MINUTE)
    assert looked_at(inputs) == (["s3"], [], [])
    assert inputs.failures.is_empty()


def test_named_records_and_links_are_looked_at_and_no_others(pair: SmallPair) -> None:
    assert looked_at(load(pair, only=["00Q1", "never mirrored"])) == FIRST
    assert looked_at(load(pair, only=["l-2"])) == (["s2"], ["00Q2"], ["l-2"])


def test_records_of_another_type_are_not_the_syncs(pair: SmallPair) -> None:
    pair.record("s9", "9@x.com", typeId="2")
    assert since_noon(pair) == NOTHING
    assert "s9" not in loading.load_pools(pair.store, definition()).spotio["id"]
    pair.record("s1", "1@x.com", typeId="2")
    assert since_noon(pair) == NOTHING
    # A linked one is told of all the same when its partner changes.
    pair.lead("00Q1", "new@x.com")
    assert since_noon(pair) == FIRST


@pytest.mark.rule("C-03")
def test_a_merged_lead_comes_with_the_winner_and_the_winners_link(pair: SmallPair) -> None:
    pair.lead("00Q1", "1@x.com", IsDeleted="true", MasterRecordId="00Q2")
    inputs = load(pair, since=NOON + MINUTE)
    assert looked_at(inputs) == (["s1", "s2"], ["00Q1", "00Q2"], ["l-1", "l-2"])
    assert inputs.salesforce.sort("id")["_merged_into"].to_list() == ["00Q2", None]


def test_of_a_record_that_was_linked_twice_only_the_live_link_is_told(pair: SmallPair) -> None:
    links.unlink(pair.store, ["l-1"], "left_filter", pair.now)
    assert looked_at(load(pair, only=["s1"])) == (["s1"], [], ["l-1"])
    carry_out(pair.store, create_lead("a9", "s1", "1@x.com"), pair.now, "00Q3")
    assert looked_at(load(pair, only=["s1"])) == (["s1"], ["00Q3"], ["l-3"])
    assert looked_at(load(pair, only=["00Q1"])) == ([], ["00Q1"], [])


def test_an_owner_who_is_renamed_brings_the_leads_of_a_sync_that_looks_at_the_name(pair: SmallPair) -> None:
    chosen = definition(inbound=filtered_by(Side.SALESFORCE, "Owner.Name"))
    pair.see(small_pair.USER, {"Id": "005a", "Email": "new@example.com"})
    assert since_noon(pair, chosen) == NOTHING
    pair.see(small_pair.USER, {"Id": "005a", "Name": "Ada Married"})
    assert since_noon(pair, chosen)[1] == ["00Q1", "00Q2", "00Q3"]
    assert since_noon(pair) == NOTHING


def test_everything_is_loaded_in_pieces_with_every_record_in_one_of_them(pair: SmallPair) -> None:
    whole = looked_at(load(pair, everything=True))
    assert whole == (["s1", "s2", "s3"], ["00Q1", "00Q2", "00Q3"], ["l-1", "l-2"])
    pieces = [looked_at(piece) for piece in loading.load_all(pair.store, definition(), ON, size=1)]
    assert sorted(pieces) == sorted(
        [FIRST, (["s2"], ["00Q2"], ["l-2"]), (["s3"], [], []), ([], ["00Q3"], [])]
    )


def test_what_a_merge_touches_is_in_one_piece(pair: SmallPair) -> None:
    pair.lead("00Q1", "1@x.com", IsDeleted="true", MasterRecordId="00Q2")
    pair.lead("00Q2", "2@x.com", IsDeleted="true", MasterRecordId="00Q3")
    pieces = [looked_at(piece) for piece in loading.load_all(pair.store, definition(), ON, size=1)]
    assert pieces == [(["s1", "s2"], ["00Q1", "00Q2", "00Q3"], ["l-1", "l-2"]), (["s3"], [], [])]


def test_values_are_told_as_the_systems_write_them(pair: SmallPair) -> None:
    chosen = definition(
        inbound=filtered_by(
            Side.SALESFORCE, "AnnualRevenue", "HasOptedOut", "Call__c", "Owner.Name", "RecordType.DeveloperName",
            "CreatedBy.Email", "Area__r.Name", "Gone__c",
        ),
        fields=(),
    )  # fmt: skip
    pair.see(small_pair.RECORD_TYPE, {"Id": "0121", "DeveloperName": "Solar", "IsDeleted": "false"})
    area = MirrorTable("salesforce", "area__c", "Area__c", "Id", (Field("Id", "id", "varchar"), Field("Name", "string", "varchar")))  # fmt: skip
    prepare(pair.store, area, "first", NOON)
    pair.see(area, {"Id": "a011", "Name": "North"})
    pair.lead(
        "00Q1", AnnualRevenue="1250000", HasOptedOut="true", Call__c="2026-11-30T11:00:00+01:00", OwnerId="00Gq",
        RecordTypeId="0121", Area__c="a011",
    )  # fmt: skip
    pair.lead("00Q2", AnnualRevenue="0.00001", Call__c="2026-11-30T10:00:00.25Z")
    told = load(pair, chosen, only=["00Q1", "00Q2"]).salesforce.sort("id")
    names = ["AnnualRevenue", "HasOptedOut", "Call__c", "Owner.Name", "RecordType.DeveloperName", "CreatedBy.Email", "Area__r.Name", "Gone__c"]  # fmt: skip
    assert told.select(names).rows() == [
        ("1250000", "true", "2026-11-30T10:00:00Z", "Pool", "Solar", "Ada@Example.com", "North", None),
        ("0.00001", None, "2026-11-30T10:00:00.25Z", "Ada Rep", None, "Ada@Example.com", None, None),
    ]


def test_spotio_columns_bear_the_names_of_the_mapping(pair: SmallPair) -> None:
    names = [
        "20",
        "21",
        "22",
        "100001",
        "stage",
        "owner",
        "territory",
        "address",
        "createdAt",
        "lossReasons",
        "99",
    ]
    chosen = definition(inbound=filtered_by(Side.SPOTIO, *names), fields=())
    pair.record(
        "s1", f_20=["Tile", "Slate"], f_21="1990-05-01", f_22="12.5", stageId="4", territoryId="t1",
        address="1 Main St", f_100001="not this",
    )  # fmt: skip
    pair.activity("1", "s1", "u1", NOON, type="transition", toStageId="4", lossReasons=["Price", "Timing"])
    [row] = load(pair, chosen, only=["s1"]).spotio.select(names).rows()
    assert row == (
        "Tile;Slate", "1990-05-01", "12.5", "1 Main St", "4", "u1", "t1", "1 Main St", "2026-10-12T12:00:00Z",
        "Price;Timing", None,
    )  # fmt: skip
    pair.record("s1", stageId="1")
    assert load(pair, chosen, only=["s1"]).spotio["lossReasons"].to_list() == [None]


@pytest.mark.rule("N-01")
def test_it_is_told_who_made_a_record_and_whether_its_outside_id_is_native(pair: SmallPair) -> None:
    made = small_pair.actions(
        {"action": "b1", "kind": "create", "system": "spotio", "salesforce_id": "00Q3", "born": "salesforce"}
    )
    carry_out(pair.store, (made, small_pair.fields()), NOON, "made")
    pair.record("made", source="Api", externalDataObjectId="00Q3")
    pair.record("lost answer", source="Api", externalDataObjectId="00Q3")
    pair.record("native", source="Web", externalDataObjectId="00Q9")
    pair.record("imported", source="Import")
    pair.record("by api", source="Api")
    pair.record("by a robot", source="Web", createdById="u9")
    chosen = definition(integration_users=frozenset({"u9"}))
    told = load(pair, chosen, everything=True).spotio
    assert {row[0]: row[1:] for row in told.select("id", "_origin", "_native_id").rows()} == {
        "made": ("fieldline", None),
        "lost answer": ("fieldline", None),
        "native": ("human", "00Q9"),
        "imported": ("import", None),
        "by api": ("integration", None),
        "by a robot": ("integration", None),
        "s1": ("human", None), "s2": ("human", None), "s3": ("human", None),
    }  # fmt: skip


def test_the_pools_hold_everybody_alive_with_what_keys_compare(pair: SmallPair) -> None:
    pair.lead("00Q4", "4@x.com", IsConverted="true")
    pair.lead("00Q5", "5@x.com", SPOTIO_Id__c="s5")
    pair.delete(RECORD, "s2")
    pools = loading.load_pools(pair.store, definition())
    assert sorted(pools.spotio.select("id", "linked", "100006").rows()) == [
        ("s1", True, "1@x.com"),
        ("s3", False, "3@x.com"),
    ]
    assert sorted(pools.salesforce.select("id", "linked", "_spotio_id").rows()) == [
        ("00Q1", True, None),
        ("00Q2", True, None),
        ("00Q3", False, None),
        ("00Q5", False, "s5"),
    ]


@pytest.mark.rule("L-08")
def test_a_record_that_is_no_longer_shown_stays_in_the_pool_and_is_not_free(pair: SmallPair) -> None:
    for table, id in ((RECORD, "s3"), (LEAD, "00Q3")):
        mirror.mark_not_visible(pair.store, table, [id], pair.reading())
    pools = loading.load_pools(pair.store, definition())
    for pool, id in ((pools.spotio, "s3"), (pools.salesforce, "00Q3")):
        assert pool.filter("linked")["id"].to_list().count(id) == 1


def test_a_system_that_is_not_mirrored_yet_has_no_records(store: Store) -> None:
    for table in (RECORD, tables.ACTIVITY):
        prepare(store, table, "first", NOON)
    inputs = loading.load(store, definition(), ON)
    assert inputs.salesforce.is_empty()
    assert "Email" in inputs.salesforce.columns
    assert loading.load_pools(store, definition()).salesforce.is_empty()


def test_nothing_is_mirrored_before_the_first_pull(store: Store) -> None:
    assert looked_at(loading.load(store, definition(), ON)) == NOTHING
    assert list(loading.load_all(store, definition(), ON)) == []


@pytest.mark.requirement("SF-26")
def test_a_value_that_lost_in_salesforce_is_restored_in_spotios_form(pair: SmallPair) -> None:
    stage = replace(definition().fields[1], to_spotio={"Hot": "5"})
    clash = {"link": "l-1", "field": WORTH, "spotio": "1", "salesforce": "Hot"}
    record(pair.store, conflicts=small_pair.conflicts(clash | {"winner": "spotio"}))
    won = small_pair.update("a9", "salesforce", "00Q1", "l-1", WORTH, "AnnualRevenue", "Cold", spotio="1", salesforce="Cold")  # fmt: skip
    carry_out(pair.store, won, NOON + SECOND, "00Q1")
    conflicts.restore(pair.store, "c-1", person=DANA, now=NOON)
    chosen = definition(fields=(definition().fields[0], stage))
    assert load(pair, chosen, only=["s1"]).resolutions.rows() == [
        ("l-1", WORTH, WORTH, "value", "5", "1", "Cold")
    ]


def test_people_who_were_erased_here_are_never_looked_at(pair: SmallPair) -> None:
    with pair.store.write() as cursor:
        cursor.execute("insert into history.erased (system, object, id) values ('spotio', 'record', 's3')")
    pair.record("s3", "3@x.com")
    assert since_noon(pair) == NOTHING
    assert looked_at(load(pair, only=["s3"])) == NOTHING
    assert looked_at(load(pair, everything=True))[0] == ["s1", "s2"]
    assert "s3" not in loading.load_pools(pair.store, definition()).spotio["id"]


def test_the_reading_of_one_look_is_of_one_moment(pair: SmallPair) -> None:
    pieces = loading.load_all(pair.store, definition(), ON, size=1)
    first = next(pieces)
    assert looked_at(first) == FIRST
    pair.record("s2", "changed@x.com")
    links.unlink(pair.store, ["l-2"], "left_filter", pair.now)
    second = next(pieces)
    assert (second.spotio["100006"].to_list(), second.links.height) == (["2@x.com"], 1)
    pieces.close()  # type: ignore[attr-defined]


@pytest.mark.rule("L-02")
def test_a_record_that_we_made_and_have_not_read_yet_is_there_all_the_same(pair: SmallPair) -> None:
    """A system may show a new record late; somebody with the same address who comes meanwhile has a counterpart."""
    pair.record("s4", "4@x.com")
    carry_out(pair.store, create_lead("a4", "s4", "4@x.com"), NOON, "00Q4")
    pool = loading.load_pools(pair.store, definition()).salesforce
    rows = {row["id"]: (row["linked"], row["Email"]) for row in pool.iter_rows(named=True)}
    assert rows["00Q4"] == (True, "4@x.com")
    pair.lead("00Q4", "new@x.com")
    pool = loading.load_pools(pair.store, definition()).salesforce
    assert pool.filter(pool["id"] == "00Q4").select("linked", "Email").rows() == [(True, "new@x.com")]
