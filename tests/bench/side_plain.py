"""The other way, by hand: simple-salesforce `query_all`, a polars frame, a DuckDB table. `URL FILE`."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import duckdb
import polars as pl
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce

from tests.bench.lead import SELECT, STAMPS


class _Plain(HTTPAdapter):
    """simple-salesforce sends to https alone; the prepared org listens on plain http."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        request.url = (request.url or "").replace("https://", "http://", 1)
        return super().send(request, *args, **kwargs)


def main(url: str, file: str) -> None:
    started = time.perf_counter()
    instance = url.removeprefix("http://")
    session = requests.Session()
    session.mount(f"https://{instance}", _Plain())
    org = Salesforce(instance=instance, session_id="00D!bench", session=session, version="62.0")
    answer = org.query_all(SELECT, include_deleted=True)
    leads = pl.DataFrame(answer["records"], infer_schema_length=None).drop("attributes")
    moments = [pl.col(n).str.to_datetime("%Y-%m-%dT%H:%M:%S%.3f%z") for n in STAMPS]
    leads = leads.with_columns(moments)
    with duckdb.connect(file) as store:
        store.execute("create table lead as select * from leads")
        count = store.sql("select count(*) from lead").fetchall()[0][0]
    print(json.dumps({"records": count, "seconds": time.perf_counter() - started}))  # noqa: T201


main(*sys.argv[1:])
