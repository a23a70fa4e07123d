"""One plan of one sync: what enters, what is linked, what is written, what waits, and a decision of every record.

`entries` says who may enter; with those ids `match.match` finds who exists already; `plan` makes actions of the rest.
The same frames that decide are the explanation, so that it cannot say anything else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import polars as pl

from sync.engine import creates, decisions, updates
from sync.engine.definition import SYSTEM_NAMES, Definition, Side
from sync.engine.field_states import field_states
from sync.engine.filters import passes
from sync.engine.inputs import TEXT, Inputs, State, empty
from sync.engine.lifecycle import lives, paired
from sync.engine.match import FOUND, UNDECIDED, Matches, waiting_twins
from sync.engine.outcome import ACTIONS, CASES, CONFLICTS, FIELDS, LINK_STATES, Plan, action_digest
from sync.engine.reconcile import decide
from sync.engine.scope import entering_from_salesforce, entering_from_spotio

NO_MATCHES = Matches(
    empty(FOUND),
    empty(CASES),
    pl.DataFrame(schema=UNDECIDED),
)
# Who changed something while being no person; where nobody knows who it was, it may have been one.
_NO_PERSON = ("automation", "fieldline", "integration", "import")
_OWNER = {Side.SPOTIO: "owner", Side.SALESFORCE: "OwnerId"}


@dataclass(frozen=True)
class Entries:
    """The unlinked rows of both sides, each with the step that keeps it out, if any (`scope.ENTRIES`)."""

    spotio: pl.DataFrame
    salesforce: pl.DataFrame

    def ids(self, side: Side) -> pl.Series:
        """Who may enter from a side."""
        rows = self.spotio if side is Side.SPOTIO else self.salesforce
        return rows.filter(pl.col("code").is_null())["id"]


def entries(definition: Definition, inputs: Inputs, state: State, now: datetime) -> Entries:
    """Who may enter, and why the others may not."""
    return Entries(
        entering_from_spotio(definition, inputs, state, now),
        entering_from_salesforce(definition, inputs, state, now),
    )


def plan(
    definition: Definition,
    inputs: Inputs,
    state: State,
    now: datetime,
    entering: Entries,
    matches: Matches = NO_MATCHES,
) -> Plan:
    """What the sync would do now. `inputs` holds the rows of all that `matches` found, too."""
    pairs = lives(definition, inputs, state, paired(definition, inputs), now)
    looked_at = pairs.filter(
        pl.col("life").is_null()
        | ((pl.col("state") == "active") & pl.col("life").str.starts_with("deleted_in_"))
    )
    decided = decide(definition, inputs, state, field_states(definition, inputs, state, looked_at))
    gone = looked_at.filter(pl.col("life").is_not_null())
    deletion = _deletions(definition, inputs, decided, gone)
    decided = decided.join(gone, on="link", how="anti")
    writes = updates.writes_of(definition, decided)
    updating = _updates(definition, pairs, writes)
    linking = _links(definition, inputs, matches, now)
    making, blocked_new, twins = _creates(definition, inputs, entering, matches, now)
    matches = replace(matches, undecided=pl.concat([matches.undecided, twins]))
    unlinking = _unlinks(definition, pairs)
    actions = pl.concat([linking[0], unlinking, updating[0], making[0], deletion.actions])
    fields = pl.concat([linking[1], updating[1], making[1]])
    refused = actions.join(inputs.failures, left_on="action", right_on="digest", how="inner")
    actions = actions.join(inputs.failures, left_on="action", right_on="digest", how="anti")
    if not refused.is_empty():
        fields = fields.join(refused, on="action", how="anti")
    found_conflicts = pl.concat([updates.conflicts(decided), deletion.conflicts])
    states_of_links = _link_states(pairs, actions, decided, writes, deletion, refused)
    return Plan(
        actions=actions.sort("step", "kind", "system", "spotio_id", "salesforce_id", nulls_last=True),
        fields=fields,
        decisions=decisions.decisions(
            definition,
            entering,
            matches,
            pairs,
            decided,
            writes,
            actions,
            refused,
            blocked_new,
            found_conflicts,
        ),
        conflicts=found_conflicts,
        rebases=updates.rebases(decided),
        standing=updates.standing(decided),
        cases=matches.cases,
        link_states=states_of_links,
    )


@dataclass(frozen=True)
class _Deletion:
    actions: pl.DataFrame
    conflicts: pl.DataFrame
    waiting: pl.DataFrame  # link: deletions that clash with an edit, whose link stays as it is
    apart: pl.DataFrame  # link: a person keeps the record whose partner was deleted


def _deletions(
    definition: Definition, inputs: Inputs, decided: pl.DataFrame, gone: pl.DataFrame
) -> _Deletion:
    """A deletion on one side: reported or followed, unless a person edited the other side since (C-04)."""
    nobody = gone.select("link")
    if gone.is_empty():
        return _Deletion(empty(ACTIONS), empty(CONFLICTS), nobody, nobody)
    touched = []
    for side in Side:
        changed = decided.filter(
            pl.col(f"{side}_changed") & ~pl.col(f"{side}_origin").is_in(_NO_PERSON).fill_null(False)
        )
        touched.append(
            changed.group_by("link").agg(
                pl.lit(str(side)).first().alias("edited"), pl.col(f"{side}_changed_at").max().alias("changed_at"),
                pl.col(f"{side}_changed_by").drop_nulls().first().alias("changed_by"),
            )
        )  # fmt: skip
    frame = gone.with_columns(
        kept=pl.when(pl.col("life") == "deleted_in_spotio").then(pl.lit("salesforce"))
        .when(pl.col("life") == "deleted_in_salesforce").then(pl.lit("spotio")).otherwise(None)
    ).join(pl.concat(touched), left_on=["link", "kept"], right_on=["link", "edited"], how="left")  # fmt: skip
    frame = _with_decided_deletions(frame, inputs)
    edited = pl.concat([part.select("link", "edited") for part in touched])
    clashing = frame.join(edited, left_on=["link", "kept"], right_on=["link", "edited"], how="semi")["link"]
    frame = frame.with_columns(clash=pl.col("link").is_in(clashing.implode()))
    accepted = ~pl.col("clash") | (pl.col("take").is_not_null() & (pl.col("take") != pl.col("kept")))
    keeps = pl.col("clash") & (pl.col("take") == pl.col("kept")).fill_null(False)
    waiting = frame.filter(pl.col("clash") & pl.col("take").is_null())
    conflicts = frame.filter("clash").select(
        "link", "spotio_id", "salesforce_id", unit=pl.lit("deletion"), field=pl.lit("deletion"),
        base_spotio=pl.lit(None, TEXT), base_salesforce=pl.lit(None, TEXT),
        spotio=_shown_of("spotio"), salesforce=_shown_of("salesforce"),
        spotio_changed_at=pl.when(pl.col("kept") == "spotio").then("changed_at").otherwise(None),
        spotio_changed_by=pl.when(pl.col("kept") == "spotio").then("changed_by").otherwise(None),
        salesforce_changed_at=pl.when(pl.col("kept") == "salesforce").then("changed_at").otherwise(None),
        salesforce_changed_by=pl.when(pl.col("kept") == "salesforce").then("changed_by").otherwise(None),
        policy=pl.lit("ask"), winner="take", why=pl.lit("One side was deleted, and the other was edited since they agreed."),
    ).select(list(CONFLICTS))  # fmt: skip
    follows = definition.deletes == "follow"
    following = frame.filter(accepted & pl.col("kept").is_not_null() & pl.lit(follows))
    actions = following.select(
        "link", "spotio_id", "salesforce_id", system="kept",
        object=pl.when(pl.col("kept") == "spotio").then(pl.lit(definition.type_name)).otherwise(pl.lit(definition.sobject)),
        id=pl.when(pl.col("kept") == "spotio").then("spotio_id").otherwise("salesforce_id"),
        why=pl.lit("The other side was deleted."), **{"class": pl.format("delete_{}", "kept")},
    )  # fmt: skip
    return _Deletion(
        _shaped(definition, "delete", actions, pl.lit("")),
        conflicts,
        waiting.select("link"),
        frame.filter(keeps).select("link"),
    )


def _shown_of(side: str) -> pl.Expr:
    return pl.when(pl.col("life") == f"deleted_in_{side}").then(pl.lit("deleted")).otherwise(pl.lit("edited"))


def _with_decided_deletions(frame: pl.DataFrame, inputs: Inputs) -> pl.DataFrame:
    """With `take`: the side that a person chose, as long as it is the same side that was deleted."""
    chosen = inputs.resolutions.filter(pl.col("field") == "deletion").select(
        "link", "take", seen_spotio="spotio", seen_salesforce="salesforce"
    )
    joined = frame.join(
        chosen.unique("link", keep="last", maintain_order=True), on="link", how="left", maintain_order="left"
    )
    holds = pl.all_horizontal([pl.col(f"seen_{side}") == _shown_of(side) for side in Side])
    return joined.with_columns(take=pl.when(holds).then("take").otherwise(None)).drop(
        "seen_spotio", "seen_salesforce"
    )


def _shaped(definition: Definition, kind: str, rows: pl.DataFrame, values: pl.Expr) -> pl.DataFrame:
    """ACTIONS of one kind; `values` is all that is written as one text."""
    rows = rows.with_columns(
        [pl.lit(None, TEXT).alias(name) for name in ACTIONS if name not in rows.columns and name != "step"]
    )
    who = {name: pl.col(name) for name in ("system", "spotio_id", "salesforce_id", "link")}
    digest = action_digest(definition, kind, **who, values=values)
    step = 0 if kind in ("link", "unlink") else 1
    return rows.with_columns(action=digest, kind=pl.lit(kind), step=pl.lit(step, pl.Int32)).select(
        [pl.col(name).cast(kind_of) for name, kind_of in ACTIONS.items()]
        + (["owner"] if "owner" in rows.columns else [])
    )


def _named(actions: pl.DataFrame, fields: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Fields, which know their action by its owner, under the action's digest."""
    return actions.drop("owner"), fields.join(actions.select("owner", "action"), on="owner").select(
        list(FIELDS)
    )


