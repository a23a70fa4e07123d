"""Accounts with their contact and opportunity, and the opportunity's way through its stages."""

from __future__ import annotations

import random

from sync.sandbox.world.company import DAY, HOUR, MINUTE, Activity, Instant, Record
from sync.sandbox.world.crm.desk import Desk
from sync.sandbox.world.crm.leads import INSIDE_SOURCES, SOURCES, Leads
from sync.sandbox.world.crm.rows import Row, account_row, contact_row, day, history_row, stamps
from sync.sandbox.world.crm.variants import Party
from sync.sandbox.world.ids import SalesforceIds
from sync.sandbox.world.instants import salesforce_text
from sync.sandbox.world.outcomes import contract_value
from sync.sandbox.world.stages import LOST, WON

CHANCES = {
    "Prospecting": (10, "Pipeline"),
    "Qualification": (10, "Pipeline"),
    "Proposal/Price Quote": (75, "Pipeline"),
    "Closed Won": (100, "Closed"),
    "Closed Lost": (0, "Omitted"),
}
"""Per cent and forecast category of the stages used here, as the org's OpportunityStage rows have them."""

CONVERTED_SHARE = 0.6
"""Accounts that were a lead in Salesforce first."""

Step = tuple[Instant, str, float | None]
"""When an opportunity came to which stage, with what amount."""


