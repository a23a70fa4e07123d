"""A mirrored table as of a moment is what a copy, taken at that moment, held."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from data.errors import QueryRefusedError
from data.history import as_of_relation
from data.mirror import Reading, mark_deleted, mark_not_visible, mark_visible, merge
from data.schema import OWN_COLUMNS, Field, MirrorTable, prepare
from data.store import Store
from tests.store.conftest import NOON, lead_rows, lead_table, url_of

KINDS = {"text": "varchar", "number": "double", "whole": "bigint", "day": "date", "moment": "timestamptz", "yes": "boolean", "several": "varchar[]", "document": "json"}  # fmt: skip
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": st.sampled_from(["", "a", 'Zoë "q" \' {', "12", "1.5", "null"]),
    "number": st.sampled_from([0.0, 1.0, -1.5, 1e20, 1e-7, 12345678901.25]),
    "whole": st.integers(-5, 5) | st.just(2**53 + 1),
    "day": st.sampled_from(["2026-01-31", "1999-12-31"]),
    "moment": st.sampled_from(["2026-10-12T12:00:00.123456Z", "2026-01-01T00:00:00-07:00"]),
    "yes": st.booleans(),
    "several": st.lists(st.sampled_from(["a", 'b"c', "d, e"]), min_size=1, max_size=2),
    "document": st.sampled_from(['{"a":[1,null]}', "[]", '"x"']),
}
IDS = ("1", "2", "3")
# A column that comes late, and one that its source describes in another way later; a text then stands where it fits.
LATE = Field("late", "text", "varchar")


def described(columns: dict[str, str], flagged: bool) -> MirrorTable:
    fields = [Field("id", "id", "varchar"), *(Field(n, k, k) for n, k in columns.items())]
    if flagged:
        fields.append(Field("gone", "boolean", "boolean"))
    return MirrorTable("spotio", "thing", "thing", "id", tuple(fields), None, "gone" if flagged else None)


@st.composite
def stories(draw: st.DrawFn) -> list[tuple[str, Any]]:
    """Steps of a table's life: rows that come, marks, and descriptions that change."""
    step = st.one_of(
        st.tuples(st.just("merge"), st.dictionaries(st.sampled_from(IDS), row(), min_size=1)),
        st.tuples(st.just("merge"), st.dictionaries(st.sampled_from(IDS), row(), min_size=1)),
        st.tuples(st.just("delete"), st.lists(st.sampled_from(IDS), min_size=1, unique=True)),
        st.tuples(st.just("hide"), st.lists(st.sampled_from(IDS), min_size=1, unique=True)),
        st.tuples(st.just("show"), st.lists(st.sampled_from(IDS), min_size=1, unique=True)),
        st.tuples(st.just("retype"), st.sampled_from([("number", "varchar"), ("text", "double"), ("whole", "varchar"), ("several", "varchar")])),
        st.tuples(st.just("late"), st.none()),
    )  # fmt: skip
    return draw(st.lists(step, min_size=2, max_size=9))


@st.composite
def row(draw: st.DrawFn) -> dict[str, Any]:
    values = {name: draw(st.none() | strategy) for name, strategy in VALUES.items()}
    left_out = draw(st.sets(st.sampled_from(sorted(VALUES)), max_size=3))
    values["gone"] = draw(st.booleans())
    values["late"] = draw(st.none() | VALUES["text"])
    return {name: value for name, value in values.items() if name not in left_out}


def bring(store: Store, table: MirrorTable, rows: dict[str, dict[str, Any]], now: datetime) -> None:
    """One page: rows of one page have the same columns, so each that lacks some comes as a page of its own."""
    for row_id, values in rows.items():
        chosen = {"id": row_id, **{n: v for n, v in values.items() if n in table.columns}}
        page = pa.table(
            [pa.array([v], pa.list_(pa.string()) if table.columns[n].endswith("[]") else None)
             if v is not None else pa.array([None], pa.string()) for n, v in chosen.items()],
            names=list(chosen),
        )  # fmt: skip
        merge(store, table, page, Reading("r", now))


def live(store: Store, sql: str, like: dict[str, str] | None = None) -> list[dict[str, Any]]:
    """Rows by id without the digest, typed as `like` says."""
    columns = like or kinds(store, "thing")
    shown = ", ".join(f"{name}::{kind}::varchar as {name}" for name, kind in columns.items())
    return store.rows(f"select {shown} from ({sql}) order by id")


def kinds(store: Store, table: str) -> dict[str, str]:
    rows = store.rows(
        "select column_name, data_type from information_schema.columns where table_schema = 'spotio' and table_name = $t",
        {"t": table},
    )
    return {r["column_name"]: r["data_type"] for r in rows if r["column_name"] != "_digest"}


