"""sf-toolkit: objects as Python classes, with client credentials sent as Basic; speaks the newest version that is offered."""

from __future__ import annotations

import json
import sys
from typing import Any
from urllib.parse import urlsplit

from sf_toolkit import SalesforceClient, SObject
from sf_toolkit.auth.login_oauth import client_credentials_flow_login
from sf_toolkit.data.bulk import BulkApiIngestJob, BulkApiQueryJob
from sf_toolkit.data.fields import IdField, TextField
from sf_toolkit.exceptions import SalesforceError
from sf_toolkit.io import delete, fetch, save, select
from sf_toolkit.io.api import sobject_describe

POLL_SECONDS = 0.05

Report = dict[str, Any]


class Lead(SObject):  # type: ignore[misc] # the client is installed in an environment of its own
    Id = IdField()
    LastName = TextField()
    Company = TextField()
    Title = TextField()
    Description = TextField()
    SPOTIO_Id__c = TextField()


def main(order: dict[str, Any]) -> Report:
    host = urlsplit(order["url"]).netloc
    login = client_credentials_flow_login(order["client_id"], order["client_secret"], host)
    # With a transport of its own it does not look for a proxy in the environment.
    with SalesforceClient(login=login, proxy=order["proxy"]):
        return {
            "fields": [field["name"] for field in sobject_describe(Lead)["fields"]],
            **wrote(order["key"]),
            **loaded(order["rows"]),
            "paged": [lead.SPOTIO_Id__c for lead in select(Lead).where(Company=order["company"]).execute()],
            "exported": exported(order["company"]),
        }


def wrote(key: str) -> Report:
    lead = Lead(LastName="Diaz", Company="Home", SPOTIO_Id__c=key)
    save(lead)
    lead.Title = "Owner"
    save(lead, only_changes=True)
    save(Lead(SPOTIO_Id__c=key, Description="Met twice"), external_id_field="SPOTIO_Id__c")
    other = Lead(SPOTIO_Id__c=f"{key}-2", LastName="Roe", Company="Home")
    save(other, external_id_field="SPOTIO_Id__c")
    other_id = other.Id
    delete(other)
    refusal = ""
    try:
        save(Lead(Company="Nobody"))
    except SalesforceError as error:
        refusal = str(error)
    description = fetch(Lead, lead.Id).Description
    return {"lead": lead.Id, "description": description, "deleted": other_id, "refusal": refusal}


def loaded(rows: list[dict[str, str]]) -> Report:
    job = BulkApiIngestJob.init_job("Lead", "insert")
    job.upload_batches(rows)
    job.monitor_until_complete(POLL_SECONDS)
    return {
        "loaded": len(job.successful_results()),
        "refused": [row.sf__Error for row in job.failed_results()],
    }


def exported(company: str) -> list[str]:
    job = BulkApiQueryJob.init_job(select(Lead).where(Company=company))
    job.monitor_until_complete(POLL_SECONDS)
    return [lead.SPOTIO_Id__c for lead in job]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(json.load(sys.stdin))) + "\n")
