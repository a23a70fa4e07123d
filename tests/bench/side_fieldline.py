"""Ours: open the store, pull Salesforce through the runner, close. Settings come from the environment."""

from __future__ import annotations

import json
import time

from data.store import Store, StoreLimits
from sync.cli import without_pandas
from sync.runner import Request, Runner
from sync.settings import Settings


def main() -> None:
    without_pandas()  # as the command does
    started = time.perf_counter()
    settings = Settings.load()
    with Store.open(settings.store, StoreLimits(settings.store_memory_mb, settings.store_temp)) as store:
        report = Runner(settings, store).pull(Request(("salesforce",), "command"))
    if report is None or report.outcome != "done":
        raise SystemExit(f"the pull ended as {report}")
    seconds = time.perf_counter() - started
    print(json.dumps({"records": sum(t.mirror_count or 0 for t in report.tables), "seconds": seconds}))  # noqa: T201


main()
