"""What is wrong with a configuration, seen against both systems: one sentence each, before anything is published."""

from __future__ import annotations

from typing import Any

import pytest

from data.store import Store
from sync.syncs.checking import check
from tests.configuration.documents import doors, inbound, outbound, where, with_fields


def mistakes(store: Store, *syncs: dict[str, Any]) -> tuple[str, ...]:
    return check(store, {"syncs": list(syncs)}).mistakes


def test_the_sample_can_be_published_with_either_direction(store: Store) -> None:
    assert mistakes(store, doors(store)) == ()
    assert mistakes(store, doors(store, outbound=outbound())) == ()


@pytest.mark.requirement("SF-16")
@pytest.mark.rule("F-03")
@pytest.mark.parametrize(
    ("field", "sentence"),
    [
        ({"spotio": "Compny", "salesforce": "Title"}, "There is no field of Lead in SPOTIO “Compny”: did you mean “Company”?"),
        ({"spotio": "Notes", "salesforce": "Descripton"}, "There is no field of Lead in Salesforce “Descripton”: did you mean “Description”?"),
        ({"spotio": "Notes", "salesforce": "Name"}, "Full Name (Name) in Salesforce is not written by others; set `direction: to_spotio`."),
        ({"spotio": "Notes", "salesforce": "CreatedDate"}, "Created Date (CreatedDate) in Salesforce is not written by others; set `direction: to_spotio`."),
        ({"spotio": "Created at", "salesforce": "Description"}, "Created at (createdAt) in SPOTIO is not written by others; set `direction: to_salesforce`."),
        ({"spotio": "Notes", "salesforce": "Address"}, "Address (Address) is no single value; map its parts instead: Street, City, State, PostalCode, Country"),
        ({"spotio": "Notes", "salesforce": "AnnualRevenue"}, "Notes holds text and Annual Revenue in Salesforce takes number; map it to a field of the same kind"),
        ({"spotio": "Follow-up date", "salesforce": "Title"}, "Title holds text and Follow-up date in SPOTIO takes date"),
        ({"spotio": "Roof type", "salesforce": "IsUnreadByOwner"}, "Roof type needs a value map"),
        ({"spotio": "Notes", "salesforce": "Company"}, "Company (Company) in Salesforce would be written from two fields; keep one, or set `direction: to_spotio` at the other."),
        ({"salesforce": "Title", "constant": "{Frist Name}"}, "There is no field of Lead in SPOTIO “Frist Name”: did you mean “First Name”"),
        ({"salesforce": "AnnualRevenue", "constant": "a lot"}, "Annual Revenue is a number, and “a lot” is none."),
        ({"salesforce": "Rating", "constant": "Hott"}, "There is no choice of Rating in Salesforce “Hott”: did you mean “Hot”?"),
        ({"salesforce": "CreatedDate", "constant": "created"}, "Created Date cannot be filled in Salesforce: it is set there and not by us."),
        ({"salesforce": "Title", "constant": "x" * 129}, "The constant of Title has 129 characters, and Salesforce takes 128."),
    ],
    ids=["SPOTIO field", "Salesforce field", "computed", "system", "SPOTIO's own", "compound", "kind", "kind back", "no map", "twice", "template", "number", "choice", "not filled", "long constant"],
)  # fmt: skip
def test_a_field_that_cannot_travel_is_refused(store: Store, field: dict[str, Any], sentence: str) -> None:
    found = mistakes(store, with_fields(store, field))
    assert [text for text in found if sentence in text], found
    assert all(text.startswith("doors: ") for text in found)


