"""Salesforce's half of the invented company, and both halves in the stand-ins."""

from collections import Counter, defaultdict
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from sync.sandbox.clock import Clock
from sync.sandbox.salesforce.ids import with_checksum
from sync.sandbox.salesforce.org import Org
from sync.sandbox.spotio.sample import sample_workflow
from sync.sandbox.spotio.tenant import Tenant
from sync.sandbox.world import SCALES, Company, build, load_into
from sync.sandbox.world.company import Record

NOW = datetime(2026, 3, 11, 23, 17, 5, tzinfo=UTC)
Row = dict[str, Any]


@pytest.fixture(scope="module")
def small() -> Company:
    return build(1, SCALES["small"], NOW)


@pytest.fixture(scope="module")
def loaded(small: Company) -> tuple[Company, Org, Tenant]:
    return (small, *stand_ins(small))


def stand_ins(company: Company) -> tuple[Org, Tenant]:
    clock = Clock()
    org, tenant = Org(clock), Tenant(clock, sample_workflow())
    load_into(company, org, tenant)
    return org, tenant


def count(tenant: Tenant, table: str, where: str = "true") -> int:
    (found,) = tenant.store.db.execute(f"select count(*) from {table} where {where}").fetchone()
    return int(found)


def rows(org: Org, sobject: str) -> list[Row]:
    return list(org.tables.select(org.sobject(sobject)))


def pairs(company: Company) -> list[tuple[Record, str]]:
    """Each lead and account of SPOTIO with the lead or account that it is in Salesforce, where neither is deleted."""
    deleted = {
        row["Id"]
        for sobject in ("Lead", "Account")
        for row in company.salesforce[sobject]
        if row["IsDeleted"]
    }
    both = (kin for kin in company.kin if kin.records and kin.rows and not kin.records[0].parent)
    found = ((kin.records[0], kin.rows[0][1]) for kin in both)
    return [(record, id) for record, id in found if not record.deleted and id not in deleted]


def test_half_of_the_records_are_in_salesforce_too(small: Company) -> None:
    found = pairs(small)
    assert len(found) == pytest.approx(len(small.records) / 2, rel=0.04)
    known = set(small.records)
    live = {
        row["Id"]
        for sobject in ("Lead", "Account")
        for row in small.salesforce[sobject]
        if not row["IsDeleted"] and not row.get("IsConverted")
    }
    assert all(record in known and id in live for record, id in found)
    assert len({record for record, _ in found}) == len(found)
    assert len(live) > len({id for _, id in found}) + 300


def test_people_of_one_household_share_an_account_and_nobody_else_does(small: Company) -> None:
    by_row: dict[str, list[Record]] = defaultdict(list)
    for record, id in pairs(small):
        by_row[id].append(record)
    shared = {id: records for id, records in by_row.items() if len(records) > 1}
    assert shared
    contacts = Counter(row["AccountId"] for row in small.salesforce["Contact"])
    into = Counter(row["ConvertedAccountId"] for row in small.salesforce["Lead"] if row["IsConverted"])
    for account, records in shared.items():
        assert account.startswith("001")
        assert len({(record.house, record.last.strip().lower()) for record in records}) == 1
        assert contacts[account] == len(records)
        assert into[account] >= len(records) - 1


def test_a_pair_is_one_household_with_small_differences(small: Company) -> None:
    leads = {row["Id"]: row for row in small.salesforce["Lead"]}
    found = [(record, leads[id]) for record, id in pairs(small) if id in leads]
    same_door = sum(lead["Street"].startswith(f"{record.house.number} ") for record, lead in found)
    assert 0.95 * len(found) < same_door < len(found)
    same_phone = sum(bool(record.phone) and record.phone == lead["Phone"] for record, lead in found)
    assert 0.1 * len(found) < same_phone < 0.8 * len(found)
    assert all(lead["Company"] and lead["LastName"] for _, lead in found)
    assert any(lead["State"] == "Colorado" for _, lead in found)


def test_every_reference_in_salesforce_leads_to_a_row(loaded: tuple[Company, Org, Tenant]) -> None:
    _, org, _ = loaded
    names = ("User", "Group", "RecordType", "Lead", "Account", "Contact", "Opportunity", "Organization")
    known = {row["Id"]: sobject for sobject in names for row in rows(org, sobject)}
    checked: Counter[str] = Counter()
    for sobject in org.schema.objects.values():
        for field in sobject.stored():
            if field.type != "reference":
                continue
            for row in rows(org, sobject.name):
                if row[field.name] is not None:
                    assert known[row[field.name]] in field.to, (sobject.name, field.name, row)
                    checked[sobject.name] += 1
    assert {"Lead", "Task", "Event", "OpportunityHistory", "OpportunityContactRole"} <= checked.keys()


def test_ids_carry_their_checksum_and_are_unique(small: Company) -> None:
    ids = [row["Id"] for sobject in small.salesforce.values() for row in sobject]
    assert len(set(ids)) == len(ids)
    assert all(with_checksum(id[:15]) == id for id in ids)


