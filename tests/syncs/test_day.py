"""A day of work on both sides of a sync that is on, and what its runs make of it.

The edits are made once, each on a pair of its own, and the runs are shared: one that a guard holds in part, one that is
approved, one after people have decided, and one that brings a loser back. The tests read what was seen on the way.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.syncs.conftest import Opener
from tests.syncs.office import COMPANY, EMAIL, FIRST, INDUSTRY, LAST, PHONE, Office, Pair, Seen, Sync, mapped

REFUSED = ("validation", "no right")


@dataclass
class Day:
    """The office, each story's pair, what both sides held before the edits and after the approved run, and what was told.

    What `why` tells and which pair a new record has come to belong to was asked after that run, too.
    """

    office: Office
    pairs: dict[str, Pair] = field(default_factory=dict)
    before: Seen = field(default_factory=lambda: Seen({}, {}))
    after: Seen = field(default_factory=lambda: Seen({}, {}))
    known: list[dict[str, Any]] = field(default_factory=list)  # who belongs together, as the company knows
    linked: set[tuple[str, str]] = field(default_factory=set)  # who was linked as they were
    made: set[str] = field(default_factory=set)  # leads that SPOTIO got a record of in the first run
    first: Any = None
    held: Any = None
    approved: Any = None
    conflicts: list[dict[str, Any]] = field(default_factory=list)
    failures: list[dict[str, Any]] = field(default_factory=list)
    why: dict[str, Any] = field(default_factory=dict)
    changes: list[list[Any]] = field(default_factory=list)  # how often a record was updated in SPOTIO
    new_lead: str = ""
    new_record: str = ""
    nameless: str = ""

    def was(self, story: str) -> dict[str, Any]:
        """The story's lead before anybody edited it."""
        return self.before.leads[self.pairs[story].salesforce]

    def lead(self, story: str) -> dict[str, Any]:
        return self.after.leads[self.pairs[story].salesforce]

    def record(self, story: str) -> dict[str, Any]:
        return self.after.records[self.pairs[story].spotio]

    def conflict(self, story: str) -> dict[str, Any]:
        return next(each for each in self.conflicts if each["link"] == self.pairs[story].link)


