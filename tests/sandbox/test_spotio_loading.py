"""SPOTIO stand-in: a whole company put in at once is the same as one that is read row by row."""

from typing import Any, Literal

import pytest

from sync.sandbox.clock import Clock
from sync.sandbox.spotio import Tenant, sample_workflow
from sync.sandbox.world import SCALES, build
from sync.sandbox.world.loading_spotio import load_tenant

KINDS: dict[Literal["dataObjects", "activities", "appointments"], str] = {
    "dataObjects": "records",
    "activities": "activities",
    "appointments": "appointments",
}


@pytest.fixture(scope="module")
def tenant() -> Tenant:
    clock = Clock()
    tenant = Tenant(clock, sample_workflow())
    load_tenant(build(3, SCALES["tiny"], clock.now()), tenant)
    return tenant


def table(tenant: Tenant, name: str) -> list[dict[str, Any]]:
    return tenant.store.rows(name, order="rowid")


def test_what_the_world_writes_is_in_the_wires_own_form(tenant: Tenant) -> None:
    """Nothing is left for a reader to bring into shape: stamps, names and values stay as they are."""
    other = Tenant(tenant.clock, sample_workflow())
    for kind, name in KINDS.items():
        other.load(kind, table(tenant, name))
        assert table(other, name) == table(tenant, name)


def test_counters_and_indexes_are_those_of_a_tenant_that_grew(tenant: Tenant) -> None:
    before = table(tenant, "records")
    tenant.refresh_counters()
    assert table(tenant, "records") == before
    plans = {
        "activities": "dataObjectId = ?",
        "records": "updatedAt > ?",
        "appointments": "activityId = ?",
    }
    for name, where in plans.items():
        plan = tenant.store.db.execute(f"explain query plan select id from {name} where {where}", ("x",))
        assert f"{name}_{where.partition(' ')[0]}" in plan.fetchall()[0][3]


def test_rows_with_other_members_than_the_first_are_refused_whole() -> None:
    tenant = Tenant(Clock(), sample_workflow())
    with pytest.raises(ValueError, match="phone"):
        tenant.store.load("users", [{"id": "1", "email": "a@x"}, {"id": "2", "email": "b@x", "phone": "1"}])
    assert table(tenant, "users") == []
    tenant.store.load("users", [])
    tenant.load("users", [{"id": "1", "email": "a@x"}, {"id": "2", "phone": "1"}])
    assert [user["phone"] for user in table(tenant, "users")] == [None, "1"]