def test_stamps_in_salesforce_are_in_order_and_some_are_shared(small: Company) -> None:
    now = f"{NOW:%Y-%m-%dT%H:%M:%S}.000+0000"
    for sobject in ("Lead", "Account", "Contact", "Opportunity", "Task", "Event"):
        for row in small.salesforce[sobject]:
            assert row["CreatedDate"] <= row["LastModifiedDate"] <= row["SystemModstamp"] <= now
    shared = Counter(row["SystemModstamp"] for row in small.salesforce["Lead"])
    assert shared.most_common(1)[0][1] > 100


def test_lead_history_ends_at_the_status_the_lead_has(small: Company) -> None:
    last: dict[str, str] = {}
    for entry in sorted(small.salesforce["LeadHistory"], key=lambda row: (row["CreatedDate"], row["Id"])):
        if entry["Field"] == "Status":
            assert last.get(entry["LeadId"], entry["OldValue"]) == entry["OldValue"]
            last[entry["LeadId"]] = entry["NewValue"]
    leads = {row["Id"]: row for row in small.salesforce["Lead"]}
    assert len(last) > 500
    assert all(leads[id]["Status"] == status for id, status in last.items())


def test_opportunities_walk_through_their_stages(small: Company) -> None:
    walks: dict[str, list[Row]] = {}
    for row in sorted(
        small.salesforce["OpportunityHistory"], key=lambda row: (row["CreatedDate"], row["Id"])
    ):
        walks.setdefault(row["OpportunityId"], []).append(row)
    entries = Counter(row["OpportunityId"] for row in small.salesforce["OpportunityFieldHistory"])
    for opportunity in small.salesforce["Opportunity"]:
        walk = walks[opportunity["Id"]]
        assert walk[-1]["StageName"] == opportunity["StageName"]
        assert walk[-1]["Amount"] == opportunity["Amount"]
        assert all(a["StageName"] != b["StageName"] for a, b in pairwise(walk))
        assert entries[opportunity["Id"]] >= len(walk)
    won = [row for row in small.salesforce["Opportunity"] if row["StageName"] == "Closed Won"]
    assert len(won) > 100
    assert all(row["Amount"] for row in won)


def test_there_are_deleted_merged_converted_and_queued_leads(small: Company) -> None:
    leads = {row["Id"]: row for row in small.salesforce["Lead"]}
    queue = small.salesforce["Group"][0]["Id"]
    merged = [row for row in leads.values() if row["MasterRecordId"]]
    assert merged
    assert all(row["IsDeleted"] and not leads[row["MasterRecordId"]]["IsDeleted"] for row in merged)
    assert sum(row["IsDeleted"] for row in leads.values()) > len(merged)
    assert sum(row["OwnerId"] == queue for row in leads.values()) > 50
    for row in leads.values():
        if row["IsConverted"]:
            assert row["ConvertedAccountId"]
            assert row["Status"] == "Closed - Converted"


def test_most_reps_have_a_user_with_their_address_in_salesforce(small: Company) -> None:
    mails = {row["Email"] for row in small.salesforce["User"] if row["IsActive"]}
    reps = [rep for rep in small.reps if rep.left is None and rep.accepted]
    assert 0.7 <= sum(rep.mail in mails for rep in reps) / len(reps) < 1


def test_the_stand_ins_hold_what_the_company_has(loaded: tuple[Company, Org, Tenant]) -> None:
    company, org, tenant = loaded
    assert count(tenant, "records") == len(company.records) + len(company.deals)
    assert count(tenant, "records", "parentId is not null") == len(company.deals)
    assert count(tenant, "records", "deletedAt is not null") == sum(bool(r.deleted) for r in company.records)
    assert count(tenant, "activities") == len(company.activities)
    assert count(tenant, "appointments") == len(company.appointments)
    assert count(tenant, "users") == sum(bool(person.spotio_id) for person in company.people)
    assert count(tenant, "teams") == len(company.teams)
    assert count(tenant, "territories") == len(company.territories)
    for sobject, given in company.salesforce.items():
        ids = {row["Id"] for row in rows(org, sobject)}
        assert {row["Id"] for row in given} <= ids


def test_counters_loaded_are_those_the_tenant_would_work_out(loaded: tuple[Company, Org, Tenant]) -> None:
    _, _, tenant = loaded
    before = tenant.store.rows("records", order="id")
    tenant.refresh_counters()
    assert tenant.store.rows("records", order="id") == before


def test_the_tenant_finds_every_record_in_the_territory_it_was_given(
    loaded: tuple[Company, Org, Tenant],
) -> None:
    _, _, tenant = loaded
    for row in tenant.store.rows("records", "parentId is null", order="id limit 200"):
        assert tenant.territories.containing(row["pin"]) == row["territoryId"]


def test_loaded_deleted_leads_can_be_undeleted(loaded: tuple[Company, Org, Tenant]) -> None:
    company, org, _ = loaded
    gone = [r["Id"] for r in company.salesforce["Lead"] if r["IsDeleted"] and not r["MasterRecordId"]]
    org.undelete(gone[0], org.admin_id)
    found = org.get("Lead", gone[0])
    assert found
    assert found["IsDeleted"] is False
    history = [row for row in rows(org, "LeadHistory") if row["LeadId"] == gone[0]]
    assert history
    assert not any(row["IsDeleted"] for row in history)
