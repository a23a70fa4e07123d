"""Names become ids, fields learn their limits, and what a name meant when it was published stays what it means."""

from __future__ import annotations

from typing import Any

import pytest

from data.store import Store
from sync.engine.definition import Clause, Definition, FieldRule, Filter, Kind, Part, Side
from tests.configuration.documents import (
    definition,
    doors,
    inbound,
    outbound,
    understood,
    where,
    with_fields,
)

STAGES = {"New": "1", "Attempted": "2", "Contacted": "3", "Pitched": "4", "Appointment set": "5", "Sold": "6"}


def change(store: Store, sql: str, **params: Any) -> None:
    with store.write() as cursor:
        cursor.execute(sql, params)


def rule(made: Definition, salesforce: str) -> FieldRule:
    return next(each for each in made.fields if each.salesforce.name == salesforce)


@pytest.mark.requirement("SF-02")
def test_the_sample_is_a_sync_of_leads_by_id(store: Store) -> None:
    made = definition(store, doors(store))
    assert (made.type_id, made.type_name, made.sobject) == ("1", "Lead", "Lead")
    assert [each.key for each in made.fields][:3] == [
        "100002~lead.FirstName",
        "100003~lead.LastName",
        "100004~lead.Company",
    ]
    assert [key.rules for key in made.match][1] == ("100005~lead.Phone", "100002~lead.FirstName")
    assert made.default_spotio_user == "534600"
    assert made.user_names[made.default_salesforce_user] == made.user_names["534600"]


@pytest.mark.requirement("SF-16")
def test_a_field_knows_what_salesforce_takes(store: Store) -> None:
    made = definition(
        store,
        with_fields(
            store,
            {"spotio": "Value", "salesforce": "AnnualRevenue"},
            {"spotio": "Household size", "salesforce": "NumberOfEmployees"},
            {"spotio": "Roof type", "salesforce": "CleanStatus", "direction": "to_spotio"},
        ),
    )
    company = rule(made, "Company").salesforce
    assert (company.length, company.required, company.nillable) == (255, True, False)
    assert not rule(made, "Status").salesforce.required, "Salesforce has a default for it"
    revenue, size = rule(made, "AnnualRevenue").salesforce, rule(made, "NumberOfEmployees").salesforce
    assert (revenue.kind, revenue.digits, revenue.scale) == (Kind.NUMBER, 18, 0)
    assert (size.digits, size.scale) == (8, 0)
    clean = rule(made, "CleanStatus").salesforce
    assert clean.restricted
    assert dict(clean.choices or {})["Acknowledged"] == "Reviewed"


@pytest.mark.requirement("SF-09")
def test_names_are_found_by_label_system_role_and_id_whatever_their_spelling(store: Store) -> None:
    for spotio, salesforce in (("lastName", "lastname"), ("Last name", "Last Name"), ("100003", "lead.LastName")):  # fmt: skip
        made = definition(
            store,
            doors(store, fields=[{"spotio": spotio, "salesforce": salesforce}], match=None, value_maps=None),
        )
        assert [each.key for each in made.fields] == ["100003~lead.LastName"]


@pytest.mark.requirement("SF-10")
def test_a_value_map_is_read_both_ways_and_the_first_of_several_leads_back(store: Store) -> None:
    status = rule(definition(store, doors(store)), "Status")
    assert (status.to_salesforce or {})[STAGES["Attempted"]] == "Open - Not Contacted"
    assert (status.to_spotio or {})["Open - Not Contacted"] == STAGES["New"]
    back = {"stage": {"Open - Not Contacted": "Attempted"}}
    status = rule(definition(store, doors(store, value_maps_back=back)), "Status")
    assert (status.to_spotio or {})["Open - Not Contacted"] == STAGES["Attempted"]
    assert (status.to_salesforce or {})[STAGES["New"]] == "Open - Not Contacted"