@pytest.mark.requirement("SF-10")
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"value_maps": {"stage": {"Solt": "Closed - Converted"}}}, "There is no stage of Lead “Solt”: did you mean “Sold”?"),
        ({"value_maps": {"stage": {"Sold": "Closed"}}}, "There is no choice of Status in Salesforce “Closed”: did you mean “Closed - Converted” or “Closed - Not Converted”?"),
        ({"value_maps": {"Roof type": {"Slate": "x"}}}, "Roof type is not mapped to a Salesforce field; map it, or take the value map out."),
        ({"value_maps": {}}, "Stage needs a value map that says which Status each stage is; add it under `value_maps`."),
        ({"match": [["Roof type"]]}, "match: “Roof type” is not mapped to a Salesforce field; map it, or take the key out."),
        ({"inbound": inbound(where("Industy", "equals", "Chemicals"))}, "inbound filters: There is no field of Lead in Salesforce “Industy”: did you mean “Industry”?"),
        ({"inbound": inbound(where("Industry", "equals", "Chemcals"))}, "There is no choice of Industry in Salesforce “Chemcals”: did you mean “Chemicals”?"),
        ({"inbound": inbound(where("Owner.Nme", "equals", "x"))}, "There is no field of Group or User in Salesforce “Nme”: did you mean “Name”"),
        ({"inbound": inbound(where("Ownr.Name", "equals", "x"))}, "There is no reference of Lead “Ownr”: did you mean “Owner”?"),
        ({"inbound": inbound(where("ConvertedAccount.Name", "equals", "x"))}, "ConvertedAccount.Name is a field of Account, which is not mirrored; add it to FIELDLINE_SALESFORCE__OBJECTS and pull."),
        ({"inbound": inbound(where("Industry", "greater", "x"))}, "Industry has no order, so nothing is greater than something"),
        ({"inbound": inbound(where("CreatedDate", "less", "yesterday"))}, "Created Date is a date, and “yesterday” is none"),
        ({"outbound": outbound(selective=[{"name": "hot", "filters": where("stage", "equals", "Piched")}])}, "selective filter “hot”: There is no stage of Lead “Piched”: did you mean “Pitched”?"),
        ({"spotio_type": "Leed"}, "There is no record type in SPOTIO “Leed”: did you mean “Lead”?"),
        ({"external_id": "Spotio__c", "outbound": outbound()}, "There is no field of Lead in Salesforce “Spotio__c”: did you mean “SPOTIO_Id__c”? Records sent to Salesforce bear SPOTIO's id there"),
        ({"external_id": "Title", "outbound": outbound()}, "Title cannot hold SPOTIO's id: it must be an external id, unique"),
        ({"mode": "account"}, "`mode: account` is not built yet; remove it to publish, or use `mode: lead`."),
        ({"convert": {"at_stage": "Sold"}}, "`convert` is not built yet; remove it to publish."),
        ({"activities": [{"spotio": "Visit", "salesforce": "Event"}]}, "`activities` is not built yet; remove it to publish."),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(store: Store, changes: dict[str, Any], sentence: str) -> None:
    found = mistakes(store, doors(store, **changes))
    assert [text for text in found if sentence in text], found


def test_a_feed_is_not_built_yet(store: Store) -> None:
    rule = {
        "key": "knocks",
        "trigger": "activity_logged",
        "activity": "Visit",
        "activity_type": "Door knocks",
    }
    found = check(store, {"feeds": [{"name": "board", "rules": [rule]}]}).mistakes
    assert found == ("`feeds` is not built yet; remove it to publish.",)


@pytest.mark.requirement("SF-14")
def test_a_default_user_has_to_be_named_and_to_be_active(store: Store) -> None:
    found = mistakes(store, doors(store, users={}, outbound=outbound()))
    assert [text.partition(";")[0] for text in found] == [
        "doors: No default user of SPOTIO is named",
        "doors: No default user of Salesforce is named",
    ]
    with store.write() as cursor:
        cursor.execute("update spotio.\"user\" set suspended = true where id = '534600'")
    [said] = mistakes(store, doors(store, users={**doors(store)["users"], "default_spotio": "534600"}))
    assert said.endswith(" is not active in SPOTIO; name somebody who is.")


@pytest.mark.requirement("SF-16")
def test_what_salesforce_requires_has_to_be_filled_once_records_are_sent(store: Store) -> None:
    without = with_fields(store, without="lead.Company")
    assert mistakes(store, without) == ()
    assert mistakes(store, {**without, "outbound": outbound()}) == (
        "doors: Salesforce creates no Lead without Company (Company), and nothing fills it; map it, or give it a `constant`.",
    )


