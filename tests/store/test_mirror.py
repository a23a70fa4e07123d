"""What a merge does to the mirror and to its history."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import mirror
from data.mirror import CsvFile, Merged, Reading, merge
from data.schema import Field, MirrorTable, prepare
from data.store import Store
from tests.store.conftest import NOON, lead_rows, lead_table, url_of

MORNING, EVENING = "2026-10-12T08:00:00.000+0000", "2026-10-12T18:00:00.000+0000"


@pytest.fixture
def leads(store: Store) -> MirrorTable:
    table = lead_table()
    prepare(store, table, "r-1", NOON)
    return table


def reading(run: str = "r-1", **more: Any) -> Reading:
    return Reading(run, NOON, **more)


def changes(store: Store, run: str) -> list[tuple[str, str, Any, Any]]:
    rows = store.rows(
        "select id, operation, before::varchar as before, after::varchar as after from history.change"
        " where run = $run order by id, operation",
        {"run": run},
    )
    return [
        (r["id"], r["operation"], json.loads(r["before"] or "null"), json.loads(r["after"] or "null"))
        for r in rows
    ]


def names(store: Store) -> dict[str, str | None]:
    return {row["Id"]: row["Name"] for row in store.rows("select Id, Name from salesforce.lead")}


def test_a_first_row_is_one_insert_without_values(store: Store, leads: MirrorTable) -> None:
    merged = merge(store, leads, lead_rows(("1", "Ada", 5.0, False, MORNING)), reading())
    assert merged == Merged(read=1, inserted=1)
    assert changes(store, "r-1") == [("1", "insert", None, None)]


def test_an_update_keeps_only_what_changed_with_the_sources_own_time(
    store: Store, leads: MirrorTable
) -> None:
    merge(
        store,
        leads,
        lead_rows(("1", "Ada", 5.0, False, MORNING), ("2", "Bo", None, False, MORNING)),
        reading(),
    )
    rows = lead_rows(("1", "Ada L.", 5.0, False, EVENING), ("2", "Bo", None, False, MORNING))
    assert merge(store, leads, rows, reading("r-2")) == Merged(read=2, changed=1)
    [(record_id, operation, before, after)] = changes(store, "r-2")
    assert (record_id, operation) == ("1", "update")
    assert before == {"Name": "Ada", "SystemModstamp": "2026-10-12 08:00:00+00"}
    assert after == {"Name": "Ada L.", "SystemModstamp": "2026-10-12 18:00:00+00"}
    [when] = store.rows("select changed_at from history.change where run = 'r-2'")
    assert when["changed_at"] == datetime(2026, 10, 12, 18, tzinfo=UTC)


def test_the_same_rows_again_change_nothing(store: Store, leads: MirrorTable) -> None:
    rows = lead_rows(("1", "Ada", 0.1 + 0.2, False, MORNING), ("2", None, None, True, MORNING))
    merge(store, leads, rows, reading())
    assert merge(store, leads, rows, reading("r-2")) == Merged(read=2)
    assert changes(store, "r-2") == []


def test_a_deletion_and_an_undeletion_are_told_apart_from_an_update(store: Store, leads: MirrorTable) -> None:
    merge(store, leads, lead_rows(("1", "Ada", 5.0, False, MORNING)), reading())
    gone = merge(store, leads, lead_rows(("1", "Ada", 5.0, True, EVENING)), reading("r-2"))
    assert gone == Merged(read=1, changed=1, deleted=1)
    assert store.rows("select _deleted_at from salesforce.lead") == [
        {"_deleted_at": datetime(2026, 10, 12, 18, tzinfo=UTC)}
    ]
    merge(store, leads, lead_rows(("1", "Ada", 5.0, False, EVENING)), reading("r-3"))
    assert store.rows("select _deleted_at from salesforce.lead") == [{"_deleted_at": None}]
    assert [c[1] for run in ("r-2", "r-3") for c in changes(store, run)] == ["delete", "undelete"]


def test_a_row_first_seen_in_the_bin_is_inserted_as_deleted(store: Store, leads: MirrorTable) -> None:
    assert merge(store, leads, lead_rows(("1", "Ada", 5.0, True, MORNING)), reading()) == Merged(1, 1, 0, 1)
    assert [c[1] for c in changes(store, "r-1")] == ["delete", "insert"]
    assert mirror.live_count(store, leads) == 0


def test_a_key_twice_in_one_batch_is_one_row_with_the_later_stamp(store: Store, leads: MirrorTable) -> None:
    rows = lead_rows(("1", "late", 1.0, False, EVENING), ("1", "early", 1.0, False, MORNING))
    assert merge(store, leads, rows, reading()).inserted == 1
    assert names(store) == {"1": "late"}


def test_an_older_state_does_not_replace_a_newer_one_when_ranges_are_read_side_by_side(
    store: Store, leads: MirrorTable
) -> None:
    merge(store, leads, lead_rows(("1", "newer", 1.0, False, EVENING)), reading())
    merge(store, leads, lead_rows(("1", "older", 1.0, False, MORNING)), reading("r-2", newest_wins=True))
    assert names(store) == {"1": "newer"}
    merge(store, leads, lead_rows(("1", "as it is", 1.0, False, MORNING)), reading("r-3"))
    assert names(store) == {"1": "as it is"}


def test_columns_that_a_batch_lacks_keep_their_values(store: Store, leads: MirrorTable) -> None:
    merge(store, leads, lead_rows(("1", "Ada", 5.0, False, MORNING)), reading())
    merge(store, leads, pa.table({"Id": ["1"], "Name": ["Ada L."]}), reading("r-2"))
    [row] = store.rows("select Name, Amount, IsDeleted from salesforce.lead")
    assert row == {"Name": "Ada L.", "Amount": 5.0, "IsDeleted": False}


def test_a_column_that_the_table_does_not_have_is_a_mistake_of_ours(store: Store, leads: MirrorTable) -> None:
    with pytest.raises(ValueError, match="no column Nickname"):
        merge(store, leads, pa.table({"Id": ["1"], "Nickname": ["A"]}), reading())


def test_the_cursor_moves_in_the_same_transaction_as_its_rows(store: Store, leads: MirrorTable) -> None:
    merge(store, leads, lead_rows(("1", "Ada", 5.0, False, MORNING)), reading(cursor={"to": "noon"}))
    with pytest.raises(ValueError, match="no column"):
        merge(store, leads, pa.table({"Id": ["2"], "Wrong": [1]}), reading(cursor={"to": "evening"}))
    assert mirror.read_cursor(store, "salesforce", "lead") == {"to": "noon"}


@pytest.mark.requirement("CO-16")
def test_a_csv_file_is_read_as_it_was_written(store: Store, leads: MirrorTable, tmp_path: Path) -> None:
    awkward = 'He said ""yes"",\nthen left; O\'Brien'
    path = tmp_path / "page.csv"
    path.write_text(
        '"Id","Name","Amount","IsDeleted","SystemModstamp"\n'
        f'"1","{awkward}","12.5","false","2026-10-12T08:00:00.000Z"\n'
        '"2","","","true","2026-10-12T08:00:00.000Z"\n'
    )
    columns = ("Id", "Name", "Amount", "IsDeleted", "SystemModstamp")
    assert merge(store, leads, CsvFile(path, columns), reading()).inserted == 2
    assert store.rows("select Id, Name, Amount, IsDeleted from salesforce.lead order by Id") == [
        {"Id": "1", "Name": awkward.replace('""', '"'), "Amount": 12.5, "IsDeleted": False},
        {"Id": "2", "Name": None, "Amount": None, "IsDeleted": True},
    ]


def test_a_value_that_does_not_fit_its_type_makes_the_column_text_and_loses_nothing(
    store: Store, leads: MirrorTable
) -> None:
    merge(store, leads, lead_rows(("1", "Ada", 5.5, False, MORNING)), reading())
    merge(store, leads, pa.table({"Id": ["2"], "Amount": ["about 12"]}), reading("r-2"))
    assert {r["Id"]: r["Amount"] for r in store.rows("select Id, Amount from salesforce.lead")} == {
        "1": "5.5",
        "2": "about 12",
    }
    merge(store, leads, lead_rows(("3", "Cy", 7.0, False, MORNING)), reading("r-3"))
    assert store.rows("select Amount from salesforce.lead where Id = '3'") == [{"Amount": "7.0"}]


def test_evidence_of_a_deletion_is_noted_once_with_its_time(store: Store, leads: MirrorTable) -> None:
    merge(
        store,
        leads,
        lead_rows(("1", "Ada", 5.0, False, MORNING), ("2", "Bo", 1.0, False, MORNING)),
        reading(),
    )
    when = NOON - timedelta(hours=1)
    assert mirror.mark_deleted(store, leads, {"1": when, "unknown": when}, reading("r-2")) == 1
    assert mirror.mark_deleted(store, leads, {"1": NOON}, reading("r-3")) == 0
    assert store.rows("select Id, _deleted_at from salesforce.lead order by Id") == [
        {"Id": "1", "_deleted_at": when},
        {"Id": "2", "_deleted_at": None},
    ]


@pytest.mark.rule("L-08")
def test_a_record_that_is_not_shown_is_not_deleted_and_comes_back_when_it_is_shown(
    store: Store, leads: MirrorTable
) -> None:
    rows = lead_rows(("1", "Ada", 5.0, False, MORNING))
    merge(store, leads, rows, reading())
    mirror.mark_not_visible(store, leads, ["1"], reading("r-2"))
    [row] = store.rows("select Name, _deleted_at, _not_visible_at from salesforce.lead")
    assert row == {"Name": "Ada", "_deleted_at": None, "_not_visible_at": NOON}
    assert mirror.live_count(store, leads) == 0
    merge(store, leads, rows, reading("r-3"))
    assert store.rows("select _not_visible_at from salesforce.lead") == [{"_not_visible_at": None}]
    assert [c[1] for run in ("r-2", "r-3") for c in changes(store, run)] == ["not_visible", "visible"]


def test_a_complete_reading_knows_what_it_has_not_shown(store: Store, leads: MirrorTable) -> None:
    merge(store, leads, lead_rows(*((str(n), "x", 1.0, False, MORNING) for n in range(5))), reading())
    mirror.begin_or_end_seeing(store, leads, reading())
    merge(
        store, leads, lead_rows(*((str(n), "x", 1.0, False, MORNING) for n in (0, 2, 4))), reading(seen=True)
    )
    assert mirror.missing_ids(store, leads) == ["1", "3"]
    mirror.begin_or_end_seeing(store, leads, reading())
    assert store.rows("select count(*) as n from sync.seen") == [{"n": 0}]


def test_two_merges_of_one_new_key_at_once_make_one_row(store: Store, leads: MirrorTable) -> None:
    ready = threading.Barrier(6)

    def add(name: str) -> None:
        ready.wait()
        merge(store, leads, lead_rows(("1", name, 1.0, False, MORNING)), reading())

    threads = [threading.Thread(target=add, args=(f"writer {n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.rows("select count(*) as n from salesforce.lead") == [{"n": 1}]
    assert sum(1 for change in changes(store, "r-1") if change[1] == "insert") == 1


_states = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.sampled_from([None, "", "x", 'quo"te', "ü"]),
        st.sampled_from([None, 0.0, -1.5, 1e300]),
        st.booleans(),
    ),
    max_size=6,
)


@pytest.mark.requirement("CO-16")
@given(batches=st.lists(_states, min_size=1, max_size=5))
def test_after_any_batches_the_mirror_holds_the_last_state_and_history_leads_back_to_each(
    batches: list[list[tuple[str, str | None, float | None, bool]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("property")
    table = lead_table()
    with Store.open(url_of(folder / "s.duckdb")) as store:
        prepare(store, table, "r-0", NOON)
        states: list[dict[str, dict[str, Any]]] = [{}]
        for number, batch in enumerate(batches):
            rows = {key: (key, name, amount, gone, MORNING) for key, name, amount, gone in batch}
            merge(store, table, lead_rows(*rows.values()), reading(f"r-{number}"))
            state = dict(states[-1])
            for key, name, amount, gone, _ in rows.values():
                state[key] = {"Name": name, "Amount": amount, "IsDeleted": gone}
            states.append(state)
        shown = {
            row.pop("Id"): row
            for row in store.rows("select Id, Name, Amount, IsDeleted from salesforce.lead")
        }
        assert shown == states[-1]
        back = {key: dict(values) for key, values in shown.items()}
        for number in reversed(range(len(batches))):
            for record_id, operation, before, _ in changes(store, f"r-{number}"):
                if operation == "insert":
                    del back[record_id]
                elif before:
                    back[record_id] |= before
            assert back == states[number]


def test_a_late_column_is_filled_in_and_told_apart_from_a_change_of_the_record(
    store: Store, leads: MirrorTable
) -> None:
    merge(
        store,
        leads,
        lead_rows(("1", "Ada", 5.0, False, MORNING), ("2", "Bo", 5.0, False, MORNING)),
        reading(cursor={"to": "noon"}),
    )
    wider = lead_table(Field("City", "string", "varchar"))
    prepare(store, wider, "r-2", NOON)
    assert mirror.read_cursor(store, "salesforce", "lead") == {"to": "noon", "refill": ["City"]}
    rows = lead_rows(("1", "Ada", 5.0, False, MORNING), ("2", "Bob", 5.0, False, EVENING))
    rows = rows.append_column("City", pa.array(["Denver", "Golden"]))
    merge(store, wider, rows, reading("r-2", refilled=("City",)))
    assert [(c[0], c[1]) for c in changes(store, "r-2")] == [("1", "backfill"), ("2", "update")]


@pytest.mark.parametrize("told", ["yesterday", "2026-10-12T18:00:00.000+0000"])
def test_a_stamp_that_was_none_once_makes_text_of_the_column_and_stops_nothing(
    store: Store, leads: MirrorTable, told: str
) -> None:
    merge(store, leads, lead_rows(("1", "Ada", 5.0, False, MORNING)), reading())
    merge(store, leads, lead_rows(("2", "Bo", 5.0, False, "yesterday")), reading("r-2"))
    assert store.rows("select typeof(SystemModstamp) as kind from salesforce.lead limit 1") == [
        {"kind": "VARCHAR"}
    ]
    merge(store, leads, lead_rows(("1", "Ada L.", 5.0, False, told)), reading("r-3"))
    assert names(store) == {"1": "Ada L.", "2": "Bo"}
    [when] = store.rows("select changed_at from history.change where run = 'r-3'")
    assert when["changed_at"] == (NOON if told == "yesterday" else datetime(2026, 10, 12, 18, tzinfo=UTC))
    # Which of two states is the newer one is told by moments, not by how they are written.
    both = lead_rows(
        ("1", "late", 5.0, False, "2026-10-13T00:30:00+02:00"), ("1", "early", 5.0, False, EVENING)
    )
    merge(store, leads, both, reading("r-4"))
    assert names(store)["1"] == "late"
    merge(store, leads, lead_rows(("1", "older", 5.0, True, MORNING)), reading("r-5", newest_wins=True))
    assert names(store)["1"] == "late"
    gone = merge(
        store, leads, lead_rows(("1", "late", 5.0, True, "2026-10-13T00:30:00+02:00")), reading("r-6")
    )
    assert gone.deleted == 1


def test_a_flag_of_deletion_that_is_none_deletes_nothing(store: Store, leads: MirrorTable) -> None:
    rows = lead_rows(("1", "Ada", 5.0, False, MORNING))
    merge(store, leads, rows, reading())
    odd = rows.set_column(3, "IsDeleted", pa.array(["perhaps"]))
    assert merge(store, leads, odd, reading("r-2")) == Merged(read=1, changed=1)
    assert mirror.live_count(store, leads) == 1
