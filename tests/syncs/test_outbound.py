"""What is sent to Salesforce and what is not: whose records, which stages, who owns them, and what Salesforce would not take.

One office; a first run after the turn-on of the outbound direction, and a second under a changed configuration.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.syncs.conftest import Opener
from tests.syncs.office import COMPANY, FIRST, LAST, PHONE, Office, Pair, Sync, mapped

ROOF, NOTES, BILL = "21", "26", "23"
PITCHED = {"all": [{"field": "stage", "is": "equals", "value": ["Pitched"]}]}


@dataclass
class Outbound:
    """The office, SPOTIO's records by story, leads by story, and what the runs reported."""

    office: Office
    records: dict[str, str] = field(default_factory=dict)
    leads: dict[str, str] = field(default_factory=dict)
    pairs: dict[str, Pair] = field(default_factory=dict)
    first: Any = None
    sent: dict[str, dict[str, Any]] = field(default_factory=dict)  # the lead of a record after the first run

    def why(self, story: str) -> Any:
        return self.office.why(f"spotio:{self.records[story]}")


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
    rep = next(u for u in office.state()[1]["users"] if u["role"] != "Admin" and u["status"] == "active")
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
    pairs = office.pairs()
    story.pairs["bill"] = next(pair for pair in pairs if pair.spotio in linked)
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
    office.spotio.set_field(story.pairs["bill"].spotio, BILL, "120.5")
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
    story.first = office.sync(code=1)
    for name, id in story.records.items():
        story.sent[name] = next(
            (lead for lead in office.state()[0]["Lead"] if lead["SPOTIO_Id__c"] == id), {}
        )
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
    assert outbound.why(story)["text"] == text


@pytest.mark.requirement("SF-16", "SF-17")
def test_a_choice_that_salesforce_lacks_is_left_out_and_said_and_a_duplicate_is_refused_by_the_orgs_rule(
    outbound: Outbound,
) -> None:
    assert outbound.sent["no choice"]["Tier__c"] is None
    assert outbound.why("no choice")["text"] == "Salesforce has no choice 'Slate' for Tier."
    told = outbound.why("twin")
    assert told["outcome"] == "blocked"
    assert "Use one of these records?" in told["text"]


@pytest.mark.requirement("SF-14", "SF-33")
@pytest.mark.rule("U-02")
def test_an_owner_whom_spotio_does_not_know_becomes_the_default_one_and_is_not_written_back(
    outbound: Outbound,
) -> None:
    office = outbound.office
    pair = office.pair_of(outbound.leads["of a queue"])
    default = next(u for u in office.state()[1]["users"] if u["role"] == "Admin")
    owner = office.record(pair.spotio)["ownerId"]
    assert office.lead(pair.salesforce)["OwnerId"].startswith("00G")
    assert owner == default["id"]


@pytest.mark.requirement("SF-33")
@pytest.mark.rule("U-01")
def test_a_pair_of_users_that_an_admin_names_counts_before_e_mail_addresses(outbound: Outbound) -> None:
    office = outbound.office
    rep = next(u for u in office.state()[1]["users"] if u["role"] != "Admin" and u["status"] == "active")
    pair = office.pair_of(outbound.leads["of a stranger"])
    assert office.record(pair.spotio)["ownerId"] == rep["id"]


class TestUnderAChangedConfiguration:
    """A field is gone from Salesforce, a mapping came, deletions are followed, and a record left the selection."""

    @pytest.fixture(scope="class")
    @staticmethod
    def later(outbound: Outbound) -> Outbound:
        office = outbound.office
        pairs = [pair for pair in office.pairs() if pair.born == "matched"]
        outbound.pairs |= {"noted": pairs[-1], "described": pairs[-2], "deleted": pairs[-3]}
        office.spotio.set_field(outbound.pairs["noted"].spotio, NOTES, "Ring twice")
        office.salesforce.update("Lead", outbound.pairs["described"].salesforce, Description="From the fair")
        office.act("remove_field", object="Lead", name="Bill__c")
        office.spotio.set_field(outbound.pairs["bill"].spotio, BILL, "99")
        office.spotio.set_field(outbound.pairs["bill"].spotio, COMPANY, "Without A Bill")
        hot = outbound.records["hot"]
        office.spotio.set_field(hot, COMPANY, "Last Word")
        office.spotio.set(hot, stageId=7)
        outbound.first = office.sync(code=1)
        return outbound

    @pytest.mark.requirement("SF-16")
    def test_a_field_that_is_gone_stops_by_itself_and_the_rest_of_the_record_travels(
        self, later: Outbound
    ) -> None:
        office, pair = later.office, later.pairs["bill"]
        assert office.lead(pair.salesforce)["Company"] == "Without A Bill"
        [stopped] = later.first["stopped"]
        assert stopped.startswith(
            "Monthly bill stands still. There is no field of Lead in Salesforce “Bill__c”"
        )
        assert stopped in office.why(f"spotio:{pair.spotio}")["text"]

    @pytest.mark.requirement("SF-25")
    @pytest.mark.rule("L-06")
    def test_a_record_that_leaves_the_selection_sends_its_last_update(self, later: Outbound) -> None:
        office = later.office
        lead = office.lead(office.pair_of(later.records["hot"]).salesforce)
        assert (lead["Status"], lead["Company"]) == ("Closed - Not Converted", "Last Word")
        assert later.why("hot")["text"].startswith(
            "It left the outbound selection; nothing is sent until it is in it again."
        )

    @pytest.mark.requirement("SF-26", "SF-23", "SF-30", "CO-13")
    @pytest.mark.rule("C-04", "C-06")
    def test_a_new_mapping_fills_links_that_stand_and_a_deletion_is_followed_once_it_is_approved(
        self, later: Outbound
    ) -> None:
        office = later.office

        def changed(sync: Sync) -> None:
            sync["outbound"]["on"] = True
            sync["deletes"] = "follow"
            sync["fields"].append(
                {"spotio": "Notes", "salesforce": "lead.Description", "direction": "both", "backfill": True}
            )
            mapped(sync, "Company")["conflict"] = "ask"

        published = office.publish(changed)
        assert any("Notes" in text for text in published["changes"])
        office.delete_record(later.pairs["deleted"].spotio)
        report = office.sync(code=1)
        [held] = report["guard"]["held"]
        assert (held["class"], held["planned"]) == ("delete_salesforce", 1)
        noted, described = later.pairs["noted"], later.pairs["described"]
        assert office.lead(noted.salesforce)["Description"] == "Ring twice"
        assert office.record(described.spotio)[NOTES] == "From the fair"
        lead = later.pairs["deleted"].salesforce
        assert [each["IsDeleted"] for each in office.state()[0]["Lead"] if each["Id"] == lead] == [False]
        office.sync("--no-pull", "--approve", "delete_salesforce=1", code=1)
        assert [each["IsDeleted"] for each in office.state()[0]["Lead"] if each["Id"] == lead] == [True]