@pytest.mark.requirement("SF-16")
def test_what_will_be_reported_is_said_with_how_many_records_it_concerns(store: Store) -> None:
    with store.write() as cursor:
        cursor.execute("update spotio.record set f_100005 = repeat('5', 41) where typeId = '1' and id in (select id from spotio.record where typeId = '1' order by id limit 3)")  # fmt: skip
        cursor.execute("update spotio.record set f_100004 = null where typeId = '1'")
    sync = with_fields(
        store,
        {"spotio": "Company", "salesforce": "lead.Company"},
        without="lead.Company",
        outbound=outbound(),
    )
    found = check(store, {"syncs": [sync]})
    assert found.mistakes == ()
    records = store.rows(
        "select count(*) as n from spotio.record where typeId = '1' and _deleted_at is null"
    )[0]["n"]
    assert [
        text
        for text in found.warnings
        if f"{records} of {records} records in SPOTIO have no Company; give it a `constant`" in text
    ]
    assert [
        text
        for text in found.warnings
        if "Phone is longer than the 40 characters that Phone takes in 3 records (up to 41)" in text
    ]


@pytest.mark.requirement("SF-10")
def test_values_without_a_counterpart_are_listed_with_how_many_records_hold_them(store: Store) -> None:
    maps = doors(store)["value_maps"]["stage"]
    del maps["Pitched"]
    held = store.rows(
        "select count(*) as n from spotio.record where typeId = '1' and stageId = '4' and _deleted_at is null"
    )[0]["n"]
    found = check(store, {"syncs": [doors(store, value_maps={"stage": maps}, outbound=outbound())]})
    assert found.mistakes == ()
    assert found.warnings == (
        f"doors: Stage in SPOTIO: “Pitched” ({held} record{'' if held == 1 else 's'}) is not in the value map; records with "
        "it are reported and that field is not sent. Add it under `value_maps`.",
    )


NOT = "not_equals"


@pytest.mark.rule("L-03")
@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        ({}, {}, True),
        ({"inbound": inbound(where("Industry", "equals", "Retail"))}, {"inbound": inbound(where("Industry", "equals", "Chemicals"))}, False),
        ({"inbound": inbound(where("Industry", "equals", "Retail"))}, {"inbound": inbound(where("Industry", NOT, "Retail"))}, False),
        ({"inbound": inbound(where("Industry", "equals", "Retail", "Energy"))}, {"inbound": inbound(where("Industry", NOT, "Retail"))}, True),
        ({"inbound": inbound(where("Industry", NOT, "Retail"))}, {"inbound": inbound(where("Industry", NOT, "Energy"))}, True),
        ({"inbound": inbound(where("Industry", "is_blank"))}, {"inbound": inbound(where("Industry", "equals", "Energy"))}, False),
        ({"inbound": inbound(where("Industry", "is_blank"))}, {"inbound": inbound(where("Industry", NOT, "Energy"))}, True),
        ({"inbound": inbound(where("AnnualRevenue", "less", 10))}, {"inbound": inbound(where("AnnualRevenue", "greater_or_equal", 10))}, False),
        ({"inbound": inbound(where("AnnualRevenue", "less_or_equal", 10))}, {"inbound": inbound(where("AnnualRevenue", "greater_or_equal", 10))}, True),
        ({"inbound": {"filters": {"any": [where("Industry", "equals", "Retail"), where("Rating", "equals", "Hot")]}}}, {"inbound": inbound(where("Industry", "equals", "Energy"))}, True),
        ({"spotio_type": "Account", "value_maps": None}, {}, True),
        ({"inbound": {"on": False}, "outbound": outbound()}, {}, True),
        ({"inbound": {"on": False}}, {}, False),
        (
            {"inbound": {"on": False}, "outbound": outbound(selective=[{"name": "sold", "filters": where("stage", "equals", "Sold")}])},
            {"inbound": {"on": False}, "outbound": outbound(selective=[{"name": "new", "filters": where("stage", "equals", "New")}])},
            False,
        ),
        ({"inbound": {"on": False}, "outbound": outbound()}, {"inbound": {"on": False}, "outbound": outbound()}, True),
    ],
    ids=["all twice", "other values", "the rest", "a value of both", "two exclusions", "blank and value", "not equals keeps blanks", "bounds", "bounds that touch", "an alternative", "another type, the same leads", "one each way", "one off", "other stages", "sent twice"],
)  # fmt: skip
def test_two_syncs_that_could_take_one_record_are_not_published(
    store: Store, one: dict[str, Any], other: dict[str, Any], overlap: bool
) -> None:
    if one.get("spotio_type") == "Account":
        one = {**one, "fields": [{"spotio": "Email", "salesforce": "Email"}], "match": [["Email"]]}
    found = mistakes(store, doors(store, **one), doors(store, name="others", **other))
    assert all(text.startswith("doors and others ") for text in found), found
    assert bool(found) is overlap
