"""The company goes on working while a sandbox runs."""

import asyncio
import contextlib
import sqlite3
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from sync.sandbox.clock import Clock
from sync.sandbox.salesforce.org import Org
from sync.sandbox.spotio.sample import sample_workflow
from sync.sandbox.spotio.tenant import Tenant
from sync.sandbox.world import SCALES, Company, build, live, load_into
from sync.sandbox.world.live import Life

NOW = datetime(2026, 3, 11, 23, 17, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def company() -> Company:
    return build(3, SCALES["tiny"], NOW)


def stand_ins(company: Company) -> tuple[Org, Tenant]:
    clock = Clock()
    org, tenant = Org(clock), Tenant(clock, sample_workflow())
    load_into(company, org, tenant)
    return org, tenant


def count(tenant: Tenant, table: str, where: str = "true") -> int:
    (found,) = tenant.store.db.execute(f"select count(*) from {table} where {where}").fetchone()
    return int(found)


def leads(org: Org) -> dict[str, dict[str, Any]]:
    return {row["Id"]: row for row in org.tables.select(org.sobject("Lead"))}


def test_reps_inside_sales_and_an_admin_change_both_sides(company: Company) -> None:
    org, tenant = stand_ins(company)
    activities, dropped = (
        count(tenant, "activities"),
        count(tenant, "records", "source in ('Ios', 'Android')"),
    )
    before = leads(org)
    life = Life(company, org, tenant, seed=3)
    done = Counter(life.act() for _ in range(150))
    assert len(done) > 9
    assert count(tenant, "activities") > activities + 60
    assert count(tenant, "records", "source in ('Ios', 'Android')") > dropped
    after = leads(org)
    assert after.keys() > before.keys()
    assert sum(after[id]["SystemModstamp"] > row["SystemModstamp"] for id, row in before.items()) > 5


def decided(org: Org, tenant: Tenant) -> list[Any]:
    """Everything that the two systems show of people's decisions: no ids, no instants."""
    kept = {
        "records": ("typeId", "stageId", "ownerId", "name", "fields", "source", "value", "visitsCount"),
        "activities": ("type", "activityTemplateId", "resultId", "ownerId", "notes", "distance", "verified"),
    }
    rows: list[Any] = [
        [row[name] for name in names]
        for table, names in kept.items()
        for row in tenant.store.rows(table, order="rowid")
    ]
    shown = {
        "Lead": ("LastName", "Status", "Phone", "Email", "Rating", "OwnerId", "IsDeleted", "IsConverted"),
        "Account": ("Name", "OwnerId"),
        "Opportunity": ("Name", "StageName", "Amount", "OwnerId"),
        "Task": ("Subject", "Status", "LastModifiedById"),
    }
    for sobject, names in shown.items():
        rows += [[row[name] for name in names] for row in org.tables.select(org.sobject(sobject))]
    return rows


def test_the_same_seed_decides_the_same_acts(company: Company) -> None:
    told = []
    for seed in (5, 5, 6):
        org, tenant = stand_ins(company)
        life = Life(company, org, tenant, seed)
        told.append(([life.act() for _ in range(200)], decided(org, tenant)))
    assert told[0] == told[1]
    assert told[0][0] != told[2][0]


def test_inside_sales_converts_leads_and_moves_opportunities(company: Company) -> None:
    org, tenant = stand_ins(company)
    moves = len(list(org.tables.select(org.sobject("OpportunityHistory"))))
    converted = sum(bool(row["IsConverted"]) for row in leads(org).values())
    life = Life(company, org, tenant, seed=3)
    done = Counter(life.act() for _ in range(300))
    assert min(done["convert_lead"], done["move_opportunity"]) > 1
    after = [row for row in leads(org).values() if row["IsConverted"]]
    assert len(after) > converted
    assert all(org.get("Account", row["ConvertedAccountId"]) for row in after)
    assert len(list(org.tables.select(org.sobject("OpportunityHistory")))) > moves


def test_work_goes_on_after_a_reset_and_past_what_a_client_deleted(company: Company) -> None:
    org, tenant = stand_ins(company)
    org.save()
    tenant.save()
    life = Life(company, org, tenant, seed=7)
    for _ in range(60):
        life.act()
    org.reset()
    tenant.reset()
    for row in tenant.store.rows("records", "parentId is null and deletedAt is null", order="id limit 80"):
        tenant.delete_record(company.people[0].spotio_id or "", row["id"])
    before = count(tenant, "activities")
    for _ in range(60):
        life.act()
    assert count(tenant, "activities") > before


def test_it_works_until_it_is_cancelled(company: Company) -> None:
    org, tenant = stand_ins(company)
    before = count(tenant, "activities")

    async def work_a_while() -> None:
        work = asyncio.create_task(live(company, org, tenant, 1, pause_seconds=(0.0, 0.0)))
        while count(tenant, "activities") < before + 20:
            await asyncio.sleep(0)
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work
        assert work.cancelled()

    asyncio.run(work_a_while())


def test_a_fault_of_its_own_ends_it_and_is_told(company: Company, caplog: pytest.LogCaptureFixture) -> None:
    org, tenant = stand_ins(company)
    tenant.store.db.close()
    with pytest.raises(sqlite3.ProgrammingError):
        asyncio.run(live(company, org, tenant, 1, pause_seconds=(0.0, 0.0)))
    assert "stopped working" in caplog.text
