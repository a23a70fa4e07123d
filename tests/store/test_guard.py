"""What a reader may ask the store, and what is refused before it runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import QueryRefusedError
from data.reading import Limits, answer
from data.store import Store

ASKED = [
    "select 1",
    "from sync.run",
    "select id, started_at::date from sync.run where id like 'r-%' and started_at > now() - interval 1 day",
    "with done as (select * from sync.run where outcome = 'done') select count(*) from done",
    "with recursive t as (select 1 as n union all select n + 1 from t where n < 5) select sum(n) from t",
    "select r.id, t.rows_read from sync.run r left join sync.run_table t on t.run = r.id order by 1 limit 5",
    "select kind, count(*) filter (where outcome = 'done') from sync.run group by all having count(*) > 0",
    "select *, row_number() over (partition by kind order by number) from sync.run qualify true",
    "select * exclude (number) from sync.run",
    "select json_extract(before, '$.x'), list_transform([1, 2], lambda x: x + 1) from history.change",
    "select number * 1.5, '{}'::json, ['a']::varchar[], [1]::integer[1], try_cast('1' as decimal(9, 2)) from sync.run where number > 0.5",
    "select null::struct(a integer, b varchar[]), null::map(varchar, integer)",
    "select * from (values (1, 'a'), (2, 'b')) v(n, t) union all select 3, 'c'",
    "select unnest([1, 2, 3])",
    "select * from range(3)",
    "select case when exists (select 1 from sync.run) then 'some' else 'none' end",
]
REFUSED = [
    "",
    ";",
    "selec 1",
    "select 1; select 2",
    "insert into sync.run (id) values ('x')",
    "update sync.run set id = 'x'",
    "delete from sync.run",
    "drop table sync.run",
    "create table sync.mine as select 1",
    "copy sync.run to '/tmp/run.csv'",
    "attach '/tmp/other.duckdb'",
    "install httpfs",
    "load httpfs",
    "set memory_limit = '1GB'",
    "pragma database_list",
    "call pragma_version()",
    "explain select 1",
    "describe sync.run",
    "summarize sync.run",
    "select * from read_csv('/etc/passwd')",
    "select * from read_text('/etc/passwd')",
    "select * from '/etc/passwd'",
    'select * from "/etc/passwd.csv"',
    "select * from glob('/*')",
    "select getenv('HOME')",
    "select current_setting('memory_limit')",
    "select * from duckdb_settings()",
    "select * from duckdb_secrets()",
    "select * from pg_catalog.pg_tables",
    "select * from information_schema.tables",
    "select * from sqlite_master",
    "select * from config.secret",
    'select * from "config"."secret"',
    "select * from CONFIG.Secret",
    "select (select count(*) from config.secret)",
    "select 1 where exists (from config.secret)",
    "select * from sync.run union all select * from config.secret",
    "with secret as (select 1) select * from config.secret",
    "with a as (select * from config.secret) select * from a",
    "select * from sync.run join config.secret on true",
    "select * from sync.run r, lateral (select * from config.secret) s",
    "select * from query('select * from config.secret')",
    "select * from query_table('config.secret')",
    "select * from other.sync.run",
    "select * from sync.no_such_table",
    "select * from run",
    "select no_such_function(1)",
    "pivot sync.run on kind using count(*)",
    # A name after WITH counts in its own part of a statement only: elsewhere it would mean a file or a system's table.
    'select t.* from (with "/etc/hosts.csv" as (select 1) select 1), "/etc/hosts.csv" t',
    "select t.* from (with duckdb_tables as (select 1) select 1), duckdb_tables t",
    "select t.* from (with sqlite_master as (select 1) select 1), sqlite_master t",
    # Functions that are macros over a table when they stand in its place.
    "from histogram(config.secret, value)",
    "from repeat('x', 3)",
    "select " + "[" * 900 + "]" * 900,
]


@pytest.fixture
def guarded(store: Store) -> Store:
    with store.write() as cursor:
        cursor.execute("create table config.secret as select 'hidden' as value")
        cursor.execute("insert into sync.run (number, id, kind, outcome) values (1, 'r-1', 'pull', 'done')")
    return store


@pytest.mark.parametrize("sql", ASKED)
def test_a_select_over_mirror_and_log_is_answered(guarded: Store, sql: str) -> None:
    assert answer(guarded, sql, Limits()).num_columns > 0


@pytest.mark.parametrize("sql", REFUSED)
def test_everything_else_is_refused_and_changes_nothing(guarded: Store, sql: str) -> None:
    with pytest.raises(QueryRefusedError) as refused:
        answer(guarded, sql, Limits())
    assert "hidden" not in str(refused.value)
    assert guarded.rows("select id from sync.run") == [{"id": "r-1"}]


def test_no_more_rows_come_than_the_limit_lets(guarded: Store) -> None:
    assert answer(guarded, "select * from range(100)", Limits(rows=7)).num_rows == 7
    assert answer(guarded, "select * from range(100)", Limits(rows=None)).num_rows == 100


def test_a_query_that_takes_too_long_is_stopped_and_the_store_goes_on(guarded: Store) -> None:
    with pytest.raises(QueryRefusedError, match="took longer"):
        answer(
            guarded,
            "select sum(a.range * b.range) from range(10000000) a, range(10000000) b",
            Limits(seconds=0.2),
        )
    assert answer(guarded, "select 1", Limits()).num_rows == 1


def test_a_file_beside_the_store_with_a_tables_name_is_not_read(guarded: Store, tmp_path: Path) -> None:
    (tmp_path / "sync.run").write_text("id\nforged\n")
    assert answer(guarded, "select id from sync.run", Limits()).to_pylist() == [{"id": "r-1"}]
