"""Bugs of the engine (sync/engine)."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_AT = "tests/engine/test_{}.py"


def _bug(name: str, module: str, old: str, new: str, *tests: str) -> Mutant:
    return Mutant(name, f"sync/engine/{module}.py", old, new, tuple(_AT.format(test) for test in tests))


ENGINE = (
    # values and filters
    _bug("a number loses its sign", "values", '.replace("-0", "0")', '.str.replace("-", "")', "values"),
    _bug("an unmapped value is passed through", "values",
         "return value.replace_strict(list(mapping), list(mapping.values()), default=None,",
         "return value.replace_strict(list(mapping), list(mapping.values()), default=value,", "values", "reconcile"),
    _bug("half a list of choices is sent", "values", 'join(";", ignore_nulls=False)', 'join(";", ignore_nulls=True)', "values"),
    _bug("a blank is dropped by not equals", "filters", "return is_blank | ~met", "return ~is_blank & ~met", "filters"),
    _bug("numbers are compared as text", "filters", "if kind is Kind.NUMBER:\n        left, right =", "if kind is Kind.USER:\n        left, right =", "filters"),
    _bug("all selective filters must be passed", "scope", "passing = pl.any_horizontal(", "passing = pl.all_horizontal(", "scope"),
    # scope
    _bug("what stood without passing is taken for new", "scope",
         'when(pl.lit(inbound.scope == "forward_only") & stood)', 'when(pl.lit(inbound.scope == "forward_only") & pl.col("passed"))', "scope"),
    _bug("the filter of today decides what history enters", "scope",
         'failing = pl.lit(None, pl.Int32) if once else first_failing', 'failing = first_failing', "scope"),
    _bug("a bulk reassignment exports a record", "scope", '& (pl.col("origin") == "human")', '& pl.col("origin").is_not_null()', "scope"),
    _bug("an edit before the turn-on exports a record", "scope", '& (pl.col("changed_at") > state.outbound_on_at)', '& pl.col("changed_at").is_not_null()', "scope"),
    _bug("a record that nobody knows who made is sent", "scope", 'origin = pl.col("_origin").fill_null("")', 'origin = pl.col("_origin").fill_null("human")', "scope"),
    _bug("a widened filter lets records in", "scope", 'id").is_in(barred.implode())', 'id").is_in(barred.implode()) & pl.lit(False)', "scope"),
    _bug("a paused direction lets records in", "scope", '.when(pl.lit(switch == "paused"))', '.when(pl.lit(switch == "nothing"))', "scope"),
    # matching
    _bug("a candidate that is linked already is linked again", "match", 'free = ~pl.col("spotio_taken") & ~pl.col("salesforce_taken")', "free = pl.lit(True)", "match"),
    _bug("a second key overrides an ambiguous first one", "match", "waiting[side] = pl.concat([waiting[side], _of_side(undecided[-1], side)])", "waiting[side] = waiting[side]", "match"),
    _bug("rivals on one side do not count", "match", '(pl.col("partners") == 1) & (pl.col("rivals") == 1)', '(pl.col("partners") == 1)', "match"),
    _bug("a person's no is not heard", "match", 'inputs.verdicts.filter(~pl.col("same")), on', 'inputs.verdicts.clear(), on', "match"),
    _bug("an excluded record is somebody's candidate", "match", 'inputs.excluded.filter(pl.col("system") == side), on="id", how="anti"', 'inputs.excluded.clear(), on="id", how="anti"', "match"),
    _bug("two of one household are linked", "match", "doubtful = _contradicting(definition, keyed, one) if key else one.clear()", "doubtful = one.clear().with_columns(field=pl.lit(None, TEXT))", "match"),
    _bug("linking makes a difference an edit", "creates", 'pl.lit(rule.spotio.label), spotio=here, salesforce=there', 'pl.lit(rule.spotio.label), spotio=here, salesforce=forth', "match"),
    # three-way
    _bug("a blank overwrites", "reconcile", 'keep = pl.col("blanks") == "keep"', "keep = pl.lit(False)", "reconcile"),
    _bug("the other side's base is compared with", "field_states", '_base_salesforce=canonical(pl.col("base_salesforce"), there)', '_base_salesforce=canonical(pl.col("base_spotio"), there)', "reconcile"),
    _bug("another form is taken for an edit", "field_states", '~pl.col("_spotio").eq_missing(pl.col("_base_spotio"))', '~pl.col("spotio").eq_missing(pl.col("base_spotio"))', "reconcile"),
    _bug("a lossy translation is written back", "field_states", '(forth | back).alias("equal")', 'forth.alias("equal")', "reconcile"),
    _bug("a mapping of one way goes both ways", "field_states", "rule.towards(side) and rule.column(side).updateable", "rule.column(side).updateable", "reconcile"),
    _bug("a group is split", "reconcile", 'pl.col("moved_s").any().over(over)', 'pl.col("moved_s")', "reconcile"),
    _bug("a conflict writes one field of a group", "reconcile", 'conflict=conflict & pl.col("unit_open") & ~pl.col("equal")', 'conflict=conflict & pl.col("unit_open") & pl.col("moved_s")', "reconcile"),
    _bug("the newest wins within a poll", "reconcile", "pl.when(apart > state.poll_seconds)", "pl.when(apart > 0)", "reconcile"),
    _bug("an unknown time is the oldest", "reconcile", 'apart = (pl.col("spotio_changed_at") - pl.col("salesforce_changed_at"))', 'apart = (pl.col("spotio_changed_at") - pl.col("salesforce_changed_at").fill_null(pl.datetime(2000, 1, 1, time_zone="UTC")))', "reconcile"),
    _bug("a person's word is applied to other values", "reconcile", '_shows(f"seen_{side}", side, f"{side}_kind", kinds) for side in Side', '_shows(f"seen_{side}", side, f"{side}_kind", kinds) for side in (Side.SPOTIO,)', "reconcile"),
    _bug("a new form settles what waits for a word", "updates", 'differs=(pl.col("verdict") == "agree") & ~pl.col("equal")', "differs=pl.lit(False)", "reconcile"),
    _bug("a word on one field settles a whole group", "reconcile", "(said.is_null().sum().over(over) == 0)", "(said.is_not_null().sum().over(over) > 0)", "reconcile"),
    _bug("automation and we write in turns for ever", "reconcile", "flips=flips.fill_null(False).any().over(over)", "flips=pl.lit(False)", "reconcile"),
    _bug("turning outbound on exports history", "reconcile", '& ~pl.col("history") | fill_f', "| fill_f", "reconcile"),
    _bug("a policy exports history", "reconcile", "old = clash &", "old = pl.lit(False) &", "reconcile"),
    _bug("a new mapping fills links by itself", "reconcile", 'differ & pl.col("backfill")', "differ", "reconcile"),
    _bug("a default of Salesforce replaces a value that waits", "reconcile", "return (made & withheld & ~told).fill_null(False)", "return (made & withheld & told).fill_null(False)", "reconcile"),
    _bug("a conflict is adopted unread", "updates", 'is_in(["agree", "blank_kept", "left_apart"])', 'is_in(["agree", "blank_kept", "left_apart", "conflict"])', "reconcile", "properties"),
    # life cycle
    _bug("a deletion wins over an edit", "plan", 'accepted = ~pl.col("clash") |', "accepted = pl.lit(True) |", "lifecycle"),
    _bug("an edit of automation holds up a deletion", "plan", '_NO_PERSON = ("automation", "fieldline", "integration", "import")', '_NO_PERSON = ("fieldline",)', "lifecycle"),
    _bug("absence is taken for deletion", "lifecycle", '(("_deleted", False), ("_visible", False))', '(("_deleted", True), ("_visible", False))', "lifecycle"),
    _bug("an undelete does not revive the link", "lifecycle", '.when(live).then(pl.lit("active"))', '.when(live).then(pl.col("state"))', "lifecycle"),
    _bug("scope is judged by what it was", "lifecycle", "wants_spotio = ~left_whole", 'wants_spotio = pl.col("to_spotio")', "lifecycle"),
    _bug("a link born in SPOTIO is filtered", "lifecycle", 'out_of_filter = ~pl.col("in_scope") & ~born_here', 'out_of_filter = ~pl.col("in_scope")', "lifecycle"),
    _bug("the last update is not sent", "lifecycle", 'last_salesforce = pl.col("to_salesforce") & (leaving == "last_update")', "last_salesforce = pl.lit(False)", "lifecycle"),
    _bug("a link freezes before its last update is through", "plan", 'waits = pl.col("link").is_in(unfinished["link"].implode()) & ~pl.col("at_once")', "waits = pl.lit(False)", "lifecycle"),
    _bug("a paused direction writes", "lifecycle", 'pl.lit(state.outbound == "on")', 'pl.lit(state.outbound != "off")', "reconcile"),
    _bug("import once goes on updating", "lifecycle", "& ~imported_once,", ",", "lifecycle"),
    # creates and checks
    _bug("what a constant filled in comes back as an edit", "creates", 'then("filled").otherwise("after")', 'then(_NOTHING).otherwise("after")', "creates"),
    _bug("a constant stands in for a faulty value", "creates", '| other.frame["code"].is_not_null()', "", "creates"),
    _bug("half a group is sent with a new record", "creates", "    _withhold_groups(given)\n", "", "creates"),
    _bug("a value that waits is forgotten", "creates", 'theirs = pl.when(stopped).then(_NOTHING).otherwise("source")', 'theirs = pl.col("source")', "creates"),
    _bug("a record is made without what is required", "creates", "keep = ~rows[\"id\"].is_in(blocked[\"id\"].implode())", 'keep = rows["id"].is_not_null()', "creates"),
    _bug("bytes are counted for characters", "checks", "value.str.len_chars() > column.length", "value.str.len_bytes() > column.length", "checks"),
    _bug("a faulty field lets its group go", "updates", 'pl.col("code").is_not_null().any().over(over)', 'pl.col("code").is_not_null()', "checks"),
    _bug("what was refused is tried again", "plan", 'actions = actions.join(inputs.failures, left_on="action", right_on="digest", how="anti")', "actions = actions.join(inputs.failures.clear(), left_on=\"action\", right_on=\"digest\", how=\"anti\")", "checks", "creates"),
    # guards and why
    _bug("a guard counts after the first write", "guards", '(pl.col("number") < pl.col("most"))', '(pl.col("number") <= pl.col("most"))', "guards"),
    _bug("an approval allows everything", "guards", "allowed = min(planned, approved.get(name, 0))", "allowed = planned if name in approved else 0", "guards"),
    _bug("one class that trips holds them all", "guards", '"most").is_null() |', '"most").is_null() & pl.lit(not held) |', "guards"),
    _bug("a source that came back empty is believed", "guards", "if linked >= definition.guard.share_from and gone >", "if linked < 0 and gone >", "guards"),
    _bug("the reason told is not the first one", "filters", ".otherwise(pl.coalesce(numbers))", ".otherwise(pl.coalesce(numbers[::-1]))", "filters"),
)  # fmt: skip
