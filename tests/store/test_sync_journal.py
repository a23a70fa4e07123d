"""The journal: intent before the call, and after it the outcome together with all that follows, or nothing of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import polars as pl
import pytest

from data.store import Store
from data.syncs import failures, journal, links, standing
from tests.store import small_pair
from tests.store.small_pair import EMAIL, NOON, SECOND, WORTH, carry_out, create_lead, record, update

PAIR = {"object": "Lead", "sobject": "Lead"}


def agreed(store: Store) -> list[tuple[str, str, str | None, str | None, str | None]]:
    sql = "select link, field, spotio, salesforce, reason from sync.agreed order by link, field"
    return [tuple(row.values()) for row in store.rows(sql)]


def intend(store: Store, *plans: tuple[pl.DataFrame, pl.DataFrame], **more: pl.DataFrame) -> list[str]:
    actions = pl.concat(plan[0] for plan in plans)
    fields = pl.concat(plan[1] for plan in plans)
    written = journal.intend(
        store, actions, fields, **more, run="r-1", sync="doors", version=1, call="k-1", now=NOON
    )
    assert written["action"].to_list() == actions["action"].to_list()
    return list(written["write"])


def answer(store: Store, *results: Mapping[str, str | None]) -> pl.DataFrame:
    return journal.answer(
        store, pl.DataFrame(list(results), infer_schema_length=None), **PAIR, run="r-1", now=NOON + SECOND
    )


def test_what_is_intended_is_unknown_until_it_is_answered(store: Store) -> None:
    first, second = intend(store, create_lead("a1", "s1", "one@x.com"), create_lead("a2", "s2", "two@x.com"))
    unknown = journal.unknown(store, "doors")
    assert unknown.select("write", "action", "spotio_id", "state").rows() == [
        (first, "a1", "s1", "intended"),
        (second, "a2", "s2", "intended"),
    ]
    answer(
        store, {"write": first, "state": "done", "record_id": "00Q1"}, {"write": second, "state": "unknown"}
    )
    assert journal.unknown(store)["write"].to_list() == [second]
    journal.settle(
        store, pl.DataFrame([{"write": second, "state": "dropped"}]), **PAIR, run="r-2", now=NOON + SECOND
    )
    assert journal.unknown(store).is_empty()
    assert journal.counts(store, "r-1") == {"done": 1, "dropped": 1}


def test_a_create_that_is_done_leaves_a_link_its_records_and_what_they_agree_on(store: Store) -> None:
    made = carry_out(store, create_lead("a1", "s1", "one@x.com"), NOON, "00Q1")
    assert made.rows() == [("w-1", "l-1", "active", "s1", "00Q1")]
    [link] = links.find(store, "salesforce", "00Q1")
    assert link | {"spotio_id": "s1", "salesforce_id": "00Q1", "born": "spotio", "state": "active"} == link
    assert agreed(store) == [("l-1", EMAIL, "one@x.com", "one@x.com", "created")]
    assert [f["after"] for f in journal.fields_of(store, "w-1")] == ["one@x.com"]


def test_a_write_replaces_the_agreement_of_its_fields_and_of_no_others(store: Store) -> None:
    carry_out(store, create_lead("a1", "s1", "one@x.com"), NOON, "00Q1")
    carry_out(store, create_lead("a2", "s2", "two@x.com"), NOON, "00Q2")
    carry_out(
        store, update("a3", "salesforce", "00Q1", "l-1", EMAIL, "Email", "new@x.com"), NOON + SECOND, "00Q1"
    )
    assert agreed(store) == [
        ("l-1", EMAIL, "new@x.com", "new@x.com", "edited"),
        ("l-2", EMAIL, "two@x.com", "two@x.com", "created"),
    ]


@pytest.mark.parametrize("state", ["failed", "unknown", "dropped"])
def test_a_write_that_is_not_known_to_be_done_leaves_the_agreement_as_it_was(
    store: Store, state: str
) -> None:
    carry_out(store, create_lead("a1", "s1", "one@x.com"), NOON, "00Q1")
    changed = update("a2", "salesforce", "00Q1", "l-1", EMAIL, "Email", "new@x.com")
    carry_out(store, changed, NOON + SECOND, "00Q1", state=state)
    assert agreed(store) == [("l-1", EMAIL, "one@x.com", "one@x.com", "created")]


def test_constants_are_written_down_and_are_no_agreement(store: Store) -> None:
    actions, fields = create_lead("a1", "s1", "one@x.com")
    constant = small_pair.fields(
        {"action": "a1", "column": "LeadSource", "after": "Door", "reason": "constant"}
    )
    carry_out(store, (actions, pl.concat([fields, constant])), NOON, "00Q1")
    assert [f["column"] for f in journal.fields_of(store, "w-1")] == ["Email", "LeadSource"]
    assert [row[1] for row in agreed(store)] == [EMAIL]


@pytest.mark.rule("L-01")
def test_linking_two_records_keeps_each_sides_own_value_and_what_differs(store: Store) -> None:
    link = small_pair.actions(
        {"action": "a1", "kind": "link", "spotio_id": "s1", "salesforce_id": "00Q1", "born": "matched"}
    )
    told = {"action": "a1", "spotio": "one@x.com", "salesforce": "other@x.com"}
    held = small_pair.fields(
        told | {"field": EMAIL, "reason": "standing"},
        told | {"field": WORTH, "reason": "linked", "spotio": "1", "salesforce": "1.00"},
    )
    [write] = intend(store, (link, held))
    answer(store, {"write": write, "state": "done"})
    assert agreed(store) == [
        ("l-1", EMAIL, "one@x.com", "other@x.com", "standing"),
        ("l-1", WORTH, "1", "1.00", "linked"),
    ]
    [difference] = standing.listed(store)
    assert (
        difference | {"link": "l-1", "spotio_id": "s1", "salesforce_id": "00Q1", "field": EMAIL} == difference
    )


def test_what_failed_follows_nothing_and_is_not_tried_again(store: Store) -> None:
    plan = create_lead("a1", "s1", "one@x.com")
    made = carry_out(
        store, plan, NOON, state="failed", code="DUPLICATES_DETECTED", text="Use one of these.", error_fields="Email"
    )  # fmt: skip
    assert made.is_empty()
    assert links.find(store, "spotio", "s1") == []
    assert failures.standing(store, "doors").rows() == [
        ("a1", "DUPLICATES_DETECTED", "Use one of these.", "Email")
    ]
    [listed] = failures.listed(store, "doors")
    assert (listed["write"], listed["spotio_id"], listed["times"]) == ("w-1", "s1", 1)


def test_a_failed_write_is_released_ignored_or_given_to_somebody(store: Store) -> None:
    for number in (1, 2, 3):
        carry_out(
            store, create_lead(f"a{number}", f"s{number}", "x@x.com"), NOON, state="failed", code="TOO_LONG"
        )
    assert failures.release(store, ["w-1"], NOON + SECOND) == 1
    assert failures.ignore(store, ["w-2"], "test data") == 1
    assert failures.assign(store, ["w-3"], "dana@example.com") == 1
    # An ignored one is not tried again either; a released one may be.
    assert failures.standing(store, "doors")["digest"].to_list() == ["a2", "a3"]
    assert [(row["write"], row["assigned"]) for row in failures.listed(store)] == [
        ("w-3", "dana@example.com")
    ]
    assert [row["ignored"] for row in failures.listed(store, ignored=True)] == ["test data"]


def test_a_write_that_failed_again_after_its_release_is_one_line(store: Store) -> None:
    plan = create_lead("a1", "s1", "x@x.com")
    carry_out(store, plan, NOON, state="failed", code="TOO_LONG")
    failures.release(store, ["w-1"], NOON + SECOND)
    carry_out(store, plan, NOON, state="failed", code="TOO_LONG")
    assert [row["write"] for row in failures.listed(store)] == ["w-2"]
    assert failures.standing(store, "doors").height == 1


def test_a_link_state_that_waits_for_a_write_comes_with_it(store: Store) -> None:
    carry_out(store, create_lead("a1", "s1", "one@x.com"), NOON, "00Q1")
    states = small_pair.link_states(
        {"link": "l-1", "state": "active", "to_spotio": True, "to_salesforce": False, "reason": "left_filter", "after": "a2"}
    )  # fmt: skip
    [write] = intend(
        store, update("a2", "salesforce", "00Q1", "l-1", EMAIL, "Email", "last@x.com"), link_states=states
    )
    record(store, link_states=states)
    assert links.find(store, "spotio", "s1")[0]["to_salesforce"]
    answer(store, {"write": write, "state": "done"})
    [link] = links.find(store, "spotio", "s1")
    assert (link["to_spotio"], link["to_salesforce"], link["reason"]) == (True, False, "left_filter")


def test_unlinking_drops_what_was_agreed_and_keeps_the_link_as_what_was(store: Store) -> None:
    carry_out(store, create_lead("a1", "s1", "one@x.com"), NOON, "00Q1")
    part = small_pair.actions({"action": "a2", "kind": "unlink", "link": "l-1"})
    states = small_pair.link_states(
        {"link": "l-1", "state": "unlinked", "reason": "left_filter", "after": "a2"}
    )
    [write] = intend(store, (part, small_pair.fields()), link_states=states)
    answer(store, {"write": write, "state": "done"})
    [link] = links.find(store, "spotio", "s1")
    assert (link["state"], link["reason"]) == ("unlinked", "left_filter")
    assert agreed(store) == []


def test_a_deletion_that_is_done_ends_the_link(store: Store) -> None:
    carry_out(store, create_lead("a1", "s1", "one@x.com"), NOON, "00Q1")
    gone = small_pair.actions(
        {"action": "a2", "kind": "delete", "system": "spotio", "id": "s1", "link": "l-1"}
    )
    [write] = intend(store, (gone, small_pair.fields()))
    answer(store, {"write": write, "state": "done"})
    assert links.find(store, "spotio", "s1")[0]["state"] == "deleted"


def test_an_answer_that_is_given_twice_counts_once(store: Store) -> None:
    [write] = intend(store, create_lead("a1", "s1", "one@x.com"))
    result = {"write": write, "state": "done", "record_id": "00Q1"}
    assert answer(store, result).height == 1
    assert answer(store, result).is_empty()
    assert answer(store, result | {"state": "failed"}).is_empty()
    assert len(links.find(store, "spotio", "s1")) == 1
    assert journal.counts(store, "r-1") == {"done": 1}


@pytest.mark.rule("L-03")
def test_a_record_that_is_linked_already_gets_no_second_writer(store: Store) -> None:
    carry_out(store, create_lead("a1", "s1", "one@x.com"), NOON, "00Q1")
    made = carry_out(store, create_lead("a2", "s1", "one@x.com"), NOON, "00Q2")
    assert made["state"].to_list() == ["case"]
    assert [(row["link"], row["state"]) for row in links.find(store, "spotio", "s1")] == [
        ("l-2", "case"),
        ("l-1", "active"),
    ]
    assert not links.find(store, "salesforce", "00Q2")[0]["to_salesforce"]


def test_a_crash_at_any_statement_of_an_answer_leaves_the_writes_unknown_and_nothing_of_what_follows(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    carry_out(store, create_lead("a0", "s0", "zero@x.com"), NOON, "00Q0")
    linking = small_pair.actions({"action": "a2", "kind": "link", "spotio_id": "s2", "salesforce_id": "00Q2"})
    differs = {"action": "a2", "field": EMAIL, "spotio": "one", "salesforce": "other", "reason": "standing"}
    held = small_pair.fields(differs)
    states = small_pair.link_states(
        {"link": "l-1", "state": "active", "reason": "left_filter", "after": "a3"}
    )
    writes = intend(
        store, create_lead("a1", "s1", "one@x.com"), (linking, held),
        update("a3", "salesforce", "00Q0", "l-1", EMAIL, "Email", "last@x.com"), link_states=states,
    )  # fmt: skip
    results = [
        {"write": write, "state": "done", "record_id": id}
        for write, id in zip(writes, ("00Q1", None, None), strict=True)
    ]

    def kept() -> dict[str, Any]:
        tables = ("link", "link_member", "agreed", "standing", "write", "conflict")
        return {name: store.rows(f"select * from sync.{name} order by all") for name in tables}

    before, crashes = kept(), 0
    for step in range(200):
        with monkeypatch.context() as patched:
            crash_at(step, store, patched)
            try:
                answer(store, *results)
                break
            except CrashError:
                crashes += 1
        assert kept() == before
    assert crashes > 20
    assert journal.unknown(store).is_empty()
    assert [row["link"] for row in store.rows("select link from sync.link order by number")] == ["l-1", "l-2", "l-3"]  # fmt: skip
    assert len(agreed(store)) == 3
    assert len(standing.listed(store)) == 1
    assert links.find(store, "spotio", "s0")[0]["reason"] == "left_filter"


class CrashError(Exception):
    """The process ends here."""


class Breaking:
    """A cursor of which all statements after the first few fail."""

    def __init__(self, cursor: Any, statements: int) -> None:
        self._cursor, self._left = cursor, statements

    def execute(self, *args: Any) -> Any:
        if self._left == 0:
            raise CrashError
        self._left -= 1
        return self._cursor.execute(*args)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


def crash_at(step: int, store: Store, patched: pytest.MonkeyPatch) -> None:
    """Let the process end at that statement of the next transaction."""
    whole = store.write

    @contextmanager
    def breaking() -> Iterator[Any]:
        with whole() as cursor:
            yield Breaking(cursor, step)

    patched.setattr(store, "write", breaking)
