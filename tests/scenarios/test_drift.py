"""The sources change their own shape: it is detected, recorded in words, and the mirror still equals them."""

from __future__ import annotations

import pytest

from tests.scenarios.company import DATA, Company
from tests.scenarios.mirroring import Mirror, moved


def changes(mirror: Mirror) -> set[tuple[str, str, str]]:
    rows = mirror.store.rows("select object, field, kind from sync.schema_change")
    return {(row["object"], row["field"], row["kind"]) for row in rows}


@pytest.mark.requirement("SF-32")
@pytest.mark.parametrize("asked_by", ["command", "schedule"])
def test_fields_of_salesforce_that_come_go_and_change_are_recorded_and_followed(
    loaded: Mirror, asked_by: str
) -> None:
    """A scheduled pull describes once an hour only, or when a query is refused; a command asks each time."""
    with Company(loaded.sandbox, seed=1) as company:
        salesforce = company.salesforce
        lead = next(row["Id"] for row in salesforce.state("Lead") if not row["IsDeleted"])
        for name, kind in (("Roof__c", "string"), ("Bill__c", "string"), ("Gone__c", "double")):
            salesforce.act("add_field", object="Lead", field={"name": name, "type": kind, "label": name})
        values = {"Roof__c": "slate", "Bill__c": "120", "Gone__c": 3.5}
        salesforce.call("PATCH", f"{DATA}/sobjects/Lead/{lead}", values)
        loaded.pull(systems=("salesforce",))
        salesforce.act("remove_field", object="Lead", name="Gone__c")
        salesforce.act("retype_field", object="Lead", name="Bill__c", type="double")
        salesforce.act("hide_field", object="Lead", name="Website")
        salesforce.act("add_picklist_value", object="Lead", name="Rating", value="Tepid")
        company.advance(3700)
        report = loaded.pull(systems=("salesforce",), asked_by=asked_by)
        assert report.outcome == "done", report.failures
        assert {
            ("Lead", "Roof__c", "added"),
            ("Lead", "Gone__c", "removed"),
            ("Lead", "Bill__c", "retyped"),
            ("Lead", "Website", "removed"),
            ("Lead", "Rating", "choice_added"),
        } <= changes(loaded)
        assert [str(each) for each in loaded.differences(reconciled=True) if each.table == "lead"] == []
        kept = loaded.store.rows("select Gone__c, Bill__c from salesforce.lead where Id = $id", {"id": lead})
        assert kept == [{"Gone__c": 3.5, "Bill__c": 120.0}]


@pytest.mark.requirement("SF-32")
def test_a_field_that_a_scheduled_pull_still_believes_in_does_not_break_it(loaded: Mirror) -> None:
    loaded.pull(systems=("salesforce",), asked_by="schedule")
    with Company(loaded.sandbox, seed=1) as company:
        company.salesforce.act("hide_field", object="Lead", name="Website")
    report = loaded.pull(systems=("salesforce",), asked_by="schedule")
    assert report.outcome == "done", report.failures
    assert ("Lead", "Website", "removed") in changes(loaded)


@pytest.mark.requirement("SF-32")
def test_a_field_that_returns_is_read_again_for_every_record(loaded: Mirror) -> None:
    with Company(loaded.sandbox, seed=1) as company:
        leads = [row["Id"] for row in company.salesforce.state("Lead") if not row["IsDeleted"]]
        for lead in leads[:5]:
            company.salesforce.call("PATCH", f"{DATA}/sobjects/Lead/{lead}", {"Website": "https://a.example"})
        loaded.pull(systems=("salesforce",))
        company.salesforce.act("hide_field", object="Lead", name="Website")
        company.advance(60)
        company.salesforce.call("PATCH", f"{DATA}/sobjects/Lead/{leads[0]}", {"Title": "Mx"})
        loaded.pull(systems=("salesforce",))
        company.advance(3600)
        company.salesforce.act("show_field", object="Lead", name="Website")
        loaded.pull(systems=("salesforce",))
    assert ("Lead", "Website", "returned") in changes(loaded)
    assert [str(each) for each in loaded.differences(reconciled=True) if each.table == "lead"] == []