@pytest.mark.rule("F-07")
def test_a_renamed_label_is_no_edit_of_a_published_configuration(store: Store) -> None:
    sync = doors(store, inbound=inbound(where("CleanStatus", "equals", "Reviewed")))
    before = understood(store, sync)
    change(store, "update spotio.stage set name = 'Presented' where stageId = '4' and typeId = '1'")
    change(store, "update spotio.field set name = 'Firm' where fieldId = '100004'")
    change(store, "update spotio.\"user\" set email = 'edda@elsewhere.example' where id = '534600'")
    change(
        store,
        "update sync.field set detail = replace(detail::varchar, '\"Reviewed\"', '\"Looked at\"')::json"
        " where object = 'Lead' and name = 'CleanStatus'",
    )
    assert understood(store, sync).mistakes, "by their names alone they are not found any more"
    after = understood(store, sync, remembered=before.ids)
    assert after.mistakes == ()
    assert after.ids == before.ids
    assert before.definition is not None
    assert after.definition is not None
    assert rule(after.definition, "Status").to_salesforce == rule(before.definition, "Status").to_salesforce
    assert rule(after.definition, "Company").spotio.label == "Firm"
    [clause] = after.definition.inbound.filter.clauses()
    assert clause.values == ("Acknowledged",)


@pytest.mark.rule("F-07")
def test_a_new_field_that_takes_an_old_name_is_not_taken_for_the_old_one(store: Store) -> None:
    sync = doors(store)
    before = understood(store, sync)
    change(store, "update spotio.field set name = 'Firm' where fieldId = '100004'")
    change(store, "update spotio.field set name = 'Company' where fieldId = '26'")
    made = definition(store, sync, remembered=before.ids)
    assert rule(made, "Company").spotio.name == "100004"


@pytest.mark.rule("F-02")
def test_fields_that_only_make_sense_together_are_one_unit(store: Store) -> None:
    made = definition(
        store,
        with_fields(
            store,
            {"spotio": "Notes", "salesforce": "Description", "group": "remarks"},
            {"spotio": "Roof type", "salesforce": "Title", "group": "remarks", "direction": "to_salesforce"},
        ),
    )
    units = {each.salesforce.name: each.unit for each in made.fields}
    assert units["FirstName"] == units["LastName"] == "name"
    assert units["Street"] == units["PostalCode"] == "address"
    assert units["Description"] == units["Title"] == "remarks"
    assert units["Email"] == "100006~lead.Email", "a field alone is decided alone"


@pytest.mark.rule("F-04")
@pytest.mark.parametrize(
    ("field", "parts", "days"),
    [
        ({"salesforce": "Title", "constant": "Home owner"}, (Part(text="Home owner"),), None),
        (
            {"salesforce": "Title", "constant": "{First Name} {Last Name}, met"},
            (Part(column="100002"), Part(text=" "), Part(column="100003"), Part(text=", met")),
            None,
        ),
        ({"salesforce": "AnnualRevenue", "constant": 1200.50}, (Part(text="1200.5"),), None),
        ({"salesforce": "IsUnreadByOwner", "constant": True}, (Part(text="true"),), None),
        ({"salesforce": "EmailBouncedDate", "constant": "created + 30 days"}, (), 30),
        ({"salesforce": "Rating", "constant": "Hot"}, (Part(text="Hot"),), None),
    ],
    ids=["text", "template", "number", "truth", "days", "choice"],
)  # fmt: skip
def test_a_constant_fills_a_salesforce_field_on_create(
    store: Store, field: dict[str, Any], parts: tuple[Part, ...], days: int | None
) -> None:
    if field["salesforce"] == "EmailBouncedDate":
        change(
            store,
            "update sync.field set detail = replace(detail::varchar, '\"createable\": false', '\"createable\": true')::json"
            " where object = 'Lead' and name = 'EmailBouncedDate'",
        )
    made = definition(store, with_fields(store, field))
    [fill] = [each for each in made.fills if each.column.name == field["salesforce"]]
    assert (fill.side, fill.parts, fill.days_from_now) == (Side.SALESFORCE, parts, days)


@pytest.mark.rule("F-04")
def test_a_new_spotio_record_is_filled_from_salesforce(store: Store) -> None:
    made = definition(store, doors(store))
    [fill] = [each for each in made.fills if each.side is Side.SPOTIO]
    assert fill.column.name == "address"
    assert [part.column for part in fill.parts if part.column] == ["Street", "City", "State", "PostalCode"]
    assert {"City", "State"} <= {column.name for column in made.needed(Side.SALESFORCE)}


