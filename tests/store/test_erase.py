"""Erasing a person: nothing that says who they are is left, everything that counts is, and it stays so."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import data.store
from data import events, mirror
from data.access import EVERYTHING, Scope
from data.directory import directory
from data.erase import erase, erase_again, plan, without_copies
from data.errors import NotAPersonError, StoreError
from data.history import as_of_relation
from data.mirror import CsvFile, Reading
from data.persons import find
from data.saved import saved
from data.saving import save
from data.store import Store, path_of, restore
from sync.connectors.spotio import tables
from tests.store import people
from tests.store.conftest import NOON, url_of
from tests.store.people import (
    ADA,
    ADA_CONTACT,
    ADA_LEAD,
    BO,
    BO_LEAD,
    LEAD,
    RECORD,
    REP,
    REP_IN_SALESFORCE,
    traces,
)

LATER = NOON + timedelta(hours=1)
FACTS = "select * exclude (known_from) from history.event order by all"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the people in it, to be copied."""
    file = tmp_path_factory.mktemp("people") / "people.duckdb"
    with Store.open(url_of(file)) as opened:
        people.fill(opened)
    return file


@pytest.fixture
def store(filled: Path, store_url: str) -> Iterator[Store]:
    shutil.copyfile(filled, path_of(store_url))
    with Store.open(store_url) as opened:
        yield opened


def gone(store: Store, who: str) -> Any:
    return erase(store, find(store, who), asked_by="dana@example.com", why="asked in writing", now=LATER)


@pytest.mark.rule("N-03")
@pytest.mark.requirement("CO-17")
def test_nothing_that_says_who_somebody_is_stands_in_any_table(store: Store) -> None:
    before = traces(store, "adatrace")
    others = traces(store, "botrace")
    assert {"spotio.record", "spotio.activity", "spotio.appointment", "history.change"} <= set(before)
    gone(store, f"spotio:{ADA}")
    gone(store, f"salesforce:{ADA_LEAD}")
    gone(store, f"salesforce:{ADA_CONTACT}")
    assert traces(store, "adatrace") == {}
    assert traces(store, "botrace") == others
    then = as_of_relation(store, "spotio", "record", NOON + timedelta(seconds=30))
    assert store.rows(f"select name, stageId from ({then}) where id = $id", {"id": ADA}) == [
        {"name": None, "stageId": "1"}
    ]
    [row] = store.rows(
        "select lat, lng, zip, f_21, externalDataObjectId from spotio.record where id = $id", {"id": ADA}
    )
    assert set(row.values()) == {None}


@pytest.mark.rule("N-03")
def test_what_counts_stays_so_every_number_adds_up_as_before(store: Store) -> None:
    kept = {
        "spotio.record": "id, typeId, stageId, ownerId, territoryId, value, visitsCount, createdAt, updatedAt",
        "spotio.activity": "id, ownerId, dataObjectId, resultId, date, distance, verified",
        "salesforce.lead": 'Id, OwnerId, Status, "SystemModstamp", ConvertedContactId',
        "salesforce.task": "Id, WhoId, Status",
    }

    def look() -> dict[str, Any]:
        return {
            name: store.rows(f"select {columns} from {name} order by all") for name, columns in kept.items()
        }

    events.refresh(store, events.EventSettings())
    rows, facts = look(), store.rows(FACTS)
    assert len(facts) >= 4
    gone(store, f"spotio:{ADA}")
    gone(store, f"salesforce:{ADA_LEAD}")
    events.touch_all(store)
    events.refresh(store, events.EventSettings())
    assert look() == rows
    assert store.rows(FACTS) == facts


@pytest.mark.rule("N-03")
def test_the_history_of_stages_stays_and_that_of_names_goes(store: Store) -> None:
    told = "select before::varchar as before, after::varchar as after from history.change where id = $id and operation = 'update'"
    gone(store, f"spotio:{ADA}")
    [change] = store.rows(told, {"id": ADA})
    assert '"stageId":"1"' in change["before"]
    assert '"stageId":"2"' in change["after"]
    assert "updatedAt" in change["before"]
    assert "f_21" not in change["before"]
    assert "name" not in change["after"]


