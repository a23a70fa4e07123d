"""What inside sales and the administrator go on doing in Salesforce while the sandbox runs.

Each act goes through the operations that the stand-in's own requests use; what is done, and by whom, follows from the
generator alone.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from sync.sandbox.salesforce.conversion import LeadConvert, convert
from sync.sandbox.salesforce.options import SaveOptions
from sync.sandbox.salesforce.org import Org
from sync.sandbox.world.company import Company
from sync.sandbox.world.crm.deals import CHANCES
from sync.sandbox.world.crm.leads import CONVERTED, LOST, OPEN, WORKING
from sync.sandbox.world.names import FIRST, LAST, PhoneBook, personal_mail, phone_text
from sync.sandbox.world.outcomes import contract_value

TRIES = 20
"""How often to look for a row that is still there before the turn is given up."""


class InsideSales:
    def __init__(self, company: Company, org: Org, rng: random.Random, phones: PhoneBook) -> None:
        self._org, self._rng, self._phones = org, rng, phones
        self._admin = company.people[0].salesforce_id or ""
        self._users = [person.salesforce_id or "" for person in company.people if person.job == "inside"]
        self._leads = [row["Id"] for row in company.salesforce["Lead"] if not row["IsDeleted"]]
        self._tasks = [row["Id"] for row in company.salesforce["Task"] if row["Status"] != "Completed"]
        self._opportunities = [row["Id"] for row in company.salesforce["Opportunity"]]

    @property
    def acts(self) -> dict[Callable[[], None], int]:
        """What can be done, and how often against the others."""
        return {
            self._edit_lead: 12,
            self._close_task: 6,
            self._take_lead: 3,
            self._convert_lead: 2,
            self._move_opportunity: 4,
            self._delete_lead: 1,
        }

    def _edit_lead(self) -> None:
        rng, lead = self._rng, self._pick("Lead", self._leads)
        if lead is None:
            return
        changes = rng.choice(
            (
                {"Status": rng.choice((OPEN, WORKING, LOST))},
                {"Phone": phone_text(self._phones.next(), 0)},
                {"Rating": rng.choice(("Hot", "Warm", "Cold"))},
                {"Email": personal_mail(rng, rng.choice(FIRST), rng.choice(LAST))},
            )
        )
        self._org.update("Lead", lead, changes, rng.choice(self._users))

    def _close_task(self) -> None:
        task = self._pick("Task", self._tasks)
        if task is not None:
            self._org.update("Task", task, {"Status": "Completed"}, self._rng.choice(self._users))

    def _take_lead(self) -> None:
        """Somebody called, and inside sales takes the lead down."""
        rng = self._rng
        first, last, user = rng.choice(FIRST), rng.choice(LAST), rng.choice(self._users)
        fields = {
            "FirstName": first,
            "LastName": last,
            "Company": f"{last} Household",
            "Phone": phone_text(self._phones.next(), 0),
            "LeadSource": "Phone Inquiry",
            "OwnerId": user,
        }
        self._leads.append(self._org.insert("Lead", fields, user))

    def _convert_lead(self) -> None:
        """A lead becomes an account with a contact and an opportunity, whatever looks like it already."""
        user, lead = self._rng.choice(self._users), self._pick("Lead", self._leads)
        if lead is not None:
            order = LeadConvert(lead, CONVERTED, owner_id=user)
            made = convert(self._org, order, user, SaveOptions(allow_duplicates=True))
            self._opportunities.append(made.opportunity_id or "")

    def _move_opportunity(self) -> None:
        """An opportunity comes one stage further, or to an end."""
        rng, id = self._rng, self._pick("Opportunity", self._opportunities)
        row = self._org.get("Opportunity", id) if id else None
        if row is None:
            return
        stages = list(CHANCES)
        known = stages.index(row["StageName"]) if row["StageName"] in CHANCES else 0
        changes: dict[str, Any] = {"StageName": rng.choice(stages[known + 1 :])}
        if row["Amount"] is None:
            changes["Amount"] = contract_value(rng)
        self._org.update("Opportunity", row["Id"], changes, rng.choice(self._users))

    def _delete_lead(self) -> None:
        lead = self._pick("Lead", self._leads)
        if lead is not None:
            self._org.delete("Lead", lead, self._admin)

    def _pick(self, sobject: str, ids: list[str]) -> str | None:
        """A row that is still there and open: leads not converted, tasks not closed."""
        for _ in range(TRIES if ids else 0):
            id = self._rng.choice(ids)
            row = self._org.get(sobject, id)
            if row and not row["IsDeleted"] and not row.get("IsConverted") and not row.get("IsClosed"):
                return id
        return None
