"""docs/kpis.md, made of the dictionary: `python -m data.kpi.docs` writes it, a test holds the two together."""

from __future__ import annotations

from pathlib import Path

from data.kpi.dictionary import DICTIONARY, Kpi

FILE = Path(__file__).parents[2] / "docs" / "kpis.md"
_HEAD = """# The numbers

What each number means, who it counts for, and what happens in the cases that people argue about. This page is made
of the dictionary that computes the numbers (`data/kpi/dictionary.py`); the console shows the same text beside them.

## What holds for all of them

* Numbers are derived from event facts (`history.event`): what somebody did, when, and as which of their changes.
* Only origins that count enter a number: changes made by people, unless configured otherwise. What integrations and
  imports did, and what lies before the configured start, is counted apart beside the number.
* Team, territory and type are those as of the event. "As now" is a switch that groups by the present ones; what a
  person may see is decided by the team as of the event either way.
* A day is a local day, and an hour a local hour, in one of two ways, chosen once for all numbers (what counts, `zones`):
  each rep's own (their time zone, else their team's, else the company's), which holds while nothing is chosen, or those of
  one zone for everybody (`zones.everybody`). The pages name the choice. `zones.salesscreen` is the company zone by whose
  days SalesScreen counts, entered by an admin since SalesScreen tells nothing: where its days begin earlier or later,
  Board and Numbers say for how many reps and by how many hours.
* *As of* a moment, a number is derived from what was known then, with the result classes and the hierarchy of teams
  and territories of today. Sales from Salesforce are those that the mirror holds now. An event bears the day that it had
  then, also where another zone was chosen since; the day on which an appointment was set is told by today's zones.
* What a result means (contact, set, run, sat, sold, no-show, cancelled, rescheduled) is configured per activity type and
  result. Names that SPOTIO proposes itself get a proposal; a no-show is proposed as run (the closer went there) and not
  sat. A result in no class is shown as unclassified, never guessed.
* A number with a minimum sample is shown below it, but not ranked.
* A filter that means nothing for a number (a stage move has no activity type, no appointment the result of a visit) is
  not applied, and that is said.

## The numbers, one by one
"""


def text() -> str:
    """The whole page."""
    return _HEAD + "".join(_section(kpi) for kpi in DICTIONARY.values())


def _section(kpi: Kpi) -> str:
    better = {"higher": "higher is better", "lower": "lower is better", "neither": "neither way is better"}
    lines = [
        f"\n### {kpi.name} (`{kpi.key}`)\n",
        f"* **Formula**: {kpi.formula}. Unit: {kpi.unit}; {better[kpi.better]}.",
        f"* **Made of**: {kpi.numerator_words}{f' / {kpi.denominator_words}' if kpi.denominator_words else ''}.",
        f"* **Counts for**: {kpi.attribution}",
        f"* **Day**: {kpi.day.text()}",
        f"* **Cases**: {kpi.edges}",
    ]
    if kpi.extras:
        lines.append(f"* **Shown beside it**: {', '.join(name.replace('_', ' ') for name in kpi.extras)}.")
    if kpi.sample:
        lines.append(f"* **Minimum sample for a rank**: {kpi.sample} {kpi.denominator_words}.")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
