"""What a record shows about its activities: visits, calls, the last one and the next one.

Worked out anew from the record's activities after each change of one, so that edits, late uploads and deletions
cannot leave a counter behind. None of this moves the record's `updatedAt`.
"""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from sync.sandbox.spotio.store import Row, Store

_READ = (
    "select dataObjectId, type, done, activityTemplateId, resultId, ownerId, date, notes, verified, distance "
    "from activities where {where} order by dataObjectId, date, id"
)
_NAMES = (
    "visitsCount",
    "lastVisitDate",
    "lastVisitResultId",
    "lastVisitNote",
    "lastLocationStatus",
    "callsCount",
    "lastCallDate",
    "lastCallResultId",
    "lastActivityTime",
    "lastActivityOwnerId",
    "nextActivityTime",
)
_UPDATE = f"update records set {', '.join(f'{name} = :{name}' for name in _NAMES)} where id = :id"  # noqa: S608


def refresh_counters(store: Store, record_id: str | None = None) -> None:
    """Bring the counters of one record, or of all, in step with its activities."""
    visit, call = (store.workflow.template_by_role(role) for role in ("visit", "call"))
    roles = {template.id: name for template, name in ((visit, "visit"), (call, "call")) if template}
    if record_id is None:
        activities = store.db.execute(_READ.format(where="true"))
    else:
        activities = store.db.execute(_READ.format(where="dataObjectId = ?"), (record_id,))
    changes = _all_counters(activities, roles)
    if record_id is None:
        with store.atomic():
            store.db.executemany(_UPDATE, changes)
    else:
        store.db.execute(_UPDATE, next(changes, _none_yet(record_id)))


def _all_counters(activities: Iterator[tuple[Any, ...]], roles: dict[str, str]) -> Iterator[Row]:
    for record_id, group in groupby(activities, itemgetter(0)):
        counters = _none_yet(record_id)
        for activity in group:
            _count(counters, activity, roles)
        yield counters


def _none_yet(record_id: str) -> Row:
    empty = dict.fromkeys(_NAMES) | {"visitsCount": 0, "callsCount": 0, "lastLocationStatus": "unknown"}
    return empty | {"id": record_id}


def _count(counters: Row, activity: tuple[Any, ...], roles: dict[str, str]) -> None:
    """Take in one activity; they come in order of date, so the last one stays."""
    _, kind, done, template_id, result_id, owner_id, date, notes, verified, distance = activity
    if kind not in ("event", "note"):
        return
    if not done:
        counters["nextActivityTime"] = counters["nextActivityTime"] or date
        return
    counters["lastActivityTime"], counters["lastActivityOwnerId"] = date, owner_id
    if roles.get(template_id) == "visit":
        counters["visitsCount"] += 1
        counters["lastVisitDate"], counters["lastVisitResultId"] = date, result_id
        counters["lastVisitNote"] = notes
        counters["lastLocationStatus"] = _location_status(verified, distance)
    elif roles.get(template_id) == "call":
        counters["callsCount"] += 1
        counters["lastCallDate"], counters["lastCallResultId"] = date, result_id


def _location_status(verified: int | None, distance: float | None) -> str:
    if distance is None:
        return "unknown"  # nobody measured: logged over the API or the web, or the record has no pin
    return "verified" if verified else "unverified"