@pytest.mark.rule("N-03")
def test_a_stub_and_an_audit_say_that_it_was_done_and_nothing_more(store: Store) -> None:
    gone(store, f"spotio:{ADA}")
    [stub] = store.rows("select * exclude (rows_removed, also) from history.erased")
    assert stub == {
        "system": "spotio", "object": "record", "id": ADA, "erased_at": LATER, "asked_by": "dana@example.com",
        "why": "asked in writing", "rewritten_at": LATER,
    }  # fmt: skip
    [said] = store.rows("select person, what, text from config.audit")
    assert said["person"] == "dana@example.com"
    assert ADA in said["text"]


def test_a_plan_tells_the_rows_and_changes_nothing(store: Store) -> None:
    before = traces(store, "adatrace")
    planned = plan(store, find(store, f"spotio:{ADA}"))
    assert planned.erased_at is None
    assert planned.rows == {
        "spotio.record": 1, "spotio.activity": 1, "spotio.appointment": 1, "history.change": 3,
    }  # fmt: skip
    assert traces(store, "adatrace") == before
    gone(store, f"spotio:{ADA}")
    after = plan(store, find(store, f"spotio:{ADA}"))
    assert (after.rows, after.erased_at) == ({}, LATER)


@pytest.mark.rule("N-03")
@pytest.mark.requirement("CO-17")
def test_what_a_source_goes_on_telling_does_not_come_back(store: Store) -> None:
    gone(store, f"spotio:{ADA}")
    gone(store, f"salesforce:{ADA_LEAD}")
    changes = store.rows("select count(*) as n from history.change")[0]["n"]
    stamp = NOON + timedelta(minutes=1)
    again = people.bring(
        store,
        RECORD,
        people.record("ada", ADA, "last", stamp),
        people.record("bo", BO, "last", stamp),
        minutes=90,
    )
    assert (again.read, again.changed) == (2, 0)
    people.bring(store, tables.ACTIVITY, people.activity("ada", ADA, "last", stamp), minutes=90)
    people.bring(store, tables.APPOINTMENT, people.appointment("ada", ADA, "last", stamp), minutes=90)
    people.bring(store, people.TASK, people.sf_task("ada", ADA_LEAD, "last", stamp), minutes=90)
    assert store.rows("select count(*) as n from history.change")[0]["n"] == changes
    # Later edits arrive as far as they count, and no further.
    newer = NOON + timedelta(minutes=95)
    people.bring(store, RECORD, people.record("ada", ADA, "newest", newer) | {"stageId": "3"}, minutes=95)
    people.bring(store, tables.ACTIVITY, people.activity("ada", ADA, "newest", newer, "900"), minutes=95)
    people.bring(store, LEAD, people.sf_lead("ada", ADA_LEAD, "newest", newer), minutes=95)
    assert set(traces(store, "adatrace")) == {"salesforce.contact"}
    assert store.rows("select stageId from spotio.record where id = $id", {"id": ADA}) == [{"stageId": "3"}]
    assert store.rows("select resultId, text from spotio.activity where id = '900'") == [
        {"resultId": "6", "text": None}
    ]
    [change] = store.rows("select before::varchar as b from history.change where id = $id and recorded_at = $at and operation = 'update'",
                          {"id": ADA, "at": newer})  # fmt: skip
    assert '"stageId":"2"' in change["b"]


def test_neither_part_of_a_row_nor_a_file_brings_anything_back(store: Store, tmp_path: Path) -> None:
    gone(store, f"spotio:{ADA}")
    gone(store, f"salesforce:{ADA_LEAD}")
    stamp = NOON + timedelta(minutes=3)
    people.bring(store, RECORD, {"id": ADA, "name": "adatrace again", "updatedAt": stamp}, minutes=91)
    people.bring(
        store,
        people.TASK,
        {"Id": f"00T{ADA_LEAD[3:]}", "Subject": "adatrace again", "SystemModstamp": stamp},
        minutes=91,
    )
    page = tmp_path / "page.csv"
    page.write_text(
        f"Id,Name,Email,SystemModstamp\n{ADA_LEAD},adatrace,adatrace@example.net,{stamp.isoformat()}\n"
    )
    mirror.merge(store, LEAD, CsvFile(page, ("Id", "Name", "Email", "SystemModstamp")), Reading("r-2", LATER))
    assert set(traces(store, "adatrace")) == {"salesforce.contact"}


