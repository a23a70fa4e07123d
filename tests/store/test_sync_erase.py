"""Erasing a person takes their values out of what the sync keeps, and nothing of the erasure travels."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest

from data import erase
from data.persons import Person, find
from data.store import Store, path_of, restore
from data.syncs import cases, conflicts, journal, kept_out, links, plans, states
from sync.engine.definition import Side
from sync.engine.inputs import State
from sync.syncs import loading
from tests.store import small_pair
from tests.store.conftest import url_of
from tests.store.people import traces
from tests.store.small_pair import EMAIL, NOON, WORTH, SmallPair, carry_out, create_lead, definition, record

LATER = NOON + timedelta(hours=1)
DANA = "dana@example.com"


@pytest.fixture
def pair(store: Store) -> SmallPair:
    """Ada and Bo, of whom everything that a sync keeps holds something."""
    pair = SmallPair(store)
    pair.users()
    for who, id, lead in (("ada", "s1", "00Q000000000001AAA"), ("bo", "s2", "00Q000000000002AAA")):
        value = f"{who}trace@example.net"
        pair.record(id, value)
        pair.lead(lead, value, LastName=value, Company=value)
    stand = [
        frame.select("id", "100006", system=pl.lit(str(side)), passed=pl.lit(True))
        for side, frame in loading.snapshot_frames(store, definition())
        if side is Side.SPOTIO
    ]
    states.turn_on(store, "doors", states.BOTH, stand, person=DANA, now=NOON)
    for number, who in enumerate(("ada", "bo"), 1):
        value, id, lead, link = (
            f"{who}trace@example.net",
            f"s{number}",
            f"00Q00000000000{number}AAA",
            f"l-{number}",
        )
        carry_out(store, create_lead(f"a{number}", id, value), NOON, lead)
        carry_out(
            store, create_lead(f"f{number}", id, value), NOON, state="failed", text=f"{value} is no good"
        )
        both = {"link": link, "spotio": value, "salesforce": value}
        told = {"system": "spotio", "id": id, "link": link, "outcome": "conflict", "seen": value, "text": value, "change": value}  # fmt: skip
        record(
            store, decisions=small_pair.decisions(told, told | {"system": "salesforce", "id": lead}),
            conflicts=small_pair.conflicts(both | {"field": EMAIL, "base_spotio": value, "base_salesforce": value}),
            standing=small_pair.standing(both | {"field": WORTH}),
            cases=small_pair.cases({"kind": "several", "key": "Email", "spotio_ids": [id], "salesforce_ids": [lead], "text": value}),
        )  # fmt: skip
        cases.say(store, "doors", id, lead, same=False, person=DANA, note=value, now=NOON)
        kept_out.keep_out(store, "doors", "spotio", [id], "excluded", person=DANA, note=value, now=NOON)
        row = {"sync": "doors", "kind": "update", "spotio_id": id, "salesforce_id": lead, "name": value, "fields": f'[{{"to": "{value}"}}]'}  # fmt: skip
        shown = pl.DataFrame([row], schema=dict(plans.ROW))
        plans.save(store, {}, shown, syncs=["doors"], version=1, person=DANA, now=NOON)
    return pair


def gone(pair: SmallPair, who: str) -> erase.Erasure:
    return erase.erase(pair.store, find(pair.store, who), asked_by=DANA, why="asked", now=LATER)


TABLES = {f"sync.{name}" for name in (
    "agreed", "snapshot", "decision", "write", "conflict", "standing", "match_case", "verdict", "kept_out", "plan_row",
)}  # fmt: skip


@pytest.mark.rule("N-03")
def test_nothing_of_the_person_is_left_in_what_the_sync_keeps_and_all_of_others(pair: SmallPair) -> None:
    assert set(traces(pair.store, "adatrace")) >= TABLES
    others = traces(pair.store, "botrace")
    erased = gone(pair, "spotio:s1")
    assert set(erased.rows) >= TABLES
    assert erased.also == (Person("salesforce", "lead", "00Q000000000001AAA"),)
    # The lead on the other side is named, and erased by itself.
    assert not TABLES & set(traces(pair.store, "adatrace"))
    gone(pair, "salesforce:00Q000000000001AAA")
    assert traces(pair.store, "adatrace") == {}
    assert traces(pair.store, "botrace") == others
    assert gone(pair, "spotio:s1").rows == {}


@pytest.mark.rule("N-03")
@pytest.mark.parametrize(
    ("who", "side"), [("spotio.user:u1", "spotio"), ("salesforce.user:005a", "salesforce")]
)
def test_a_user_is_named_no_longer_as_who_changed_a_value_and_others_are(
    pair: SmallPair, who: str, side: str
) -> None:
    def named() -> list[str | None]:
        found = conflicts.listed(pair.store)
        return [row["changed_by"][side] for row in sorted(found, key=lambda row: str(row["link"]))]

    rows = [
        {"sync": "doors", "name": name, "fields": f'[{{"by":"{name}"}}]'} for name in ("Ada Rep", "Bo Rep")
    ]
    shown = pl.DataFrame(rows, schema=dict(plans.ROW))
    plan = plans.save(pair.store, {}, shown, syncs=["doors"], version=1, person=DANA, now=NOON)

    record(
        pair.store,
        conflicts=small_pair.conflicts(
            *(
                {"link": link, "field": WORTH, f"{side}_changed_by": name, "spotio": "1", "salesforce": "2"}
                for link, name in (("l-1", "Ada Rep"), ("l-2", "Bo Rep"))
            )
        ),
    )
    assert {"Ada Rep", "Bo Rep"} <= set(named())
    erased = gone(pair, who)
    assert erased.rows["sync.conflict"] == 1
    assert "Ada Rep" not in named()
    assert "Bo Rep" in named()
    assert [row["name"] for row in plans.rows(pair.store, plan, "doors", limit=None)] == ["Bo Rep"]


@pytest.mark.rule("N-03")
def test_what_was_written_stays_countable(pair: SmallPair) -> None:
    before = journal.counts(pair.store, "r-1")
    gone(pair, "spotio:s1")
    assert journal.counts(pair.store, "r-1") == before
    assert [(f["column"], f["reason"], f["after"]) for f in journal.fields_of(pair.store, "w-1")] == [
        ("Email", "created", None)
    ]


@pytest.mark.rule("N-03")
def test_the_blanks_of_an_erasure_never_travel(pair: SmallPair) -> None:
    gone(pair, "spotio:s1")
    [link] = links.find(pair.store, "spotio", "s1")
    assert (link["state"], link["reason"]) == ("unlinked", "erased")
    inputs = loading.load(pair.store, definition(), State(), everything=True)
    assert inputs.spotio["id"].to_list() == ["s2"]
    # Its partner is known as unlinked, so nothing is made of it anew.
    assert {row[0]: row[1] for row in inputs.links.select("link", "state").rows()} == {"l-1": "unlinked", "l-2": "active"}  # fmt: skip
    assert inputs.agreed["link"].to_list() == ["l-2"]


@pytest.mark.rule("N-03")
def test_a_backup_that_is_restored_does_not_bring_them_back(pair: SmallPair, store_url: str) -> None:
    copy = path_of(store_url).with_name("copy.duckdb")
    pair.store.backup(copy)
    gone(pair, "spotio:s1")
    former = path_of(store_url).with_name("former.duckdb")
    pair.store.backup(former)
    other = url_of(path_of(store_url).with_name("restored.duckdb"))
    restore(copy, other)
    with Store.open(other) as restored:
        assert set(traces(restored, "adatrace")) >= TABLES
        assert erase.erase_again(restored, former, LATER) == [Person("spotio", "record", "s1")]
        assert not TABLES & set(traces(restored, "adatrace"))
