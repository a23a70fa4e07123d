"""What the commands of the sync say to people: counts first, then the records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from sync.terminal import out

_SHOWN = 40  # records; --json gives all
_SYSTEMS = {"spotio": "SPOTIO", "salesforce": "Salesforce"}


def show_plan(document: Mapping[str, Any]) -> None:
    """What would be written, what is held, what is blocked, what clashes."""
    _counts(document["counts"])
    for held in document["held"]:
        out.print(f"Held: {held['text']}", style="yellow", markup=False)
    table = Table("action", "record", "what", box=None)
    for action in document["actions"][:_SHOWN]:
        table.add_row(_verb(action), _who(action), _what(action))
    if document["actions"]:
        out.print(table)
    _more(len(document["actions"]))
    _blocked(document["blocked"])
    if document["conflicts"]:
        out.print(f"{len(document['conflicts']):,} fields were changed on both sides.", style="yellow")
    if document["plan_id"]:
        out.print(f"Saved as {document['plan_id']}: fieldline sync --plan {document['plan_id']}")


def _counts(counts: Mapping[str, int]) -> None:
    if not counts:
        out.print("Nothing is to be written.")
    from sync.engine.guards import class_name  # late: the other commands need no frames

    for name, number in counts.items():
        out.print(f"{number:>8,}  {class_name(name, number)}")


def _verb(action: Mapping[str, Any]) -> str:
    return f"{action['action']} {_SYSTEMS.get(action['system'] or '', '')}".strip()


def _who(action: Mapping[str, Any]) -> str:
    known = [action["id"], action["spotio_id"], action["salesforce_id"]]
    return " / ".join(dict.fromkeys(each for each in known if each))


def _what(action: Mapping[str, Any]) -> str:
    said = [
        f"{name}: {f['from'] or '–'} → {f['to'] or '–'}{_as_of(f)}"
        for name, f in list(action["fields"].items())[:4]
    ]
    return "; ".join(said) or action["why"]


def _as_of(field: Mapping[str, Any]) -> str:
    return f" (as of {field['as_of']})" if "as_of" in field else ""


def _more(number: int) -> None:
    if number > _SHOWN:
        out.print(f"… and {number - _SHOWN:,} more; --json gives all.")


def _blocked(rows: Sequence[Mapping[str, Any]]) -> None:
    reasons: dict[str, int] = {}
    for row in rows:
        reasons[row["text"]] = reasons.get(row["text"], 0) + 1
    for text, number in sorted(reasons.items(), key=lambda item: -item[1])[:_SHOWN]:
        out.print(f"Blocked {number:,}: {text}", style="yellow", markup=False)


def show_sync(report: Mapping[str, Any]) -> None:
    """The counts of a run, and what a person has to do."""
    counts = report["counts"]
    if not report["run"]:
        out.print("No sync is on. `fieldline sync-on NAME` turns one on.")
        return
    words = " · ".join(f"{name} {number:,}" for name, number in counts.items() if number or name == "written")
    out.print(f"{report['run']}: {words}")
    for held in report["guard"]["held"]:
        text = f"Held: {held['text']} Approve with --approve {held['class']}={held['planned']}."
        out.print(text, style="yellow", markup=False)
    for problem in report["problems"]:
        out.print(f"{problem['text']} {problem['advice']}", style="red", markup=False)
    _needing_a_person(report["records"])
    for text in (*report["overwritten"], *report["waiting"], *report["stopped"]):
        out.print(text, style="yellow", markup=False)


def _needing_a_person(rows: Sequence[Mapping[str, Any]]) -> None:
    for row in rows[:_SHOWN]:
        out.print(f"{_SYSTEMS[row['system']]} {row['id']}: {row['text']}", style="yellow", markup=False)
    _more(len(rows))


def show_turn_on(document: Mapping[str, Any]) -> None:
    """What turning on would do."""
    out.print(f"{document['sync']}: {' and '.join(document['directions'])} would be turned on.")
    show_plan({**document, "held": []})
    calls = document["projected_calls"]
    out.print(f"About {calls['salesforce']:,} calls a day to Salesforce and {calls['spotio']:,} to SPOTIO.")
    if document["missed"]:
        out.print(
            f"{document['missed']:,} changes made while it was off will never be caught up.", style="yellow"
        )


def show_turned_on(document: Mapping[str, Any]) -> None:
    stood = document.get("snapshot")
    if stood is None:
        out.print(f"{document['sync']} was on already; nothing changed.")
        return
    out.print(
        f"{document['sync']} is on. {stood:,} records stood then. `fieldline sync` runs it now; a server does by itself."
    )


def show_switches(document: Mapping[str, Any]) -> None:
    for each in document["syncs"]:
        out.print(f"{each['sync']}: inbound {each['inbound']}, outbound {each['outbound']}")


def show_off(document: Mapping[str, Any]) -> None:
    done = "is off" if document["turned_off"] else "would be turned off"
    out.print(
        f"{document['sync']} {done}: {document['links']:,} links are taken apart, and"
        f" {document['never_caught_up']:,} changes will never be caught up."
    )


def show_why(document: Mapping[str, Any]) -> None:
    """The verdict, the steps, and the smallest change."""
    out.print(document["text"], style="bold", markup=False)
    marks = {True: "✓", False: "✗", None: "·"}
    for step in document["trace"]:
        seen = f" (seen: {step['seen']})" if step["seen"] else ""
        out.print(f"  {marks[step['passed']]} {step['step']}: {step['text']}{seen}", markup=False)
    for label, moment in document["as_of"].items():
        out.print(f"Salesforce computes {label}; it is shown as of {moment}.", markup=False)
    failure = document["first_failure"]
    if failure and failure["change"]:
        out.print(f"To change that: {failure['change']}", markup=False)


def show_conflicts(found: Sequence[Mapping[str, Any]]) -> None:
    """The open conflicts with both values and who made them."""
    if not found:
        out.print("No conflict is open.")
        return
    table = Table("id", "field", "SPOTIO", "Salesforce", "last agreed", "proposed", box=None)
    for row in found[:_SHOWN]:
        by = row["changed_by"]
        table.add_row(
            row["id"], row["field"], f"{row['spotio'] or '–'} ({by['spotio'] or '?'})",
            f"{row['salesforce'] or '–'} ({by['salesforce'] or '?'})", row["base_spotio"] or "–", row["proposed"] or "a person",
        )  # fmt: skip
    out.print(table)
    _more(len(found))


def show_open(found: Mapping[str, Any]) -> None:
    """Conflicts, standing differences and undecided matches."""
    show_conflicts(found["conflicts"])
    if found["standing"]:
        table = Table("id", "field", "SPOTIO", "Salesforce", "decided", box=None)
        for row in found["standing"][:_SHOWN]:
            table.add_row(
                row["id"], row["field"], row["spotio"] or "–", row["salesforce"] or "–", row["take"] or "–"
            )
        out.print("Fields that differ since the two were linked:")
        out.print(table)
        _more(len(found["standing"]))
    for row in found["matches"][:_SHOWN]:
        ids = f"SPOTIO {', '.join(row['spotio_ids'])}; Salesforce {', '.join(row['salesforce_ids'])}"
        out.print(f"{row['id']}: {row['text']} {ids}", markup=False)
    _more(len(found["matches"]))
