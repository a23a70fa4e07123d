"""The KPI dictionary: every number with its formula, attribution, day and edge cases.

One entry is both the definition that people read (docs/kpis.md is made of it) and what `ask` computes: numerator
and denominator are aggregates over one of the facts in `data/kpi/facts.py`, so text and number stand together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from data.kpi.settings import KpiSettings

Unit = Literal["count", "share", "money", "seconds", "days"]


@dataclass(frozen=True)
class Measure:
    """An aggregate over a fact; `rows` picks the fact's rows that it is made of, for drilling down."""

    fact: str
    sql: str
    rows: str = "true"
    of_rows: bool = False  # sums of a day are not enough: a median needs every row


@dataclass(frozen=True)
class Day:
    """On which day a number counts: the day of what, and in whose zone while each rep's local day counts."""

    of: str
    whose: str

    def text(self, settings: KpiSettings | None = None) -> str:
        """In a sentence; without settings the one that holds while nothing else is chosen."""
        everybody = settings.zones.everybody if settings else None
        return f"{self.of}, in {f'{everybody}, for everybody' if everybody else self.whose}."


@dataclass(frozen=True)
class Kpi:
    """One number: its words for people, and how it is computed."""

    key: str
    name: str
    unit: Unit
    better: Literal["higher", "lower", "neither"]
    formula: str
    attribution: str
    day: Day
    edges: str
    numerator_words: str
    numerator: Measure
    denominator_words: str = ""
    denominator: Measure | None = None
    extras: dict[str, Measure] = field(default_factory=dict)
    median: bool = False
    sample: int | None = None  # the least denominator for a rank, unless the settings say otherwise
    masked_by: frozenset[str] = frozenset()  # mirrored columns that the number is made of

    @property
    def of_sales(self) -> bool:
        """Whether the number rests on what was sold."""
        measures = (self.numerator, *([self.denominator] if self.denominator else ()))
        return any(measure.fact in {"sale", "lead"} or "sold" in measure.sql for measure in measures)

    def least(self, settings: KpiSettings) -> int:
        """The denominator below which the number is shown, but not ranked."""
        return settings.minimum_sample.get(self.key, self.sample or 0)


_REP_DAY = Day("The local day", "the rep's zone (their own, else their team's, else the company's)")
_DUE_DAY = Day("The local day on which it is due", "the owner's zone")
_SET_DAY = Day("The local day on which it was made", "the setter's zone")
_SALE_DAY = Day("The local day of the sale", "the seller's zone")
_NET_DAY = Day("The local day of the sale, and of its being taken back", "the seller's zone")
_BORN_DAY = Day("The local day of the creation", "the owner's zone")
_LEFT_OUT = "Only origins that count (human, unless configured) and days from the start on; the rest is counted apart."
_ACTIVITY_OWNER = "The activity's owner; team, territory and type as of the visit."
_SETTER = "The setter: who created the first live appointment of the cycle, whoever owns it later; their team when it was set."
_CLOSER = (
    "The closer: the appointment's owner; their team when the outcome was logged, until then when it was set."
)
_DUE = (
    "Live appointments due in the period and by now, the rescheduled ones left out (the new date counts instead). "
    "One without an outcome stays in the denominator and is counted apart. A deleted appointment is not live; a "
    "series is one appointment."
)
_CYCLE = (
    "A record's cycle begins with its first live appointment and ends when one sat or was sold, or the record moved into "
    "a won or lost stage; the next appointment made after that begins a new one. Rescheduling, and setting again after a "
    "no-show or a cancellation, stay in the cycle. Made at the very instant of the end, it belongs to the cycle that ends."
)
_SALE = (
    "One source, configured: SPOTIO's won categorisation (without one, a move into a stage of the group won), results "
    "classed sold, or Salesforce's IsWon at its CloseDate. A record counts again only once it was taken back. Won again "
    "within the rescission window, it is the same sale. Salesforce's are matched by an external id that is there, "
    "credited to the SPOTIO user with the owner's e-mail, else to nobody."
)
_SELLER = "Who made the change or owns the activity that won it; team, territory and type as of the sale."

_ACT_LEFT = {
    "other_origin": Measure("act", "sum(other_origin)", "left_out = 'other_origin'"),
    "before_start": Measure("act", "sum(before_start)", "left_out = 'before_start'"),
}


def _left(fact: str) -> dict[str, Measure]:
    return {
        why: Measure(fact, f"count(*) filter (left_out = '{why}')", f"left_out = '{why}'")
        for why in ("other_origin", "before_start")
    }