def test_what_the_source_deletes_is_still_seen_as_deleted(store: Store) -> None:
    gone(store, f"spotio:{ADA}")
    assert mirror.mark_deleted(store, RECORD, {ADA: LATER}, Reading("r-2", LATER)) == 1
    assert store.rows("select _deleted_at as at from spotio.record where id = $id", {"id": ADA}) == [
        {"at": LATER}
    ]


def test_a_user_loses_the_name_and_keeps_the_work(store: Store) -> None:
    work = store.rows("select id, ownerId from spotio.activity order by all")
    erased = gone(store, f"spotio:{REP}")
    assert [str(each) for each in erased.also] == [f"salesforce:{REP_IN_SALESFORCE}"]
    assert set(traces(store, "reptrace")) == {"salesforce.user", "history.change"}
    gone(store, f"salesforce:{REP_IN_SALESFORCE}")
    assert traces(store, "reptrace") == {}
    assert store.rows("select id, ownerId from spotio.activity order by all") == work
    people.bring(store, tables.USER, people.user("last"), minutes=90)
    assert traces(store, "reptrace") == {}
    assert [entry.name for entry in directory(store, EVERYTHING).users] == [f"erased person {REP}"]


def test_rows_linked_by_the_sources_are_named_and_left(store: Store) -> None:
    erased = gone(store, f"spotio:{ADA}")
    assert [str(each) for each in erased.also] == [f"salesforce:{ADA_CONTACT}", f"salesforce:{ADA_LEAD}"]
    # A field marked as an external id leads the other way; the same name or address never does.
    assert [str(each) for each in plan(store, find(store, f"spotio:{BO}")).also] == [f"salesforce:{BO_LEAD}"]
    assert "salesforce.lead" in traces(store, "adatrace")
    # The links went with the values; the stub still knows them.
    assert [str(each) for each in plan(store, find(store, f"spotio:{ADA}")).also] == [
        str(each) for each in erased.also
    ]


def test_the_configuration_is_listed_and_left(store: Store) -> None:
    with store.write() as cursor:
        cursor.execute(
            "insert into config.version (number, document)"
            """ values (1, '{"access": {"people": [{"email": "RepTrace@example.com"}]}}')"""
        )
    assert gone(store, f"spotio:{REP}").configured == {"config.version": 1}


def test_the_saved_queries_of_a_user_are_nobodys_and_the_private_ones_go(store: Store) -> None:
    rep = Scope("analyst", "reptrace@example.com", None, None)
    save(store, rep, "mine", "select 'private'")
    shared = save(store, rep, "ours", "select 'shared'", shared=True)
    dana = Scope("analyst", "dana@example.com", None, None)
    kept = save(store, dana, "hers", "select 'hers'")
    assert plan(store, find(store, f"spotio:{REP}")).configured == {}
    erased = gone(store, f"spotio:{REP}")
    assert erased.rows["config.saved_query"] == 2
    assert {query.id for query in saved(store, dana)} == {shared.id, kept.id}
    assert store.rows(
        "select distinct owner, saved_by from config.saved_query where id = $id", {"id": shared.id}
    ) == [{"owner": f"erased person {REP}", "saved_by": f"erased person {REP}"}]
    assert "config.saved_query" not in traces(store, "reptrace")


def test_an_id_of_salesforce_may_be_written_short(store: Store) -> None:
    assert find(store, f"salesforce:{ADA_LEAD[:15]}").id == ADA_LEAD


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("spotio:404", "holds no person"),
        ("salesforce:00T000000000001MAA", "holds no person"),
        ("hubspot:1", "SYSTEM:ID"),
        ("spotio", "SYSTEM:ID"),
        ("spotio:", "SYSTEM:ID"),
        ("spotio.activity:9e", "holds no person"),
    ],
)
def test_nobody_is_erased_by_an_id_that_names_nobody(store: Store, text: str, words: str) -> None:
    with pytest.raises(NotAPersonError, match=words):
        find(store, text)


def test_an_id_with_two_meanings_is_asked_about(store: Store) -> None:
    people.bring(store, RECORD, people.record("cy", REP, "first", NOON))
    with pytest.raises(NotAPersonError, match=rf"spotio.record:{REP} or spotio.user:{REP}"):
        find(store, f"spotio:{REP}")
    assert find(store, f"spotio.user:{REP}").object == "user"


