"""What a reader may ask the store, and what is refused before it runs."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from data.access import EVERYTHING, Scope
from data.errors import QueryRefusedError
from data.guard import checked
from data.reading import Limits, answer
from data.store import Store
from tests.store.conftest import NOON, url_of
from tests.store.two_teams import (
    ANALYST,
    CONFIDENTIAL,
    EAST,
    HIDDEN,
    MANAGER,
    MASKED,
    MASKED_MANAGER,
    REP,
    two_teams,
)

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


# What follows is tried as an admin, as a manager and as one from whom a column is hidden, and judged by its effect:
# nothing of it may show what the reader must not see, nor change or leave anything.
IN_THE_ENVIRONMENT = "FROMTHEENVIRONMENT"
IN_A_FILE = "FROMAFILE"
ESCAPES = [
    # Writing, loading, settings.
    "copy (select * from spotio.record) to '{dir}/out.csv'",
    "copy spotio.record from '{dir}/secret.csv'",
    "export database '{dir}/out'",
    "import database '{dir}/out'",
    "attach '{dir}/other.duckdb' as other",
    "attach ':memory:' as other",
    "detach fieldline",
    "use memory",
    "install httpfs",
    "load '{dir}/secret.csv'",
    "force install icu from core_nightly",
    "set memory_limit = '90GB'",
    "set global python_enable_replacements = true",
    "set variable x = 1",
    "reset memory_limit",
    "pragma show_tables",
    "pragma database_list",
    "pragma enable_profiling",
    "pragma table_info('config.secret')",
    "call duckdb_settings()",
    "checkpoint",
    "vacuum",
    "begin transaction",
    "create table spotio.mine as select 1",
    "create or replace view spotio.record_lead as select * from config.secret",
    "create macro leak() as table select * from config.secret",
    "create temp macro leak() as (select value from config.secret)",
    "create secret s (type http, bearer_token 'x')",
    "create function f() as 1",
    "create type t as enum ('a')",
    "create schema mine",
    "alter table spotio.record add column x integer",
    "comment on table spotio.record is 'x'",
    "truncate sync.run",
    "insert into sync.run select * from sync.run",
    "update spotio.record set name = 'x'",
    "delete from history.change",
    "merge into sync.run using (select 1) s on false when not matched then insert default values",
    "with d as (delete from sync.run returning *) select * from d",
    "drop schema config cascade",
    "prepare p as select * from config.secret",
    "execute p",
    "deallocate p",
    "explain select * from config.secret",
    "explain analyze select * from config.secret",
    "describe config.secret",
    "show all tables",
    "show databases",
    "summarize config.secret",
    "from (describe config.secret)",
    "from (summarize config.secret)",
    "from (show tables)",
    # Several statements, and text that hides one.
    "select 1; select * from config.secret",
    "select 1;;; copy (select 1) to '{dir}/out.csv'",
    "select 1 -- \n; select * from config.secret",
    "select 1 /* ; */; drop table sync.run",
    "select 1) union all (select value from config.secret",
    "select * from spotio.record) limit 5 --",
    # Files and addresses.
    "select * from read_csv('{dir}/secret.csv')",
    "select * from read_csv_auto('{dir}/secret.csv')",
    "select * from read_json('{dir}/secret.csv')",
    "select * from read_json_auto('{dir}/secret.csv')",
    "select * from read_ndjson_objects('{dir}/secret.csv')",
    "select * from read_parquet('{dir}/*.parquet')",
    "select * from parquet_metadata('{dir}/x.parquet')",
    "select * from read_text('{dir}/secret.csv')",
    "select * from read_blob('{dir}/secret.csv')",
    "select * from sniff_csv('{dir}/secret.csv')",
    "select * from glob('{dir}/*')",
    "select * from '{dir}/secret.csv'",
    'select * from "{dir}/secret.csv"',
    "from '{dir}/*.csv'",
    "from 'https://example.com/x.parquet'",
    "from 's3://bucket/x.parquet'",
    "from read_csv('/proc/self/environ', delim = chr(0))",
    "select read_text('{dir}/secret.csv')",
    "select * from main.'{dir}/secret.csv'",
    'select * from spotio."{dir}/secret.csv"',
    "select * from spotio.record, '{dir}/secret.csv'",
    "select (select content from read_text('{dir}/secret.csv'))",
    "with x as (from read_text('{dir}/secret.csv')) from x",
    'with "{dir}/secret.csv" as (select 1) select * from (select * from "{dir}/secret.csv")',
    "select * from (values (1)) t, lateral read_text('{dir}/secret.csv')",
    # The process, its settings and catalogs.
    "select getenv('FIELDLINE_SECRET_KEY')",
    "select \"getenv\"('FIELDLINE_SECRET_KEY')",
    "select main.getenv('FIELDLINE_SECRET_KEY')",
    "select system.main.getenv('FIELDLINE_SECRET_KEY')",
    "select list_transform(['FIELDLINE_SECRET_KEY'], lambda x: getenv(x))",
    "select current_setting('temp_directory')",
    "select * from duckdb_settings()",
    "select * from duckdb_secrets()",
    "select * from duckdb_tables()",
    "select * from duckdb_columns()",
    "select * from duckdb_views()",
    "select * from duckdb_databases()",
    "select * from duckdb_functions()",
    "select * from duckdb_memory()",
    "select * from duckdb_temporary_files()",
    "select * from duckdb_logs()",
    "select * from pragma_storage_info('config.secret')",
    "select * from pragma_database_size()",
    "select * from information_schema.tables",
    "select * from information_schema.columns",
    "select * from pg_catalog.pg_class",
    "select * from pg_tables",
    "select * from sqlite_master",
    "select * from sqlite_schema",
    "select * from duckdb_constraints",
    "select current_query()",
    "select version(), current_database(), current_schema()",
    "select pg_get_viewdef('spotio.record_lead')",
    "select obj_description(1)",
    "select nextval('x')",
    "select setseed(0.5)",
    "select write_log('x')",
    "select sleep_ms(10)",
    "select pg_sleep(1)",
    "select error('x')",
    "select txid_current()",
    "select getvariable('x')",
    "select current_user, session_user, inet_client_addr()",
    # A table by its name in text.
    "select * from query('select * from config.secret')",
    "select * from query_table('config.secret')",
    "select * from query_table(['config.secret'])",
    "select json_serialize_plan('select * from config.secret')",
    "select json_serialize_sql('select 1')",
    "select * from json_execute_serialized_sql('x')",
    "pragma json_execute_serialized_sql('x')",
    "select 'config.secret'::regclass",
    "from histogram('config.secret', value)",
    "from histogram_values(config.secret, value)",
    "select * from unnest((select list(value) from config.secret))",
    "select * from range((select count(*) from config.secret))",
    # The configuration, secrets and the journal by every way of naming them.
    "table config.secret",
    "from config.secret",
    "values ((select value from config.secret))",
    "select value from config.secret at (version => 1)",
    "select * from fieldline.config.secret",
    'select * from "CONFIG"."SECRET"',
    "select * from CoNfIg.SeCrEt",
    "select secret.value from config.secret",
    "select config.secret.value from spotio.record",
    "select * from spotio.record where exists (select 1 from config.secret)",
    "select * from spotio.record order by (select value from config.secret)",
    "select count(*) filter (where (select value from config.secret) is not null) from spotio.record",
    "select * from spotio.record limit (select count(*) from config.secret)",
    "select * from spotio.record qualify (select value from config.secret) = 'x'",
    "select case when (select value from config.secret) = 'x' then 1 end",
    "select max(id) over (order by (select value from config.secret)) from spotio.record",
    "select * from spotio.record semi join config.secret on true",
    "select * from spotio.record asof join config.secret on true",
    "select * from spotio.record positional join config.secret",
    "select * from (pivot config.secret on value using count(*))",
    "select * from (pivot (select 1 a) on a in (select value from config.secret) using count(*))",
    "select * from (unpivot config.secret on columns(*))",
    "select * from config.secret tablesample 100%",
    "(select 1) union all (select value from config.secret)",
    "select 1 intersect select value from config.secret",
    "with recursive t as (select 1 as n, '' as v union all select n + 1, (select value from config.secret) from t where n < 3) select * from t",
    "with config as (select 1) select * from config.secret",
    "with secret as (select 1) select * from config.secret",
    "with spotio as (select 1) select * from config.secret",
    "with a as materialized (select * from config.secret) select 1",
    "with a as (select 1), b as (with c as (select * from config.secret) select * from c) select * from b",
    "select * from sync.write",
    "select * from sync.cursor",
    "select * from sync.touched",
    "select * from config.version",
    "select * from config.saved_query",
    "select * from \u0063onfig.secret",
    "select * from ｃonfig.secret",
    "select * from con\u200bfig.secret",
    'select * from U&"\\0063onfig".secret',
    "select/**/*/**/from/**/config/**/./**/secret",
    "select * from config\n.\tsecret",
    "select * from temp.config.secret",
    "select * from system.information_schema.tables",
    "select * from memory.spotio.record",
]
# What shows another team's rows, or the hidden column, to who is not careful. They pass for an admin.
REACHES = [
    "select * from spotio.record",
    "from spotio.record",
    "table spotio.record",
    "select * from SPOTIO.Record",
    'select * from "spotio"."record"',
    "select * from fieldline.spotio.record",
    "select spotio.record.name, spotio.record.f_100006 from spotio.record",
    "select fieldline.spotio.record.name from fieldline.spotio.record",
    "select r from spotio.record r",
    "select record from spotio.record",
    "select r.name, r.f_100006 from spotio.record as r",
    "select a, b from spotio.record as r(a, b)",
    "select #1, #2, #3 from spotio.record",
    "select columns(*) from spotio.record",
    "select columns('f_.*|name') from spotio.record",
    "select * exclude (id) from spotio.record",
    "select * replace (upper(f_100006) as name) from spotio.record",
    "select * rename (f_100006 as mail) from spotio.record",
    "select row_to_json(r) from spotio.record r",
    "select to_json(r) from spotio.record r",
    "select unnest(r) from spotio.record r",
    "select list(r) from spotio.record r",
    "select max(f_100006), string_agg(name) from spotio.record",
    "select f_100006, count(*) from spotio.record group by all",
    "select name from spotio.record where f_100006 like '%EAST%'",
    "select name from spotio.record order by f_100006",
    "select a.name from spotio.record a join spotio.record b on a.f_100006 = b.f_100006",
    "select name, (select max(f_100006) from spotio.record x where x.id = r.id) from spotio.record r",
    "select * from spotio.activity a, lateral (select * from spotio.record r where r.id = a.dataObjectId) x",
    "select * from spotio.activity a left join spotio.record r on r.id = a.dataObjectId",
    "select * from spotio.record natural join (select id from spotio.record)",
    "select * from spotio.record join spotio.record as other using (id)",
    "select * from spotio.activity asof join spotio.record on activity.dataObjectId = record.id and activity.date <= record._pulled_at",
    "select * from spotio.record tablesample 100 percent (bernoulli)",
    "select * from spotio.record using sample 10 rows",
    "select * from spotio.record_lead",
    'select "Email" from spotio.record_lead',
    "select spotio.record_lead.name from spotio.record_lead",
    "select * from (pivot spotio.record on stageId in ('1', '2') using max(name), max(f_100006))",
    "select * from (unpivot (select id, name, f_100006 from spotio.record) on name, f_100006)",
    "with record as (select 1) select * from spotio.record",
    "with spotio as (select 1) select * from spotio.record",
    "with x as (select * from spotio.record) select * from x",
    "with recursive t as (select id, name, 1 as n from spotio.record union all select id, name, n + 1 from t where n < 2) select * from t",
    "select * from spotio.record union all by name select * from spotio.record_lead",
    "select * from spotio.record where id in (select id from spotio.record)",
    "select * from spotio.record where (id, name) in (select id, name from spotio.record)",
    "select exists (from spotio.record where name like 'EAST%') or null, (select name from spotio.record order by name desc limit 1)",
    "select first_value(name) over (order by name desc), lag(f_100006) over (order by id) from spotio.record",
    "select id, name from spotio.record qualify row_number() over (partition by id) = 1",
    "select distinct on (id) * from spotio.record",
    "select list_transform((select list(name) from spotio.record), lambda x: x)",
    "values ((select string_agg(name) from spotio.record))",
    "select * from unnest((select list(name) from spotio.record))",
    "select * from spotio.user, salesforce.user",
    "select spotio.user.firstName, salesforce.user.Name from spotio.user join salesforce.user on lower(spotio.user.email) = lower(salesforce.user.Email)",
    "select * from spotio.team",
    "select unnest(usersIds) from spotio.team",
    "select * from spotio.territory",
    "select * from spotio.appointment",
    "select notes, fieldDiff from spotio.activity",
    "select fieldDiff->>'newValue' from spotio.activity",
    "select * from salesforce.lead",
    "select * from salesforce.leadhistory",
    "select h.OldValue, l.Name from salesforce.leadhistory h left join salesforce.lead l on l.Id = h.LeadId",
    "select * from salesforce.mystery__c",
    "select * from history.change",
    "select before->>'f_100006', after->>'f_100006' from history.change",
    "select json_extract_string(before, '$.f_100006') from history.change",
    "select unnest(json_keys(before)), before from history.change",
    "select c.before::varchar from history.change c where c.object = 'record'",
    "select * from history.event",
    "select * from history.event where team_id = 'east' or true",
]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(url_of(tmp_path_factory.mktemp("guard") / "fieldline.duckdb")) as store:
        yield two_teams(store)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FIELDLINE_SECRET_KEY", IN_THE_ENVIRONMENT)
    (tmp_path / "secret.csv").write_text(f"value\n{IN_A_FILE}\n")
    return tmp_path


def tried(store: Store, sql: str, scope: Scope) -> str:
    """All that a reader gets to see of a statement: its rows, or why it was refused. Any other error is a fault."""
    try:
        return str(answer(store, sql, Limits(rows=1000, seconds=10), scope).to_pylist())
    except QueryRefusedError as refused:
        # The statement itself is not news to whoever typed it.
        return str(refused).split("LINE 1:")[0]


def state(store: Store) -> Any:
    """What no reader may change."""
    return (
        store.rows("select table_schema, table_name from information_schema.tables order by all"),
        store.rows("select count(*) from history.change union all select count(*) from sync.run"),
        store.rows("select current_setting('memory_limit'), current_setting('python_enable_replacements')"),
        store.rows("select database_name from duckdb_databases() order by all"),
    )


@pytest.mark.requirement("CO-03")
@pytest.mark.requirement("CO-19")
@pytest.mark.parametrize("scope", [EVERYTHING, MANAGER, MASKED], ids=["admin", "manager", "masked"])
@pytest.mark.parametrize("sql", ESCAPES)
def test_no_way_leads_out_of_the_mirror(company: Store, folder: Path, sql: str, scope: Scope) -> None:
    before = state(company)
    with pytest.raises(QueryRefusedError) as refused:
        answer(company, sql.replace("{dir}", str(folder)), Limits(rows=1000, seconds=10), scope)
    for word in (CONFIDENTIAL, IN_THE_ENVIRONMENT, IN_A_FILE):
        assert word not in str(refused.value)
    assert state(company) == before
    assert [file.name for file in folder.iterdir()] == ["secret.csv"]


@pytest.mark.rule("N-03")
@pytest.mark.requirement("CO-19")
@pytest.mark.parametrize(
    ("scope", "words"),
    [(MANAGER, [EAST]), (MASKED, [HIDDEN]), (MASKED_MANAGER, [EAST, HIDDEN])],
    ids=["manager", "masked", "masked manager"],
)
@pytest.mark.parametrize("sql", REACHES)
def test_no_statement_reaches_beyond_the_readers_scope(
    company: Store, sql: str, scope: Scope, words: list[str]
) -> None:
    said = tried(company, sql, scope)
    for word in words:
        assert word not in said


# Expressions that fail on a text and that DuckDB does not know to fail, so that its optimizer moves them about.
FAILING = ("date_trunc({0}, now())", "({0} || '\\x')::blob", "hamming({0}, 'a')", "({0})::integer")


@pytest.mark.requirement("CO-19")
@pytest.mark.parametrize("expression", FAILING)
@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("spotio.record", "name"),
        ("spotio.record_lead", "name"),
        ("spotio.activity", "notes"),
        ("spotio.territory", "title"),
        ("salesforce.leadhistory", "NewValue"),
        ("history.change", "before::varchar"),
        ("history.event", "origin"),
    ],
)
def test_a_condition_is_not_tried_on_rows_that_the_reader_does_not_get(
    company: Store, table: str, column: str, expression: str
) -> None:
    fails_on_others = expression.format(f"(case when contains({column}, '{EAST}') then {column} end)")
    sql = f"select count(*) as n from {table} where coalesce({fails_on_others} is null, true)"
    seen = answer(company, f"select count(*) as n from {table}", Limits(), MANAGER)
    assert answer(company, sql, Limits(), MANAGER) == seen
    with pytest.raises(QueryRefusedError):
        answer(company, sql, Limits(), EVERYTHING)


@pytest.mark.parametrize("sql", REACHES)
def test_the_same_statements_are_answered_to_who_may_see_everything(company: Store, sql: str) -> None:
    assert answer(company, sql, Limits(rows=1000), ANALYST).num_rows > 0


@pytest.mark.parametrize("sql", [sql for sql in REACHES if "mystery" not in sql and "record'" not in sql])
def test_a_manager_is_answered_too_within_their_teams(company: Store, sql: str) -> None:
    answer(company, sql, Limits(rows=1000), MANAGER)


def test_a_column_hidden_from_a_reader_tells_nothing_by_where_order_or_join(company: Store) -> None:
    assert (
        answer(company, "select 1 from spotio.record where f_100006 is not null", Limits(), MASKED).num_rows
        == 0
    )
    by_hidden = "select count(*) as n from spotio.record a join spotio.record b on a.f_100006 = b.f_100006"
    assert answer(company, by_hidden, Limits(), MASKED).to_pylist() == [{"n": 0}]


def test_nothing_is_asked_by_a_rep_or_by_a_role_that_nobody_knows(company: Store) -> None:
    for scope in (REP, Scope("visitor", "", None, None)):
        with pytest.raises(QueryRefusedError):
            answer(company, "select * from spotio.stage", Limits(), scope)


def test_a_statement_over_what_is_not_limited_runs_as_it_was_written(company: Store) -> None:
    sql = "select   id from spotio.record -- mine"
    assert checked(company, sql) == sql
    assert checked(company, "select * from spotio.stage", MANAGER) == "select * from spotio.stage"


@pytest.mark.requirement("CO-09")
def test_a_statement_as_of_a_moment_reads_all_its_tables_as_of_then(company: Store) -> None:
    sql = "select r.f_100006 as mail, (select count(*) from history.change) as changes from spotio.record r where id = 'rw'"
    now, then = (answer(company, sql, Limits(), ANALYST, moment).to_pylist()[0] for moment in (None, NOON))
    assert (then["mail"], now["mail"]) == (f"{HIDDEN}1@example.com", f"{HIDDEN}2@example.com")
    assert then["changes"] < now["changes"]
    assert EAST not in str(answer(company, "from spotio.record_lead", Limits(), MANAGER, NOON).to_pylist())
    with pytest.raises(QueryRefusedError, match="only as it is now"):
        answer(company, "from kpi.day", Limits(), ANALYST, NOON)


def test_a_comment_at_the_end_swallows_no_limit(company: Store) -> None:
    assert answer(company, "select * from range(100) --", Limits(rows=7), MANAGER).num_rows == 7


def test_an_order_that_was_asked_for_is_kept_within_the_limit(company: Store) -> None:
    sql = "select range as n from range(200000) order by n desc"
    assert answer(company, sql, Limits(rows=3)).to_pylist() == [{"n": n} for n in (199_999, 199_998, 199_997)]


def test_columns_within_a_value_need_names(company: Store) -> None:
    with pytest.raises(QueryRefusedError, match="without names"):
        answer(company, "select (1, 2) as pair", Limits())


def nested(wrap: Callable[[str], str], times: int, inner: str = "select 1 as x") -> str:
    for _ in range(times):
        inner = wrap(inner)
    return inner


HEAVY = [
    "select sum(a.range * b.range) from range(10000000) a, range(10000000) b",
    "select count(*) from (select distinct a.range * b.range from range(100000) a, range(100000) b)",
    "select a.range, b.range from range(1000000) a, range(1000000) b order by hash(a.range * b.range)",
    "select list(a.range) from range(100000) a, range(100000) b",
    "select string_agg(a.range) from range(100000) a, range(100000) b",
    "select list_sort(list(random())) from range(100000000)",
    "select json_group_array(range) from range(1000000000)",
    "select repeat('x', 1000000000)",
    "select length(repeat('x', 1000000000))",
    "select repeat('x', 100000000) from range(3000)",
    "select range(1000000000)",
    "select len(generate_series(1, 1000000000))",
    "select range(100000) from range(100000)",
    "select len(list_resize([1], 1000000000))",
    "select format('{:1000000000}', 1)",
    "select printf('%1000000000d', 1)",
    "select unnest(range(1000000000)) order by 1 desc",
    "with recursive t(n) as (select 1 union all select n + 1 from t) select count(*) from t",
    "with recursive t(n) as (select 1 union all select n + 1 from t, range(1000)) select count(*) from t",
    "with recursive t as (select repeat('x', 16) as s, 1 as n union all select s || s, n + 1 from t where n < 40) select max(length(s)) from t",
    nested(lambda s: f"select [x, x] as x from ({s})", 40),
    nested(lambda s: f"select x || x as x from ({s})", 40, "select 'xxxxxxxx' || random() as x"),
    nested(lambda s: f"select *, * from ({s})", 14),
    "select max(levenshtein(repeat('x', 5000) || range, repeat('y', 5000))) from range(100000)",
    "select * from range(1000000000000)",
]

# A type of a million parts, made by twenty short lines: the planner takes seconds over it and hears nothing meanwhile.
DOUBLING = nested(lambda s: f"select {{'a': x, 'b': x}} as x from ({s})", 20)


@pytest.mark.requirement("CO-03")
@pytest.mark.parametrize("sql", [*HEAVY, pytest.param(DOUBLING, marks=pytest.mark.slow)])
def test_what_would_take_all_memory_or_never_end_is_ended(company: Store, sql: str) -> None:
    with pytest.raises(QueryRefusedError, match=r"stopped|larger than"):
        answer(company, sql, Limits(seconds=0.3, megabytes=64))
    assert answer(company, "select 1 from spotio.record", Limits()).num_rows == 2


def test_what_nothing_could_interrupt_is_given_less_to_do(company: Store) -> None:
    sql = "select length(lpad('x', 1000000000, 'y')) as filled, levenshtein(repeat('x', 5000), repeat('y', 5000)) as compared"
    assert answer(company, sql, Limits()).to_pylist() == [{"filled": 10_000, "compared": 255}]


def test_others_are_answered_while_somebody_tries_to_take_everything(company: Store) -> None:
    ended, answered, failed = threading.Event(), [], []

    def others() -> None:
        while not ended.is_set():
            try:
                answered.append(company.rows("select count(*) as n from spotio.record")[0]["n"])
            except Exception as error:  # noqa: BLE001 (any failure of theirs is what this looks for)
                failed.append(error)

    reading = threading.Thread(target=others)
    reading.start()
    try:
        for sql in HEAVY[3:16]:
            with pytest.raises(QueryRefusedError):
                answer(company, sql, Limits(seconds=0.3))
    finally:
        ended.set()
        reading.join()
    assert failed == []
    assert set(answered) == {2}


_GREEDY = """
import sys
import psutil
from data.errors import QueryRefusedError
from data.reading import Limits, answer
from data.store import Store

with Store.open(sys.argv[1]) as store:
    sizes = []
    for _ in range(4):
        try:
            answer(store, "select repeat('x', 100000000) from range(3000)", Limits(seconds=1))
        except QueryRefusedError:
            sizes.append(psutil.Process().memory_info().vms)
print(len(sizes), max(sizes[1:]) - sizes[0])
"""


def test_the_process_does_not_grow_by_what_it_has_ended(tmp_path: Path) -> None:
    # A process of its own: what other tests have loaded and left in this one would be measured too.
    url = url_of(tmp_path / "fieldline.duckdb")
    ended = subprocess.run([sys.executable, "-c", _GREEDY, url], capture_output=True, text=True, check=True)
    refused, grown = ended.stdout.split()
    assert int(refused) == 4
    assert int(grown) < 512 * 1024 * 1024