def _visits(column: str) -> Measure:
    return Measure("act", f"sum({column})", f"{column} = 1")


def _count(key: str, name: str, column: str, formula: str) -> Kpi:
    return Kpi(
        key, name, "count", "higher", formula, _ACTIVITY_OWNER, _REP_DAY, _LEFT_OUT, name.lower(), _visits(column),
        extras=_ACT_LEFT,
    )  # fmt: skip


_DOORS = Measure("door", "sum(doors)")
_DOOR_EDGES = (
    "The team, territory and type are those of the first visit of the day. Narrowed by result or activity type, a door "
    "counts when one of its visits passes, so doors by result can add up to more than all doors. Visits without a "
    "record are visits, not doors. SPOTIO's API does not tell automatic visits from others. " + _LEFT_OUT
)
# The mirrored columns that the numbers of money, of results, of verified visits, and of delays are made of. Whoever may
# not see what came of a visit sees no count of it either: the rows behind it would say it of each.
_VALUES = frozenset({"spotio.record.value", "salesforce.opportunity.amount"})
_RESULT = frozenset({"spotio.activity.resultid"})
_VERIFICATION = frozenset({"spotio.activity.verified", "spotio.activity.distance"})
_RECEIVED = frozenset({"spotio.activity.date", "spotio.activity.createdat"})
_NOT_VERIFIABLE = {"not_verifiable": Measure("act", "sum(not_verifiable)", "not_verifiable = 1")}


def _outcome(key: str, name: str, flag: str, better: Literal["higher", "lower"], by: str, words: str) -> Kpi:
    """A rate of appointments that were due, by setter or by closer."""
    fact = f"due_by_{by}"
    return Kpi(
        key, name, "share", better, f"{words} / appointments due by now",
        _SETTER if by == "setter" else _CLOSER,
        _DUE_DAY, _DUE,
        words, Measure(fact, f"count(*) filter (due and {flag})", f"due and {flag}"),
        "appointments due by now", Measure(fact, "count(*) filter (due)", "due"),
        extras={
            "without_outcome": Measure(fact, "count(*) filter (due and outcome = 'none')", "due and outcome = 'none'"),
            "unclassified": Measure(fact, "count(*) filter (due and outcome = 'unclassified')", "due and outcome = 'unclassified'"),
            "rescheduled": Measure(fact, "count(*) filter (moved_away)", "moved_away"),
            **_left(fact),
        },
        sample=10, masked_by=_RESULT,
    )  # fmt: skip


def _close_rate(key: str, name: str, fact: str, attribution: str, edges: str, day: Day, when: str) -> Kpi:
    sat, sold = ("counts and cycle_sat", "cycle_sold") if fact == "set" else ("due and sat", "sold")
    return Kpi(
        key, name, "share", "higher", f"sat appointments that were sold / appointments {when}", attribution, day, edges,
        "sat appointments that were sold", Measure(fact, f"count(*) filter ({sat} and {sold})", f"{sat} and {sold}"),
        f"appointments {when}", Measure(fact, f"count(*) filter ({sat})", sat),
        extras=_left(fact), sample=10, masked_by=_RESULT,
    )  # fmt: skip


