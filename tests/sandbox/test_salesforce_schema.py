"""Describes say everything a real org says, follow the schema as it changes, and can be asked conditionally."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.salesforce_client import Salesforce, refusal

FIELD_KEYS = set(
    "aggregatable aiPredictionField autoNumber byteLength calculated calculatedFormula cascadeDelete caseSensitive "  # noqa: SIM905 - words are easier to read than a list
    "compoundFieldName controllerName createable custom defaultValue defaultValueFormula defaultedOnCreate "
    "dependentPicklist deprecatedAndHidden digits displayLocationInDecimal encrypted externalId extraTypeInfo "
    "filterable filteredLookupInfo formulaTreatNullNumberAsZero groupable highScaleNumber htmlFormatted idLookup "
    "inlineHelpText label length mask maskType name nameField namePointing nillable permissionable picklistValues "
    "polymorphicForeignKey precision queryByDistance referenceTargetField referenceTo relationshipName "
    "relationshipOrder restrictedDelete restrictedPicklist scale searchPrefilterable soapType sortable type unique "
    "updateable writeRequiresMasterRead".split()
)
OBJECTS = (  # noqa: SIM905 - words are easier to read than a list
    "Account AccountHistory AssignmentRule Contact ContactHistory EmailMessage Event Group Lead LeadHistory "
    "LeadStatus Opportunity OpportunityContactRole OpportunityFieldHistory OpportunityHistory OpportunityStage "
    "Organization QueueSobject RecordType Task User"
).split()
REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "describes"
COMPARED = (  # noqa: SIM905 - words are easier to read than a list
    "type length byteLength precision scale digits soapType createable updateable nillable defaultedOnCreate "
    "filterable sortable groupable aggregatable permissionable idLookup restrictedPicklist nameField "
    "polymorphicForeignKey compoundFieldName relationshipName queryByDistance extraTypeInfo label"
).split()


def fields_of(salesforce: Salesforce, sobject: str) -> dict[str, dict[str, Any]]:
    return {field["name"]: field for field in salesforce.get(f"/sobjects/{sobject}/describe")["fields"]}


@pytest.mark.parametrize("sobject", OBJECTS)
def test_a_describe_has_every_key_of_every_field_and_only_fields_that_can_be_queried(
    salesforce: Salesforce, sobject: str
) -> None:
    described = salesforce.get(f"/sobjects/{sobject}/describe/")
    assert {"fields", "childRelationships", "recordTypeInfos", "supportedScopes", "urls"} <= described.keys()
    assert all(field.keys() == FIELD_KEYS for field in described["fields"])
    names = ", ".join(field["name"] for field in described["fields"])
    assert salesforce.query(f"SELECT {names} FROM {sobject} LIMIT 3") is not None


def test_the_global_describe_lists_the_objects_with_their_abilities(salesforce: Salesforce) -> None:
    answer = salesforce.get("/sobjects")
    assert answer["maxBatchSize"] == 200
    assert [entry["name"] for entry in answer["sobjects"]] == OBJECTS
    found = {entry["name"]: entry for entry in answer["sobjects"]}
    assert (found["Lead"]["mergeable"], found["LeadHistory"]["createable"]) == (True, False)
    assert found["Lead"]["urls"]["describe"] == "/services/data/v62.0/sobjects/Lead/describe"


@pytest.mark.parametrize(
    "sobject", ["Account", "Contact", "Event", "Lead", "Opportunity", "OpportunityContactRole"]
)
def test_fields_are_as_a_real_org_describes_them(salesforce: Salesforce, sobject: str) -> None:
    path = REFERENCE / f"{sobject}.json"
    if not path.exists():
        pytest.skip("no real describe to compare with")
    real = {field["name"]: field for field in json.loads(path.read_text("utf-8"))["fields"]}
    ours = fields_of(salesforce, sobject)
    shared = [name for name in real if name in ours]
    assert len(shared) > len(ours) - 4
    for name in shared:
        differing = {
            key: (ours[name][key], real[name][key]) for key in COMPARED if ours[name][key] != real[name][key]
        }
        assert not differing, f"{sobject}.{name}: {differing}"


def test_what_is_required_is_neither_nillable_nor_defaulted(salesforce: Salesforce) -> None:
    def required(sobject: str) -> set[str]:
        return {
            name
            for name, field in fields_of(salesforce, sobject).items()
            if field["createable"] and not field["nillable"] and not field["defaultedOnCreate"]
        }

    assert required("Lead") == {"LastName", "Company"}
    assert required("Contact") == {"LastName"}
    assert required("Account") == {"Name"}
    assert required("Opportunity") == {"Name", "StageName", "CloseDate"}


def test_the_link_field_is_a_unique_external_id(salesforce: Salesforce) -> None:
    for sobject in ("Lead", "Account", "Contact", "Opportunity", "Task", "Event"):
        field = fields_of(salesforce, sobject)["SPOTIO_Id__c"]
        assert (field["unique"], field["externalId"], field["idLookup"], field["custom"]) == (True,) * 4


def test_a_describe_that_did_not_change_is_not_sent_again(salesforce: Salesforce) -> None:
    path = "/sobjects/Lead/describe"
    first = salesforce.call("GET", path)
    by_date = {"If-Modified-Since": first.headers["Last-Modified"]}
    by_tag = {"If-None-Match": first.headers["ETag"]}
    for headers in (by_date, by_tag):
        again = salesforce.call("GET", path, headers=headers)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
    salesforce.act("add_field", object="Lead", field={"name": "Roof__c", "type": "string"})
    for headers in (by_date, by_tag):
        assert salesforce.call("GET", path, headers=headers).status_code == 200
        assert salesforce.call("GET", "/sobjects", headers=by_date).status_code == 200


def test_a_field_can_come_be_used_change_type_and_go(salesforce: Salesforce) -> None:
    salesforce.act("add_field", object="Lead", field={"name": "Roof__c", "type": "string", "length": 10})
    id = salesforce.create("Lead", LastName="x", Company="y", Roof__c="12.5")
    other = salesforce.create("Lead", LastName="x", Company="y", Roof__c="slate")
    assert salesforce.query(f"SELECT Roof__c FROM Lead WHERE Id = '{id}'") == [{"Roof__c": "12.5"}]
    salesforce.act("retype_field", object="Lead", name="Roof__c", type="double")
    assert fields_of(salesforce, "Lead")["Roof__c"]["type"] == "double"
    assert salesforce.read("Lead", id)["Roof__c"] == 12.5
    assert salesforce.read("Lead", other)["Roof__c"] is None
    salesforce.act("remove_field", object="Lead", name="Roof__c")
    answer = salesforce.call("GET", "/query", params={"q": "SELECT Roof__c FROM Lead"})
    assert refusal(answer) == (400, "INVALID_FIELD")
    assert "Roof__c" not in fields_of(salesforce, "Lead")


def test_a_hidden_field_is_as_if_it_were_not_there(salesforce: Salesforce) -> None:
    id = salesforce.create("Lead", LastName="x", Company="y", Title="Owner")
    salesforce.act("hide_field", object="Lead", name="Title")
    assert "Title" not in fields_of(salesforce, "Lead")
    assert "Title" not in salesforce.read("Lead", id)
    answer = salesforce.call("GET", "/query", params={"q": "SELECT Title FROM Lead"})
    assert "No such column 'Title' on entity 'Lead'" in answer.json()[0]["message"]
    answer = salesforce.call("PATCH", f"/sobjects/Lead/{id}", json={"Title": "x"})
    assert refusal(answer) == (400, "INVALID_FIELD")
    salesforce.act("show_field", object="Lead", name="Title")
    assert salesforce.read("Lead", id)["Title"] == "Owner"


def test_a_picklist_value_can_be_added(salesforce: Salesforce) -> None:
    body = {"LastName": "x", "Company": "y", "CleanStatus": "Polished"}
    assert salesforce.call("POST", "/sobjects/Lead", json=body).status_code == 400
    salesforce.act("add_picklist_value", object="Lead", name="CleanStatus", value="Polished")
    assert salesforce.call("POST", "/sobjects/Lead", json=body).status_code == 201
    values = [each["value"] for each in fields_of(salesforce, "Lead")["CleanStatus"]["picklistValues"]]
    assert values[-1] == "Polished"


def test_multiple_choices_are_found_by_includes(salesforce: Salesforce) -> None:
    field = {"name": "Needs__c", "type": "multipicklist", "values": ["roof", "solar", "gutters"]}
    salesforce.act("add_field", object="Lead", field=field)
    for name, needs in (("A", "roof;solar"), ("B", "solar"), ("C", None)):
        salesforce.create("Lead", LastName=name, Company="Needs", Needs__c=needs)

    def found(condition: str) -> list[str]:
        soql = f"SELECT LastName FROM Lead WHERE Company = 'Needs' AND Needs__c {condition} ORDER BY LastName"
        return [record["LastName"] for record in salesforce.query(soql)]

    assert found("INCLUDES ('solar')") == ["A", "B"]
    assert found("INCLUDES ('roof;solar', 'gutters')") == ["A"]
    assert found("EXCLUDES ('roof')") == ["B", "C"]


def test_a_custom_object_can_come_and_is_used_like_any_other(salesforce: Salesforce) -> None:
    fields = [
        {"name": "Code__c", "type": "string", "flags": "cunpx"},
        {
            "name": "Account__c",
            "type": "reference",
            "to": ["Account"],
            "parent": "Account__r",
            "children": "Surveys__r",
        },
    ]
    made = salesforce.act("add_object", name="Survey__c", fields=fields)
    assert "Survey__c" in [each["name"] for each in salesforce.get("/sobjects")["sobjects"]]
    account = salesforce.create("Account", Name="Acme")
    ids = [salesforce.create("Survey__c", Name=name, Code__c="7", Account__c=account) for name in "ab"]
    assert all(id.startswith(made["prefix"]) for id in ids)
    parents = salesforce.query("SELECT Name, Account__r.Name FROM Survey__c ORDER BY Name")
    assert [(each["Name"], each["Account__r"]["Name"]) for each in parents] == [("a", "Acme"), ("b", "Acme")]
    soql = f"SELECT (SELECT Name FROM Surveys__r) FROM Account WHERE Id = '{account}'"
    assert salesforce.query(soql)[0]["Surveys__r"]["totalSize"] == 2
    several = salesforce.call("PATCH", "/sobjects/Survey__c/Code__c/7", json={"Name": "c"})
    assert (several.status_code, len(several.json())) == (300, 2)
    salesforce.delete("Survey__c", ids[0])
    assert salesforce.count("SELECT COUNT() FROM Survey__c WHERE IsDeleted = true", deleted=True) == 1
    salesforce.control("reset", {})
    assert salesforce.call("GET", "/sobjects/Survey__c").status_code == 404


def test_an_email_message_hangs_on_what_it_is_about(salesforce: Salesforce) -> None:
    account = salesforce.create("Account", Name="Acme")
    task = salesforce.create("Task", Subject="Email", TaskSubtype="Email", WhatId=account)
    salesforce.create(
        "EmailMessage", Subject="Hello", RelatedToId=account, ActivityId=task, FromAddress="a@example.com"
    )
    found = salesforce.query("SELECT Subject, Incoming, Status, Activity.TaskSubtype FROM EmailMessage")
    assert [(each["Subject"], each["Incoming"], each["Status"]) for each in found] == [("Hello", False, "0")]
    assert found[0]["Activity"]["TaskSubtype"] == "Email"
    salesforce.delete("Account", account)
    assert salesforce.count("SELECT COUNT() FROM EmailMessage") == 0


def test_which_fields_have_a_history_is_told_of_one_object_at_a_time(salesforce: Salesforce) -> None:
    asked = "SELECT QualifiedApiName, IsFieldHistoryTracked FROM FieldDefinition"
    of_lead = f"{asked} WHERE EntityDefinition.QualifiedApiName = 'Lead'"
    tracked = {row["QualifiedApiName"] for row in salesforce.query(of_lead) if row["IsFieldHistoryTracked"]}
    assert tracked == {"Status", "OwnerId", "Company", "Email", "Phone", "Rating"}
    salesforce.act("track_field", object="Lead", name="Title")
    assert {row["QualifiedApiName"] for row in salesforce.query(of_lead) if row["IsFieldHistoryTracked"]} == {*tracked, "Title"}  # fmt: skip
    assert refusal(salesforce.call("GET", "/query", params={"q": asked})) == (400, "MALFORMED_QUERY")
    unknown = of_lead.replace("IsFieldHistoryTracked", "IsNobodysField")
    assert refusal(salesforce.call("GET", "/query", params={"q": unknown})) == (400, "INVALID_FIELD")