@pytest.mark.requirement("CO-09")
@settings(
    max_examples=40,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(story=stories(), flagged=st.booleans())
def test_as_of_each_earlier_moment_is_the_copy_taken_then(
    tmp_path_factory: pytest.TempPathFactory, story: list[tuple[str, Any]], flagged: bool
) -> None:
    columns = dict(KINDS)
    table, now = described(columns, flagged), NOON
    copies: list[tuple[datetime, str]] = []
    with Store.open(url_of(tmp_path_factory.mktemp("as-of") / "s.duckdb")) as store:
        prepare(store, table, "r", now)
        for number, (what, given_) in enumerate(story):
            now += timedelta(minutes=1)
            reading = Reading("r", now)
            if what == "merge":
                bring(store, table, given_, now)
            elif what == "delete":
                mark_deleted(store, table, dict.fromkeys(given_), reading)
            elif what == "hide":
                mark_not_visible(store, table, given_, reading)
            elif what == "show":
                mark_visible(store, table, given_, reading)
            else:
                columns = {**columns, **({"late": "varchar"} if what == "late" else {given_[0]: given_[1]})}
                table = described(columns, flagged)
                prepare(store, table, "r", now)
            with store.write() as cursor:
                cursor.execute(f"create table main.copy_{number} as select * from spotio.thing")
            copies.append((now + timedelta(seconds=1), f"copy_{number}"))
        for moment, copy in copies:
            held = store.rows(f"select * from main.{copy}")
            note(f"{copy} at {moment}: {held}")
            was = as_of_relation(store, "spotio", "thing", moment)
            compared = comparable(store, was, copy)
            assert live(store, was, compared) == live(store, f"select * from main.{copy}", compared)


def comparable(store: Store, was: str, copy: str) -> dict[str, str]:
    """The columns that the copy has, each as what both can be told as: the present type, or text where it became text."""
    then = store.rows(
        "select column_name from information_schema.columns where table_schema = 'main' and table_name = $t",
        {"t": copy},
    )
    held = {row["column_name"] for row in then}
    typed = store.arrow(f"select column_name, column_type from (describe {was})").to_pylist()
    return {
        r["column_name"]: r["column_type"]
        for r in typed
        if r["column_name"] in held and r["column_name"] != "_digest"
    }


def test_a_column_keeps_a_value_that_its_present_type_cannot_hold(store: Store) -> None:
    table = described({"text": "varchar"}, flagged=False)
    prepare(store, table, "r", NOON)
    bring(store, table, {"1": {"text": "about 12"}}, NOON)
    bring(store, table, {"1": {"text": "12"}}, NOON + timedelta(hours=1))
    prepare(store, described({"text": "double"}, flagged=False), "r", NOON + timedelta(hours=2))
    assert store.rows("select text from spotio.thing") == [{"text": 12.0}]
    assert store.rows(as_of_relation(store, "spotio", "thing", NOON))[0]["text"] == "about 12"


def test_what_came_back_by_the_sources_own_flag_was_deleted_in_between(store: Store) -> None:
    table = lead_table()
    prepare(store, table, "r", NOON)
    stamps = [NOON + timedelta(hours=n) for n in range(4)]
    for deleted, stamp in zip((False, True, False), stamps, strict=False):
        merge(store, table, lead_rows(("L1", "Ann", 1.0, deleted, stamp.isoformat())), Reading("r", stamp))
    was = [
        [row["_deleted_at"] for row in store.rows(as_of_relation(store, "salesforce", "lead", stamp))]
        for stamp in (NOON - timedelta(hours=1), *stamps)
    ]
    assert was == [[], [None], [stamps[1]], [None], [None]]


def test_a_table_that_is_not_mirrored_has_no_past(store: Store) -> None:
    for name in ("run", "nothing"):
        with pytest.raises(QueryRefusedError):
            as_of_relation(store, "salesforce", name, NOON)


def test_the_mirrors_own_columns_are_those_of_then(store: Store) -> None:
    table = lead_table()
    prepare(store, table, "r", NOON)
    merge(store, table, lead_rows(("L1", "Ann", 1.0, False, NOON.isoformat())), Reading("r", NOON))
    hidden, back = NOON + timedelta(hours=1), NOON + timedelta(hours=2)
    mark_not_visible(store, table, ["L1"], Reading("r", hidden))
    merge(store, table, lead_rows(("L1", "Anna", 1.0, False, back.isoformat())), Reading("r", back))
    then = store.rows(as_of_relation(store, "salesforce", "lead", hidden))[0]
    assert (then["Name"], then["_not_visible_at"], then["_pulled_at"]) == ("Ann", hidden, NOON)
    assert set(OWN_COLUMNS) <= set(then)
