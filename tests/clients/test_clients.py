"""Clients that others wrote, as they are published, find in the stand-in what they would find in Salesforce.

Each does the same in its own words (`with_*`): describes leads; creates, updates, upserts, reads and deletes some; has one
refused; loads 2,500 in bulk; reads them back by a query of several pages and, where it can, by a bulk query. What became
of it is looked up through another client.
"""

from __future__ import annotations

from functools import partial

import pytest

from tests.clients.conftest import AIOSALESFORCE, JSFORCE, SALESFORCE_API, SF_TOOLKIT, Client, Work
from tests.sandbox.salesforce_client import Salesforce

pytestmark = pytest.mark.clients

by = partial(pytest.mark.parametrize, "client", ids=lambda client: client.name)
CLIENTS = (JSFORCE, AIOSALESFORCE, SALESFORCE_API, SF_TOOLKIT)


@by(CLIENTS)
def test_a_client_acts_as_the_user_that_it_signed_in_as(
    client: Client, work: Work, salesforce: Salesforce
) -> None:
    lead = salesforce.query(f"SELECT CreatedBy.Username FROM Lead WHERE Id = '{work.told['lead']}'")[0]
    assert lead["CreatedBy"]["Username"] == client.user


@by(CLIENTS)
def test_a_client_sees_the_fields_that_are_there(work: Work, salesforce: Salesforce) -> None:
    described = salesforce.get("/sobjects/Lead/describe")["fields"]
    assert set(work.told["fields"]) == {field["name"] for field in described}


@by(CLIENTS)
def test_what_a_client_writes_is_in_the_org(work: Work, salesforce: Salesforce) -> None:
    told = work.told
    lead = salesforce.read("Lead", told["lead"])
    assert (lead["LastName"], lead["Title"], lead["SPOTIO_Id__c"]) == ("Diaz", "Owner", work.order["key"])
    assert (lead["Description"], told["description"]) == ("Met twice", "Met twice")
    deleted = f"SELECT IsDeleted, LastName FROM Lead WHERE Id = '{told['deleted']}'"
    assert salesforce.query(deleted, deleted=True) == [{"IsDeleted": True, "LastName": "Roe"}]


@by(CLIENTS)
def test_a_client_understands_a_refusal(work: Work) -> None:
    assert "REQUIRED_FIELD_MISSING" in work.told["refusal"]


@by(CLIENTS)
def test_a_client_loads_in_bulk_all_but_what_is_refused(work: Work, salesforce: Salesforce) -> None:
    rows, company = work.order["rows"], work.order["company"]
    assert work.told["loaded"] == len(rows) - 1
    assert ["REQUIRED_FIELD_MISSING" in error for error in work.told["refused"]] == [True]
    there = salesforce.query(f"SELECT LastName, SPOTIO_Id__c FROM Lead WHERE Company = '{company}'")
    assert {row["SPOTIO_Id__c"]: row["LastName"] for row in there} == {
        row["SPOTIO_Id__c"]: row["LastName"] for row in rows[:-1]
    }


@by(CLIENTS)
def test_a_client_reads_a_query_to_its_last_page(work: Work) -> None:
    assert sorted(work.told["paged"]) == sorted(row["SPOTIO_Id__c"] for row in work.order["rows"][:-1])


# aiosalesforce and salesforce-api have no bulk queries.
@by((JSFORCE, SF_TOOLKIT))
def test_a_client_reads_the_same_by_a_bulk_query(work: Work) -> None:
    assert sorted(work.told["exported"]) == sorted(row["SPOTIO_Id__c"] for row in work.order["rows"][:-1])


@by((JSFORCE,))
def test_a_client_restores_and_converts_a_lead_over_soap(work: Work, salesforce: Salesforce) -> None:
    assert work.told["restored"] is True
    lead = salesforce.read("Lead", work.told["converted"]["lead"])
    assert (lead["IsConverted"], lead["ConvertedOpportunityId"]) == (True, None)
    assert salesforce.read("Contact", work.told["converted"]["contact"])["LastName"] == "Poe"
