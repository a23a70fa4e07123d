"""aiosalesforce: asynchronous, with client credentials, and only for addresses under my.salesforce.com."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import httpx
from aiosalesforce import Salesforce
from aiosalesforce.auth import ClientCredentialsFlow
from aiosalesforce.exceptions import SalesforceError

POLL_SECONDS = 0.05

Report = dict[str, Any]


async def main(order: dict[str, Any]) -> Report:
    auth = ClientCredentialsFlow(order["client_id"], order["client_secret"])
    async with httpx.AsyncClient() as http:
        salesforce = Salesforce(http, order["url"], auth, version="62.0")
        return {
            **await described(salesforce),
            **await wrote(salesforce, order["key"]),
            **await loaded(salesforce, order["rows"]),
            "paged": [record["SPOTIO_Id__c"] async for record in salesforce.query(order["soql"])],
        }


async def described(salesforce: Any) -> Report:
    url = f"{salesforce.base_url}/services/data/v{salesforce.version}/sobjects/Lead/describe"
    fields = (await salesforce.request("GET", url)).json()["fields"]
    return {"fields": [field["name"] for field in fields]}


async def wrote(salesforce: Any, key: str) -> Report:
    records = salesforce.sobject
    lead = await records.create("Lead", {"LastName": "Diaz", "Company": "Home", "SPOTIO_Id__c": key})
    await records.update("Lead", lead, {"Title": "Owner"})
    again = await records.upsert("Lead", key, "SPOTIO_Id__c", {"Description": "Met twice"})
    other = await records.upsert("Lead", f"{key}-2", "SPOTIO_Id__c", {"LastName": "Roe", "Company": "Home"})
    assert (again.id, again.created, other.created) == (lead, False, True)
    await records.delete("Lead", other.id)
    refusal = ""
    try:
        await records.create("Lead", {"Company": "Nobody"})
    except SalesforceError as error:
        refusal = str(error)
    read = await records.get("Lead", lead, fields=["Description"])
    return {"lead": lead, "description": read["Description"], "deleted": other.id, "refusal": refusal}


async def loaded(salesforce: Any, rows: list[dict[str, str]]) -> Report:
    report: Report = {"loaded": 0, "refused": []}
    jobs = salesforce.bulk_v2.ingest.perform_operation("insert", "Lead", rows, polling_interval=POLL_SECONDS)
    async for job in jobs:
        report["loaded"] += len(job.successful_results)
        report["refused"] += [row["sf__Error"] for row in job.failed_results]
    return report


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(main(json.load(sys.stdin)))) + "\n")
