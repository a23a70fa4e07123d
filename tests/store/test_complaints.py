"""What is wrong with a statement is told in one sentence, without the database's own words round it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from data.errors import QueryRefusedError
from data.reading import Limits, answer
from data.store import Store
from tests.store.conftest import url_of
from tests.store.two_teams import two_teams


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(url_of(tmp_path_factory.mktemp("complaints") / "s.duckdb")) as store:
        yield two_teams(store)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("select nam from spotio.record", "No table of this statement has a column nam. Close to it: name"),
        (
            "select stageId, count(*) from spotio.record",
            "stageId must be named in GROUP BY, or stand inside an aggregate, such as any_value(stageId).",
        ),
        (
            "select id from spotio.record r join spotio.stage s using (stageId)",
            "Several of the tables have a column id: say which, ",
        ),
        ("select x.id from spotio.record r", "No table of this statement is called x."),
        ("select 'abc'::int", "The text “abc” cannot be read as INT32."),
        ("select sum(name) from spotio.record", "sum() does not take VARCHAR: cast what is given to it."),
        ("select * from spotio.record where", "Syntax error at end of input."),
        ("select date_trunc('fortnight', now())", "Extract specifier"),
    ],
)
def test_a_wrong_statement_is_told_in_one_sentence(company: Store, statement: str, said: str) -> None:
    with pytest.raises(QueryRefusedError) as refused:
        answer(company, statement, Limits())
    text = str(refused.value)
    assert said in text
    assert "\n" not in text
    assert "LINE" not in text
    assert "Error:" not in text