_KPIS = (
    Kpi(
        "doors", "Doors knocked", "count", "higher", "distinct (rep, record, local day) with a visit", _ACTIVITY_OWNER,
        _REP_DAY, _DOOR_EDGES, "doors with a visit", _DOORS,
        extras={"visits": Measure("act", "sum(visits)", "visits = 1"), **_ACT_LEFT},
    ),
    _count("visits", "Visits", "visits", "logged activities of SPOTIO's activity type Visit"),
    Kpi(
        "verified_doors", "Verified doors", "count", "higher", "doors with at least one verified visit", _ACTIVITY_OWNER,
        _REP_DAY, "Verified: SPOTIO's flag is true and a distance was measured. " + _DOOR_EDGES, "doors with a verified visit",
        Measure("door", "sum(verified_doors)", "verified > 0"), extras={**_NOT_VERIFIABLE, **_ACT_LEFT},
        masked_by=_VERIFICATION,
    ),
    Kpi(
        "verified_share", "Verified share", "share", "higher", "verified visits / (visits - not verifiable)", _ACTIVITY_OWNER,
        _REP_DAY, "A visit that was not logged on the phone, or whose record has no pin, has no distance: not verifiable, "
        "outside, and counted apart. " + _LEFT_OUT, "verified visits", _visits("verified"),
        "visits that can be verified",
        Measure("act", "sum(visits) - sum(not_verifiable)", "visits = 1 and not_verifiable = 0"),
        extras={**_NOT_VERIFIABLE, **_ACT_LEFT}, sample=10, masked_by=_VERIFICATION,
    ),
    Kpi(
        "contact_rate", "Contact rate", "share", "higher", "doors with a visit whose result is classed contact / doors",
        _ACTIVITY_OWNER, _REP_DAY, "A door without a contact where a visit has no result, or one in no class, stays in the "
        "denominator and is shown as unclassified. " + _DOOR_EDGES, "doors with a contact",
        Measure("door", "sum(contact_doors)", "contact"), "doors with a visit", _DOORS,
        extras={"unclassified": Measure("door", "sum(unclassified_doors)", "unclassified"), **_ACT_LEFT}, sample=10,
        masked_by=_RESULT,
    ),
    Kpi(
        "set", "Appointments set", "count", "higher", "the first live appointment of each cycle of a record", _SETTER,
        _SET_DAY, _CYCLE, "cycles begun",
        Measure("set", "count(*) filter (counts)", "counts"), extras=_left("set"),
    ),
    _outcome("run_rate", "Run rate, by setter", "run", "higher", "setter", "appointments run"),
    _outcome("sit_rate", "Sit rate, by setter", "sat", "higher", "setter", "appointments sat"),
    _outcome("cancel_rate", "Cancel rate, by setter", "cancelled", "lower", "setter", "appointments cancelled"),
    _outcome("no_show_rate", "No-show rate, by setter", "no_show", "lower", "setter", "no-shows"),
    _outcome("closer_sit_rate", "Sit rate, by closer", "sat", "higher", "closer", "appointments sat"),
    Kpi(
        "sat", "Appointments sat", "count", "higher", "appointments due in the period whose result is classed sat", _CLOSER,
        _DUE_DAY, _DUE, "appointments sat",
        Measure("due_by_closer", "count(*) filter (due and sat)", "due and sat"), extras=_left("due_by_closer"),
        masked_by=_RESULT,
    ),
    Kpi(
        "sold", "Sales", "count", "higher", "sales by their date, gross", _SELLER, _SALE_DAY,
        _SALE, "sales", Measure("sale", "sum(sold)", "sold = 1"),
        extras={"cancelled": Measure("sale", "sum(cancelled)", "cancelled = 1"),
                "credited_to_nobody": Measure("sale", "sum(sold) filter (user_id is null)", "sold = 1 and user_id is null"),
                **_left("sale")},
    ),
    Kpi(
        "sold_net", "Sales, net", "count", "higher", "sales - those taken back within the rescission window, on the day of that",
        _SELLER, _NET_DAY, _SALE, "sales less cancellations",
        Measure("sale", "sum(sold) - sum(cancelled)", "sold = 1 or cancelled = 1"), extras=_left("sale"),
    ),
    Kpi(
        "sales_value", "Sales value", "money", "higher", "the record's value as of the sale, summed over sales", _SELLER,
        _SALE_DAY, "In the company's currency, as SPOTIO names it; none is named where it names none, or where Salesforce's opportunities are the sales. A sale without a value adds nothing and is counted apart. " + _SALE, "value of sales",
        Measure("sale", "coalesce(sum(gross), 0)", "sold = 1"),
        extras={"without_value": Measure("sale", "sum(sold) filter (gross is null)", "sold = 1 and gross is null"), **_left("sale")},
        masked_by=_VALUES,
    ),
    Kpi(
        "sales_net", "Sales value, net", "money", "higher",
        "sales value - the value of those taken back within the rescission window, on the day of that", _SELLER,
        _NET_DAY, "The sale keeps its date and its value; the "
        "adjustment bears its own date. " + _SALE, "value of sales less cancellations",
        Measure("sale", "coalesce(sum(net), 0)", "sold = 1 or cancelled = 1"), extras=_left("sale"), masked_by=_VALUES,
    ),
    _close_rate(
        "close_rate", "Close rate", "due_by_closer", _CLOSER, "Sold: the sale of the appointment's cycle, not taken back. A cycle's sale is "
        "given to its last appointment that sat. A sale without a sat appointment is in no close rate. " + _DUE,
        _DUE_DAY, "due in the period that sat",
    ),
    _close_rate(
        "close_rate_setter", "Close rate, by setter", "due_by_setter", _SETTER, "As the close rate, credited to who set the cycle. " + _DUE,
        _DUE_DAY, "due in the period that sat",
    ),
    _close_rate(
        "close_rate_cohort", "Close rate, by set date", "set", _SETTER, "The cohort of the period's cycles: what came of "
        "them until now, whenever that was. A recent cohort is not ripe yet. " + _CYCLE,
        _SET_DAY, "set in the period that sat",
    ),
    Kpi(
        "sold_per_set", "Sold per set", "share", "higher", "cycles set in the period that were sold / cycles set in the period", _SETTER,
        _SET_DAY, "A cohort by set date: sold by now, sat or not. " + _CYCLE,
        "cycles that were sold", Measure("set", "count(*) filter (counts and cycle_sold)", "counts and cycle_sold"),
        "cycles begun", Measure("set", "count(*) filter (counts)", "counts"), extras=_left("set"), sample=10,
    ),
    Kpi(
        "sold_per_lead", "Sold per lead", "share", "higher", "records created in the period that were sold / records created in the period",
        "The record's first owner; team, territory and type as of its creation.", _BORN_DAY,
        "A cohort by the day of creation: sold by now. Records that came by import count only where imports do. " + _SALE,
        "created records that were sold", Measure("lead", "sum(sold)", "sold = 1"),
        "records created", Measure("created", "sum(created)", "created = 1"),
        extras={"other_origin": Measure("created", "sum(created_other_origin)", "created_other_origin = 1")}, sample=10,
    ),
    Kpi(
        "created", "Records created", "count", "higher", "records that came into being",
        "The record's first owner; team, territory and type as of its creation.", _BORN_DAY,
        _LEFT_OUT, "records created", Measure("created", "sum(created)", "created = 1"),
        extras={"other_origin": Measure("created", "sum(created_other_origin)", "created_other_origin = 1"),
                "before_start": Measure("created", "sum(created_before_start)", "created_before_start = 1")},
    ),
    Kpi(
        "stage_moves", "Stage moves, net", "count", "higher", "a record and local day that ended in another stage than it began with",
        "Who made the record's last move of that day.", _REP_DAY, "Going to and fro within a day is one move at most, and none "
        "when the record ends where it was. First entries and all moves stand beside it.", "records moved on in a day",
        Measure("move", "count(*) filter (counts and net)", "counts and net"),
        extras={"total": Measure("move", "count(*) filter (counts)", "counts"),
                "first_entries": Measure("move", "count(*) filter (counts and first_entry)", "counts and first_entry"), **_left("move")},
    ),
    Kpi(
        "stage_moves_total", "Stage moves, all", "count", "neither", "moves from one stage to another", "Who made the move.", _REP_DAY,
        "A move from a stage to itself is none.", "stage moves", Measure("move", "count(*) filter (counts)", "counts"), extras=_left("move"),
    ),
    Kpi(
        "first_entries", "First entries", "count", "higher", "moves into a stage in which the record never was before",
        "Who made the move.", _REP_DAY, "The stage a record was created in is not entered again.", "first entries",
        Measure("move", "count(*) filter (counts and first_entry)", "counts and first_entry"), extras=_left("move"),
    ),
    Kpi(
        "time_in_stage", "Time in stage", "days", "lower", "median of the stays that ended in the period", "Who ended the stay.", _REP_DAY,
        "A stay lasts from entering the stage (the move before, or the creation) to leaving it; stays under way are not in it.",
        "median stay", Measure("move", "median(stayed_seconds) filter (counts) / 86400", "counts and stayed_seconds is not null"),
        "stays that ended", Measure("move", "count(stayed_seconds) filter (counts)", "counts and stayed_seconds is not null"),
        extras=_left("move"), median=True, sample=10,
    ),
    Kpi(
        "log_latency", "Log latency", "seconds", "lower", "median of (received - happened) over logged activities", "The activity's owner.",
        _REP_DAY, "Longer than the threshold it was probably logged without a connection and uploaded later: flagged, and still in the "
        "median. A clock that runs ahead counts as 0.", "median delay", Measure("act", "median(latency)", "latency is not null", of_rows=True),
        "activities logged", Measure("act", "count(latency)", "latency is not null", of_rows=True),
        extras={"offline": Measure("act", "count(*) filter (latency > $offline)", "latency > $offline", of_rows=True)}, median=True, sample=10,
        masked_by=_RECEIVED,
    ),
    _count("activities", "Activities", "activities", "logged activities of any type"),
    _count("calls", "Calls", "calls", "logged activities of SPOTIO's activity type Call"),
    _count("texts", "Texts", "texts", "logged activities of SPOTIO's activity type Text"),
    _count("emails", "E-mails", "emails", "logged activities of SPOTIO's activity type Email"),
)  # fmt: skip

DICTIONARY: dict[str, Kpi] = {kpi.key: kpi for kpi in _KPIS}