class Deals:
    def __init__(self, rng: random.Random, ids: SalesforceIds, desk: Desk) -> None:
        self._rng, self._ids, self._desk = rng, ids, desk
        self.accounts: list[Row] = []
        self.contacts: list[Row] = []
        self.opportunities: list[Row] = []
        self.roles: list[Row] = []
        self.stages: list[Row] = []
        self.history: list[Row] = []
        self._accounts: dict[Record, Row] = {}
        self._begun: dict[str, Instant] = {}
        self._opportunities: dict[str, str] = {}

    def add(self, record: Record, party: Party, moves: list[Activity], born: Instant, leads: Leads) -> Row:
        """The account of a record of SPOTIO; returns its row."""
        rng, desk = self._rng, self._desk
        owner = desk.owner(record.owner)
        steps = _steps(record, moves, born, rng)
        converted = record.kind == "Lead" and rng.random() < CONVERTED_SHARE
        begins = max(born + MINUTE, steps[0][0]) if converted and steps else born
        kind = "Customer - Direct" if record.stage in WON else "Prospect"
        account, contact = self._party(party, owner, kind, SOURCES[record.source], begins)
        if steps:
            steps = [(max(at, begins), stage, amount) for at, stage, amount in steps]
            opportunity = self._opportunity(account, contact, party, owner, steps)
            if converted:
                leads.convert(record, party, born, begins, account["Id"], contact["Id"], opportunity["Id"])
        self._accounts[record] = account
        return account

    def account_of(self, record: Record) -> Row | None:
        return self._accounts.get(record)

    def opportunity_of(self, record: Record) -> str | None:
        """The id of the opportunity of a record's account."""
        account = self._accounts.get(record)
        return self._opportunities.get(account["Id"]) if account else None

    def join(self, record: Record, account: Row, party: Party, born: Instant, leads: Leads) -> None:
        """Another person of the household: a lead converted into the account that is there already."""
        owner = account["OwnerId"]
        at = max(born, self._begun[account["Id"]]) + MINUTE
        contact = contact_row(
            self._ids.next("Contact"),
            account["Id"],
            party,
            owner,
            SOURCES[record.source],
            stamps(at, owner, at, owner, at),
        )
        self.contacts.append(contact)
        leads.convert(record, party, born, at, account["Id"], contact["Id"], None)

    def add_inside(self, party: Party, born: Instant) -> Row:
        """An account that only inside sales works on."""
        rng, now = self._rng, self._desk.now
        owner = rng.choice(self._desk.inside)
        account, contact = self._party(party, owner, "Prospect", rng.choice(INSIDE_SOURCES), born)
        if rng.random() < 0.7:
            steps: list[Step] = [(born, "Prospecting", None)]
            for stage in ("Qualification", "Proposal/Price Quote", rng.choice(("Closed Won", "Closed Lost"))):
                at = steps[-1][0] + rng.randrange(DAY, 20 * DAY)
                if at >= now - HOUR or rng.random() < 0.15:
                    break
                steps.append((at, stage, float(contract_value(rng)) if stage[0] == "P" else steps[-1][2]))
            self._opportunity(account, contact, party, owner, steps)
        return account

    def _party(self, party: Party, owner: str, kind: str, source: str, born: Instant) -> tuple[Row, Row]:
        rng, now = self._rng, self._desk.now
        modified = rng.randrange(born, now) if rng.random() < 0.25 else born
        written = stamps(born, owner, modified, owner, modified)
        account = account_row(self._ids.next("Account"), party, owner, kind, source, written)
        written = stamps(born, owner, born, owner, born)
        contact = contact_row(self._ids.next("Contact"), account["Id"], party, owner, source, written)
        self.accounts.append(account)
        self.contacts.append(contact)
        self._begun[account["Id"]] = born
        return account, contact

    def _opportunity(self, account: Row, contact: Row, party: Party, owner: str, steps: list[Step]) -> Row:
        id = self._ids.next("Opportunity")
        born, (changed, stage, amount) = steps[0][0], steps[-1]
        closes = day(changed if stage.startswith("Closed") else self._desk.now + 30 * DAY)
        row = {
            "Id": id,
            "IsDeleted": False,
            "AccountId": account["Id"],
            "RecordType.DeveloperName": "New_Business",
            "Name": f"{account['Name']} - Solar",
            "StageName": stage,
            "Amount": amount,
            "Probability": CHANCES[stage][0],
            "ForecastCategoryName": CHANCES[stage][1],
            "CloseDate": closes,
            "Type": "New Customer",
            "LeadSource": account["AccountSource"],
            "OwnerId": owner,
            "LastStageChangeDate": salesforce_text(changed) if len(steps) > 1 else None,
            "LastActivityDate": None,
            **stamps(born, owner, changed, owner, changed),
        }
        self.opportunities.append(row)
        self._opportunities[account["Id"]] = id
        self.roles.append(
            {
                "Id": self._ids.next("OpportunityContactRole"),
                "OpportunityId": id,
                "ContactId": contact["Id"],
                "Role": "Decision Maker" if party.business else None,
                "IsPrimary": True,
                **stamps(born, owner, born, owner, born),
                "IsDeleted": False,
            }
        )
        self._walk(id, owner, steps, closes)
        return row

    def _walk(self, id: str, owner: str, steps: list[Step], closes: str) -> None:
        """One row of stage facts for each step, and field history from the second one on."""
        self._keep(id, steps[0][0], owner, "created", None, None, None)
        before: Step | None = None
        for at, stage, amount in steps:
            chance, category = CHANCES[stage]
            self.stages.append(
                {
                    "Id": self._ids.next("OpportunityHistory"),
                    "OpportunityId": id,
                    "CreatedById": owner,
                    "CreatedDate": salesforce_text(at),
                    "StageName": stage,
                    "Amount": amount,
                    "ExpectedRevenue": None if amount is None else amount * chance / 100,
                    "CloseDate": closes,
                    "Probability": chance,
                    "ForecastCategory": category,
                    "PrevAmount": before and before[2],
                    "PrevCloseDate": before and closes,
                    "SystemModstamp": salesforce_text(at),
                    "IsDeleted": False,
                }
            )
            if before:
                self._keep(id, at, owner, "StageName", "DynamicEnum", before[1], stage)
                if amount != before[2]:
                    self._keep(id, at, owner, "Amount", "Currency", before[2], amount)
            before = (at, stage, amount)

    def _keep(
        self,
        id: str,
        at: Instant,
        by: str,
        field: str,
        kind: str | None,
        was: str | float | None,
        now: str | float | None,
    ) -> None:
        entry = self._ids.next("OpportunityFieldHistory")
        self.history.append(history_row(entry, "OpportunityId", id, at, by, field, kind, was, now))


def _steps(record: Record, moves: list[Activity], born: Instant, rng: random.Random) -> list[Step]:
    """The opportunity as SPOTIO's stage moves tell it; empty where there is none."""
    amount = record.value or (float(contract_value(rng)) if record.stage in WON else None)
    names = {
        "Appointment set": "Qualification",
        "Pitched": "Proposal/Price Quote",
        "In discussion": "Qualification",
    }
    names |= dict.fromkeys(WON, "Closed Won") | dict.fromkeys(LOST, "Closed Lost")
    steps: list[Step] = []
    for move in moves:
        stage = names.get(move.now)
        # What was lost at the door before anybody talked about money never was an opportunity.
        if stage is None or (stage == "Closed Lost" and not steps) or (steps and steps[-1][1] == stage):
            continue
        if not steps:
            steps.append((move.at, "Prospecting", None))
        at = move.at + 2 * MINUTE
        steps.append((at, stage, amount if stage != "Qualification" else None))
    if not steps and record.stage == "Customer":
        steps = [(born, "Closed Won", amount)]
    return steps
