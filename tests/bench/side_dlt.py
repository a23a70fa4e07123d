"""The other way, with dlt: its REST client and its DuckDB destination, no merge. `URL FILE`; runs where dlt is installed."""

# dlt is installed elsewhere: its decorators have no types here.
# mypy: disable-error-code="untyped-decorator"
from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dlt
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.paginators import JSONLinkPaginator

from tests.bench.lead import SELECT


def main(url: str, file: str) -> None:
    started = time.perf_counter()
    client = RESTClient(url, paginator=JSONLinkPaginator("nextRecordsUrl"), data_selector="records")

    @dlt.resource(name="lead", write_disposition="replace")
    def leads() -> Iterator[list[dict[str, Any]]]:
        for page in client.paginate("/services/data/v62.0/queryAll", params={"q": SELECT}):
            for lead in page:
                del lead["attributes"]
            yield page

    pipeline = dlt.pipeline(
        "bench",
        destination=dlt.destinations.duckdb(file),
        dataset_name="salesforce",
        pipelines_dir=str(Path(file).parent / "dlt"),
    )
    pipeline.run(leads())
    seconds = time.perf_counter() - started
    with pipeline.sql_client() as store:
        count = store.execute_sql("select count(*) from lead")[0][0]
    print(json.dumps({"records": count, "seconds": seconds}))  # noqa: T201


main(*sys.argv[1:])
