"""The stages of the company's record types, and which step of the sale each one is."""

from __future__ import annotations

STAGES: dict[str, tuple[str, ...]] = {
    "Lead": (
        "New",
        "Attempted",
        "Contacted",
        "Pitched",
        "Appointment set",
        "Sold",
        "Not interested",
        "Unqualified",
    ),
    "Account": ("Prospect", "In discussion", "Customer", "Former customer"),
    "Deal": ("Qualification", "Proposal", "Negotiation", "Closed won", "Closed lost"),
}
STEPS: dict[str, dict[str, str]] = {
    "Lead": {
        "attempted": "Attempted",
        "contacted": "Contacted",
        "pitched": "Pitched",
        "booked": "Appointment set",
        "sold": "Sold",
        "lost": "Not interested",
        "unfit": "Unqualified",
    },
    "Account": {
        "contacted": "In discussion",
        "pitched": "In discussion",
        "booked": "In discussion",
        "sold": "Customer",
    },
}
WON = frozenset({"Sold", "Customer"})
LOST = frozenset({"Not interested", "Unqualified", "Former customer"})


def forward(kind: str, stage: str, step: str) -> str:
    """The stage after a step of the sale: what is open only moves forward, what is lost may open again, won stays.

    A step the type has no stage for changes nothing.
    """
    to = STEPS[kind].get(step, stage)
    if stage in WON:
        return stage
    if stage in LOST or to in LOST:
        return to
    order = STAGES[kind]
    return to if order.index(to) > order.index(stage) else stage
