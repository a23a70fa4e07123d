"""Derive every event and number of a store anew, with the memory that a server has: `FILE`."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from data.store import Store, StoreLimits
from tests.bench.field_world import derive
from tests.scenarios.mirroring import url_of


def main(file: str) -> None:
    with Store.open(url_of(Path(file)), StoreLimits(roomy=True)) as store:
        started = time.perf_counter()
        events = derive(store)
        seconds = time.perf_counter() - started
    print(json.dumps({"events": events, "seconds": seconds}))  # noqa: T201


main(sys.argv[1])
