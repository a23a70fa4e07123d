"""What is sent to Salesforce and what is not: whose records, which stages, who owns them, and what Salesforce would not take.

One office; a first run after the turn-on of the outbound direction, and later ones under a changed configuration. The
tests read what was seen on the way.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.syncs.conftest import Opener
from tests.syncs.office import COMPANY, FIRST, LAST, PHONE, Office, Pair, Seen, Sync, mapped

ROOF, NOTES, BILL = "21", "26", "23"
PITCHED = {"all": [{"field": "stage", "is": "equals", "value": ["Pitched"]}]}


@dataclass
class Outbound:
    """The office, SPOTIO's records by story, leads by story, and what was seen and told after the first run."""

    office: Office
    records: dict[str, str] = field(default_factory=dict)
    leads: dict[str, str] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=dict)  # SPOTIO's: whom configuration and company speak of
    bill: Pair | None = None
    seen: Seen = field(default_factory=lambda: Seen({}, {}))
    sent: dict[str, dict[str, Any]] = field(default_factory=dict)  # the lead of a record
    made: dict[str, dict[str, Any]] = field(default_factory=dict)  # the record of a lead
    told: dict[str, Any] = field(default_factory=dict)

    def why(self, story: str) -> Any:
        return self.office.why(f"spotio:{self.records[story]}")


@dataclass
class Later:
    """What was seen and told after a run without a field, after one with a new mapping, and after one that was approved."""

    pairs: dict[str, Pair]
    stopped: Any
    seen: Seen
    told: dict[str, Any]
    published: Any = None
    held: Any = None
    filled: Seen = field(default_factory=lambda: Seen({}, {}))
    approved: Seen = field(default_factory=lambda: Seen({}, {}))


def configured(sync: Sync, explicit: dict[str, str]) -> None:
    sync["outbound"] |= {"on": True, "selective": [{"name": "hot", "filters": PITCHED}]}
    sync["users"]["explicit"] = explicit
    sync["fields"] += [
        {"spotio": "Roof type", "salesforce": "lead.Tier__c", "direction": "to_salesforce"},
        {"spotio": "Monthly bill", "salesforce": "lead.Bill__c", "direction": "both", "conflict": "ask"},
    ]


