"""The numbers counted plainly: loops over the mirror's activities and over events, as one would by hand.

Nothing is shared with what computes them: no relation, no SQL of theirs. Users are the keys.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from data.store import Store

Row = Mapping[str, Any]
Counts = dict[str, dict[str, int]]


def plain_numbers(store: Store, classes: Mapping[str, Iterable[str]], groups: Mapping[str, str], rescission: int, now: datetime) -> Counts:  # fmt: skip
    """KPI -> user -> count, of everything that is known."""
    events = store.rows("select * from history.event where known_until is null")
    found: dict[str, Counter[str]] = _doors(store, classes)
    story: dict[str, list[Row]] = {}
    for event in events:
        if event["kind"] == "created":
            found.setdefault("created", Counter())[event["user_id"]] += 1
        if event["record_id"] is not None:
            story.setdefault(event["record_id"], []).append(event)
    for told in story.values():
        for counts in (
            _appointments(told, classes, groups, now),
            _sales(told, groups, rescission),
            _moves(told),
        ):
            for kpi, counted in counts.items():
                found.setdefault(kpi, Counter()).update(counted)
    return {kpi: {user: n for user, n in counted.items() if n} for kpi, counted in found.items()}


def _doors(store: Store, classes: Mapping[str, Iterable[str]]) -> dict[str, Counter[str]]:
    visits = store.rows(
        "select * from spotio.activity"
        " where type = 'event' and done and activityTemplateId = '1' and _deleted_at is null"
    )
    doors: dict[tuple[str, str, date], list[Row]] = {}
    for visit in visits:
        if visit["dataObjectId"] is not None:
            doors.setdefault((visit["ownerId"], visit["dataObjectId"], visit["date"].date()), []).append(
                visit
            )
    measured = [v for v in visits if v["distance"] is not None]
    return {
        "visits": Counter(v["ownerId"] for v in visits),
        "verified_share": Counter(v["ownerId"] for v in measured if v["verified"]),
        "verified_share of": Counter(v["ownerId"] for v in measured),
        "doors": Counter(user for user, _, _ in doors),
        "verified_doors": Counter(
            user for (user, _, _), held in doors.items() if any(v["distance"] is not None and v["verified"] for v in held)
        ),
        "contact_rate": Counter(
            user for (user, _, _), held in doors.items() if any("contact" in _classes(v, classes) for v in held)
        ),
    }  # fmt: skip


def _classes(visit: Row, classes: Mapping[str, Iterable[str]]) -> Iterable[str]:
    return classes.get(f"{visit['activityTemplateId']}:{visit['resultId']}", ())


def _appointments(told: Sequence[Row], classes: Mapping[str, Iterable[str]], groups: Mapping[str, str], now: datetime) -> dict[str, Counter[str]]:  # fmt: skip
    logged = {e["activity_id"]: e for e in told if e["kind"] == "logged"}

    def of(event: Row | None) -> Iterable[str]:
        return classes.get(f"{event['template_id']}:{event['result_id']}", ()) if event else ()

    steps = []
    for event in told:
        if event["kind"] == "scheduled":
            steps.append((event["happened_at"], 0, event["id"], event))
            outcome = logged.get(event["activity_id"])
            if outcome and {"sat", "sold"} & set(of(outcome)):
                steps.append((outcome["happened_at"], 1, "", event))
        moved = event["kind"] == "stage_moved" and event["from_stage_id"] != event["to_stage_id"]
        if (moved and groups.get(event["to_stage_id"]) in {"won", "lost"}) or "sold" in of(event):
            steps.append((event["happened_at"], 1, "", event))
    found: dict[str, Counter[str]] = {
        k: Counter() for k in ("set", "sat", "sit_rate", "run_rate", "no_show_rate", "run_rate of")
    }
    setter = None
    for _, ending, _, event in sorted(steps, key=lambda step: step[:3]):
        if ending:
            setter = None
            continue
        if setter is None:
            setter = event["by_user_id"]
            found["set"][setter] += 1
        became = of(logged.get(event["activity_id"]))
        if event["due_at"] > now or "rescheduled" in became:
            continue
        found["run_rate of"][setter] += 1
        found["run_rate"][setter] += "run" in became
        found["sit_rate"][setter] += "sat" in became
        found["no_show_rate"][setter] += "no_show" in became
        found["sat"][event["user_id"]] += "sat" in became
    return found


def _sales(told: Sequence[Row], groups: Mapping[str, str], rescission: int) -> dict[str, Counter[str]]:
    steps = []
    for event in told:
        if event["kind"] == "stage_moved":
            won, was_won = (groups.get(event[stage]) == "won" for stage in ("to_stage_id", "from_stage_id"))
            if won or was_won:
                steps.append((event["happened_at"], not won, event["id"], event))
    sales: list[dict[str, Any]] = []
    now_won = False
    for at, lost, _, event in sorted(steps, key=lambda step: step[:3]):
        if not lost and not now_won:
            if sales and (event["local_day"] - sales[-1]["last_day"]).days <= rescission:
                sales[-1]["back"] = False
            else:
                sales.append({"by": event["user_id"], "day": event["local_day"], "back": False})
            sales[-1] |= {"last_day": event["local_day"], "last_at": at}
        elif lost and sales and at > sales[-1]["last_at"]:
            sales[-1]["back"] |= (event["local_day"] - sales[-1]["day"]).days <= rescission
        now_won = not lost
    return {
        "sold": Counter(sale["by"] for sale in sales),
        "sold_net": Counter(sale["by"] for sale in sales if not sale["back"]),
    }


def _moves(told: Sequence[Row]) -> dict[str, Counter[str]]:
    moves = sorted(
        (e for e in told if e["kind"] == "stage_moved" and e["from_stage_id"] != e["to_stage_id"]),
        key=lambda e: (e["happened_at"], e["id"]),
    )
    found = {kpi: Counter[str]() for kpi in ("stage_moves_total", "stage_moves", "first_entries")}
    been = {moves[0]["from_stage_id"]} if moves else set()
    days: dict[date, list[Row]] = {}
    for move in moves:
        found["stage_moves_total"][move["user_id"]] += 1
        found["first_entries"][move["user_id"]] += move["to_stage_id"] not in been
        been.add(move["to_stage_id"])
        days.setdefault(move["local_day"], []).append(move)
    for held in days.values():
        found["stage_moves"][held[-1]["user_id"]] += held[0]["from_stage_id"] != held[-1]["to_stage_id"]
    return found
