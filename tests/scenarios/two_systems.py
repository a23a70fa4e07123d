"""SPOTIO and Salesforce as people use them: each person with a token of their own, editing through the real APIs.

Nothing here knows of the sync. Mapped fields are called by SPOTIO's names; values are what a person would see.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from sync.sandbox.server import Sandbox
from sync.sandbox.world.scale import Scale
from tests.scenarios.company import DATA, Row, System

# A company with its people and hardly any record: each history brings its own.
BARE = Scale("bare", reps=4, teams=1, records=0, activities=0)


@dataclass(frozen=True)
class Pair:
    """A field on both sides: SPOTIO's name and field id (or member of the record), Salesforce's API name."""

    name: str
    spotio: str
    salesforce: str
    kind: str = "text"

    @property
    def key(self) -> str:
        """How the sync names the mapped pair."""
        column = {"stageId": "stage", "ownerId": "owner"}.get(self.spotio, self.spotio)
        return f"{column}~lead.{self.salesforce}"


PAIRS = {
    pair.name: pair
    for pair in (
        Pair("First Name", "100002", "FirstName"),
        Pair("Last Name", "100003", "LastName"),
        Pair("Company", "100004", "Company"),
        Pair("Phone", "100005", "Phone", "phone"),
        Pair("Email", "100006", "Email", "email"),
        Pair("Notes", "26", "Description"),
        Pair("Monthly bill", "23", "AnnualRevenue", "number"),
        Pair("stage", "stageId", "Status", "stage"),
        Pair("owner", "ownerId", "OwnerId", "owner"),
    )
}
STAGES = {
    "1": "Open - Not Contacted", "2": "Open - Not Contacted", "3": "Working - Contacted", "4": "Working - Contacted",
    "5": "Working - Contacted", "7": "Closed - Not Converted", "8": "Closed - Not Converted",
}  # fmt: skip
FIRST = {status: id for id, status in reversed(STAGES.items())}
"""The first stage of a status."""
STAGE_NAMES = {
    "1": "New", "2": "Attempted", "3": "Contacted", "4": "Pitched", "5": "Appointment set", "7": "Not interested",
    "8": "Unqualified",
}  # fmt: skip


CONVERTED = "Closed - Converted"
"""The status that a lead gets by being converted."""
_SOAP = f"{DATA.replace('/data/v', '/Soap/u/')}"
_ENVELOPE = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:u="urn:partner.soap.sforce.com">'
    "<e:Header>{header}</e:Header><e:Body>{body}</e:Body></e:Envelope>"
)


def plain(pair: Pair, value: Any) -> str | None:
    """A value as people compare it: without what only its format says."""
    text = "" if value is None else str(value).strip()
    if not text:
        return None
    if pair.kind == "phone":
        digits = "".join(c for c in text if c.isdigit())
        return digits[1:] if len(digits) == 11 and digits[0] == "1" else digits
    if pair.kind == "number":
        return repr(float(text))
    return text if pair.kind in ("stage", "owner") else text.lower()


def spotio_value(record: Row, pair: Pair) -> str | None:
    """What a record of SPOTIO shows of a field."""
    if not pair.spotio.isdecimal():
        return None if record.get(pair.spotio) is None else str(record[pair.spotio])
    found = [field["value"] for field in record["fields"] if field["fieldId"] == pair.spotio]
    return found[0] if found and found[0] not in (None, "") else None


def _state(sandbox: Sandbox, number: int, object: str) -> list[Row]:
    answer = httpx.get(f"{sandbox.urls[number]}/__sandbox__/state", params={"object": object})
    rows: list[Row] = answer.json()[object]
    return rows


class Both:
    """Both stand-ins, everybody who works there, and how one edits there."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        here = [u for u in _state(sandbox, 1, "users") if u["status"] == "active"]
        there = [u for u in _state(sandbox, 0, "User") if u["IsActive"]]
        self.spotio = System(sandbox.urls[1], next(u["id"] for u in here if u["role"] == "Admin"))
        self.salesforce = System(sandbox.urls[0], there[0]["Id"])
        mails = {u["Email"].lower(): u["Id"] for u in there}
        # Who works on both sides is one person to the sync.
        self.persons = {u["id"]: mails[u["email"].lower()] for u in here if u["email"].lower() in mails}
        self.spotio_users = [u["id"] for u in here]
        self.salesforce_users = [u["Id"] for u in there if u["Name"] != "Integration User"]
        self.default_spotio = next(u for u in here if u["role"] == "Admin")
        self.default_salesforce = there[0]
        # SPOTIO lets its administrators and managers work on everybody's records; a key's user is a person, too.
        self.editors = [u["id"] for u in here if u["role"] == "Admin"]
        # Sees what is kept from the key's user.
        self.manager = next(u["id"] for u in here if u["role"] == "Manager")
        self._tokens: dict[tuple[str, str], str] = {}

    def told_as(self, side: str, pair: Pair, value: str) -> set[str]:
        """How a value of one side is told on both: a stage by its status, a user by who is the same person.

        Several stages share a status, and who has no counterpart is the default user there (F-07, U-02).
        """
        there: set[str] = set()
        if pair.kind == "stage":
            there = {STAGES[value]} if value in STAGES else {id for id, status in STAGES.items() if status == value}  # fmt: skip
        elif pair.kind == "owner" and side == "spotio":
            there = {str(self.persons.get(value, self.default_salesforce["Id"]))}
        elif pair.kind == "owner":
            there = {here for here, found in self.persons.items() if found == value} or {str(self.default_spotio["id"])}  # fmt: skip
        return {value} | there

    def close(self) -> None:
        self.salesforce.http.close()
        self.spotio.http.close()

    def advance(self, seconds: float) -> None:
        self.salesforce.control("clock", {"advance_seconds": seconds})

    def leads(self) -> dict[str, Row]:
        """Every lead, deleted ones too, by id."""
        return {row["Id"]: row for row in self.salesforce.state("Lead")}

    def records(self) -> dict[str, Row]:
        """Every live record of SPOTIO by id."""
        return {str(row["id"]): row for row in self.spotio.state("dataObjects") if row["typeId"] == "1"}

    # -- Salesforce ------------------------------------------------------------------------------------------

    def create_lead(self, user: str, fields: Row) -> str | None:
        made = self._as("salesforce", user, "POST", f"{DATA}/sobjects/Lead", fields)
        return str(made["id"]) if made else None

    def edit_lead(self, user: str, id: str, fields: Row) -> bool:
        """Whether Salesforce took it."""
        path = f"{DATA}/sobjects/Lead/{id}"
        return self._raw("salesforce", user, "PATCH", path, fields).status_code < 300

    def lead(self, id: str) -> Row | None:
        found = self._as("salesforce", self.salesforce_users[0], "GET", f"{DATA}/sobjects/Lead/{id}", None)
        return found if isinstance(found, dict) else None

    def delete_lead(self, user: str, id: str) -> bool:
        return self._raw("salesforce", user, "DELETE", f"{DATA}/sobjects/Lead/{id}", None).status_code < 300

    def undelete_lead(self, id: str) -> bool:
        return self.salesforce.act("undelete", id=id) is not None

    def edit_lead_late(self, user: str, id: str, fields: Row, seconds: int) -> bool:
        """An edit that takes its stamp now and is seen only when its transaction ends; until then the row is locked."""
        return self.salesforce.act("commit_late", object="Lead", id=id, user_id=user, fields=fields, seconds=seconds) is not None  # fmt: skip

    def convert_lead(self, user: str, id: str) -> bool:
        """To an account and a contact, which no API but SOAP's does."""
        header = (
            f"<u:SessionHeader><u:sessionId>{self._token('salesforce', user)}</u:sessionId></u:SessionHeader>"
        )
        order = f"<u:leadId>{id}</u:leadId><u:convertedStatus>{CONVERTED}</u:convertedStatus><u:doNotCreateOpportunity>true</u:doNotCreateOpportunity>"
        answer = self.salesforce.http.post(
            _SOAP,
            content=_ENVELOPE.format(header=header, body=f"<u:convertLead><u:leadConverts>{order}</u:leadConverts></u:convertLead>"),
            headers={"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": "convertLead"},
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        return "<success>true</success>" in answer.text

    # -- SPOTIO ----------------------------------------------------------------------------------------------

    def create_record(self, user: str, members: Row, fields: Row, source: str = "Web") -> str | None:
        body = {
            "typeId": 1, "stageId": 1, "ownerId": self.default_spotio["id"], "source": source, **members,
            "fields": [{"fieldId": id, "value": value} for id, value in fields.items()],
        }  # fmt: skip
        made = self._as("spotio", user, "POST", "/api/DataObjects", {"dataObject": body})
        return str(made.get("dataObject", made)["id"]) if made else None

    def record(self, id: str) -> Row | None:
        found = self._as("spotio", self.manager, "GET", f"/api/DataObjects/{id}", None)
        return found.get("dataObject", found) if isinstance(found, dict) else None

    def edit_record(self, user: str, record: Row, pair: Pair, value: str | None) -> bool:
        """Whether SPOTIO took it; the record is as its reader last saw it."""
        if pair.spotio.isdecimal():
            kept = [
                {"fieldId": f["fieldId"], "value": f["value"], "values": f["values"]}
                for f in record["fields"] if f["fieldId"] != pair.spotio
            ]  # fmt: skip
            new: Any = kept if value is None else [*kept, {"fieldId": pair.spotio, "value": value}]
            path = "/fields"
        else:
            path, new = f"/{pair.spotio}", value
        body = [{"op": "replace", "path": path, "value": new}]
        url = f"/api/DataObjects/{record['id']}/jsonp?validateRequiredFields=false"
        return self._raw("spotio", user, "PATCH", url, body).status_code < 300

    def delete_record(self, user: str, id: str) -> bool:
        return self._raw("spotio", user, "DELETE", f"/api/DataObjects/{id}", None).status_code < 300

    def restore_record(self, id: str) -> bool:
        return self.spotio.act("restore_record", id=id) is not None

    def hide_record(self, id: str) -> bool:
        """Keep a record from whoever the API key belongs to."""
        return self.spotio.act("hide_record", id=id) is not None

    def show_record(self, id: str) -> bool:
        return self.spotio.act("show_record", id=id) is not None

    # -- faults ----------------------------------------------------------------------------------------------

    def order(self, system: str, faults: list[Row]) -> None:
        one = self.salesforce if system == "salesforce" else self.spotio
        one.control("faults", faults)

    def mend(self) -> None:
        """Take all ordered faults back."""
        for one in (self.salesforce, self.spotio):
            one.http.delete("/__sandbox__/faults").raise_for_status()

    def _as(self, system: str, user: str, method: str, path: str, body: Any) -> Any:
        answer = self._raw(system, user, method, path, body)
        return answer.json() if answer.status_code < 300 and answer.content else None

    def _raw(self, system: str, user: str, method: str, path: str, body: Any) -> httpx.Response:
        one = self.salesforce if system == "salesforce" else self.spotio
        token = self._token(system, user)
        answer = one.http.request(method, path, json=body, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code < 500, (method, path, answer.text)
        return answer

    def _token(self, system: str, user: str) -> str:
        one = self.salesforce if system == "salesforce" else self.spotio
        token = self._tokens.get((system, user))
        if token is None:
            token = self._tokens[system, user] = str(one.control("token", {"user": user})["access_token"])
        return token
