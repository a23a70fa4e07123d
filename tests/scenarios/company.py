"""A company at work beside the mirror: seeded, random edits of the stand-ins through their real APIs and controls.

Nothing here knows of the mirror. Every choice comes from one random generator over sorted state, so a seed gives the
same story again; the instants differ, since the clocks are real.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any

import httpx

from sync.sandbox.server import Sandbox

Row = dict[str, Any]
DATA = "/services/data/v62.0"
LATE_SECONDS_MAX = 590  # the mirror reads ten minutes again; what commits later needs a reconciliation
# What the very next pull tells completely, since it moves a stamp that the API filters by, or lies in its windows.
REPORTED = frozenset(
    {
        "create_lead", "edit_lead", "edit_many_in_one_second", "touch_by_system", "log_task", "move_opportunity",
        "create_record", "edit_record", "move_stage", "reassign", "visit", "visit_from_phone", "suspend", "change_team",
    }
)  # fmt: skip
_FIRST = ("Ann", "Ben", "Cleo", "Dov", "Eve", "Finn", 'Gil "the roof"', "Hà", "Ida,\nJr")
_LAST = ("Abel", "Brook", "O'Dell", "Núñez", "Stone", "Vale", "山田")


class System:
    """One stand-in, spoken to as an administrator."""

    def __init__(self, url: str, user: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=60)
        token = self.control("token", {"user": user})["access_token"]
        self.http.headers["Authorization"] = f"Bearer {token}"

    def control(self, path: str, body: Any) -> Any:
        answer = self.http.post(f"/__sandbox__/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def state(self, object: str) -> list[Row]:
        rows: list[Row] = self.http.get("/__sandbox__/state", params={"object": object}).json()[object]
        return rows

    def act(self, action: str, **arguments: Any) -> Any:
        """An act that the stand-in may refuse, as life does: then nothing has happened and None is returned."""
        answer = self.http.post("/__sandbox__/act", json={"action": action, **arguments})
        assert answer.status_code in {200, 400}, answer.text
        return answer.json() if answer.status_code == 200 else None

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """A request of the real API; None when it was refused."""
        answer = self.http.request(method, path, json=body, **options)
        assert answer.status_code < 500, (method, path, answer.text)
        return answer.json() if answer.status_code < 300 and answer.content else None


class Company:
    """Everybody who changes something in SPOTIO or Salesforce."""

    def __init__(self, sandbox: Sandbox, seed: int) -> None:
        self.rng = random.Random(seed)  # noqa: S311 (a story, no secret)
        self.sandbox = sandbox
        admin = httpx.get(f"{sandbox.urls[0]}/__sandbox__/state", params={"object": "User"}).json()["User"][0]
        users = httpx.get(f"{sandbox.urls[1]}/__sandbox__/state", params={"object": "users"}).json()["users"]
        self.salesforce = System(sandbox.urls[0], admin["Id"])
        self.spotio = System(sandbox.urls[1], next(u["id"] for u in users if u["role"] == "Admin"))
        self._added: list[tuple[str, str]] = []
        self.fields_change = True  # whether fields, choices and stages come, go and change, too
        self.backdates = True  # whether activities are logged weeks late

    def __enter__(self) -> Company:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.salesforce.http.close()
        self.spotio.http.close()

    def advance(self, seconds: float) -> None:
        """Let time pass, for all three stand-ins."""
        self.salesforce.control("clock", {"advance_seconds": seconds})

    def now(self) -> datetime:
        return self.sandbox.clock.now()

    def work(self, turns: int, only: frozenset[str] | None = None) -> list[str]:
        """Do `turns` random things, of those named in `only`, and return their names."""
        done = []
        edits = {e: n for e, n in self._edits().items() if only is None or e.__name__.lstrip("_") in only}
        for _ in range(turns):
            edit = self.rng.choices(list(edits), list(edits.values()))[0]
            edit()
            done.append(edit.__name__.lstrip("_"))
        return done

    def _edits(self) -> dict[Callable[[], None], int]:
        edits: dict[Callable[[], None], int] = {
            self._create_lead: 4, self._edit_lead: 8, self._edit_many_in_one_second: 2, self._delete_row: 4,
            self._undelete_row: 3, self._merge_rows: 2, self._purge_row: 1, self._commit_late: 5,
            self._touch_by_system: 2, self._log_task: 3, self._move_opportunity: 3, self._deactivate_user: 1,
            self._create_record: 4, self._edit_record: 8, self._move_stage: 4, self._reassign: 3,
            self._delete_record: 3, self._remove_record: 1, self._restore_record: 2, self._purge_record: 1,
            self._merge_records: 2, self._visit: 4, self._visit_from_phone: 4, self._plan: 2,
            self._edit_activity: 4, self._delete_activity: 3, self._book: 3, self._move_appointment: 4,
            self._finish_appointment: 3, self._cancel_appointment: 2, self._delete_appointment: 2,
            self._suspend: 2, self._invite: 1, self._change_team: 2, self._change_territory: 1,
        }  # fmt: skip
        if self.fields_change:
            edits |= {
                self._add_field: 2, self._fill_added: 4, self._change_field: 2, self._add_choice: 1,
                self._hide_field: 1, self._change_workflow: 3,
            }  # fmt: skip
        return edits

    # -- Salesforce ------------------------------------------------------------------------------------------

    def _person(self) -> tuple[str, str]:
        return self.rng.choice(_FIRST), self.rng.choice(_LAST)

    def _row(self, *sobjects: str, deleted: bool = False) -> tuple[str, Row] | None:
        sobject = self.rng.choice(sobjects)
        rows = [r for r in self.salesforce.state(sobject) if bool(r.get("IsDeleted")) == deleted]
        return (sobject, self.rng.choice(rows)) if rows else None

    def _create_lead(self) -> None:
        first, last = self._person()
        fields = {"FirstName": first, "LastName": last, "Company": f"{last}, {first}", "Description": "a\nb\t\"c\" 'd',"}  # fmt: skip
        self.salesforce.call("POST", f"{DATA}/sobjects/Lead", fields)
        self.salesforce.call("POST", f"{DATA}/sobjects/Account", {"Name": last})

    def _changes(self, sobject: str) -> Row:
        _, last = self._person()
        number = self.rng.randrange(1000)
        return {
            "Lead": self.rng.choice(({"LastName": last}, {"Phone": f"555-{number}"}, {"AnnualRevenue": number}, {"Email": None}, {"Rating": "Hot"})),
            "Account": self.rng.choice(({"Name": last}, {"Phone": f"555-{number}"}, {"Description": "x" * number})),
            "Contact": self.rng.choice(({"LastName": last}, {"Email": f"c{number}@example.com"})),
            "Opportunity": self.rng.choice(({"Amount": number + 0.25}, {"NextStep": last}, {"CloseDate": "2027-02-28"})),
            "Task": self.rng.choice(({"Status": "Completed"}, {"Subject": f"Call {number}"})),
            "Event": {"Subject": f"Meet {number}"},
        }[sobject]  # fmt: skip

    def _edit_lead(self) -> None:
        found = self._row("Lead", "Lead", "Account", "Contact", "Opportunity", "Task", "Event")
        if found:
            sobject, row = found
            self.salesforce.call("PATCH", f"{DATA}/sobjects/{sobject}/{row['Id']}", self._changes(sobject))

    def _edit_many_in_one_second(self) -> None:
        """Stamps hold whole seconds, so these rows share theirs."""
        rows = [r for r in self.salesforce.state("Lead") if not r["IsDeleted"]]
        for row in self.rng.sample(rows, min(5, len(rows))):
            self.salesforce.call("PATCH", f"{DATA}/sobjects/Lead/{row['Id']}", self._changes("Lead"))

    def _delete_row(self) -> None:
        found = self._row("Lead", "Account", "Contact", "Opportunity", "Task", "Event", "OpportunityContactRole")  # fmt: skip
        if found:
            self.salesforce.call("DELETE", f"{DATA}/sobjects/{found[0]}/{found[1]['Id']}")

    def _undelete_row(self) -> None:
        found = self._row("Lead", "Account", "Contact", "Opportunity", "Task", deleted=True)
        if found:
            self.salesforce.act("undelete", id=found[1]["Id"])

    def _merge_rows(self) -> None:
        sobject = self.rng.choice(("Lead", "Account", "Contact"))
        rows = [r["Id"] for r in self.salesforce.state(sobject) if not r["IsDeleted"]]
        if len(rows) > 3:
            winner, *losers = self.rng.sample(rows, self.rng.choice((2, 3)))
            self.salesforce.act("merge_records", object=sobject, winner=winner, losers=losers)

    def _purge_row(self) -> None:
        found = self._row("Lead", "Account", "Task", deleted=True)
        if found:
            self.salesforce.act("purge", id=found[1]["Id"])

    def _commit_late(self) -> None:
        """A transaction that takes its stamp now and is seen only minutes later."""
        seconds = self.rng.randrange(5, LATE_SECONDS_MAX)
        if self.rng.random() < 0.5:
            fields: Row = {"LastName": "Late", "Company": f"{seconds} s"}
            self.salesforce.act("commit_late", object="Lead", seconds=seconds, fields=fields)
            return
        found = self._row("Lead", "Account", "Opportunity")
        if found:
            sobject, row = found
            fields = self._changes(sobject)
            self.salesforce.act("commit_late", object=sobject, id=row["Id"], seconds=seconds, fields=fields)

    def _touch_by_system(self) -> None:
        found = self._row("Lead", "Account")
        if found:
            self.salesforce.act("system_update", id=found[1]["Id"], fields={"Description": "rolled up"})

    def _log_task(self) -> None:
        found = self._row("Lead")
        fields: Row = {"Subject": "Call", "WhoId": found[1]["Id"] if found else None, "ActivityDate": "2026-12-01"}  # fmt: skip
        self.salesforce.call("POST", f"{DATA}/sobjects/Task", fields)

    def _move_opportunity(self) -> None:
        found = self._row("Opportunity")
        if found is None:
            account = self._row("Account")
            fields: Row = {"Name": "Roof", "StageName": "Prospecting", "CloseDate": "2027-01-31", "AccountId": account[1]["Id"] if account else None}  # fmt: skip
            self.salesforce.call("POST", f"{DATA}/sobjects/Opportunity", fields)
            return
        stage = self.rng.choice(("Prospecting", "Qualification", "Closed Won", "Closed Lost"))
        self.salesforce.call("PATCH", f"{DATA}/sobjects/Opportunity/{found[1]['Id']}", {"StageName": stage})

    def _deactivate_user(self) -> None:
        users = [u for u in self.salesforce.state("User")[3:] if u["IsActive"]]
        if len(users) > 6:
            self.salesforce.act("deactivate_user", id=self.rng.choice(users)["Id"])

    def _add_field(self) -> None:
        sobject, kind = self.rng.choice(("Lead", "Account")), self.rng.choice(("string", "double", "date", "boolean"))  # fmt: skip
        name = f"Extra_{len(self._added)}__c"
        if self.salesforce.act(
            "add_field", object=sobject, field={"name": name, "type": kind, "label": name}
        ):
            self._added.append((sobject, name))

    def _fill_added(self) -> None:
        if self._added:
            sobject, name = self.rng.choice(self._added)
            found = self._row(sobject)
            value = self.rng.choice(("7", 12.5, True, "2026-03-04", "words"))
            if found:  # refused when the value does not fit the field's type of the day
                self.salesforce.call("PATCH", f"{DATA}/sobjects/{sobject}/{found[1]['Id']}", {name: value})

    def _change_field(self) -> None:
        if not self._added:
            return
        sobject, name = self.rng.choice(self._added)
        if self.rng.random() < 0.3:
            self.salesforce.act("remove_field", object=sobject, name=name)
        else:
            kind = self.rng.choice(("string", "double", "int", "date", "boolean"))
            self.salesforce.act("retype_field", object=sobject, name=name, type=kind)

    def _add_choice(self) -> None:
        self.salesforce.act("add_picklist_value", object="Lead", name="Rating", value=f"Tepid {self.rng.random():.4f}")  # fmt: skip

    def _hide_field(self) -> None:
        action = self.rng.choice(("hide_field", "show_field"))
        self.salesforce.act(action, object="Lead", name=self.rng.choice(("Website", "Fax", "Title")))

    # -- SPOTIO ----------------------------------------------------------------------------------------------

    def _record(self) -> Row | None:
        rows = self.spotio.state("dataObjects")
        return self.rng.choice(sorted(rows, key=lambda r: str(r["id"]))) if rows else None

    def _users(self, **having: Any) -> list[Row]:
        users = self.spotio.state("users")
        return [u for u in users if all(u[name] == value for name, value in having.items())]

    def _rep(self) -> Row:
        return self.rng.choice(self._users(status="active"))

    def _patch(self, record: Row, member: str, value: Any) -> None:
        body = [{"op": "replace", "path": f"/{member}", "value": value}]
        path = f"/api/DataObjects/{record['id']}/jsonp?validateRequiredFields=false"
        self.spotio.call("PATCH", path, body)

    def _create_record(self) -> None:
        first, last = self._person()
        pin = {"address": "1 Main St", "lat": 39.9, "lng": -105.0 + self.rng.random() / 10, "skipGeocoding": True}  # fmt: skip
        fields = [{"fieldId": "100002", "value": first}, {"fieldId": "100003", "value": last}]
        body = {"typeId": 1, "stageId": 1, "ownerId": self._rep()["id"], "fields": fields}
        self.spotio.call("POST", "/api/DataObjects", {"dataObject": body | ({"pin": pin} if self.rng.random() < 0.7 else {})})  # fmt: skip

    def _edit_record(self) -> None:
        record = self._record()
        if record is None:
            return
        kept = [
            {"fieldId": f["fieldId"], "value": f["value"], "values": f["values"]} for f in record["fields"]
        ]
        wanted: list[Row] = [
            {"fieldId": "100003", "value": self.rng.choice(_LAST)},
            {"fieldId": "23", "value": str(self.rng.randrange(50, 500))},
            {"fieldId": "24", "value": "2026-12-24"},
            {"fieldId": "25", "value": "2026-12-24T09:30:00.1234567-05:00"},
            {"fieldId": "22", "values": self.rng.sample(["Solar panels", "New roof", "Heat pump"], 2)},
            {"fieldId": "26", "value": 'Says "no",\nperhaps'},
        ]
        new = self.rng.choice(wanted)
        rest = [f for f in kept if f["fieldId"] != new["fieldId"]]
        self._patch(record, "fields", rest if self.rng.random() < 0.2 else [*rest, new])

    def _move_stage(self) -> None:
        record = self._record()
        if record:
            self._patch(record, "stageId", str(self.rng.randrange(1, 6)))

    def _reassign(self) -> None:
        record = self._record()
        if record:
            self._patch(record, "ownerId", self._rep()["id"])
            self._patch(record, "externalDataObjectId", self.rng.choice((None, "00Q000000000001AAA")))

    def _delete_record(self) -> None:
        record = self._record()
        if record:
            self.spotio.call("DELETE", f"/api/DataObjects/{record['id']}")

    def _remove_record(self) -> None:
        record = self._record()
        if record:
            body = {"mode": "delete", "permanently": True}
            self.spotio.call("DELETE", f"/api/DataObjects/{record['id']}", body)

    def _deleted_record(self) -> str | None:
        page = self.spotio.call("GET", "/api/DataObjects/deleted")
        ids = [str(item["id"]) for item in page["deletedDataObjects"]]
        return self.rng.choice(sorted(ids)) if ids else None

    def _restore_record(self) -> None:
        record_id = self._deleted_record()
        if record_id:
            self.spotio.act("restore_record", id=record_id)

    def _purge_record(self) -> None:
        record_id = self._deleted_record()
        if record_id:
            self.spotio.act("purge", id=record_id)

    def _merge_records(self) -> None:
        rows = [r["id"] for r in self.spotio.state("dataObjects") if r["typeId"] == "1"]
        if len(rows) > 3:
            winner, loser = self.rng.sample(sorted(rows), 2)
            self.spotio.act("merge_records", winner=winner, losers=[loser])

    def _days_back(self) -> str:
        """When something is said to have happened: mostly just now, sometimes weeks ago."""
        days = self.rng.choice((0, 0, 0, 1, 3, 6, 20, 60) if self.backdates else (0, 1))
        return (self.now() - timedelta(days=days, minutes=self.rng.randrange(60))).isoformat()

    def _visit(self) -> None:
        record = self._record()
        if record:
            body = {"dataObjectId": record["id"], "done": True, "activityTemplateId": "1", "resultId": str(self.rng.randrange(1, 7))}  # fmt: skip
            self.spotio.call("POST", "/api/v2/activities", body | {"date": self._days_back()})

    def _visit_from_phone(self) -> None:
        record = self._record()
        if record:
            place = {"lat": record["pin"]["lat"], "lng": record["pin"]["lng"]} if record.get("pin") else {}
            self.spotio.act(
                "log_visit_mobile", dataObjectId=record["id"], userId=self._rep()["id"], date=self._days_back(),
                resultId=str(self.rng.randrange(1, 7)), **place,
            )  # fmt: skip

    def _plan(self) -> None:
        record = self._record()
        if record:
            when = (self.now() + timedelta(days=self.rng.randrange(1, 20))).isoformat()
            body = {"dataObjectId": record["id"], "done": False, "activityTemplateId": "2", "date": when}
            self.spotio.call("POST", "/api/v2/activities", body)

    def _activity(self, **having: Any) -> Row | None:
        rows = [
            row
            for row in self.spotio.state("activities")
            if row["type"] in {"event", "note"} and all(row[n] == v for n, v in having.items())
        ]
        return self.rng.choice(rows) if rows else None

    def _edit_activity(self) -> None:
        activity = self._activity()
        if activity:
            changes: Row = self.rng.choice(
                ({"notes": f"said {self.rng.random():.3f}"}, {"done": True}, {"done": False}, {"date": self._days_back()})
            )  # fmt: skip
            self.spotio.call("PATCH", f"/api/v2/activities/{activity['id']}", changes)

    def _delete_activity(self) -> None:
        activity = self._activity()
        if activity:
            self.spotio.act("delete_activity", id=activity["id"])

    def _book(self) -> None:
        record = self._record()
        if record:
            when = self.now() + timedelta(days=self.rng.randrange(1, 30))
            body: Row = {"dataObjectId": record["id"], "date": when.isoformat(), "title": "Consultation"}
            if self.rng.random() < 0.25:
                body["recurringDefinition"] = {"periodicity": "weeks", "interval": 2, "count": 4, "timezone": "America/Denver"}  # fmt: skip
            self.spotio.call("POST", "/api/v2/appointments", body | {"ownerId": self._rep()["id"]})

    def _appointment(self, **having: Any) -> Row | None:
        rows = [r for r in self.spotio.state("appointments") if all(r[n] == v for n, v in having.items())]
        return self.rng.choice(rows) if rows else None

    def _move_appointment(self) -> None:
        appointment = self._appointment(done=False)
        if appointment:
            when = self.now() + timedelta(days=self.rng.randrange(-3, 30))
            changes = {"date": when.isoformat(), "notes": "moved"}
            self.spotio.call("PATCH", f"/api/v2/appointments/{appointment['id']}", changes)

    def _finish_appointment(self) -> None:
        appointment = self._appointment(done=False)
        if appointment:
            self.spotio.call("PATCH", f"/api/v2/appointments/{appointment['id']}", {"done": True})

    def _cancel_appointment(self) -> None:
        appointment = self._appointment(done=False)
        if appointment:
            self.spotio.act("cancel_appointment", id=appointment["id"])

    def _delete_appointment(self) -> None:
        appointment = self._appointment()
        if appointment:
            self.spotio.act("delete_appointment", id=appointment["id"])

    def _suspend(self) -> None:
        suspended = self._users(suspended=True)
        if suspended and self.rng.random() < 0.5:
            self.spotio.act("unsuspend", id=suspended[0]["id"])
            return
        active = self._users(status="active", role="Sales")
        if len(active) > 3:
            self.spotio.call("POST", f"/api/users/{self.rng.choice(active)['id']}/block")

    def _invite(self) -> None:
        invited = self._users(status="invited")
        if invited:
            self.spotio.act("accept_invite", id=invited[0]["id"])
            return
        first, last = self._person()
        mail = f"rep{self.rng.randrange(10**6)}@example.com"
        self.spotio.call("POST", "/api/users", {"firstName": first, "lastName": last, "email": mail, "role": "Sales"})  # fmt: skip

    def _change_team(self) -> None:
        teams = self.spotio.state("teams")
        members = [u["id"] for u in self.rng.sample(self._users(), 3)]
        kind = self.rng.random()
        if kind < 0.3 or not teams:
            self.spotio.call("POST", "/api/Teams", {"name": f"Team {self.rng.randrange(100)}", "usersIds": members})  # fmt: skip
        elif kind < 0.8:
            team = self.rng.choice(teams)
            self.spotio.call("PUT", f"/api/Teams/{team['id']}", {"name": team["name"] + "!", "parentId": team["parentId"], "usersIds": members})  # fmt: skip
        else:
            self.spotio.call("DELETE", f"/api/Teams/{self.rng.choice(teams)['id']}")

    def _change_territory(self) -> None:
        territory = self.rng.choice(self.spotio.state("territories"))
        corners = [{"lat": 39.0 + i, "lng": -105.0 + i * i} for i in range(3)]
        body = {"title": territory["title"] + "*", "parentId": territory["parentId"], "polygons": [{"id": 1, "points": corners}]}  # fmt: skip
        self.spotio.call(
            "PUT", f"/api/Territories/{territory['id']}", body | {"userIds": territory["userIds"]}
        )

    def _change_workflow(self) -> None:
        """A field or a stage comes, goes or gets another name."""
        types = self.spotio.call("GET", "/api/workflow")["dataObjects"]
        kind = self.rng.choice(types[:2])
        root = f"/api/workflow/dataObjects/{kind['id']}"
        number = self.rng.randrange(1000)
        choice = self.rng.randrange(4)
        if choice == 0:
            wanted = self.rng.choice(("text", "number", "date", "multiChoice"))
            self.spotio.call("POST", f"{root}/fields", {"name": f"Field {number}", "type": wanted, "activeOptions": ["A", "B"]})  # fmt: skip
        elif choice == 1:
            field = self.rng.choice([f for f in kind["fields"] if int(f["id"]) > 28 and int(f["id"]) < 100_000] or [None])  # fmt: skip
            if field:
                self.spotio.call("DELETE", f"/api/workflow/fields/{field['id']}")
        elif choice == 2:
            stage = self.rng.choice(kind["stages"]["active"]["stages"])
            body = {"name": f"Stage {number}", "color": stage.get("color")}
            self.spotio.call("PUT", f"{root}/stages/active/{stage['id']}", body)
        else:
            self.spotio.call("POST", f"{root}/stages/active", {"name": f"New stage {number}"})


def faults(rng: random.Random, many: int) -> list[dict[str, Any]]:
    """Random trouble for the real paths of one stand-in; all of it passes by itself or with the next run."""
    paths: Sequence[str | None] = (None, "query", "describe", "token", "feed", "data", "Objects", "appointments", "workflow")  # fmt: skip
    made: list[dict[str, Any]] = []
    for _ in range(many):
        action = rng.choice(("status", "status", "delay", "drop_before", "drop_after"))
        fault: dict[str, Any] = {"action": action, "times": rng.choice((1, 1, 2)), "match": {}}
        if path := rng.choice(paths):
            fault["match"] = {"path": path}
        if action == "status":
            fault["status"] = rng.choice((401, 429, 500, 503))
        if action == "delay":
            fault["seconds"] = 0.1
        made.append(fault)
    return made
