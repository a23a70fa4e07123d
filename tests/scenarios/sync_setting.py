"""What a batch of histories has in common: the configuration, when things are switched, and what goes wrong when."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.scenarios.company import Row
from tests.scenarios.two_systems import PAIRS, STAGE_NAMES, STAGES, Both

TURNS = 4
_PATHS = {
    "salesforce": ("composite/sobjects", "composite/sobjects", "query", "token", "limits"),
    "spotio": (
        "/api/DataObjects",
        "/api/DataObjects",
        "/api/BulkOperations",
        "/api/DataObjects/deleted",
        "token",
    ),
}

# late: edits of Salesforce that are seen only after a while; converts: inside sales convert leads; hides: SPOTIO no
# longer shows the API key a record, and shows it again.
_HABITS = (frozenset[str](), frozenset({"late", "converts"}), frozenset({"converts", "hides"}), frozenset({"late", "hides"}))  # fmt: skip

_CHANGED = (
    frozenset[str](),
    frozenset({"policies"}),
    frozenset({"filter"}),
    frozenset({"filter", "policies"}),
)


@dataclass
class Setting:
    """The common part of a batch, drawn from its number."""

    number: int
    policies: dict[str, str]
    blanks: dict[str, str]
    filtered: bool  # leads rated Cold stay out
    scope: str
    selective: bool
    leaving: str
    outbound_at: int | None  # the turn in which the outbound direction is turned on; None: never
    later: str  # a field that is mapped in the third turn, with or without back-fill, or ""
    backfill: bool
    rewrites: str  # automation of the org: "", case, phone
    troubled: frozenset[int]  # turns whose run meets faults
    paused: frozenset[int]  # turns whose run finds the sync paused
    deletes: str
    tried: bool  # on a few chosen records, before the first whole run
    changed: frozenset[str]  # what the version published in the third turn changes besides: filter, policies
    habits: frozenset[str]  # what people and systems do besides: late, converts
    rng: random.Random = field(repr=False, default_factory=random.Random)

    @classmethod
    def of(cls, number: int) -> Setting:
        """The setting of a batch; every fourth is plain, so that a fault in it is easy to see."""
        rng = random.Random(f"setting {number}")  # noqa: S311 (a story, no secret)
        turns = range(1, TURNS + 1)
        policies = {n: rng.choice(("ask", "newest", "salesforce", "spotio")) for n in PAIRS if n != "Email"}
        blanks = {name: rng.choice(("keep", "clear")) for name in PAIRS}
        # How much is going on: nothing but edits, everything, switches and a field mapped later, trouble without those.
        wild = (0, 3, 1, 2)[number % 4]
        return cls(
            number, policies, blanks,
            filtered=rng.random() < 0.5,
            scope=rng.choice(("historical_and_forward",) * 3 + ("forward_only", "historical_only")),
            selective=rng.random() < 0.3,
            leaving=rng.choice(("last_update", "last_update", "stop")),
            outbound_at=rng.choice((0, 0, 0, 2, None)) if wild % 2 else 0,
            later=rng.choice(("", "Notes", "Monthly bill")) if wild % 2 else "",
            backfill=rng.random() < 0.5,
            rewrites=rng.choice(("", "", "case", "phone")) if wild > 1 else "",
            troubled=frozenset(turn for turn in turns if wild > 1 and rng.random() < 0.5),
            paused=frozenset(turn for turn in turns if wild % 2 and rng.random() < 0.15),
            deletes=rng.choice(("report", "report", "follow")),
            tried=number % 3 == 2,
            changed=_CHANGED[number % 4],
            habits=_HABITS[number % 4],
            rng=rng,
        )  # fmt: skip

    @property
    def republished(self) -> bool:
        """Whether there is a second version."""
        return bool(self.later or self.changed)

    def in_force(self, version: int) -> tuple[dict[str, str], bool]:
        """The conflict policies of a version, and whether it keeps leads out that are rated Cold."""
        if version == 1 or not self.changed:
            return self.policies, self.filtered
        rng = random.Random(f"second version of {self.number}")  # noqa: S311
        others = {name: rng.choice(("ask", "newest", "salesforce", "spotio")) for name in self.policies}
        return others if "policies" in self.changed else self.policies, self.filtered ^ (
            "filter" in self.changed
        )

    def document(self, both: Both, *, version: int = 1, more: Sequence[Row] = ()) -> str:
        """The configuration as a file holds it; the second version maps the later field, too, and holds what changes."""
        policies, filtered = self.in_force(version)
        fields: list[Row] = []
        for pair in PAIRS.values():
            if pair.name == self.later and version == 1:
                continue
            row: Row = {"spotio": pair.name, "salesforce": f"lead.{pair.salesforce}", "direction": "both"}
            row |= {"conflict": policies.get(pair.name, "ask"), "blanks": self.blanks[pair.name]}
            if pair.name == self.later:
                row["backfill"] = self.backfill
            if pair.name == "Last Name":
                row["constant"] = "Resident"
            if pair.name == "Company":
                row["constant"] = "{First Name} {Last Name}"
            fields.append(row)
        inbound: Row = {"on": True, "scope": self.scope, "leaving": self.leaving}
        if filtered:
            inbound["filters"] = {"all": [{"field": "Rating", "is": "not_equals", "value": ["Cold"]}]}
        outbound: Row = {"on": self.outbound_at is not None, "leaving": self.leaving}
        if self.selective:
            wanted = [STAGE_NAMES[stage] for stage in ("1", "3", "4", "5")]
            outbound["selective"] = [{"name": "live", "filters": {"all": [{"field": "stage", "is": "in", "value": wanted}]}}]  # fmt: skip
        sync: Row = {
            "name": "doors", "spotio_type": "Lead", "mode": "lead", "inbound": inbound, "outbound": outbound,
            "match": [["Email"]], "fields": [*fields, *more],
            "value_maps": {"stage": {STAGE_NAMES[id]: status for id, status in STAGES.items()} | {"Sold": "Closed - Converted"}},
            "users": {
                "default_spotio": both.default_spotio["email"], "default_salesforce": both.default_salesforce["Email"],
            },
            "deletes": self.deletes,
            "guard": {"writes": None, "share": None, "deletes": None, "owner_changes": None},
        }  # fmt: skip
        return json.dumps({"syncs": [sync]})  # which is YAML, too

    def begin(self, both: Both) -> None:
        """Set the org up."""
        if self.rewrites == "case":
            both.salesforce.control("act", {"action": "add_field_update", "object": "Lead", "name": "Loud", "field": "Company", "case": "upper"})  # fmt: skip
        if self.rewrites == "phone":
            both.salesforce.control("act", {"action": "add_field_update", "object": "Lead", "name": "Dial", "field": "Phone", "case": "phone"})  # fmt: skip

    def faults(self, turn: int) -> dict[str, list[Row]]:
        """What goes wrong in the run of a turn, by system; all of it passes by itself or with the next run."""
        rng = random.Random(f"faults {self.number} {turn}")  # noqa: S311
        made: dict[str, list[Row]] = {}
        if turn not in self.troubled:
            return made
        for system, paths in _PATHS.items():
            for _ in range(rng.choice((0, 1, 2))):
                action = rng.choice(("status", "drop_before", "drop_after", "drop_after"))
                match: Row = {"path": rng.choice(paths)}
                if rng.random() < 0.7:
                    match["method"] = rng.choice(("PATCH", "POST"))
                fault: dict[str, Any] = {"action": action, "times": rng.choice((1, 1, 2)), "match": match}
                if action == "status":
                    fault["status"] = rng.choice((401, 429, 503))
                made.setdefault(system, []).append(fault)
        return made