@pytest.fixture(scope="module")
def outbound(open_office: Opener) -> Outbound:
    office = open_office()
    story = Outbound(office)
    tier = {
        "name": "Tier__c",
        "label": "Tier",
        "type": "picklist",
        "values": ["Metal"],
        "flags": "cunpr",
    }
    office.act("add_field", object="Lead", field=tier)
    office.act("add_field", object="Lead", field={"name": "Bill__c", "label": "Bill", "type": "double"})
    users = office.state()[0]["User"]
    known = {user["email"] for user in office.state()[1]["users"]}
    stranger = next(
        u for u in users if u["Email"] not in known and u["IsActive"] and "sync@" not in u["Username"]
    )
    queue = next(group["Id"] for group in office.state()[0]["Group"] if group["Type"] == "Queue")
    people = office.state()[1]["users"]
    rep = next(u for u in people if u["role"] != "Admin" and u["status"] == "active")
    story.users = {"rep": rep["id"], "default": next(u["id"] for u in people if u["role"] == "Admin")}
    story.leads["of a queue"] = office.new_lead(LastName="Queued", Company="Queued", OwnerId=queue)
    story.leads["of a stranger"] = office.new_lead(
        LastName="Strange", Company="Strange", OwnerId=stranger["Id"]
    )
    office.run("pull")
    office.publish(lambda sync: configured(sync, {rep["email"]: stranger["Username"]}))
    office.turn_on(outbound=True)
    linked = {
        row[0] for row in office.rows("select id from spotio.record where typeId = '1' and stageId = '4'")
    }
    office.sync("--no-pull")
    story.bill = next(pair for pair in office.pairs() if pair.spotio in linked)
    free = [
        row[0]
        for row in office.rows(
            "select id from spotio.record where typeId = '1' and _deleted_at is null and stageId <> '4' and f_100002 is not null"
            " and f_100003 is not null and id not in (select id from sync.link_member) and id not in (select unnest(spotio_ids) from sync.match_case)"
        )
    ]
    cold = [row[0] for row in office.rows("select id from spotio.record where typeId = '1' and stageId = '4' and id not in (select id from sync.link_member) and id not in (select unnest(spotio_ids) from sync.match_case)")]  # fmt: skip
    story.records = {"edited": free[0], "untouched": cold[0]}
    office.spotio.set(free[0], stageId=4)
    office.spotio.set_field(story.bill.spotio, BILL, "120.5")
    for name, values, more in (
        ("hot", {FIRST: "Hedda", LAST: "Ott", PHONE: "(303) 555-8801", ROOF: "Metal"}, {"stage": 4}),
        ("cold", {FIRST: "Cora", LAST: "Lind"}, {"stage": 1}),
        ("imported", {FIRST: "Imre", LAST: "Port"}, {"stage": 4, "source": "Import"}),
        ("no choice", {FIRST: "Nils", LAST: "Roof", ROOF: "Slate"}, {"stage": 4}),
        ("twin", {FIRST: "Tom", LAST: "Twin", COMPANY: "Twins Limited"}, {"stage": 4}),
    ):
        story.records[name] = office.new_record(values, **more)
    office.new_lead(LastName="Other", Company="Twins Limited", OwnerId=office.salesforce_user("admin@"))
    office.act("add_duplicate_rule", object="Lead", name="SameCompany", fields=["Company"], blocks=True)
    office.sync(code=1)
    story.seen = office.seen()
    bearing = {lead["SPOTIO_Id__c"]: lead for lead in story.seen.leads.values()}
    story.sent = {name: bearing.get(id, {}) for name, id in story.records.items()}
    for pair in office.pairs():
        for name, id in story.leads.items():
            if pair.salesforce == id:
                story.made[name] = story.seen.records[pair.spotio]
    for name in ("cold", "imported", "untouched", "no choice", "twin"):
        story.told[name] = story.why(name)
    return story


@pytest.mark.requirement("SF-08", "SF-02")
@pytest.mark.rule("T-03")
def test_only_what_a_named_filter_takes_is_sent_and_only_what_people_made_or_changed(
    outbound: Outbound,
) -> None:
    sent = {name for name, lead in outbound.sent.items() if lead}
    assert sent == {"hot", "edited", "no choice"}
    lead = outbound.sent["hot"]
    assert (lead["FirstName"], lead["LastName"], lead["Company"]) == ("Hedda", "Ott", "Hedda Ott")
    assert (lead["Status"], lead["Tier__c"]) == ("Working - Contacted", "Metal")
    assert lead["Street"].startswith("100 Broad St")


@pytest.mark.requirement("SF-08", "SF-07", "CO-06")
@pytest.mark.parametrize(
    ("story", "text"),
    [
        ("cold", "Stage is 'New'; the filter wants Pitched."),
        ("imported", "It was not made by a person, and only such records are sent to Salesforce."),
        (
            "untouched",
            "It stood before the outbound direction was turned on, and no person changed a mapped field of it since.",
        ),
    ],
)
def test_what_is_not_sent_says_why(outbound: Outbound, story: str, text: str) -> None:
    assert outbound.told[story]["text"] == text


@pytest.mark.requirement("SF-16", "SF-17")
def test_a_choice_that_salesforce_lacks_is_left_out_and_said_and_a_duplicate_is_refused_by_the_orgs_rule(
    outbound: Outbound,
) -> None:
    assert outbound.sent["no choice"]["Tier__c"] is None
    assert outbound.told["no choice"]["text"] == "Salesforce has no choice 'Slate' for Tier."
    told = outbound.told["twin"]
    assert told["outcome"] == "blocked"
    assert "Use one of these records?" in told["text"]


@pytest.mark.requirement("SF-14", "SF-33")
@pytest.mark.rule("U-02")
def test_an_owner_whom_spotio_does_not_know_becomes_the_default_one_and_is_not_written_back(
    outbound: Outbound,
) -> None:
    assert outbound.seen.leads[outbound.leads["of a queue"]]["OwnerId"].startswith("00G")
    assert outbound.made["of a queue"]["ownerId"] == outbound.users["default"]


