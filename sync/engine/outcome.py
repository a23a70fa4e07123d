"""What a plan holds: what is to be done, what is decided of each record looked at, and what nobody may guess."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from sync.engine.definition import Definition
from sync.engine.inputs import MOMENT, TEXT, Schema, empty

ACTIONS: Schema = {
    "action": TEXT,  # a digest of what is done to whom with which values: the same action has the same one
    "step": pl.Int32,  # those of a lower step go first
    "kind": TEXT,  # create | update | delete | link | unlink
    "class": TEXT,  # what guards count and hold: create_spotio, update_salesforce, owner_salesforce, delete_spotio, ...
    "system": TEXT,  # that is written to; of link and unlink null
    "object": TEXT,  # Lead; of SPOTIO the record type's name
    "id": TEXT,  # the written record's; null for a create
    "link": TEXT,  # null for what makes one
    "spotio_id": TEXT,
    "salesforce_id": TEXT,
    "born": TEXT,  # of what makes a link: spotio | salesforce | matched
    "why": TEXT,  # one sentence
}
"""In the order in which they are carried out. Linking and unlinking write to the store alone."""

FIELDS: Schema = {
    "action": TEXT,
    "field": TEXT,  # the rule's key; of a constant or template null
    "column": TEXT,  # of the written system
    "label": TEXT,
    "before": TEXT,  # what the system holds, as seen by this plan
    "after": TEXT,  # what it is given, in its own form; null empties it
    "reason": TEXT,  # edited | created | constant | conflict | resolved | backfill | automation
    "spotio": TEXT,  # each side's value once it is done: the next agreement; null where the field is no rule's
    "salesforce": TEXT,
}
"""What each action writes. Of `link`: every mapped field, with nothing written (L-01)."""

DECISIONS: Schema = {
    "system": TEXT,
    "id": TEXT,
    "link": TEXT,
    "outcome": TEXT,  # in_step | planned | blocked | conflict | waiting | undecided | out_of_scope | frozen | excluded | deleted
    "step": TEXT,  # the first one that did not pass: scope, match, fields, life_cycle, people, checks; null where all did
    "code": TEXT,  # stable, for filters: left_filter, value_unmapped, too_long, ...
    "field": TEXT,  # the label of the field that it is about
    "clause": TEXT,  # the condition in words
    "seen": TEXT,  # the value that did not meet it
    "text": TEXT,  # the decision in one sentence
    "change": TEXT,  # the smallest change that would let it sync
    "towards": TEXT,  # of what is blocked before a write: the system that would be written to
}
"""One row a record looked at: a linked pair under its SPOTIO id and its Salesforce id alike."""

CONFLICTS: Schema = {
    "link": TEXT,
    "spotio_id": TEXT,
    "salesforce_id": TEXT,
    "unit": TEXT,
    "field": TEXT,
    "base_spotio": TEXT,
    "base_salesforce": TEXT,
    "spotio": TEXT,
    "salesforce": TEXT,
    "spotio_changed_at": MOMENT,
    "spotio_changed_by": TEXT,
    "salesforce_changed_at": MOMENT,
    "salesforce_changed_by": TEXT,
    "policy": TEXT,
    "winner": TEXT,  # spotio | salesforce where the policy or a person settles it; value: a typed one; null: a person is asked
    "why": TEXT,
}
"""Fields that both sides changed since they agreed, or that a deletion meets. `field` is the rule's key, or "deletion"."""

REBASES: Schema = {"link": TEXT, "field": TEXT, "spotio": TEXT, "salesforce": TEXT, "differs": pl.Boolean}
"""New agreements that need no write: both sides came to the same, or only a form changed; `differs` when the two sides
mean something else all the same, so that what waits for a word of a person goes on waiting."""

STANDING: Schema = {"link": TEXT, "field": TEXT, "spotio": TEXT, "salesforce": TEXT}
"""Fields of links that stand which differ with nothing to say which is right: mapped later, or edited before the
outbound direction was on. What differs of records that are being linked is with the fields of that action."""

CASES: Schema = {
    "kind": TEXT,  # several | linked_already | doubtful
    "key": TEXT,  # the match key's label
    "spotio_ids": pl.List(TEXT),
    "salesforce_ids": pl.List(TEXT),
    "text": TEXT,
}
"""Records that may be the same; a person says which, and until then nothing is created for them (L-02)."""

LINK_STATES: Schema = {
    "link": TEXT,
    "state": TEXT,
    "to_spotio": pl.Boolean,
    "to_salesforce": pl.Boolean,
    "reason": TEXT,
    "after": TEXT,  # the action that has to be done first, null: at once
}
"""What becomes of links: frozen, deleted at a side, revived."""


@dataclass(frozen=True)
class Plan:
    """What one sync would do now; the frames have the shapes above."""

    actions: pl.DataFrame = field(default_factory=lambda: empty(ACTIONS))
    fields: pl.DataFrame = field(default_factory=lambda: empty(FIELDS))
    decisions: pl.DataFrame = field(default_factory=lambda: empty(DECISIONS))
    conflicts: pl.DataFrame = field(default_factory=lambda: empty(CONFLICTS))
    rebases: pl.DataFrame = field(default_factory=lambda: empty(REBASES))
    standing: pl.DataFrame = field(default_factory=lambda: empty(STANDING))
    cases: pl.DataFrame = field(default_factory=lambda: empty(CASES))
    link_states: pl.DataFrame = field(default_factory=lambda: empty(LINK_STATES))


def action_digest(
    definition: Definition, kind: str, system: pl.Expr, spotio_id: pl.Expr, salesforce_id: pl.Expr, link: pl.Expr,
    values: pl.Expr,
) -> pl.Expr:  # fmt: skip
    """What is done to whom with which values, as one short text; the same for the same action of a later plan."""
    said = [pl.lit(definition.sync), pl.lit(kind), system, spotio_id, salesforce_id, link, values]
    return pl.concat_str([each.fill_null("") for each in said], separator="\x1d").hash(seed=0).cast(TEXT)