def in_files(store: Store, word: str) -> set[str]:
    """The files of the store's folder that hold the word."""
    return {
        file.name
        for file in store.path.parent.iterdir()
        if file.is_file() and word.encode() in file.read_bytes()
    }


@pytest.mark.rule("N-03")
@pytest.mark.requirement("CO-17")
def test_no_byte_of_the_person_is_left_in_the_stores_file(store: Store, tmp_path: Path) -> None:
    with store.cursor() as cursor:
        cursor.execute("checkpoint")
    assert in_files(store, "adatrace first") == {"fieldline.duckdb"}  # also of versions long overwritten
    assert in_files(store, "adatrace") == {"fieldline.duckdb"}
    for who in (f"spotio:{ADA}", f"salesforce:{ADA_LEAD}", f"salesforce:{ADA_CONTACT}"):
        gone(store, who)
    assert in_files(store, "adatrace") == set()
    store.backup(tmp_path / "later.duckdb")
    store.close()
    assert in_files(store, "adatrace") == set()
    assert "fieldline.duckdb" in in_files(store, "botrace")


def test_copies_beside_the_store_are_named_and_deleted_when_asked(store: Store) -> None:
    copy = store.path.with_name("fieldline.duckdb.before-0003")
    copy.write_text("an older store")
    erased = gone(store, f"spotio:{ADA}")
    assert erased.copies == (copy,)
    assert copy.exists()
    assert without_copies(erased).copies == ()
    assert not copy.exists()


@pytest.mark.requirement("CO-17")
def test_a_restored_backup_keeps_those_erased_who_were_erased_since(
    store: Store, store_url: str, tmp_path: Path
) -> None:
    store.backup(tmp_path / "early.duckdb")
    gone(store, f"spotio:{ADA}")
    store.close()
    former = restore(tmp_path / "early.duckdb", store_url)
    assert former is not None
    with Store.open(store_url) as restored:
        assert "spotio.record" in traces(restored, "adatrace")
        assert [str(person) for person in erase_again(restored, former, LATER)] == [f"spotio:{ADA}"]
        assert "spotio.record" not in traces(restored, "adatrace")
        assert erase_again(restored, former, LATER) == []
    damaged = tmp_path / "damaged.duckdb"
    damaged.write_text("not a store any more")
    with Store.open(store_url) as restored, pytest.raises(StoreError, match="Erase them again"):
        erase_again(restored, damaged, LATER)


def test_a_file_that_cannot_be_changed_now_is_changed_by_erasing_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data.store, "SWAP_PATIENCE_SECONDS", 0.05)
    reading, done = threading.Event(), threading.Event()

    def read_on() -> None:
        with store.cursor():
            reading.set()
            done.wait()

    reader = threading.Thread(target=read_on)
    reader.start()
    reading.wait()
    with pytest.raises(StoreError, match="being read"):
        gone(store, f"spotio:{ADA}")
    done.set()
    reader.join()
    assert "spotio.record" not in traces(store, "adatrace")
    assert store.rows("select rewritten_at from history.erased") == [{"rewritten_at": None}]
    gone(store, f"spotio:{ADA}")
    assert store.rows("select count(*) as n, max(rewritten_at) as done from history.erased") == [
        {"n": 1, "done": LATER}
    ]
    assert {file.name for file in store.path.parent.iterdir()} <= {"fieldline.duckdb", "fieldline.duckdb.wal"}


def test_readers_and_writers_go_on_while_the_file_is_written_anew(store: Store, store_url: str) -> None:
    stop = threading.Event()

    def use(number: int) -> int:
        written = 0
        while not stop.is_set():
            with store.cursor() as cursor:  # a cursor inside a cursor must not wait for itself
                assert store.rows("select count(*) as n from spotio.record") == [{"n": 2}]
                assert cursor.execute("select 1").fetchall() == [(1,)]
            with store.write() as cursor:
                cursor.execute("insert into sync.seen values ('test', 'test', $id)", {"id": str(number)})
            written += 1
        return written

    with ThreadPoolExecutor(4) as pool:
        users = [pool.submit(use, number) for number in range(4)]
        for _ in range(3):
            store.rewrite()
        stop.set()
        written = sum(each.result() for each in users)
    assert written > 0
    store.close()
    with Store.open(store_url) as opened:
        assert opened.rows("select count(*) as n from sync.seen") == [{"n": written}]
