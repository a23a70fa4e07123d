"""SOQL against a handful of known records: what a query finds, and how a wrong one is refused."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from sync.sandbox.clock import Clock
from sync.sandbox.salesforce import Org, SalesforceStandIn


@pytest.fixture(scope="module")
def ask() -> Any:
    """Asks a query of an org with four accounts, three contacts, two leads and two opportunities."""
    org = Org(Clock())
    ids = {name: org.new_id("Account") for name in ("Acme", "Bolt", "Core", "Dust")}
    org.load(
        "Account",
        [
            {
                "Id": ids["Acme"],
                "Name": "Acme",
                "Industry": "Energy",
                "AnnualRevenue": 1000.0,
                "NumberOfEmployees": 10,
                "BillingCity": "Denver",
                "CreatedDate": "2026-01-10T10:00:00.000+0000",
                "SystemModstamp": "2026-01-10T10:00:00.000+0000",
            },
            {
                "Id": ids["Bolt"],
                "Name": "Bolt 100% Pure",
                "Industry": "Retail",
                "AnnualRevenue": 250.5,
                "NumberOfEmployees": 3,
                "ParentId": ids["Acme"],
                "CreatedDate": "2026-01-10T10:00:01.000+0000",
                "SystemModstamp": "2026-02-01T00:00:00.000+0000",
            },
            {
                "Id": ids["Core"],
                "Name": "core's \\ end",
                "Industry": None,
                "AnnualRevenue": None,
                "NumberOfEmployees": None,
                "CreatedDate": "2026-03-01T23:59:59.000+0000",
                "SystemModstamp": "2026-03-01T23:59:59.000+0000",
            },
            {
                "Id": ids["Dust"],
                "Name": "Dust",
                "Industry": "energy",
                "IsDeleted": True,
                "CreatedDate": "2026-03-02T00:00:00.000+0000",
                "SystemModstamp": "2026-03-02T00:00:00.000+0000",
            },
        ],
    )
    org.load(
        "Contact",
        [
            {"LastName": "Ames", "FirstName": "Ada", "AccountId": ids["Acme"], "Birthdate": "1980-05-01"},
            {"LastName": "Best", "AccountId": ids["Acme"], "Birthdate": "1990-05-01"},
            {"LastName": "Cole", "AccountId": None},
        ],
    )
    queue = org.new_id("Group")
    org.load("Group", [{"Id": queue, "Name": "Inbox", "Type": "Queue"}])
    org.load(
        "Lead",
        [
            {"LastName": "Queued", "Company": "Q", "Status": "Open - Not Contacted", "OwnerId": queue},
            {"LastName": "Owned", "Company": "O", "Status": "Working - Contacted"},
        ],
    )
    org.load(
        "Opportunity",
        [
            {"Name": "One", "StageName": "Closed Won", "CloseDate": "2026-01-31", "Amount": 10.0},
            {"Name": "Two", "StageName": "Prospecting", "CloseDate": "2026-02-01", "Amount": 30.0},
        ],
    )
    who = {
        row["LastName"]: row["Id"]
        for name in ("Contact", "Lead")
        for row in org.tables.select(org.sobject(name))
    }
    org.load(
        "Task",
        [
            {"Subject": "Contact", "WhoId": who["Ames"]},
            {"Subject": "Lead", "WhoId": who["Owned"]},
            {"Subject": "Nobody", "WhatId": ids["Bolt"]},
        ],
    )
    standin = SalesforceStandIn(org, "http://sandbox")
    headers = {"Authorization": f"Bearer {standin.token(org.admin_id)}"}

    async def get(resource: str, **params: str) -> httpx.Response:
        transport = httpx.ASGITransport(app=standin.app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://sandbox", headers=headers
        ) as client:
            return await client.get(f"/services/data/v62.0/{resource}", params=params)

    def ask(soql: str, resource: str = "query", **more: str) -> Any:
        for name, id in ids.items():
            soql = soql.replace(f"{{{name}}}", id)
        return asyncio.run(get(resource, q=soql, **more)).json()

    return ask


def names(answer: Any) -> list[str]:
    assert isinstance(answer, dict), answer
    return [record["Name"] for record in answer["records"]]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("Industry = 'ENERGY'", ["Acme"]),
        ("Industry != 'Energy'", ["Bolt 100% Pure", "core's \\ end"]),
        ("Industry = null", ["core's \\ end"]),
        ("Industry <> null", ["Acme", "Bolt 100% Pure"]),
        ("Industry = ''", ["core's \\ end"]),
        ("NOT Industry = 'Energy'", ["Bolt 100% Pure", "core's \\ end"]),
        ("NumberOfEmployees > 3", ["Acme"]),
        ("NumberOfEmployees >= 3 AND AnnualRevenue < 1000", ["Bolt 100% Pure"]),
        ("AnnualRevenue <= 250.5", ["Bolt 100% Pure"]),
        ("NOT (NumberOfEmployees > 3)", ["Bolt 100% Pure", "core's \\ end"]),
        ("Name LIKE 'b%'", ["Bolt 100% Pure"]),
        ("Name LIKE '%100\\% p_re'", ["Bolt 100% Pure"]),
        ("Name LIKE '%\\%x%'", []),
        ("Name = 'core\\'s \\\\ end'", ["core's \\ end"]),
        ("(NOT Name LIKE 'a%')", ["Bolt 100% Pure", "core's \\ end"]),
        ("Industry IN ('Retail', 'Energy')", ["Acme", "Bolt 100% Pure"]),
        ("Industry IN ('Retail', null)", ["Bolt 100% Pure", "core's \\ end"]),
        ("Industry NOT IN ('Retail')", ["Acme", "core's \\ end"]),
        ("Id IN (SELECT AccountId FROM Contact WHERE LastName = 'best')", ["Acme"]),
        (
            "Id NOT IN (SELECT AccountId FROM Contact WHERE AccountId != null)",
            ["Bolt 100% Pure", "core's \\ end"],
        ),
        ("Parent.Name = 'Acme'", ["Bolt 100% Pure"]),
        ("Account.ParentId = '{Acme}'", ["Bolt 100% Pure"]),
        (
            "Industry = 'Energy' OR (Industry = 'Retail' AND NumberOfEmployees < 5)",
            ["Acme", "Bolt 100% Pure"],
        ),
        (
            "CreatedDate >= 2026-01-10T10:00:01Z AND CreatedDate < 2026-03-02T00:00:00.000Z",
            ["Bolt 100% Pure", "core's \\ end"],
        ),
        ("CreatedDate = 2026-01-10T11:00:00+01:00", ["Acme"]),
        ("SystemModstamp > 2026-01-31T23:59:59+0000", ["Bolt 100% Pure", "core's \\ end"]),
        ("CreatedDate < LAST_N_DAYS:0", ["Acme", "Bolt 100% Pure", "core's \\ end"]),
        ("CreatedDate = TOMORROW", []),
        ("IsDeleted = true", []),
        ("BillingCity = 'Denver' AND Owner.IsActive = true", ["Acme"]),
    ],
)
def test_a_condition_finds_what_salesforce_would_find(ask: Any, where: str, found: list[str]) -> None:
    assert names(ask(f"SELECT Name FROM Account WHERE {where} ORDER BY Name")) == found


def test_ids_are_found_by_15_characters_as_by_18(ask: Any) -> None:
    record = ask("SELECT Id FROM Account WHERE Name = 'Acme'")["records"][0]
    assert len(record["Id"]) == 18
    assert names(ask(f"SELECT Name FROM Account WHERE Id = '{record['Id'][:15]}'")) == ["Acme"]
    assert names(ask(f"SELECT Name FROM Account WHERE Id IN ('{record['Id'][:15]}')")) == ["Acme"]


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ("Industry", ["core's \\ end", "Acme", "Bolt 100% Pure"]),
        ("Industry DESC", ["core's \\ end", "Bolt 100% Pure", "Acme"]),
        ("Industry ASC NULLS LAST", ["Acme", "Bolt 100% Pure", "core's \\ end"]),
        ("AnnualRevenue DESC NULLS LAST, Name", ["Acme", "Bolt 100% Pure", "core's \\ end"]),
        ("Name LIMIT 2", ["Acme", "Bolt 100% Pure"]),
        ("Name LIMIT 1 OFFSET 1", ["Bolt 100% Pure"]),
        ("Name OFFSET 2", ["core's \\ end"]),
    ],
)
def test_records_come_in_the_order_that_is_asked_for(ask: Any, order: str, found: list[str]) -> None:
    assert names(ask(f"SELECT Name FROM Account ORDER BY {order}")) == found


def test_query_all_includes_what_is_in_the_recycle_bin(ask: Any) -> None:
    everything = "SELECT Name FROM Account ORDER BY Name"
    assert "Dust" not in names(ask(everything))
    assert "Dust" in names(ask(everything, "queryAll"))
    assert names(ask("SELECT Name FROM Account WHERE IsDeleted = true", "queryAll")) == ["Dust"]


def test_a_record_shows_its_fields_in_order_with_nulls_and_parents(ask: Any) -> None:
    soql = "select industry, Parent.Name, Parent.Owner.Name, name from account a where a.Name like 'bolt%'"
    answer = ask(soql)
    assert answer["totalSize"] == 1
    assert answer["done"] is True
    record = answer["records"][0]
    assert list(record) == ["attributes", "Industry", "Parent", "Name"]
    assert record["attributes"]["type"] == "Account"
    assert record["attributes"]["url"].startswith("/services/data/v62.0/sobjects/Account/001")
    assert record["Parent"]["Name"] == "Acme"
    assert record["Parent"]["Owner"]["Name"] == "Alex Admin"
    assert ask("SELECT Parent.Name FROM Account WHERE Name = 'Acme'")["records"][0]["Parent"] is None


def test_an_owner_that_may_be_a_queue_shows_its_type(ask: Any) -> None:
    records = ask("SELECT Owner.Name, Owner.Type, LastName FROM Lead ORDER BY Owner.Type")["records"]
    owners = [(each["LastName"], each["Owner"]["Type"], each["Owner"]["Name"]) for each in records]
    assert owners == [("Queued", "Queue", "Inbox"), ("Owned", "User", "Alex Admin")]
    assert records[0]["Owner"]["attributes"]["type"] == "Name"


def test_a_parent_of_several_objects_shows_fields_by_its_type(ask: Any) -> None:
    soql = (
        "SELECT Subject, TYPEOF Who WHEN Contact THEN FirstName, Account.Name WHEN Lead THEN Company, Status ELSE Name "
        "END FROM Task ORDER BY Subject"
    )
    contact, lead, nobody = [record["Who"] for record in ask(soql)["records"]]
    assert contact.pop("attributes")["type"] == "Contact"
    assert contact["FirstName"] == "Ada"
    assert contact["Account"]["Name"] == "Acme"
    assert lead["attributes"]["url"].startswith("/services/data/v62.0/sobjects/Lead/00Q")
    assert (lead["Company"], lead["Status"], "FirstName" in lead) == ("O", "Working - Contacted", False)
    assert nobody is None
    other = ask(
        "SELECT TYPEOF Who WHEN Lead THEN Company ELSE Name, Type END FROM Task WHERE Subject != 'Nobody'"
    )
    names = {str(record["Who"].get("Name")): record["Who"].get("Type") for record in other["records"]}
    assert names == {"Ada Ames": "Contact", "None": None}
    without = ask("SELECT TYPEOF Who WHEN Lead THEN Company END FROM Task WHERE Subject = 'Contact'")
    assert without["records"][0]["Who"] is None


def test_columns_tell_what_a_result_will_look_like(ask: Any) -> None:
    def columns(soql: str) -> Any:
        return ask(soql, columns="true")

    found = columns(
        "SELECT Id, Name, AnnualRevenue, Parent.Name, (SELECT LastName FROM Contacts) FROM Account"
    )
    assert (found["entityName"], found["keyPrefix"], found["idSelected"], found["groupBy"]) == (
        "Account",
        "001",
        True,
        False,
    )
    named = {each["columnName"]: each for each in found["columnMetadata"]}
    assert list(named) == ["Id", "Name", "AnnualRevenue", "Parent", "Contacts"]
    assert (named["Name"]["textType"], named["AnnualRevenue"]["numberType"]) == (True, True)
    assert [each["columnName"] for each in named["Parent"]["joinColumns"]] == ["Name"]
    assert [each["columnName"] for each in named["Contacts"]["joinColumns"]] == ["LastName"]
    grouped = columns("SELECT Industry, COUNT(Id) FROM Account GROUP BY Industry")
    assert grouped["groupBy"] is True
    assert [each["aggregate"] for each in grouped["columnMetadata"]] == [False, True]


def test_a_compound_address_is_put_together_from_its_parts(ask: Any) -> None:
    records = ask("SELECT Name, BillingAddress FROM Account ORDER BY Name LIMIT 2")["records"]
    assert records[0]["BillingAddress"]["city"] == "Denver"
    assert set(records[0]["BillingAddress"]) >= {"street", "postalCode", "state", "country", "latitude"}
    assert records[1]["BillingAddress"] is None


def test_children_come_along_with_their_parents(ask: Any) -> None:
    soql = "SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName DESC) FROM Account ORDER BY Name"
    first, second, *_ = ask(soql)["records"]
    assert [child["LastName"] for child in first["Contacts"]["records"]] == ["Best", "Ames"]
    assert first["Contacts"]["totalSize"] == 2
    assert second["Contacts"] is None


@pytest.mark.parametrize(
    ("soql", "records"),
    [
        ("SELECT COUNT(Id) FROM Account", [{"expr0": 3}]),
        ("SELECT COUNT(Industry) n, MAX(AnnualRevenue), MIN(Name) FROM Account", None),
        (
            "SELECT StageName, COUNT(Id), SUM(Amount) total FROM Opportunity GROUP BY StageName "
            "ORDER BY StageName",
            [
                {"StageName": "Closed Won", "expr0": 1, "total": 10.0},
                {"StageName": "Prospecting", "expr0": 1, "total": 30.0},
            ],
        ),
        (
            "SELECT CALENDAR_MONTH(CloseDate) month, AVG(Amount) FROM Opportunity "
            "GROUP BY CALENDAR_MONTH(CloseDate) HAVING SUM(Amount) > 20",
            [{"month": 2, "expr0": 30.0}],
        ),
        (
            "SELECT StageName FROM Opportunity GROUP BY StageName HAVING COUNT(Id) > 0 AND StageName LIKE 'Closed%'",
            [{"StageName": "Closed Won"}],
        ),
        (
            "SELECT COUNT(Id) n, StageName FROM Opportunity GROUP BY StageName ORDER BY MAX(Amount) DESC LIMIT 1",
            [{"n": 1, "StageName": "Prospecting"}],
        ),
        ("SELECT Account.Name, COUNT(Id) FROM Contact WHERE AccountId != null GROUP BY Account.Name", None),
        (
            "SELECT MAX(SystemModstamp) FROM Account",
            [{"expr0": "2026-03-01T23:59:59.000+0000"}],
        ),
        ("SELECT COUNT_DISTINCT(AccountId) FROM Contact", [{"expr0": 1}]),
    ],
)
def test_aggregates_have_their_own_kind_of_record(ask: Any, soql: str, records: Any) -> None:
    answer = ask(soql)
    assert all(record.pop("attributes") == {"type": "AggregateResult"} for record in answer["records"])
    if records is not None:
        assert answer["records"] == records
    assert answer["totalSize"] == len(answer["records"])


def test_count_alone_answers_with_a_size_and_no_records(ask: Any) -> None:
    assert ask("select count() from Account") == {"totalSize": 3, "done": True, "records": []}
    assert ask("SELECT COUNT() FROM Account LIMIT 2")["totalSize"] == 2


def test_a_date_field_takes_days_and_date_literals(ask: Any) -> None:
    assert names(ask("SELECT Name FROM Opportunity WHERE CloseDate > 2026-01-31")) == ["Two"]
    assert names(ask("SELECT Name FROM Contact WHERE Birthdate = THIS_YEAR")) == []
    assert len(names(ask("SELECT Name FROM Contact WHERE Birthdate < LAST_MONTH"))) == 2


def test_fields_all_names_every_field_and_wants_a_limit(ask: Any) -> None:
    record = ask("SELECT FIELDS(ALL) FROM Account WHERE Name = 'Acme' LIMIT 200")["records"][0]
    assert {"Id", "Name", "BillingAddress", "SPOTIO_Id__c", "SystemModstamp"} <= record.keys()
    custom = ask("SELECT FIELDS(CUSTOM) FROM Account LIMIT 1")["records"][0]
    assert list(custom) == ["attributes", "SPOTIO_Id__c"]
    assert ask("SELECT FIELDS(ALL) FROM Account")[0]["errorCode"] == "MALFORMED_QUERY"
    assert "Name" in ask("SELECT FIELDS(STANDARD) FROM Account")["records"][0]


@pytest.mark.parametrize(
    ("soql", "code", "message"),
    [
        ("SELECT Id FROM Nothing__c", "INVALID_TYPE", "sObject type 'Nothing__c' is not supported."),
        ("SELECT Foo FROM Account", "INVALID_FIELD", "No such column 'Foo' on entity 'Account'."),
        (
            "SELECT Id FROM Account WHERE Foo = 1",
            "INVALID_FIELD",
            "No such column 'Foo' on entity 'Account'.",
        ),
        ("SELECT Owner.Foo FROM Account", "INVALID_FIELD", "No such column 'Foo' on entity 'User'."),
        ("SELECT Boss.Name FROM Account", "INVALID_FIELD", "Didn't understand relationship 'Boss'"),
        ("SELECT (SELECT Id FROM Bosses) FROM Account", "INVALID_TYPE", "relationship 'Bosses' in FROM part"),
        ("SELECT Id FORM Account", "MALFORMED_QUERY", "unexpected token: 'FORM'"),
        ("SELECT Id FROM Account WHERE", "MALFORMED_QUERY", "unexpected token: '<EOF>'"),
        (
            'SELECT Id FROM Account WHERE Name = "x"',
            "MALFORMED_QUERY",
            "line 1:36 no viable alternative at character '\"'",
        ),
        (
            "SELECT Id FROM Account WHERE Name = 'a' AND Name = 'b' OR Name = 'c'",
            "MALFORMED_QUERY",
            "unexpected token: 'OR'",
        ),
        ("SELECT Id, Id FROM Account", "MALFORMED_QUERY", "duplicate field selected: Id"),
        (
            "SELECT Id FROM Account WHERE Description = 'x'",
            "INVALID_FIELD",
            "field 'Description' can not be filtered in a query call",
        ),
        (
            "SELECT Id FROM Account ORDER BY Description",
            "INVALID_FIELD",
            "field 'Description' can not be sorted in a query call",
        ),
        (
            "SELECT Id FROM Account WHERE CreatedDate > 2026-01-01",
            "INVALID_FIELD",
            "value of filter criterion for field 'CreatedDate' must be of type dateTime",
        ),
        (
            "SELECT Id FROM Opportunity WHERE CloseDate > 2026-01-01T00:00:00Z",
            "INVALID_FIELD",
            "must be of type date and should not be enclosed in quotes",
        ),
        (
            "SELECT Id FROM Account WHERE Name = 5",
            "INVALID_FIELD",
            "must be of type string and should be enclosed",
        ),
        ("SELECT Id FROM Account WHERE Id = 'abc'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: abc"),
        (
            "SELECT Name, COUNT(Id) FROM Account",
            "MALFORMED_QUERY",
            "Field must be grouped or aggregated: Name",
        ),
        (
            "SELECT Id FROM Account OFFSET 2001",
            "NUMBER_OUTSIDE_VALID_RANGE",
            "Maximum SOQL offset allowed is 2000",
        ),
        ("", "MALFORMED_QUERY", "query string"),
        (
            "SELECT COUNT(Id) FROM Account LIMIT 1",
            "MALFORMED_QUERY",
            "Non-grouped query that uses overall aggregate functions cannot also use LIMIT",
        ),
        (
            "SELECT Industry, COUNT(Id) FROM Account GROUP BY Industry ORDER BY Name",
            "MALFORMED_QUERY",
            "Ordered field must be grouped or aggregated: Name",
        ),
        (
            "SELECT COUNT(Id) n, MAX(Name) n FROM Account",
            "MALFORMED_QUERY",
            "duplicate alias: n",
        ),
        (
            "SELECT Id FROM Account WHERE COUNT(Id) > 1",
            "MALFORMED_QUERY",
            "not permitted in the WHERE clause",
        ),
        (
            "SELECT Industry FROM Account GROUP BY Industry HAVING Name = 'x'",
            "MALFORMED_QUERY",
            "Field must be grouped or aggregated: Name",
        ),
        ("SELECT Id FROM Account HAVING COUNT(Id) > 1", "MALFORMED_QUERY", "HAVING"),
        ("SELECT Id FROM Account ORDER BY COUNT(Id)", "MALFORMED_QUERY", "unexpected token: 'COUNT'"),
        (
            "SELECT Id FROM Account WHERE BillingAddress = null",
            "INVALID_FIELD",
            "field 'BillingAddress' can not be filtered in a query call",
        ),
        (
            "SELECT Id FROM Account ORDER BY CALENDAR_YEAR(BillingAddress)",
            "MALFORMED_QUERY",
            "BillingAddress",
        ),
        ("SELECT COUNT() FROM Account GROUP BY MAX(Name)", "MALFORMED_QUERY", "unexpected token: 'MAX'"),
        (
            "SELECT Id FROM Account WHERE CreatedDate > LAST_N_DAYS:99999999",
            "MALFORMED_QUERY",
            "unexpected token: 'LAST_N_DAYS'",
        ),
        ("SELECT SUM(Name) FROM Account", "MALFORMED_QUERY", "does not support aggregate operator SUM"),
        (
            "SELECT AnnualRevenue, COUNT(Id) FROM Account GROUP BY AnnualRevenue",
            "INVALID_FIELD",
            "field 'AnnualRevenue' can not be grouped in a query call",
        ),
        ("SELECT TYPEOF Who WHEN Account THEN Name END FROM Task", "INVALID_FIELD", "not a valid type"),
        ("SELECT TYPEOF Who WHEN Lead THEN Nope END FROM Task", "INVALID_FIELD", "'Nope' on entity 'Lead'"),
        ("SELECT TYPEOF Who WHEN Lead THEN Company FROM Task", "MALFORMED_QUERY", "unexpected token: 'FROM'"),
    ],
)
def test_a_wrong_query_is_refused_with_the_code_and_text_that_clients_know(
    ask: Any, soql: str, code: str, message: str
) -> None:
    answer = ask(soql)
    assert [error["errorCode"] for error in answer] == [code]
    assert message in answer[0]["message"]


def test_an_error_points_at_its_place_in_the_query(ask: Any) -> None:
    message = ask("select count() from XYZZY")[0]["message"]
    excerpt = f"\nselect count() from XYZZY\n{' ' * 20}^\nERROR at Row:1:Column:21\nsObject type 'XYZZY'"
    assert message.startswith(excerpt)


def test_nothing_of_a_query_reaches_the_store_as_sql(ask: Any) -> None:
    quoted = "x' OR 1=1 --".replace("'", "\\'")
    assert names(ask(f"SELECT Name FROM Account WHERE Name = '{quoted}'")) == []
    assert ask("SELECT Id FROM Account; DROP TABLE Account")[0]["errorCode"] == "MALFORMED_QUERY"
    assert len(names(ask("SELECT Name FROM Account"))) == 3