@pytest.mark.requirement("SF-32")
def test_a_renamed_stage_and_a_new_field_of_spotio_are_recorded_and_filled(loaded: Mirror) -> None:
    with Company(loaded.sandbox, seed=1) as company:
        spotio = company.spotio
        spotio.call("PUT", "/api/workflow/dataObjects/1/stages/active/4", {"name": "Shown the roof"})
        field = spotio.call(
            "POST", "/api/workflow/dataObjects/1/fields", {"name": "Panels", "type": "number"}
        )
        record = next(row for row in spotio.state("dataObjects") if row["typeId"] == "1")
        kept = [
            {"fieldId": f["fieldId"], "value": f["value"], "values": f["values"]} for f in record["fields"]
        ]
        body = [
            {"op": "replace", "path": "/fields", "value": [*kept, {"fieldId": field["id"], "value": "24"}]}
        ]
        assert spotio.call(
            "PATCH", f"/api/DataObjects/{record['id']}/jsonp?validateRequiredFields=false", body
        )
        loaded.pull(systems=("spotio",))
        told = loaded.store.rows("select text from sync.schema_change where system = 'spotio'")
        assert any("Shown the roof" in row["text"] for row in told)
        column = f"f_{field['id']}"
        rows = loaded.store.rows(
            f'select "{column}" as panels from spotio.record where id = $id', {"id": record["id"]}
        )
        assert rows == [{"panels": 24.0}]
        named = loaded.store.rows(
            "select Panels from spotio.record_lead where id = $id", {"id": record["id"]}
        )
        assert named == [{"Panels": 24.0}]
    assert [
        str(each) for each in loaded.differences(reconciled=False) if each.table in {"record", "stage"}
    ] == []


@pytest.mark.requirement("SF-32")
def test_a_field_of_spotio_that_returns_empty_is_told_apart_from_an_edit(loaded: Mirror) -> None:
    fields = "/api/workflow/dataObjects/1/fields"
    with Company(loaded.sandbox, seed=1) as company:
        spotio = company.spotio
        field = spotio.call("POST", fields, {"name": "Panels", "type": "number"})["id"]
        record = next(row for row in spotio.state("dataObjects") if row["typeId"] == "1")
        kept = [
            {"fieldId": f["fieldId"], "value": f["value"], "values": f["values"]} for f in record["fields"]
        ]
        body = [{"op": "replace", "path": "/fields", "value": [*kept, {"fieldId": field, "value": "24"}]}]
        spotio.call("PATCH", f"/api/DataObjects/{record['id']}/jsonp?validateRequiredFields=false", body)
        loaded.pull(systems=("spotio",))
        spotio.call("DELETE", f"/api/workflow/fields/{field}")
        loaded.pull(systems=("spotio",))
        panels = f'select "f_{field}" as panels from spotio.record where id = $id'
        assert loaded.store.rows(panels, {"id": record["id"]}) == [{"panels": 24.0}]
        assert spotio.call("POST", fields, {"name": "Panels", "type": "number"})["id"] == field
        loaded.pull(systems=("spotio",))
        assert loaded.store.rows(panels, {"id": record["id"]}) == [{"panels": None}]
    last = "select operation from history.change where id = $id order by recorded_at desc limit 1"
    assert loaded.store.rows(last, {"id": record["id"]}) == [{"operation": "backfill"}]


@pytest.mark.requirement("SF-32")
def test_a_field_that_goes_or_gets_a_choice_makes_no_record_look_edited(loaded: Mirror) -> None:
    with Company(loaded.sandbox, seed=1) as company:
        salesforce = company.salesforce
        salesforce.act(
            "add_field", object="Lead", field={"name": "Roof__c", "type": "string", "label": "Roof"}
        )
        for row in [row for row in salesforce.state("Lead") if not row["IsDeleted"]][:5]:
            salesforce.call("PATCH", f"{DATA}/sobjects/Lead/{row['Id']}", {"Roof__c": "slate"})
        loaded.pull(systems=("salesforce",))
        salesforce.act("remove_field", object="Lead", name="Roof__c")
        salesforce.act("add_picklist_value", object="Lead", name="Rating", value="Tepid")
    for asked_by in ("command", "schedule", "command"):  # described anew, remembered, described anew
        report = loaded.pull(systems=("salesforce",), asked_by=asked_by)
        assert next(table.read for table in report.tables if table.table == "lead") >= 5
        assert moved(report) == {}
