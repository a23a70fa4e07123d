"""One seeded history of a two-way sync: somebody known to one or both systems, and what is done to them.

A story owns its subjects: their e-mail addresses bear its seed, and nobody else touches them. It draws from its own
generator alone, so that it goes the same way by itself and among many. Every value that a person enters is one of a
kind within its field, so that whatever a system shows can be traced to who entered it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.scenarios.company import LATE_SECONDS_MAX, Row
from tests.scenarios.two_systems import CONVERTED, PAIRS, STAGES, Both, Pair, plain, spotio_value

TEXTS = ("First Name", "Last Name", "Company", "Phone", "Notes", "Monthly bill")


@dataclass
class Entered:
    """A value that a person entered; `gone` once a person who saw it replaced it."""

    side: str
    name: str
    value: str
    turn: int
    gone: bool = False
    told_as: frozenset[str] = frozenset()  # the same in the other side's words, where those differ


@dataclass
class Subject:
    """A person known to the two systems: ids that people made, what they entered, and what they deleted."""

    email: str
    both: Both
    leads: dict[str, int] = field(default_factory=dict)  # id -> turn in which a person made it
    records: dict[str, int] = field(default_factory=dict)
    entered: list[Entered] = field(default_factory=list)
    shown: dict[str, set[str]] = field(
        default_factory=dict
    )  # by field: whatever people ever entered, in plain form
    deleted: dict[str, int] = field(
        default_factory=dict
    )  # id that a person deleted and nobody brought back -> turn
    away: list[tuple[str, int, int]] = field(
        default_factory=list
    )  # id that was deleted in one turn and brought back in another
    converted: dict[str, tuple[int, datetime]] = field(
        default_factory=dict
    )  # lead -> turn and moment in which a person converted it
    warmed: dict[str, int] = field(default_factory=dict)  # lead -> turn in which it was rated Hot last
    late: set[str] = field(default_factory=set)  # leads with an edit that was seen only after a while
    hidden: set[str] = field(default_factory=set)  # records that are kept from the API key
    edited_in_spotio: set[int] = field(default_factory=set)  # turns
    typed: dict[str, Entered] = field(
        default_factory=dict
    )  # by the conflict or difference that it is to settle
    had: dict[tuple[str, str], set[str | None]] = field(
        default_factory=dict
    )  # what a record held in a field that has few values, before a person replaced it
    by_machine: bool = False  # its SPOTIO record was made by another integration
    log: list[str] = field(default_factory=list)

    def bring_back(self, id: str, turn: int) -> None:
        self.away.append((id, self.deleted.pop(id), turn))

    def is_there(self, id: str, turn: int) -> bool:
        """Whether a record that a person made was there at the end of a turn; a converted lead is none any more."""
        made = (self.leads | self.records)[id]
        gone = any(each == id and first <= turn < back for each, first, back in self.away)
        converted, _ = self.converted.get(id, (10**6, None))
        return made <= turn < min(self.deleted.get(id, 10**6), converted) and not gone

    def settle(self, id: str, typed: Entered | None) -> None:
        """A person decided something, with or without a value; what was decided of it before holds no longer."""
        before = self.typed.pop(id, None)
        if before is not None:
            before.gone = True
        if typed is not None:
            self.typed[id] = typed
            self.entered.append(typed)

    def enter(self, turn: int, side: str, pair: Pair, value: str | None, replaced: str | None, id: str = "") -> None:  # fmt: skip
        """A person put `value` where `replaced` stood."""
        seen = plain(pair, replaced)
        if seen is not None:
            for each in self.entered:
                if each.name == pair.name and seen in {each.value, *each.told_as}:
                    each.gone = True
        # What somebody decided of other values than the present ones is asked anew.
        for each in self.typed.values():
            if each.name == pair.name and seen != plain(pair, value):
                each.gone = True
        new = plain(pair, value)
        if new is not None:
            # What has few values can be put back to what both sides agreed on, which is no change (F-01).
            had = self.had.setdefault((id, pair.name), set())
            had.add(seen)
            if new != seen and (pair.name in TEXTS or new not in had):  # another form is no other value
                self.entered.append(Entered(side, pair.name, new, turn, told_as=frozenset(self.both.told_as(side, pair, new))))  # fmt: skip
            self.shown.setdefault(pair.name, set()).add(new)
        self.log.append(f"{turn}: {side} {pair.name} {replaced!r} -> {value!r}")


class Story:
    """The subjects of a seed and the next things that happen to them."""

    def __init__(
        self, seed: int, both: Both, habits: frozenset[str] = frozenset(), subjects: int = 1
    ) -> None:
        self.seed, self.both, self.habits = seed, both, habits
        self.rng = random.Random(f"story {seed}")  # noqa: S311 (a story, no secret)
        self.turn = 0
        self.subjects = [Subject(f"s{seed}x{number}@example.org", both) for number in range(subjects)]
        self._number = 0
        self._leads: dict[str, Row] = {}
        self._records: dict[str, Row] = {}

    def begin(self) -> None:
        """What stands before anything is turned on."""
        kinds = ("both", "both_apart", "lead", "record", "later", "lead", "doubles", "machine")
        for subject in self.subjects:
            kind = self.rng.choice(kinds)
            subject.log.append(f"begins as {kind}")
            if kind in ("both", "both_apart", "lead", "doubles"):
                self._new_lead(subject)
            if kind in ("both", "both_apart", "record", "doubles", "machine"):
                like = next(iter(subject.leads), None) if kind == "both" else None
                self._new_record(subject, like=like, source="Api" if kind == "machine" else "Web")
            if kind == "doubles":
                self._new_record(subject)

    def go_on(self) -> None:
        """A turn of the story: a few things, most of them small."""
        self.turn += 1
        for _ in range(self.rng.choice((0, 1, 1, 2))):
            subject = self.rng.choice(self.subjects)
            deeds = self._deeds()
            self.rng.choices(list(deeds), list(deeds.values()))[0](subject)

    def decide(self, open_ones: list[Row], resolve: Callable[..., Any]) -> None:
        """People look at some of the conflicts of this story."""
        for conflict in open_ones:
            subject = self._subject_of(conflict)
            if subject is None or self.rng.random() < 0.6:
                continue
            take = self.rng.choice(("spotio", "salesforce", "value"))
            if conflict["key"] == "deletion":
                if take != "value":
                    resolve(id=conflict["id"], take=take, value=None)
                continue
            pair = next(p for p in PAIRS.values() if p.key == conflict["key"])
            if take == "value" and pair.name in TEXTS:
                value = self._value(pair)
                resolve(id=conflict["id"], take=None, value=value)
                subject.settle(
                    conflict["id"], Entered("console", pair.name, plain(pair, value) or "", self.turn)
                )
                subject.shown.setdefault(pair.name, set()).add(plain(pair, value) or "")
                subject.log.append(f"{self.turn}: {conflict['id']} {pair.name} = {value!r}")
            else:
                side = take if take != "value" else "spotio"
                resolve(id=conflict["id"], take=side, value=None)
                subject.settle(conflict["id"], None)
                subject.log.append(f"{self.turn}: {conflict['id']} {pair.name} takes {side}")

    def _subject_of(self, conflict: Row) -> Subject | None:
        for subject in self.subjects:
            if conflict["salesforce_id"] in self._lead_ids(subject) or conflict["spotio_id"] in self._record_ids(subject):  # fmt: skip
                return subject
        return None

    # -- what exists now: read anew for each deed, since a run may have made its counterpart --------------------

    def look(self, leads: dict[str, Row], records: dict[str, Row]) -> None:
        """Take note of what both systems hold at the beginning of a turn."""
        self._leads = {id: row for id, row in leads.items() if _story_of(row.get("Email")) == self.seed}
        mail = PAIRS["Email"]
        self._records = {id: row for id, row in records.items() if _story_of(spotio_value(row, mail)) == self.seed}  # fmt: skip

    def _lead_ids(self, subject: Subject) -> list[str]:
        """People's own first, then what the sync made, in the order of their making: ids differ from run to run."""
        mail = subject.email
        found = [id for id, row in self._leads.items() if str(row["Email"]).lower() == mail]
        return list(dict.fromkeys([*subject.leads, *sorted(found)]))

    def _record_ids(self, subject: Subject) -> list[str]:
        mail = PAIRS["Email"]
        found = [id for id, r in self._records.items() if str(spotio_value(r, mail)).lower() == subject.email]
        made = sorted(found, key=lambda id: str(self._records[id]["createdAt"]))
        return list(dict.fromkeys([*subject.records, *made]))

    # -- deeds -----------------------------------------------------------------------------------------------

    def _deeds(self) -> dict[Callable[[Subject], None], int]:
        some: dict[Callable[[Subject], None], int] = {
            self._edit_lead: 9, self._edit_record: 9, self._edit_both: 5, self._same_on_both: 2, self._apart_on_both: 3,
            self._blank_lead: 2, self._blank_record: 2, self._reformat: 3, self._touch: 2, self._move_stage: 4,
            self._move_status: 4, self._reassign_record: 2, self._reassign_lead: 2, self._new_lead: 2,
            self._new_record: 2, self._new_both: 2, self._delete_lead: 2, self._delete_record: 2,
            self._undelete_lead: 2, self._restore_record: 2, self._cool: 1, self._warm: 1, self._flip: 1,
        }  # fmt: skip
        if "late" in self.habits:
            some |= {self._edit_lead_late: 6, self._edit_both_late: 3}
        if "converts" in self.habits:
            some[self._convert_lead] = 3
        if "hides" in self.habits:
            some |= {self._hide_record: 4, self._show_record: 4, self._edit_hidden: 3}
        return some

    def _value(self, pair: Pair) -> str:
        self._number += 1
        n = self._number
        if pair.kind == "phone":
            return f"(555) {self.seed % 1000:03d}-{self.seed // 1000 % 10}{n:03d}"
        if pair.kind == "number":
            return str(self.seed * 1000 + n)
        return f"{pair.name.split(' ')[0]}{n} of {self.seed}"

    def _new_lead(self, subject: Subject) -> None:
        if len([id for id in self._lead_ids(subject) if id not in subject.deleted]) > 1:
            return
        values = {name: self._value(PAIRS[name]) for name in ("First Name", "Last Name", "Company", "Phone")}
        row = {PAIRS[name].salesforce: value for name, value in values.items()}
        rating = self.rng.choice(("Hot", "Warm", "Cold", None))
        user = self.rng.choice(self.both.salesforce_users)
        id = self.both.create_lead(user, {**row, "Email": subject.email, "Rating": rating, "OwnerId": user})
        assert id is not None
        subject.leads[id] = self.turn
        subject.shown.setdefault("owner", set()).add(user)
        subject.log.append(f"{self.turn}: lead {id} made, rating {rating}")
        for name, value in values.items():
            subject.enter(self.turn, "salesforce", PAIRS[name], value, None)

    def _new_record(self, subject: Subject, like: str | None = None, source: str = "Web") -> None:
        if len([id for id in self._record_ids(subject) if id not in subject.deleted]) > 1:
            return
        names = ("First Name", "Last Name", "Company", "Phone")
        lead = self.both.lead(like) if like else None
        values = {n: (lead[PAIRS[n].salesforce] if lead else self._value(PAIRS[n])) for n in names}
        fields = {PAIRS[name].spotio: value for name, value in values.items()} | {"100006": subject.email}
        members = {"ownerId": self.rng.choice(self.both.spotio_users)}
        id = self.both.create_record(self.rng.choice(self.both.editors), members, fields, source)
        assert id is not None
        subject.records[id] = self.turn
        subject.shown.setdefault("owner", set()).add(members["ownerId"])
        subject.by_machine = source == "Api"
        subject.log.append(f"{self.turn}: record {id} made, source {source}")
        for name, value in values.items():
            subject.enter(self.turn, "spotio", PAIRS[name], value, None)

    def _new_both(self, subject: Subject) -> None:
        if not self._lead_ids(subject) and not self._record_ids(subject):
            self._new_lead(subject)
            self._new_record(subject)

    def _a_lead(self, subject: Subject) -> Row | None:
        live = [id for id in self._lead_ids(subject) if id not in subject.deleted]
        return self.both.lead(self.rng.choice(live)) if live else None

    def _a_record(self, subject: Subject) -> Row | None:
        live = [id for id in self._record_ids(subject) if id not in subject.deleted]
        return self.both.record(self.rng.choice(live)) if live else None

    def _on_lead(self, subject: Subject, lead: Row | None, pair: Pair, value: Any) -> None:
        if lead is None:
            return
        sent = float(value) if pair.kind == "number" and value is not None else value
        user = self.rng.choice(self.both.salesforce_users)
        if self.both.edit_lead(user, lead["Id"], {pair.salesforce: sent}):
            subject.enter(self.turn, "salesforce", pair, value, lead[pair.salesforce], lead["Id"])
            lead[pair.salesforce] = sent

    def _on_record(self, subject: Subject, record: Row | None, pair: Pair, value: str | None) -> None:
        if record is None:
            return
        user = self.rng.choice(self.both.editors)
        if str(record["id"]) in subject.hidden:
            user = self.both.manager
        before = spotio_value(record, pair)
        if self.both.edit_record(user, record, pair, value):
            subject.enter(self.turn, "spotio", pair, value, before, str(record["id"]))
            if plain(pair, before) != plain(pair, value):
                subject.edited_in_spotio.add(self.turn)

    def _text(self) -> Pair:
        return PAIRS[self.rng.choice(TEXTS)]

    def _edit_lead(self, subject: Subject) -> None:
        pair = self._text()
        self._on_lead(subject, self._a_lead(subject), pair, self._value(pair))

    def _edit_record(self, subject: Subject) -> None:
        pair = self._text()
        self._on_record(subject, self._a_record(subject), pair, self._value(pair))

    def _edit_both(self, subject: Subject) -> None:
        pair = self._text()
        self._on_lead(subject, self._a_lead(subject), pair, self._value(pair))
        self._on_record(subject, self._a_record(subject), pair, self._value(pair))

    def _edit_lead_late(self, subject: Subject) -> None:
        """A transaction that takes its stamp now and is seen after other ones that began later."""
        lead, pair = self._a_lead(subject), self._text()
        if lead is None:
            return
        value = self._value(pair)
        sent = float(value) if pair.kind == "number" else value
        user, seconds = self.rng.choice(self.both.salesforce_users), self.rng.randrange(1, LATE_SECONDS_MAX)
        if self.both.edit_lead_late(user, lead["Id"], {pair.salesforce: sent}, seconds):
            subject.enter(self.turn, "salesforce", pair, value, lead[pair.salesforce])
            subject.late.add(lead["Id"])
            subject.log.append(f"{self.turn}: that is seen {seconds} s later")

    def _edit_both_late(self, subject: Subject) -> None:
        self._edit_lead_late(subject)
        self._edit_record(subject)

    def _convert_lead(self, subject: Subject) -> None:
        """Inside sales make an account and a contact of a lead."""
        lead = self._a_lead(subject)
        if lead and self.both.convert_lead(self.rng.choice(self.both.salesforce_users), lead["Id"]):
            subject.converted[lead["Id"]] = (self.turn, datetime.now(UTC))
            subject.enter(self.turn, "salesforce", PAIRS["stage"], CONVERTED, lead["Status"], lead["Id"])

    def _same_on_both(self, subject: Subject) -> None:
        pair = self._text()
        value = self._value(pair)
        self._on_lead(subject, self._a_lead(subject), pair, value)
        self._on_record(subject, self._a_record(subject), pair, value)

    def _apart_on_both(self, subject: Subject) -> None:
        one, other = (PAIRS[name] for name in self.rng.sample(TEXTS, 2))
        self._on_lead(subject, self._a_lead(subject), one, self._value(one))
        self._on_record(subject, self._a_record(subject), other, self._value(other))

    def _blank_lead(self, subject: Subject) -> None:
        self._on_lead(subject, self._a_lead(subject), PAIRS[self.rng.choice(("First Name", "Phone", "Notes"))], None)  # fmt: skip

    def _blank_record(self, subject: Subject) -> None:
        name = self.rng.choice(("First Name", "Last Name", "Phone", "Notes"))
        self._on_record(subject, self._a_record(subject), PAIRS[name], None)

    def _reformat(self, subject: Subject) -> None:
        """Another spelling of the same value."""
        pair = PAIRS["Phone"]
        if self.rng.random() < 0.5:
            lead = self._a_lead(subject)
            value = lead and lead["Phone"]
            if value:
                self._on_lead(subject, lead, pair, f"+1 {plain(pair, value)}")
        else:
            record = self._a_record(subject)
            value = spotio_value(record, pair) if record else None
            if value:
                self._on_record(subject, record, pair, plain(pair, value))

    def _touch(self, subject: Subject) -> None:
        """A save that changes nothing moves stamps all the same."""
        lead = self._a_lead(subject)
        if lead:
            self._on_lead(subject, lead, PAIRS["Company"], lead["Company"])

    def _flip(self, subject: Subject) -> None:
        """To another value and back before anybody looks."""
        lead = self._a_lead(subject)
        if lead:
            before = lead["Company"]
            self._on_lead(subject, lead, PAIRS["Company"], self._value(PAIRS["Company"]))
            self._on_lead(subject, lead, PAIRS["Company"], before)

    def _move_stage(self, subject: Subject) -> None:
        self._on_record(subject, self._a_record(subject), PAIRS["stage"], self.rng.choice(sorted(STAGES)))

    def _move_status(self, subject: Subject) -> None:
        status = self.rng.choice(sorted(set(STAGES.values())))
        self._on_lead(subject, self._a_lead(subject), PAIRS["stage"], status)

    def _reassign_record(self, subject: Subject) -> None:
        self._on_record(subject, self._a_record(subject), PAIRS["owner"], self.rng.choice(self.both.spotio_users))  # fmt: skip

    def _reassign_lead(self, subject: Subject) -> None:
        user = self.rng.choice(self.both.salesforce_users)
        self._on_lead(subject, self._a_lead(subject), PAIRS["owner"], user)

    def _delete_lead(self, subject: Subject) -> None:
        lead = self._a_lead(subject)
        if lead and self.both.delete_lead(self.rng.choice(self.both.salesforce_users), lead["Id"]):
            subject.deleted[lead["Id"]] = self.turn
            subject.log.append(f"{self.turn}: lead {lead['Id']} deleted")

    def _delete_record(self, subject: Subject) -> None:
        record = self._a_record(subject)
        if record and self.both.delete_record(self.rng.choice(self.both.editors), str(record["id"])):
            subject.deleted[str(record["id"])] = self.turn
            subject.log.append(f"{self.turn}: record {record['id']} deleted")

    def _undelete_lead(self, subject: Subject) -> None:
        for id in [id for id in self._lead_ids(subject) if id in subject.deleted]:
            if self.both.undelete_lead(id):
                subject.bring_back(id, self.turn)
                subject.log.append(f"{self.turn}: lead {id} undeleted")
                return

    def _restore_record(self, subject: Subject) -> None:
        for id in [id for id in subject.deleted if id not in self._lead_ids(subject)]:
            if self.both.restore_record(id):
                subject.bring_back(id, self.turn)
                subject.log.append(f"{self.turn}: record {id} restored")
                return

    def _hide_record(self, subject: Subject) -> None:
        """The key's user loses access to a record that the sync has seen before."""
        record = self._a_record(subject)
        if record and str(record["id"]) in self._records and self.both.hide_record(str(record["id"])):
            subject.hidden.add(str(record["id"]))
            subject.log.append(f"{self.turn}: record {record['id']} hidden")

    def _show_record(self, subject: Subject) -> None:
        for id in sorted(subject.hidden):
            if self.both.show_record(id):
                subject.hidden.discard(id)
                subject.log.append(f"{self.turn}: record {id} shown")
                return

    def _edit_hidden(self, subject: Subject) -> None:
        for id in sorted(subject.hidden):
            pair = self._text()
            self._on_record(subject, self.both.record(id), pair, self._value(pair))

    def show_all(self) -> None:
        """Whatever was kept from the key is shown again."""
        for subject in self.subjects:
            while subject.hidden:
                before = len(subject.hidden)
                self._show_record(subject)
                if len(subject.hidden) == before:
                    break  # what is left is deleted

    def _rate(self, subject: Subject, rating: str) -> None:
        lead = self._a_lead(subject)
        if lead:
            user = self.rng.choice(self.both.salesforce_users)
            if self.both.edit_lead(user, lead["Id"], {"Rating": rating}):
                if rating == "Hot":
                    subject.warmed[lead["Id"]] = self.turn
                subject.log.append(f"{self.turn}: lead {lead['Id']} rated {rating}")

    def _cool(self, subject: Subject) -> None:
        self._rate(subject, "Cold")

    def _warm(self, subject: Subject) -> None:
        self._rate(subject, "Hot")


def _story_of(email: Any) -> int | None:
    name, _, host = str(email or "").lower().partition("@")
    if host != "example.org" or not name.startswith("s") or "x" not in name:
        return None
    return int(name[1:].partition("x")[0])
