"""The sandbox of a field company, until its input ends: `ACTIVITIES SEED [FOLDER]`.

It holds a little work; FOLDER adds to it what `field_world.export_recent` wrote of the bulk.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sync.sandbox.server import running
from tests.bench.field_world import Size


def main(activities: int, seed: int, folder: Path | None) -> None:
    with running(Size.of(activities).scale, seed) as sandbox:
        if folder is not None:
            # Nobody calls before the line below is written.
            sandbox.spotio.tenant.load("dataObjects", _rows(folder / "dataObjects.json"))
            sandbox.spotio.tenant.load("activities", _rows(folder / "activities.json"))
        sys.stdout.write(json.dumps(sandbox.env) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    with file.open() as lines:
        for line in lines:
            yield {name: value for name, value in json.loads(line).items() if value is not None}


main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]) if len(sys.argv) > 3 else None)
