"""Conditions on records, one at a time and together (SF-06, L-07)."""

from __future__ import annotations

import polars as pl
import pytest

from sync.engine.definition import Clause, Column, Filter, Kind
from sync.engine.filters import first_failing, passes, wording
from tests.engine.small import SALESFORCE
from tests.engine.worlds import NOW, Text


def clause(test: str, *values: str, kind: Kind = Kind.TEXT, name: str = "Industry") -> Clause:
    return Clause(SALESFORCE, Column(name, name, kind), test, values)  # type: ignore[arg-type]


def _passes(wanted: Filter, **values: Text) -> bool:
    row = pl.DataFrame(
        {name: [value] for name, value in values.items()}, schema=dict.fromkeys(values, pl.String)
    )
    return bool(row.select(passes(wanted, NOW).alias("met")).item())


@pytest.mark.requirement("SF-06")
@pytest.mark.rule("L-07")
@pytest.mark.parametrize(
    ("condition", "value", "met"),
    [
        pytest.param(clause("equals", "Chemicals"), "chemicals", True, id="equals has no case"),
        pytest.param(clause("equals", "Chemicals", "Retail"), "Retail", True, id="several equals are alternatives"),
        pytest.param(clause("equals", "Chemicals"), None, False, id="a blank equals nothing"),
        pytest.param(clause("not_equals", "Chemicals"), "Retail", True, id="not equals lets others in"),
        pytest.param(clause("not_equals", "Chemicals"), None, True, id="not equals keeps blanks"),
        pytest.param(clause("not_equals", "Chemicals"), " ", True, id="not equals keeps what is only space"),
        pytest.param(clause("not_equals", "Chemicals", "Retail"), "Retail", False, id="several not equals exclude each"),
        pytest.param(clause("contains", "chem"), "Chemicals", True, id="contains looks into the text"),
        pytest.param(clause("contains", "Chem", "Ret"), "Retail", True, id="several parts are alternatives"),
        pytest.param(clause("not_contains", "chem"), None, True, id="not contains keeps blanks"),
        pytest.param(clause("not_contains", "chem"), "Chemicals", False, id="not contains keeps out"),
        pytest.param(clause("contains", "a", kind=Kind.CHOICES), "ab;c", False, id="one of several choices is a whole one"),
        pytest.param(clause("contains", "A", kind=Kind.CHOICES), "c;a", True, id="one of several choices is contained"),
        pytest.param(clause("starts_with", "chem"), "Chemicals", True, id="begins with has no case"),
        pytest.param(clause("is_blank"), "", True, id="an empty text is blank"),
        pytest.param(clause("is_blank"), "x", False, id="a text is not blank"),
        pytest.param(clause("is_not_blank"), None, False, id="nothing is blank"),
        pytest.param(clause("greater", "9", kind=Kind.NUMBER), "10", True, id="numbers are compared as numbers"),
        pytest.param(clause("greater", "10", kind=Kind.NUMBER), "10.0", False, id="more is not as much"),
        pytest.param(clause("greater_or_equal", "10", kind=Kind.NUMBER), "10.0", True, id="at least is as much"),
        pytest.param(clause("less", "10", kind=Kind.NUMBER), "many", False, id="what is no number is neither less nor more"),
        pytest.param(clause("less_or_equal", "2026-11-30", kind=Kind.DATETIME), "2026-11-30T23:00:00Z", True, id="a whole day is meant by a date"),
        pytest.param(clause("less", "2026-11-30", kind=Kind.DATE), None, False, id="a blank has no order"),
        pytest.param(clause("within_last_days", "7", kind=Kind.DATETIME), "2026-11-23T01:00:00Z", True, id="the seventh day ago is within seven days"),
        pytest.param(clause("within_last_days", "7", kind=Kind.DATE), "2026-11-22", False, id="the eighth is not"),
        pytest.param(clause("within_last_days", "7", kind=Kind.DATE), "2026-12-01", False, id="tomorrow is not among the last days"),
        pytest.param(clause("not_within_last_days", "7", kind=Kind.DATE), "2026-11-22", True, id="the eighth day ago is longer ago than seven"),
        pytest.param(clause("equals", "5550101111", kind=Kind.PHONE), "(555) 010-1111", True, id="values are compared in canonical form"),
    ],
)  # fmt: skip
def test_a_condition_is_met_or_not(condition: Clause, value: Text, met: bool) -> None:
    assert _passes(Filter((condition,)), Industry=value) is met


CHEMICALS = clause("equals", "Chemicals")
NOT_BOB = clause("not_equals", "Bob", name="Owner.Name")


@pytest.mark.requirement("SF-06")
@pytest.mark.parametrize(
    ("industry", "owner", "met"),
    [
        pytest.param("Chemicals", "Ann", True, id="both hold"),
        pytest.param("Chemicals", "Bob", False, id="the second does not"),
        pytest.param("Retail", "Ann", False, id="the first does not"),
        pytest.param("Chemicals", None, True, id="nobody is not Bob"),
    ],
)
def test_conditions_on_different_fields_combine(industry: Text, owner: Text, met: bool) -> None:
    assert _passes(Filter((CHEMICALS, NOT_BOB)), **{"Industry": industry, "Owner.Name": owner}) is met


def test_any_of_several_conditions_will_do_and_filters_may_stand_in_filters() -> None:
    either = Filter((CHEMICALS, clause("equals", "Bob", name="Owner.Name")), any_of=True)
    both = Filter((either, clause("is_not_blank", name="City")))
    row = {"Industry": "Retail", "Owner.Name": "Bob", "City": "Bonn"}
    assert _passes(both, **row)
    assert not _passes(both, **(row | {"Owner.Name": "Ann"}))
    assert not _passes(both, **(row | {"City": None}))


def test_a_filter_without_conditions_passes_everything() -> None:
    assert _passes(Filter(), Industry=None)


@pytest.mark.parametrize(
    ("row", "number"),
    [
        pytest.param({"Industry": "Chemicals", "Owner.Name": "Ann"}, None, id="it passes"),
        pytest.param({"Industry": "Retail", "Owner.Name": "Bob"}, 0, id="of two that fail the first is told"),
        pytest.param({"Industry": "Chemicals", "Owner.Name": "Bob"}, 1, id="the one that fails is told"),
    ],
)
def test_the_first_failing_condition_is_told(row: dict[str, Text], number: int | None) -> None:
    frame = pl.DataFrame([row])
    wanted = Filter((CHEMICALS, Filter((NOT_BOB,))))
    assert frame.select(first_failing(wanted, NOW)).item() == number


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (clause("equals", "Chemicals", "Retail"), "Industry is Chemicals or Retail"),
        (clause("not_equals", "Chemicals", "Retail"), "Industry is not Chemicals and not Retail"),
        (clause("is_blank"), "Industry is blank"),
        (clause("within_last_days", "7", kind=Kind.DATE, name="Seen"), "Seen is within the last days: 7"),
    ],
)
def test_a_condition_is_read_as_a_sentence(condition: Clause, words: str) -> None:
    assert wording(condition) == words
