"""Who is the same in truth, followed through what clients do to the two systems."""

from typing import Any

import httpx
import pytest

from sync.sandbox.server import Sandbox
from tests.sandbox.salesforce_client import Salesforce
from tests.sandbox.world_reader import Row, World

CONVERT = """<?xml version="1.0"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:urn="urn:partner.soap.sforce.com"><e:Header><urn:SessionHeader><urn:sessionId>{token}</urn:sessionId>
</urn:SessionHeader></e:Header><e:Body><urn:convertLead><urn:leadConverts><urn:leadId>{lead}</urn:leadId>
<urn:convertedStatus>Closed - Converted</urn:convertedStatus><urn:ownerId>{owner}</urn:ownerId>
</urn:leadConverts></urn:convertLead></e:Body></e:Envelope>"""


@pytest.fixture
def world(sandbox: Sandbox) -> Any:
    with World(sandbox) as world:
        yield world


def leads_of(world: World) -> list[Row]:
    """Pairs of a lead with a lead, each the only one of its kin."""
    copied = {each[name] for each in world.told("copies") for name in ("id", "of")}
    pairs = [pair for pair in world.told("pairs") if pair["type"] == pair["sobject"] == "Lead"]
    return [pair for pair in pairs if not {pair["dataObjectId"], pair["id"]} & copied]


def test_it_is_told_on_every_port_when_asked_for_by_name(sandbox: Sandbox) -> None:
    told = [
        [
            httpx.get(f"{url}/__sandbox__/state", params={"object": name}).json()
            for name in ("pairs", "copies")
        ]
        for url in sandbox.urls
    ]
    assert told[0] == told[1] == told[2]
    assert told[0][0]["pairs"][0].keys() == {"dataObjectId", "type", "sobject", "id", "copy"}
    assert told[0][1]["copies"][0].keys() == {"system", "object", "id", "of"}
    assert "pairs" not in httpx.get(f"{sandbox.urls[0]}/__sandbox__/state").json()


def test_a_deleted_record_is_no_pair_until_it_comes_back(world: World) -> None:
    before = world.told("pairs")
    first, second = leads_of(world)[:2]
    world.http.delete(f"/api/DataObjects/{first['dataObjectId']}").raise_for_status()
    world.salesforce.delete("Lead", second["id"])
    assert world.told("pairs") == [pair for pair in before if pair not in (first, second)]
    restored = {"action": "restore_record", "id": first["dataObjectId"]}
    world.http.post("/__sandbox__/act", json=restored).raise_for_status()
    world.salesforce.act("undelete", id=second["id"])
    assert world.told("pairs") == before


def test_a_merged_lead_is_the_one_it_went_into(world: World) -> None:
    first, second = leads_of(world)[:2]
    world.salesforce.act("merge_records", object="Lead", winner=first["id"], losers=[second["id"]])
    assert second | {"id": first["id"]} in world.told("pairs")


def test_a_converted_lead_is_its_account_and_its_household_can_follow(world: World) -> None:
    pair = leads_of(world)[0]
    token = world.salesforce.http.headers["Authorization"].removeprefix("Bearer ")
    user = world.salesforce.query("SELECT Id FROM User WHERE Title = 'Inside Sales'")[0]["Id"]
    envelope = CONVERT.format(token=token, lead=pair["id"], owner=user)
    headers = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": "convertLead"}
    answer = world.salesforce.http.post("/services/Soap/u/62.0", content=envelope, headers=headers)
    assert answer.status_code == 200
    account = world.salesforce.read("Lead", pair["id"])["ConvertedAccountId"]
    assert account
    assert pair | {"sobject": "Account", "id": account} in world.told("pairs")
    assert pair not in world.told("pairs")


def test_what_a_client_adds_is_a_stranger(world: World, salesforce: Salesforce) -> None:
    before = world.told("pairs")
    lead = world.salesforce.read("Lead", leads_of(world)[0]["id"])
    same = {name: lead[name] for name in ("LastName", "Company", "Street", "City")}
    salesforce.http.headers["Sforce-Duplicate-Rule-Header"] = "allowSave=true"
    salesforce.create("Lead", **same)
    assert world.told("pairs") == before