@pytest.mark.requirement("SF-33")
@pytest.mark.rule("U-01")
def test_a_pair_of_users_that_an_admin_names_counts_before_e_mail_addresses(outbound: Outbound) -> None:
    assert outbound.made["of a stranger"]["ownerId"] == outbound.users["rep"]


class TestUnderAChangedConfiguration:
    """A field is gone from Salesforce, a mapping came, deletions are followed, and a record left the selection."""

    @pytest.fixture(scope="class")
    @staticmethod
    def later(outbound: Outbound) -> Later:
        office, bill = outbound.office, outbound.bill
        assert bill is not None
        matched = [pair for pair in office.pairs() if pair.born == "matched"]
        pairs = {"bill": bill, "noted": matched[-1], "described": matched[-2], "deleted": matched[-3]}
        office.spotio.set_field(pairs["noted"].spotio, NOTES, "Ring twice")
        office.salesforce.update("Lead", pairs["described"].salesforce, Description="From the fair")
        office.act("remove_field", object="Lead", name="Bill__c")
        office.spotio.set_field(bill.spotio, BILL, "99")
        office.spotio.set_field(bill.spotio, COMPANY, "Without A Bill")
        hot = outbound.records["hot"]
        office.spotio.set_field(hot, COMPANY, "Last Word")
        office.spotio.set(hot, stageId=7)
        stopped = office.sync(code=1)
        told = {"bill": office.why(f"spotio:{bill.spotio}"), "hot": outbound.why("hot")}
        later = Later(pairs, stopped, office.seen(), told)
        later.published = office.publish(_mapped_anew)
        office.delete_record(pairs["deleted"].spotio)
        later.held = office.sync(code=1)
        later.filled = office.seen()
        office.sync("--no-pull", "--approve", "delete_salesforce=1", code=1)
        later.approved = office.seen()
        return later

    @pytest.mark.requirement("SF-16")
    def test_a_field_that_is_gone_stops_by_itself_and_the_rest_of_the_record_travels(
        self, later: Later
    ) -> None:
        assert later.seen.leads[later.pairs["bill"].salesforce]["Company"] == "Without A Bill"
        [stopped] = later.stopped["stopped"]
        assert stopped.startswith(
            "Monthly bill stands still. There is no field of Lead in Salesforce “Bill__c”"
        )
        assert stopped in later.told["bill"]["text"]

    @pytest.mark.requirement("SF-25")
    @pytest.mark.rule("L-06")
    def test_a_record_that_leaves_the_selection_sends_its_last_update(
        self, outbound: Outbound, later: Later
    ) -> None:
        lead = later.seen.leads[outbound.sent["hot"]["Id"]]
        assert (lead["Status"], lead["Company"]) == ("Closed - Not Converted", "Last Word")
        assert later.told["hot"]["text"].startswith(
            "It left the outbound selection; nothing is sent until it is in it again."
        )

    @pytest.mark.requirement("SF-26", "SF-23", "SF-30", "CO-13")
    @pytest.mark.rule("C-04", "C-06")
    def test_a_new_mapping_fills_links_that_stand_and_a_deletion_is_followed_once_it_is_approved(
        self, later: Later
    ) -> None:
        assert any("Notes" in text for text in later.published["changes"])
        [held] = later.held["guard"]["held"]
        assert (held["class"], held["planned"]) == ("delete_salesforce", 1)
        noted, described = later.pairs["noted"], later.pairs["described"]
        assert later.filled.leads[noted.salesforce]["Description"] == "Ring twice"
        assert later.filled.records[described.spotio][NOTES] == "From the fair"
        lead = later.pairs["deleted"].salesforce
        assert later.filled.leads[lead]["IsDeleted"] is False
        assert later.approved.leads[lead]["IsDeleted"] is True


def _mapped_anew(sync: Sync) -> None:
    sync["outbound"]["on"] = True
    sync["deletes"] = "follow"
    sync["fields"].append(
        {"spotio": "Notes", "salesforce": "lead.Description", "direction": "both", "backfill": True}
    )
    mapped(sync, "Company")["conflict"] = "ask"