def _updates(
    definition: Definition, pairs: pl.DataFrame, writes: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    sent = writes.filter(~pl.col("stopped"))
    who = pairs.select("link", "spotio_id", "salesforce_id")
    actions = []
    fields = []
    for side in Side:
        mine = sent.filter(pl.col("side") == side).with_columns(
            owner=pl.format(f"{side}:{{}}", "owner"), link="owner"
        )
        owners = mine.group_by("owner", maintain_order=True).agg(
            pl.col("link").first(), (pl.col("column") == _OWNER[side]).any().alias("of_owner"),
            pl.col("label").sort().str.join(", ").alias("labels"), pl.col("reason").first(),
            pl.concat_str("column", pl.col("after").fill_null("\x00"), separator="\x1f").sort().str.join("\x1e").alias("values"),
        ).join(who, on="link")  # fmt: skip
        shaped = _shaped(
            definition, "update",
            owners.select(
                "owner", "link", "spotio_id", "salesforce_id", "values", system=pl.lit(str(side)),
                object=pl.lit(_object(definition, side)), id=f"{side}_id",
                why=pl.format("{}: {} {}.", "labels", pl.col("reason").replace_strict(_REASONS, default="changed in"), pl.lit(SYSTEM_NAMES[side.other])),
                **{"class": pl.when(pl.col("of_owner")).then(pl.lit(f"owner_{side}")).otherwise(pl.lit(f"update_{side}"))},
            ),
            pl.col("values"),
        )  # fmt: skip
        ready = _named(shaped, mine)
        actions.append(ready[0])
        fields.append(ready[1])
    return pl.concat(actions), pl.concat(fields)


_REASONS = {
    "edited": "edited in", "conflict": "both sides changed it, and it is taken from", "resolved": "chosen by a person, from",
    "backfill": "filled by a new mapping from", "automation": "rewritten by automation in",
}  # fmt: skip


def _object(definition: Definition, side: Side) -> str:
    return definition.type_name if side is Side.SPOTIO else definition.sobject


def _links(
    definition: Definition, inputs: Inputs, matches: Matches, now: datetime
) -> tuple[pl.DataFrame, pl.DataFrame]:
    found = matches.found.with_columns(owner=pl.concat_str("spotio_id", "salesforce_id", separator=":"))
    nothing = pl.lit(None, TEXT)
    # What the inbound filters keep out comes in with its SPOTIO record alone, and is exempt from them (L-07).
    passing = inputs.salesforce.filter(passes(definition.inbound.filter, now))["id"]
    born = pl.when(pl.col("salesforce_id").is_in(passing.implode())).then(pl.lit("matched")).otherwise(pl.lit("spotio"))  # fmt: skip
    shaped = _shaped(
        definition, "link",
        found.select(
            "owner", "spotio_id", "salesforce_id", born=born, system=nothing, link=nothing,
            why=pl.format("Both exist already; they match by {}.", "key"), **{"class": pl.lit("link")},
        ),
        pl.lit(""),
    )  # fmt: skip
    agreement = creates.agreement_of_linked(definition, inputs, found).with_columns(
        column=nothing, before=nothing, after=nothing
    )
    return _named(shaped, agreement)


def _creates(
    definition: Definition, inputs: Inputs, entering: Entries, matches: Matches, now: datetime
) -> tuple[tuple[pl.DataFrame, pl.DataFrame], pl.DataFrame, pl.DataFrame]:
    """(actions, fields) of new records on both sides, who cannot be made (side, id, code, ...), and who waits for a twin."""
    actions, fields, blocked, waiting = [], [], [], []
    nothing = pl.lit(None, TEXT)
    for side in Side:
        source = side.other
        rows = inputs.spotio if source is Side.SPOTIO else inputs.salesforce
        ids = entering.ids(source).to_frame("id")
        ids = ids.join(matches.found.select(id=f"{source}_id"), on="id", how="anti")
        ids = ids.join(matches.undecided.filter(pl.col("system") == source), on="id", how="anti")
        new = creates.new_records(definition, inputs, rows.join(ids, on="id", how="semi"), side, now)
        blocked.append(new.blocked.with_columns(side=pl.lit(str(side))))
        tried = new.made.join(inputs.failures, left_on="action", right_on="digest", how="anti")
        twins = waiting_twins(matches.twins.filter(pl.col("system") == source), tried["id"])
        waiting.append(twins)
        made = new.made.join(twins, on="id", how="anti", maintain_order="left")
        actions.append(
            made.select(
                "action", step=pl.lit(1, pl.Int32), kind=pl.lit("create"), system=pl.lit(str(side)),
                object=pl.lit(_object(definition, side)), id=nothing, link=nothing, born=pl.lit(str(source)),
                spotio_id=pl.col("id") if source is Side.SPOTIO else nothing,
                salesforce_id=pl.col("id") if source is Side.SALESFORCE else nothing,
                why=pl.lit(f"New in {SYSTEM_NAMES[source]}, with no match in {SYSTEM_NAMES[side]}."),
                **{"class": pl.lit(f"create_{side}")},
            ).select(list(ACTIONS))
        )  # fmt: skip
        fields.append(new.fields.join(made, on="action", how="semi", maintain_order="left"))
    return (pl.concat(actions), pl.concat(fields)), pl.concat(blocked), pl.concat(waiting)


def _unlinks(definition: Definition, pairs: pl.DataFrame) -> pl.DataFrame:
    leaving = pairs.filter("unlink").select(
        "link", "spotio_id", "salesforce_id", system=pl.lit(None, TEXT),
        why=pl.lit("It left the scope, and the sync unlinks what does."), **{"class": pl.lit("unlink")},
    )  # fmt: skip
    return _shaped(definition, "unlink", leaving, pl.lit(""))


def _link_states(
    pairs: pl.DataFrame,
    actions: pl.DataFrame,
    decided: pl.DataFrame,
    writes: pl.DataFrame,
    deletion: _Deletion,
    refused: pl.DataFrame,
) -> pl.DataFrame:
    """What becomes of links. A link that leaves a scope stays open until its last update is through.

    One that is taken apart needs no other state, and one whose deletion was refused stays as it is.
    """
    kept_apart = pl.col("link").is_in(deletion.apart["link"].implode())
    frame = pairs.with_columns(
        next_state=pl.when(kept_apart).then(pl.lit("unlinked")).otherwise("next_state"),
        next_reason=pl.when(kept_apart).then(pl.lit("kept_apart")).otherwise("next_reason"),
    )
    moved = pl.any_horizontal(
        ~pl.col(now).eq_missing(pl.col(then))
        for now, then in (
            ("state", "next_state"), ("to_spotio", "next_to_spotio"),
            ("to_salesforce", "next_to_salesforce"), ("reason", "next_reason"),
        )
    )  # fmt: skip
    frame = (
        frame.filter(moved & ~pl.col("unlink"))
        .join(deletion.waiting, on="link", how="anti")
        .join(refused.filter(pl.col("kind") == "delete"), on="link", how="anti")
    )
    last = (
        actions.filter(pl.col("kind").is_in(["update", "delete"]))
        .group_by("link")
        .agg(pl.col("action").last().alias("after"))
    )
    unfinished = pl.concat(
        [
            decided.filter(pl.col("verdict").is_in(["conflict", "held"])).select("link"),
            writes.filter("stopped").select(link="owner"),
            refused.filter(pl.col("kind") == "update").select("link"),
        ]
    ).unique()
    frame = frame.join(last, on="link", how="left")
    waits = pl.col("link").is_in(unfinished["link"].implode()) & ~pl.col("at_once")
    follows = pl.when(pl.col("at_once") & ~pl.col("life").is_not_null()).then(None).otherwise("after")
    return frame.filter(~waits).select(
        "link", state="next_state", to_spotio="next_to_spotio", to_salesforce="next_to_salesforce",
        reason="next_reason", after=follows,
    ).select(list(LINK_STATES))  # fmt: skip