@pytest.mark.rule("L-07")
def test_several_equals_on_one_field_are_alternatives(store: Store) -> None:
    filters = inbound(
        where("Industry", "equals", "Chemicals"),
        where("Owner.Name", "not_equals", "Edda Sorensen"),
        where("Industry", "in", "Retail"),
    )
    clauses = definition(store, doors(store, inbound=filters)).inbound.filter.clauses()
    assert [(clause.column.name, clause.test, clause.values) for clause in clauses] == [
        ("Industry", "equals", ("Chemicals", "Retail")),
        ("Owner.Name", "not_equals", ("Edda Sorensen",)),
    ]


@pytest.mark.requirement("SF-06")
def test_a_filter_may_name_any_field_and_what_it_refers_to_and_be_nested(store: Store) -> None:
    filters = {
        "any": [
            {"all": [where("Owner.Email", "contains", "@"), where("CreatedDate", "within_last_days", 30)]},
            where("AnnualRevenue", "greater", "10000.0"),
            where("OwnerId", "equals", doors(store)["users"]["default_salesforce"]),
        ]
    }
    made = definition(store, doors(store, inbound={"filters": filters}))
    assert made.inbound.filter.any_of
    nested, revenue, owner = made.inbound.filter.parts
    assert isinstance(nested, Filter)
    assert isinstance(revenue, Clause)
    assert isinstance(owner, Clause)
    assert [clause.column.name for clause in nested.clauses()] == ["Owner.Email", "CreatedDate"]
    assert revenue.values == ("10000",)
    assert owner.values == (made.default_salesforce_user,)


@pytest.mark.requirement("SF-08")
def test_a_selective_filter_names_stages_and_fields_of_spotio(store: Store) -> None:
    hot = {"all": [where("stage", "in", "Pitched", "Sold"), where("Roof type", "not_equals", "Slate")]}
    made = definition(store, doors(store, outbound=outbound(selective=[{"name": "hot", "filters": hot}])))
    [selective] = made.outbound.selective
    assert [(clause.column.name, clause.values) for clause in selective.filter.clauses()] == [
        ("stage", ("4", "6")),
        ("21", ("Slate",)),
    ]


@pytest.mark.requirement("SF-05")
@pytest.mark.parametrize("scope", ["historical_and_forward", "historical_only", "forward_only"])
def test_the_scope_is_what_is_written(store: Store, scope: str) -> None:
    made = definition(store, doors(store, inbound={"scope": scope, "updates_after_import": False}))
    assert (made.inbound.scope, made.inbound.updates_after_import) == (scope, False)


@pytest.mark.requirement("SF-07")
def test_outbound_is_off_unless_it_is_asked_for(store: Store) -> None:
    assert not definition(store, doors(store, outbound=None)).outbound.wanted
    assert definition(store, doors(store, outbound=outbound())).outbound.wanted


@pytest.mark.parametrize(
    ("sql", "stopped"),
    [
        ("update sync.field set gone_at = now() where object = 'Lead' and name = 'Email'", "There is no field of Lead in Salesforce “Email”"),
        ("update spotio.field set _deleted_at = now() where fieldId = '100006'", "There is no field of Lead in SPOTIO “Email”"),
        ("update sync.field set source_type = 'date' where object = 'Lead' and name = 'Email'", "held email when this was published and holds date now"),
    ],
    ids=["gone in Salesforce", "gone in SPOTIO", "retyped"],
)  # fmt: skip
def test_a_field_that_changed_under_a_published_sync_stops_and_the_rest_goes_on(
    store: Store, sql: str, stopped: str
) -> None:
    sync = doors(store)
    before = understood(store, sync)
    change(store, sql)
    after = understood(store, sync, remembered=before.ids, published=True)
    assert after.mistakes == ()
    assert after.definition is not None
    assert before.definition is not None
    assert [each.key for each in after.definition.fields] == [each.key for each in before.definition.fields]
    halted = [each for each in after.definition.fields if each.stopped]
    assert [each.key for each in halted] == ["100006~lead.Email"]
    assert stopped in halted[0].stopped
    assert after.definition.match == before.definition.match