@dataclass
class Evening:
    """What people decided of the day came to: both sides after the run that followed, and after the loser was back."""

    day: Day
    decided: Seen
    links: set[str]
    report: Any
    failures: list[dict[str, Any]]
    listed: list[dict[str, Any]] = field(default_factory=list)  # of those, after one is ignored
    ignored: list[dict[str, Any]] = field(default_factory=list)
    restored: Seen = field(default_factory=lambda: Seen({}, {}))

    def both(self, seen: Seen, story: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """(record, lead) of a story."""
        pair = self.day.pairs[story]
        return seen.records[pair.spotio], seen.leads[pair.salesforce]


def configured(sync: Sync) -> None:
    sync["outbound"]["on"] = True
    mapped(sync, "Phone")["conflict"] = "ask"
    mapped(sync, "Email")["conflict"] = "spotio"
    mapped(sync, "Industry")["blanks"] = "clear"
    sync["guard"]["share"] = 0.1  # of 64 pairs: seven updates of Salesforce trip it, four of SPOTIO do not


@pytest.fixture(scope="module")
def day(open_office: Opener) -> Day:
    """Turned on, edited on both sides, run, approved."""
    office = open_office()
    office.publish(configured)
    day = Day(office, known=office.belonging_together())
    office.turn_on(outbound=True)
    day.first = office.sync("--no-pull")
    pairs = office.pairs()
    day.linked = {(pair.spotio, pair.salesforce) for pair in pairs if pair.born == "matched"}
    day.made = {pair.salesforce for pair in pairs if pair.born == "salesforce"}
    _work(day)
    day.held = office.sync(code=1)
    planned = next(held["planned"] for held in day.held["guard"]["held"])
    day.approved = office.sync("--no-pull", "--approve", f"update_salesforce={planned}", code=1)
    day.after = office.seen()
    day.conflicts = office.run("conflicts")
    day.failures = office.run("failures")
    for story, pair in day.pairs.items():
        if story in (
            "unmapped",
            "too long",
            "ask",
            "deleted in Salesforce",
            "deleted and edited",
            "locked",
            *REFUSED,
        ):
            day.why[story] = office.why(f"spotio:{pair.spotio}")
    day.why["nameless"] = office.why(f"spotio:{day.nameless}")
    day.changes = office.rows(
        "select count(*) from history.change where system = 'spotio' and operation = 'update'"
        f" and id = '{day.pairs['edited in Salesforce'].spotio}'"
    )
    for pair in office.pairs():
        if pair.salesforce == day.new_lead:
            day.pairs["new lead"] = pair
        if pair.spotio == day.new_record:
            day.pairs["new record"] = pair
    return day


def _work(day: Day) -> None:
    office, salesforce, spotio = day.office, day.office.salesforce, day.office.spotio
    day.before = office.seen()
    pairs = office.pairs()
    made = [pair for pair in pairs if pair.born == "salesforce"]
    matched = [pair for pair in pairs if pair.born == "matched"]

    def story(name: str, among: list[Pair] = matched) -> Pair:
        day.pairs[name] = among.pop(0)
        return day.pairs[name]

    def in_salesforce(name: str, **fields: Any) -> None:
        salesforce.update("Lead", day.pairs[name].salesforce, **fields)

    def in_spotio(name: str, field: str, value: str) -> None:
        spotio.set_field(day.pairs[name].spotio, field, value)

    story("edited in Salesforce", made)
    in_salesforce("edited in Salesforce", Company="Kestrel Works", Title="Owner")
    story("edited in SPOTIO", made)
    in_spotio("edited in SPOTIO", COMPANY, "Heron Works")
    made.sort(key=lambda pair: day.before.leads[pair.salesforce]["Phone"] is None)
    story("emptied", made)
    in_salesforce("emptied", Phone=None)
    story("stage")
    spotio.set(day.pairs["stage"].spotio, stageId=4)
    story("status")
    in_salesforce("status", Status="Closed - Not Converted")
    office.act("add_picklist_value", object="Lead", name="Status", value="Nurturing", label="Nurturing")
    story("unmapped")
    in_salesforce("unmapped", Status="Nurturing")
    story("ask")
    in_salesforce("ask", Phone="(303) 555-7001")
    in_spotio("ask", PHONE, "(303) 555-7002")
    story("SPOTIO is newer")
    in_salesforce("SPOTIO is newer", Company="Old Name")
    story("Salesforce is newer")
    in_spotio("Salesforce is newer", COMPANY, "Old Name")
    office.later(1000)
    in_spotio("SPOTIO is newer", COMPANY, "New Name")
    in_salesforce("Salesforce is newer", Company="New Name")
    story("at once")
    in_salesforce("at once", Company="One Name")
    in_spotio("at once", COMPANY, "Another Name")
    story("SPOTIO wins")
    in_salesforce("SPOTIO wins", Email="in.salesforce@example.com")
    in_spotio("SPOTIO wins", EMAIL, "in.spotio@example.com")
    story("Salesforce wins")
    in_salesforce("Salesforce wins", Industry="Retail")
    in_spotio("Salesforce wins", INDUSTRY, "Chemicals")
    story("too long")
    in_spotio("too long", COMPANY, "x" * 300)
    story("deleted in Salesforce")
    salesforce.delete("Lead", day.pairs["deleted in Salesforce"].salesforce)
    story("deleted in SPOTIO")
    office.delete_record(day.pairs["deleted in SPOTIO"].spotio)
    story("deleted and edited")
    salesforce.delete("Lead", day.pairs["deleted and edited"].salesforce)
    in_spotio("deleted and edited", COMPANY, "Edited After")
    office.act(
        "add_validation_rule", object="Lead", name="NoAcme", condition="Company = 'Acme'",
        message="Acme is no customer of ours.", field="Company",
    )  # fmt: skip
    story("validation")
    in_spotio("validation", COMPANY, "Acme")
    office.act("lock_row", id=story("locked").salesforce)
    in_spotio("locked", COMPANY, "Locked Out")
    user = office.salesforce_user("sync@")
    office.act("restrict_record", user_id=user, id=story("no right").salesforce, access="read")
    in_spotio("no right", COMPANY, "No Right")
    day.new_lead = office.new_lead(
        FirstName="Nova", LastName="Quillon", Company="Quillon", Phone="(303) 555-9911"
    )
    day.new_record = office.new_record({FIRST: "Ulla", PHONE: "(303) 555-9922"}, stage=4)
    day.nameless = office.new_record({PHONE: "(303) 555-9933"})


def filled(lead: dict[str, Any]) -> dict[str, Any]:
    """A lead without what moves with every write."""
    moving = ("LastModifiedDate", "SystemModstamp", "LastModifiedById", "attributes", "Name", "Address")
    return {name: value for name, value in lead.items() if name not in moving and "View" not in name}


@pytest.mark.requirement("SF-27")
@pytest.mark.rule("L-01", "L-02")
def test_who_is_on_both_sides_is_linked_and_nobody_with_a_stranger(day: Day) -> None:
    true = {(pair["dataObjectId"], pair["id"]) for pair in day.known}
    wanted = {(pair["dataObjectId"], pair["id"]) for pair in day.known if not pair["copy"]}
    assert day.linked <= true
    assert len(day.linked & wanted) >= 0.95 * len(wanted)


@pytest.mark.requirement("SF-07")
@pytest.mark.rule("T-03")
def test_turning_the_outbound_direction_on_exports_no_history(day: Day) -> None:
    assert day.made
    assert day.first["counts"]["written"] == len(day.made)
    bearing = {lead["SPOTIO_Id__c"] for lead in day.after.leads.values()} - {None}
    assert bearing == {day.new_record}


@pytest.mark.requirement("SF-21", "SF-09")
def test_an_edit_in_salesforce_updates_the_mapped_field_in_spotio_and_nothing_else(day: Day) -> None:
    record = day.record("edited in Salesforce")
    assert record[COMPANY] == "Kestrel Works"
    assert "Owner" not in {each["value"] for each in record["fields"]}
    assert day.changes == [[1]]


@pytest.mark.requirement("SF-09")
@pytest.mark.rule("T-03")
def test_an_edit_in_spotio_changes_that_field_of_the_lead_and_no_other(day: Day) -> None:
    before = filled(day.was("edited in SPOTIO"))
    assert filled(day.lead("edited in SPOTIO")) == {**before, "Company": "Heron Works"}


@pytest.mark.requirement("SF-19")
def test_a_stage_becomes_a_status_and_a_status_a_stage(day: Day) -> None:
    assert day.lead("stage")["Status"] == "Working - Contacted"
    assert day.record("status")["stageId"] == "7"


@pytest.mark.requirement("SF-10", "CO-06")
def test_a_value_without_a_counterpart_is_reported_and_not_guessed(day: Day) -> None:
    assert day.record("unmapped")["stageId"] == day.before.records[day.pairs["unmapped"].spotio]["stageId"]
    assert day.lead("unmapped")["Status"] == "Nurturing"
    told = day.why["unmapped"]
    assert (told["outcome"], told["text"]) == (
        "blocked",
        "Status is 'Nurturing' and has no counterpart in SPOTIO.",
    )
    assert told["first_failure"]["change"] == "Add it to the value map of Status."


@pytest.mark.requirement("SF-24")
def test_a_field_that_both_changed_waits_with_both_values_and_who_changed_them_when(day: Day) -> None:
    conflict = day.conflict("ask")
    assert (conflict["field"], conflict["spotio"], conflict["salesforce"]) == (
        "Phone",
        "(303) 555-7002",
        "(303) 555-7001",
    )
    assert conflict["changed_by"] == {"spotio": "Vivian Thorne", "salesforce": "Alex Admin"}
    assert all(conflict["changed_at"].values())
    assert conflict["proposed"] is None
    assert day.why["ask"]["text"].startswith("Phone was changed on both sides:")


@pytest.mark.requirement("SF-24")
@pytest.mark.rule("F-05")
def test_the_newest_wins_whichever_side_it_is_on_and_changes_at_once_are_asked_about(day: Day) -> None:
    for story in ("SPOTIO is newer", "Salesforce is newer"):
        assert (day.lead(story)["Company"], day.record(story)[COMPANY]) == ("New Name", "New Name")
    assert (day.lead("at once")["Company"], day.record("at once")[COMPANY]) == ("One Name", "Another Name")
    assert day.conflict("at once")["why"] == "The newest wins, but both changed within one poll."


@pytest.mark.requirement("SF-24")
def test_each_side_wins_where_the_mapping_says_so(day: Day) -> None:
    assert day.lead("SPOTIO wins")["Email"] == day.record("SPOTIO wins")[EMAIL] == "in.spotio@example.com"
    assert day.lead("Salesforce wins")["Industry"] == day.record("Salesforce wins")[INDUSTRY] == "Retail"


@pytest.mark.requirement("SF-26")
def test_an_emptied_value_empties_nothing_unless_the_mapping_says_so(day: Day) -> None:
    assert day.lead("emptied")["Phone"] is None
    assert day.record("emptied")[PHONE] == day.was("emptied")["Phone"]


@pytest.mark.requirement("SF-16", "CO-06")
def test_what_salesforce_would_not_take_is_not_sent_and_said(day: Day) -> None:
    assert day.lead("too long")["Company"] == day.was("too long")["Company"]
    told = day.why["too long"]
    assert told["text"] == "Company has 300 characters; Salesforce takes 255 of Company."
    assert told["first_failure"]["change"] == "Shorten Company to 255 characters."


@pytest.mark.requirement("SF-17")
@pytest.mark.parametrize(
    ("story", "reason"),
    [
        ("validation", "Acme is no customer of ours."),
        ("no right", "insufficient access rights on object id"),
    ],
)
def test_what_salesforce_refuses_is_said_of_that_record_in_its_words_and_the_rest_goes_on(
    day: Day, story: str, reason: str
) -> None:
    pair = day.pairs[story]
    [failure] = [each for each in day.failures if each["link"] == pair.link]
    assert reason in failure["text"]
    assert day.why[story]["outcome"] == "blocked"
    assert reason in day.why[story]["text"]
    assert day.lead(story)["Company"] == day.was(story)["Company"]


@pytest.mark.requirement("SF-30")
@pytest.mark.rule("C-06")
def test_a_guard_holds_the_class_that_trips_and_lets_the_others_go_on(day: Day) -> None:
    [held] = day.held["guard"]["held"]
    assert (held["class"], held["limit"], held["allowed"]) == ("update_salesforce", "share", 0)
    assert day.held["counts"]["written"] > 0  # what goes to SPOTIO
    assert day.approved["counts"]["written"] > 0
    assert day.approved["guard"]["held"] == []


@pytest.mark.requirement("SF-17")
def test_a_run_counts_each_pair_that_is_blocked_once(day: Day) -> None:
    assert day.held["counts"]["blocked"] == 3  # unmapped, too long, nameless
    assert day.approved["counts"]["failed"] == len(REFUSED)


@pytest.mark.requirement("SF-17")
def test_a_run_says_of_each_record_that_is_blocked_or_refused_why(day: Day) -> None:
    told = {
        (each["link"] or each["id"]): each for each in day.held["records"] if each["outcome"] == "blocked"
    }
    for story in ("unmapped", "too long"):
        assert told[day.pairs[story].link]["text"] == day.why[story]["text"]
    assert day.nameless in told
    refused = {each["id"]: each["text"] for each in day.approved["records"] if each["outcome"] == "failed"}
    assert refused == {day.pairs[story].salesforce: day.why[story]["text"] for story in REFUSED}


@pytest.mark.requirement("SF-02", "SF-09")
@pytest.mark.rule("L-05", "F-04")
def test_a_new_record_becomes_a_lead_with_what_salesforce_requires_and_bears_its_id(day: Day) -> None:
    lead, record = day.lead("new record"), day.record("new record")
    assert (lead["LastName"], lead["Company"]) == ("Resident", "Ulla")
    assert (lead["Phone"], lead["Status"]) == ("(303) 555-9922", "Working - Contacted")
    assert lead["SPOTIO_Id__c"] == day.new_record
    # What filled the lead does not come back as an edit.
    assert not record.get(LAST)
    assert not record.get(COMPANY)


@pytest.mark.requirement("SF-16", "CO-06")
def test_a_record_that_lacks_what_salesforce_requires_is_not_sent_and_says_what_is_missing(day: Day) -> None:
    told = day.why["nameless"]
    assert (told["outcome"], told["text"]) == (
        "blocked",
        "Salesforce requires Company, and there is no value for it.",
    )


@pytest.mark.requirement("SF-17", "CO-06")
def test_a_locked_lead_is_left_for_the_next_run_and_the_reason_is_said(day: Day) -> None:
    assert day.lead("locked")["Company"] == day.was("locked")["Company"]
    assert "unable to obtain exclusive access to this record" in day.why["locked"]["text"]
    [waiting] = day.approved["waiting"]
    assert day.pairs["locked"].salesforce in waiting
    assert day.approved["counts"]["skipped"] == 1


@pytest.mark.requirement("SF-05")
def test_a_new_lead_becomes_a_record(day: Day) -> None:
    record = day.record("new lead")
    assert (record["name"], record["externalDataObjectId"]) == ("Nova Quillon", day.new_lead)


@pytest.mark.requirement("SF-23")
@pytest.mark.rule("C-04")
def test_a_deletion_is_reported_and_followed_by_nothing_and_one_that_meets_an_edit_is_a_conflict(
    day: Day,
) -> None:
    assert day.record("deleted in Salesforce")["id"]
    assert day.lead("deleted in SPOTIO")["IsDeleted"] is False
    assert day.why["deleted in Salesforce"]["text"] == "It is deleted in Salesforce."
    assert day.why["deleted and edited"]["text"] == (
        "It was deleted in Salesforce and edited in SPOTIO since they agreed."
    )
    assert day.conflict("deleted and edited")["unit"] == "deletion"
    leads = [lead for lead in day.after.leads.values() if not lead["IsDeleted"]]
    assert not [lead for lead in leads if lead["SPOTIO_Id__c"] == day.pairs["deleted and edited"].spotio]


class TestAfterPeopleDecided:
    """The same day's evening: conflicts resolved, refused writes retried, ignored, assigned, and what was deleted restored."""

    @pytest.fixture(scope="class")
    @staticmethod
    def evening(day: Day) -> Evening:
        office = day.office
        office.run("resolve", day.conflict("ask")["id"], "--take", "spotio")
        office.run("resolve", day.conflict("at once")["id"], "--value", "A Third Name")
        office.run("resolve", day.conflict("deleted and edited")["id"], "--take", "spotio")
        office.act("undelete", id=day.pairs["deleted in Salesforce"].salesforce)
        office.act("restore_record", system=1, id=day.pairs["deleted in SPOTIO"].spotio)
        office.act("remove_rule", name="NoAcme")
        office.act("unlock_row", id=day.pairs["locked"].salesforce)
        failure = {each["link"]: each["write"] for each in day.failures}
        office.run("retry", failure[day.pairs["validation"].link])
        office.run("assign", failure[day.pairs["no right"].link], "--to", "kim@example.com")
        report = office.sync(code=1)
        links = {pair.link for pair in office.pairs()}
        evening = Evening(day, office.seen(), links, report, office.run("failures"))
        ignored = f"spotio:{day.pairs['no right'].spotio}"
        office.run("ignore", ignored, "--note", "a record of the board's")
        evening.listed = office.run("failures")
        evening.ignored = office.run("failures", "--ignored")
        office.run("resolve", day.conflict("ask")["id"], "--restore")
        office.sync(code=1)
        evening.restored = office.seen()
        return evening

    @pytest.mark.requirement("SF-24")
    def test_what_a_person_decided_is_written(self, evening: Evening) -> None:
        record, lead = evening.both(evening.decided, "ask")
        assert lead["Phone"] == record[PHONE] == "(303) 555-7002"
        record, lead = evening.both(evening.decided, "at once")
        assert lead["Company"] == record[COMPANY] == "A Third Name"

    @pytest.mark.requirement("SF-23")
    def test_what_was_deleted_revives_its_link_when_it_comes_back(self, evening: Evening) -> None:
        assert evening.day.pairs["deleted in Salesforce"].link in evening.links
        assert evening.day.pairs["deleted in SPOTIO"].link in evening.links

    @pytest.mark.requirement("SF-28")
    def test_a_refused_write_goes_again_when_it_is_let_go_and_not_before(self, evening: Evening) -> None:
        companies = [evening.both(evening.decided, story)[1]["Company"] for story in ("validation", "locked")]
        assert companies == ["Acme", "Locked Out"]  # the locked one was no refusal
        [left] = evening.failures
        assert (left["link"], left["assigned"], left["times"]) == (
            evening.day.pairs["no right"].link,
            "kim@example.com",
            1,
        )
        assert evening.listed == []
        [ignored] = evening.ignored
        assert ignored["ignored"] == "a record of the board's"

    @pytest.mark.requirement("SF-17")
    def test_a_locked_lead_is_tried_once_in_a_run_and_written_by_the_next(self, evening: Evening) -> None:
        day, (_, lead) = evening.day, evening.both(evening.decided, "locked")
        assert [day.pairs["locked"].salesforce in text for text in day.approved["waiting"]] == [True]
        assert day.approved["counts"]["skipped"] == 1
        assert evening.report["waiting"] == []
        assert lead["Company"] == "Locked Out"

    @pytest.mark.requirement("SF-24")
    def test_the_loser_of_a_conflict_can_be_brought_back(self, evening: Evening) -> None:
        record, lead = evening.both(evening.restored, "ask")
        assert lead["Phone"] == record[PHONE] == "(303) 555-7001"
