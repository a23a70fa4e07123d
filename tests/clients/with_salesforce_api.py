"""salesforce-api: signs in with a user's password over the enterprise SOAP API; over requests, in a version of years ago."""

from __future__ import annotations

import json
import sys
from typing import Any

from salesforce_api import Salesforce, config
from salesforce_api.exceptions import RestRequestCouldNotBeUnderstoodError

Report = dict[str, Any]

config.BULK_SLEEP_SECONDS = 0.05


def main(order: dict[str, Any]) -> Report:
    client = Salesforce(
        domain=order["url"].removeprefix("https://"),
        username=order["user"],
        password_and_security_token=order["password"],
    )
    return {
        "fields": [field["name"] for field in client.sobjects.Lead.describe()["fields"]],
        **wrote(client.sobjects, order["key"]),
        **loaded(client.sobjects, order["rows"]),
        "paged": [record["SPOTIO_Id__c"] for record in client.sobjects.query(order["soql"])],
    }


def wrote(sobjects: Any, key: str) -> Report:
    leads = sobjects.Lead
    lead = leads.insert({"LastName": "Diaz", "Company": "Home", "SPOTIO_Id__c": key})["id"]
    leads.update(lead, {"Title": "Owner"})
    leads.upsert("SPOTIO_Id__c", key, {"Description": "Met twice"})
    leads.upsert("SPOTIO_Id__c", f"{key}-2", {"LastName": "Roe", "Company": "Home"})
    # An upsert does not say which record it made.
    other = sobjects.query(f"SELECT Id FROM Lead WHERE SPOTIO_Id__c = '{key}-2'")[0]["Id"]
    leads.delete(other)
    refusal = ""
    try:
        leads.insert({"Company": "Nobody"})
    except RestRequestCouldNotBeUnderstoodError as error:
        refusal = str(error)
    return {"lead": lead, "description": leads.get(lead)["Description"], "deleted": other, "refusal": refusal}


def loaded(sobjects: Any, rows: list[dict[str, str]]) -> Report:
    results = sobjects.Lead.bulk.insert(rows)
    return {
        "loaded": sum(result.success for result in results),
        "refused": [result.error for result in results if not result.success],
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(json.load(sys.stdin))) + "\n")
