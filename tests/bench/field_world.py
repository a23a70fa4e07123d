"""Make a store of a large field company: `python -m tests.bench.field_world FILE [--activities 5000000]`.

The company itself is the sandbox's: its people, teams, territories, workflow and a little work are pulled into the
store as ever, so every table, cursor and run is a real one, and the same sandbox can go on changing it. The bulk of
the work, a year of it, is then written by SQL straight into the mirror's tables as a merge would have left them. The
same seed gives the same bulk on the same version of DuckDB.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from data import events, schema
from data.mirror import digested
from data.schema import OWN_COLUMNS, MirrorTable, existing_columns, quoted
from data.store import Store, StoreLimits
from sync.connectors.spotio.tables import ACTIVITY, APPOINTMENT
from sync.facts import refresh_facts
from sync.runner import Request, Runner
from sync.sandbox.world.scale import Scale
from tests.scenarios.mirroring import settings_of, url_of

ZONE = "America/Denver"
_SQL = Path(__file__).parent / "field_world.sql"
# Those of the sandbox are below, those of records made in the year from here, those of visits ten apart from there.
_FIRST_CREATED, _FIRST_VISIT = 5_000_000, 10_000_000
_FILL_MEMORY_MB = 4096  # only for writing the bulk; whatever is measured opens the store with its own limits


@dataclass(frozen=True)
class Size:
    """How large the company is, and its year of work."""

    activities: int = 5_000_000
    records: int = 400_000
    reps: int = 500
    teams: int = 40

    @classmethod
    def of(cls, activities: int) -> Size:
        """As many records and people as go with so many activities."""
        share = activities / cls.activities
        return cls(
            activities,
            max(400, round(cls.records * share)),
            max(8, round(cls.reps * min(1, share * 5))),
            max(2, round(cls.teams * min(1, share * 5))),
        )

    @property
    def scale(self) -> Scale:
        """The part of it that the sandbox holds."""
        return Scale("bench", self.reps, self.teams, records=self.reps * 2, activities=self.reps * 10)


def make(path: Path, size: Size, seed: int, env: Mapping[str, str]) -> None:
    """Write the store over a running `tests.bench.side_sandbox` of that size, to be reached with `env`.

    Events and numbers are those of the sandbox's little work alone, until `derive`.
    """
    settings = settings_of({name: value for name, value in env.items() if "_SPOTIO__" in name}, path)
    with Store.open(settings.store, StoreLimits(_FILL_MEMORY_MB)) as store:
        report = Runner(settings, store).pull(Request(("spotio",), "command"))
        if report is None or report.outcome != "done":
            raise RuntimeError(f"the pull ended as {report}")
        fill(store, size, seed)


def derive(store: Store) -> int:
    """Derive every event and number of the store anew; returns how many versions of events were opened."""
    events.touch_all(store)
    return refresh_facts(store, ZONE)


def fill(store: Store, size: Size, seed: int) -> None:
    """Add a year of work by SQL, up to `size.activities` activities together with those that stand there."""
    rows = store.rows("select min(started_at) as began, min(id) as run from sync.run")
    began: datetime = rows[0]["began"].astimezone(UTC)
    variables = {"seed": seed, "records": size.records, "activities": size.activities, "zone": ZONE, "began": began,
                 "first_created": _FIRST_CREATED, "first_visit": _FIRST_VISIT}  # fmt: skip
    record = MirrorTable(
        "spotio", "record", "record", "id", schema.known_fields(store, "spotio", "record"), stamp="updatedAt"
    )
    with store.write() as cursor:
        for name, value in variables.items():
            cursor.execute(f"set variable {name} = $value", {"value": value})
        parts = _parts(_SQL.read_text())
        for name, statement in parts.items():
            target = {"record": record, "activity": ACTIVITY, "appointment": APPOINTMENT}.get(
                name.partition(" ")[0]
            )
            if target is None:
                cursor.execute(statement)
            else:
                _insert(cursor, target, statement, rows[0]["run"], began)


def export_recent(path: Path, folder: Path) -> None:
    """Write what SPOTIO is asked for again at each pull, and its records, as files for `side_sandbox` to load.

    Those are the activities of a week; a sandbox without them would be taken for one where they were deleted.
    """
    since = "(select (value ->> '$.high')::timestamptz - interval 8 day from sync.cursor where system = 'spotio' and table_name = 'activity')"
    recent = f"from spotio.activity a where a.done and a.date >= {since} and a.id::bigint >= {_FIRST_CREATED}"
    # With the highest id, after which the sandbox counts on.
    recent += " or a.id = (select arg_max(id, id::bigint) from spotio.activity)"
    with Store.open(url_of(path), StoreLimits(_FILL_MEMORY_MB)) as store, store.cursor() as cursor:
        for name, sql in (
            (
                "dataObjects",
                "select id, typeId, stageId, ownerId, territoryId, source, createdAt, updatedAt, createdById, updatedById,"
                " stageUpdatedAt, stageUpdatedById, dateOfAssignment, visitsCount, lastVisitDate, lastVisitResultId,"
                " lastLocationStatus, 0 as callsCount, lastActivityTime, lastActivityOwnerId, address,"
                " {id: pinId, lat: lat, lng: lng, placeId: placeId, address: address, zip: zip} as pin,"
                " {'100002': f_100002, '100003': f_100003, '100005': f_100005} as fields"
                f" from spotio.record where id in (select dataObjectId {recent})",
            ),
            (
                "activities",
                "select id, dataObjectId, type, done, ownerId, date, allDay, isNote, notes, verified, ownerId as createdById,"
                " createdAt, updatedAt, activityTemplateId, resultId, duration, distance, direction, durationSeconds, title,"
                " if(type = 'transition', {fromStageId: fromStageId, toStageId: toStageId, lossReasons: coalesce(lossReasons, [])},"
                " null) as transition, if(type = 'ownerChanged', {previousDataObjectOwnerId: previousOwnerId,"
                f" newDataObjectOwnerId: newOwnerId}}, null) as ownerChanged {recent}",
            ),
        ):
            cursor.execute(
                f"copy ({sql}) to '{folder}/{name}.json'"
                " (format json, timestampformat '%Y-%m-%dT%H:%M:%S.%f+00:00')"
            )


def _insert(cursor: duckdb.DuckDBPyConnection, table: MirrorTable, sql: str, run: str, now: datetime) -> None:
    """Rows of a query into a mirror table and into its history, as the first load writes them."""
    types = existing_columns(cursor, table)
    given = cursor.sql(f"select * from ({sql}) limit 0").columns
    columns = [name for name in types if name not in OWN_COLUMNS]
    unknown = set(given) - set(columns)
    if unknown:
        raise ValueError(f"{table.qualified} has no column {', '.join(sorted(unknown))}")
    whole = ", ".join(
        f"{quoted(name) if name in given else 'null'}::{types[name]} as {quoted(name)}" for name in columns
    )
    cursor.execute(
        f"create temp table given as select *, $now as _pulled_at"
        f" from ({digested(cursor, f'select {whole} from ({sql})', table, types)})",
        {"now": now},
    )
    cursor.execute(f"insert into {table.qualified} by name select * from given")
    cursor.execute(
        "insert into history.change by name select $system as system, $object as object,"
        f" {quoted(table.key)} as id, coalesce({quoted(table.stamp or '')}, $now) as changed_at, $now as recorded_at,"
        " $run as run, 'insert' as operation from given",
        {"system": table.system, "object": table.name, "now": now, "run": run},
    )
    cursor.execute("drop table given")


def _parts(text: str) -> dict[str, str]:
    """The statements of the SQL file by their names, in order."""
    named = (part.partition("\n") for part in text.split("-- part: ")[1:])
    return {name.strip(): statement for name, _, statement in named}


def main() -> None:
    from tests.bench.programs import field_sandbox

    parser = argparse.ArgumentParser(prog="python -m tests.bench.field_world", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--activities", type=int, default=Size.activities)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mirror-only", action="store_true", help="leave events and numbers to be derived")
    options = parser.parse_args()
    size = Size.of(options.activities)
    with field_sandbox(size.activities, options.seed) as env:
        make(options.file, size, options.seed, env)
    if not options.mirror_only:
        with Store.open(url_of(options.file), StoreLimits(roomy=True)) as store:
            derive(store)
    print(json.dumps({"file": str(options.file)}))  # noqa: T201


if __name__ == "__main__":
    main()
