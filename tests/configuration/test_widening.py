"""A filter that is widened under a running sync brings in nothing by itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from data import config_file
from data.store import Store
from data.syncs import kept_out, states
from data.syncs.states import Direction
from sync.syncs.configuration import bring_in
from tests.configuration.documents import doors, inbound, outbound, where

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def publish(store: Store, sync: dict[str, Any]) -> dict[str, Any]:
    answer = bring_in(
        store, config_file.write({"syncs": [sync]}), publish=True, author="priya@example.com", note=""
    )
    assert answer["mistakes"] == []
    return answer


def turn_on(store: Store, direction: Direction) -> None:
    states.turn_on(store, "doors", [direction], [], person="priya@example.com", now=NOW)


def barred(store: Store) -> set[tuple[str, str]]:
    return {(row["system"], row["id"]) for row in kept_out.ids(store, "doors", "barred").to_dicts()}


def ids(store: Store, sql: str) -> set[str]:
    return {row["id"] for row in store.rows(sql)}


@pytest.mark.rule("T-05")
def test_what_only_a_wider_inbound_filter_lets_in_stays_out(store: Store) -> None:
    leads = sorted(ids(store, "select Id as id from salesforce.lead where _deleted_at is null"))
    with store.write() as cursor:
        for index, industry in enumerate(["Chemicals", "Retail", "Energy", "Retail"]):
            cursor.execute(
                "update salesforce.lead set Industry = $industry where Id = $id",
                {"industry": industry, "id": leads[index]},
            )
    publish(store, doors(store, inbound=inbound(where("Industry", "equals", "Chemicals"))))
    turn_on(store, "inbound")
    wider = inbound(where("Industry", "equals", "Chemicals", "Retail"))
    answer = publish(store, doors(store, inbound=wider))
    assert barred(store) == {("salesforce", leads[1]), ("salesforce", leads[3])}
    assert [text for text in answer["warnings"] if text.startswith("doors: 2 records of Salesforce")]
    publish(store, doors(store, inbound=inbound(where("Industry", "equals", "Retail"))))
    assert len(barred(store)) == 2, "a narrower filter bars nobody"


@pytest.mark.rule("T-05")
def test_what_only_a_wider_selective_filter_lets_out_stays_in_spotio(store: Store) -> None:
    sold = {"name": "sold", "filters": where("stage", "equals", "Sold")}
    new = {"name": "new", "filters": where("stage", "equals", "New")}
    publish(store, doors(store, outbound=outbound(selective=[sold])))
    turn_on(store, "outbound")
    publish(store, doors(store, outbound=outbound(selective=[sold, new])))
    of_type = "select id from spotio.record where typeId = '1' and _deleted_at is null"
    at_new = ids(store, f"{of_type} and stageId = '1'")
    assert at_new
    assert barred(store) == {("spotio", id) for id in at_new}
    publish(store, doors(store, outbound=outbound()))
    everybody_else = ids(store, f"{of_type} and stageId <> '6'")
    assert barred(store) == {("spotio", id) for id in everybody_else}


@pytest.mark.rule("T-05")
def test_a_sync_that_is_off_bars_nobody(store: Store) -> None:
    publish(store, doors(store, inbound=inbound(where("Industry", "equals", "Chemicals"))))
    publish(store, doors(store))
    assert barred(store) == set()
