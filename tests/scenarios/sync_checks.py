"""What must hold when a batch of histories has come to rest; each check says in a sentence what is broken.

Everything is judged by the stand-ins' own state and by what people did, and only then by what the store says of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.scenarios.company import Row
from tests.scenarios.sync_batch import LAST_RUNS_MAX, Batch
from tests.scenarios.sync_story import Story, Subject
from tests.scenarios.two_systems import FIRST, PAIRS, STAGES, Pair, plain, spotio_value

_OTHER = {"spotio": "salesforce", "salesforce": "spotio"}
_LISTED = ("blocked", "waiting", "frozen", "undecided", "excluded", "deleted")


class Ended:
    """A batch that has come to rest, with what both systems and the store hold then."""

    def __init__(self, batch: Batch) -> None:
        self.batch, self.setting = batch, batch.setting
        self.leads, self.records = batch.both.leads(), batch.both.records()
        store = batch.fieldline.store
        self.links = store.rows(
            "select l.link, l.state, l.born, l.to_spotio, l.to_salesforce, l.reason,"
            " max(m.id) filter (m.system = 'spotio') as spotio_id, max(m.id) filter (m.system = 'salesforce') as salesforce_id"
            " from sync.link l join sync.link_member m on m.number = l.number group by all order by l.link"
        )
        self.conflicts = store.rows("select * from sync.conflict")
        self.differences = store.rows("select * from sync.standing")
        self.standing = {(r["link"], r["field"]) for r in self.differences if r["settled_at"] is None}
        self.open = {(r["link"], r["field"]) for r in self.conflicts if r["settled_at"] is None}
        self.decisions = {(r["system"], r["id"]): r for r in store.rows("select * from sync.decision where current")}  # fmt: skip
        self.made = store.rows(
            "select system, record_id, spotio_id, salesforce_id, state, intended_at from sync.write where kind = 'create'"
        )
        # What the sync deletes, because its partner was deleted (C-04).
        self.followed = {
            row["id"]: row["intended_at"]
            for row in store.rows(
                "select case system when 'spotio' then spotio_id else salesforce_id end as id, intended_at from sync.write"
                " where kind = 'delete' and state = 'done'"
            )
        }
        self.persons = batch.both.persons

    def subjects(self) -> Iterator[tuple[Story, Subject]]:
        for story in self.batch.stories:
            for subject in story.subjects:
                yield story, subject

    def of_lead(self, subject: Subject) -> list[Row]:
        return [row for row in self.leads.values() if str(row["Email"]).lower() == subject.email]

    def of_record(self, subject: Subject) -> list[Row]:
        mail = PAIRS["Email"]
        return [row for row in self.records.values() if str(spotio_value(row, mail)).lower() == subject.email]

    def source_of(self, side: str, id: str) -> str | None:
        """Of which record of the other side one was made."""
        return next((row[f"{_OTHER[side]}_id"] for row in self.made if row["system"] == side and row["record_id"] == id), None)  # fmt: skip

    def deleted_before(self, other: str, side: str, id: str) -> bool:
        """Whether the sync deleted a record before it made another one."""
        made = max((row["intended_at"] for row in self.made if row["system"] == side and row["record_id"] == id), default=None)  # fmt: skip
        return made is not None and other in self.followed and self.followed[other] < made

    def note(self, story: Story, subject: Subject, sentence: str) -> None:
        self.batch.note(story.seed, f"{subject.email}: {sentence}")


def rest(ended: Ended) -> list[str]:
    """What both systems hold of each subject, without ids and instants: the same for two ways to one end."""
    told = []
    for _, subject in ended.subjects():
        leads = [[str(lead[p.salesforce]) for p in PAIRS.values()] + [str(lead["IsDeleted"])] for lead in ended.of_lead(subject)]  # fmt: skip
        records = [
            [str(spotio_value(record, p)) for p in PAIRS.values()] for record in ended.of_record(subject)
        ]
        told.append(f"{subject.email}: {sorted(leads)} | {sorted(records)}")
    return told


def judge(batch: Batch) -> None:
    """Hold everything against a batch that was told."""
    ended = Ended(batch)
    for check in (quiesced, one_to_one, converged, settled_by_policy, nothing_lost, nothing_invented, no_doubles, in_scope, stays_deleted, stays_converted, as_planned, explained):  # fmt: skip
        check(ended)


def quiesced(ended: Ended) -> None:
    """The next run plans and writes nothing."""
    counts = ended.batch.last_runs[-1]["counts"]
    if counts["planned"] or counts["written"]:
        told = ended.batch.fieldline.plan()["actions"]
        ended.batch.note(-1, f"run {LAST_RUNS_MAX} without an edit still did {counts}")
        for action in told[:3]:
            id = action["salesforce_id"] or action["spotio_id"]
            ended.batch.note_of(id, f"still planned: {action}")


def one_to_one(ended: Ended) -> None:
    """A record has one live link at most."""
    seen: dict[str, str] = {}
    for link in ended.links:
        if link["state"] == "unlinked":
            continue
        for id in (link["spotio_id"], link["salesforce_id"]):
            if id in seen:
                ended.batch.note_of(id, f"{id} is in {seen[id]} and {link['link']}")
            seen[id] = link["link"]


def converged(ended: Ended) -> None:
    """Mapped fields of a live link show the same, or it is listed why not."""
    setting = ended.setting
    for story, subject in ended.subjects():
        for lead in ended.of_lead(subject):
            for link in ended.links:
                if link["salesforce_id"] != lead["Id"] or link["state"] != "active":
                    continue
                record = ended.records.get(link["spotio_id"])
                if (link["link"], "deletion") in ended.open:
                    continue
                if record is None or lead["IsDeleted"]:
                    ended.note(story, subject, f"{link['link']} is active, and one of its records is deleted")
                    continue
                decision = ended.decisions.get(("salesforce", lead["Id"]))
                if decision is None:
                    ended.note(story, subject, f"{link['link']} has no decision")
                    continue
                if decision["outcome"] in _LISTED:
                    continue
                # Where a conflict is told of, what waits for the outbound direction beside it is not.
                if decision["outcome"] == "conflict" and setting.outbound_at is None:
                    continue
                for pair in PAIRS.values():
                    listed = (link["link"], pair.key) in ended.open | ended.standing
                    if (
                        not listed
                        and not _agree(ended, pair, record, lead)
                        and not _left(setting, pair, record, lead)
                        and not _filled(subject, pair, record, lead)
                    ):
                        told = f"SPOTIO {spotio_value(record, pair)!r}, Salesforce {lead[pair.salesforce]!r}"
                        ended.note(story, subject, f"{link['link']} {pair.name} differs and is not listed: {told}; {decision['outcome']}: {decision['text']}; {link}")  # fmt: skip


def _agree(ended: Ended, pair: Pair, record: Row, lead: Row) -> bool:
    here, there = spotio_value(record, pair), lead[pair.salesforce]
    if pair.kind == "stage":
        return bool(STAGES.get(str(here)) == there)
    if pair.kind == "owner":
        forth = ended.persons.get(str(here), ended.batch.both.default_salesforce["Id"])
        back = {there_id: here_id for here_id, there_id in ended.persons.items()}.get(there, ended.batch.both.default_spotio["id"])  # fmt: skip
        return bool(forth == there or back == str(here))
    return plain(pair, here) == plain(pair, there)


def _left(setting: Any, pair: Pair, record: Row, lead: Row) -> bool:
    """A blank that is kept from travelling, or a field that is not mapped."""
    blank = plain(pair, spotio_value(record, pair)) is None or plain(pair, lead[pair.salesforce]) is None
    return blank and (setting.blanks[pair.name] == "keep" or setting.later == pair.name)


def _filled(subject: Subject, pair: Pair, record: Row, lead: Row) -> bool:
    """What a constant or template of the configuration gave a lead whose record holds nothing (F-04)."""
    value = plain(pair, lead[pair.salesforce])
    if value is None or plain(pair, spotio_value(record, pair)) is not None:
        return False
    return (pair.name == "Last Name" and value == "resident") or (
        pair.name == "Company" and _made_of(value, subject.shown)
    )


def settled_by_policy(ended: Ended) -> None:
    """No conflict is open where the policy in force names a side, whatever policy found it."""
    policies, _ = ended.setting.in_force(2)
    links = {link["link"]: link for link in ended.links if link["state"] == "active"}
    for row in ended.conflicts:
        pair = next((pair for pair in PAIRS.values() if pair.key == row["field"]), None)
        if row["settled_at"] is not None or pair is None or row["link"] not in links:
            continue
        decision = ended.decisions.get(("salesforce", row["salesforce_id"]))
        if decision is None or decision["outcome"] in _LISTED:
            continue
        # What is decided together is settled when all of it names the same side (F-02).
        names = ("First Name", "Last Name") if row["unit"] == "name" else (pair.name,)
        wanted = {policies.get(name, "ask") for name in names}
        if wanted in ({"spotio"}, {"salesforce"}):
            ended.batch.note_of(row["salesforce_id"], f"{pair.name} is still in conflict, and the policy is {policies[pair.name]}: {row}")  # fmt: skip


def nothing_lost(ended: Ended) -> None:
    """Each value that a person entered is shown, in a conflict, or was replaced by a person who saw it."""
    told: dict[str, set[tuple[str, str]]] = {}
    lead_of = {link["link"]: link["salesforce_id"] for link in ended.links}
    # A difference that stood was shown to the person who settled it, with both values.
    for row in [*ended.conflicts, *ended.differences]:
        for pair in PAIRS.values():
            for side in ("spotio", "salesforce", "value") if pair.key == row["field"] else ():
                value = plain(pair, row[side])
                if value is not None:
                    told.setdefault(lead_of[row["link"]], set()).add((pair.name, value))
    for story, subject in ended.subjects():
        leads, records = ended.of_lead(subject), ended.of_record(subject)
        shown = {(p.name, plain(p, lead[p.salesforce])) for lead in leads for p in PAIRS.values()}
        shown |= {(p.name, plain(p, spotio_value(record, p))) for record in records for p in PAIRS.values()}
        kept = set().union(*[told.get(lead["Id"], set()) for lead in leads])
        # SPOTIO does not show us what a deleted record held.
        ids = {str(record["id"]) for record in records}
        mine = {
            link["spotio_id"]
            for link in ended.links
            if link["salesforce_id"] in {lead["Id"] for lead in leads}
        }
        gone = bool((mine | subject.records.keys()) - ids)
        asked = {
            pair.name
            for link in ended.links if link["salesforce_id"] in {lead["Id"] for lead in leads}
            for pair in PAIRS.values() if (link["link"], pair.key) in ended.open | ended.standing
        }  # fmt: skip
        for each in subject.entered:
            if each.gone or gone:
                continue
            if each.side == "console" and each.name in asked:
                continue  # it was decided of other values than were there by then, and is asked anew
            if not {(each.name, value) for value in (each.value, *each.told_as)} & (shown | kept):
                ended.note(story, subject, f"{each.name} '{each.value}', entered in {each.side} in turn {each.turn}, is nowhere")  # fmt: skip


def nothing_invented(ended: Ended) -> None:
    """Each value that a system shows was entered by a person, or is a constant or template of the configuration."""
    for story, subject in ended.subjects():
        entered = subject.shown
        for row, side in [(r, "salesforce") for r in ended.of_lead(subject)] + [(r, "spotio") for r in ended.of_record(subject)]:  # fmt: skip
            for pair in PAIRS.values():
                if pair.name == "Email":
                    continue
                value = plain(pair, row[pair.salesforce] if side == "salesforce" else spotio_value(row, pair))
                known = entered.get(pair.name, set())
                if pair.name in ("stage", "owner"):
                    known = _in_both_words(ended, pair, known)
                if value is None or value in known or (pair.name == "Last Name" and value == "resident"):
                    continue
                if pair.name == "Company" and _made_of(value, entered):
                    continue
                ended.note(story, subject, f"{side} shows {pair.name} '{value}', which nobody entered")


def _in_both_words(ended: Ended, pair: Pair, known: set[str]) -> set[str]:
    """What people chose, and what a new lead and a new record begin with, as either side tells it.

    Of the stages of a status a lead's record gets the first (F-07).
    """
    both = ended.batch.both
    told = known | ({"1", STAGES["1"]} if pair.kind == "stage" else set())
    for value in tuple(told):
        if pair.kind == "stage":
            told.add(STAGES.get(value) or FIRST.get(value, value))
        else:
            told |= both.told_as("spotio" if value in both.spotio_users else "salesforce", pair, value)
    return told


def _made_of(value: str, entered: dict[str, set[str]]) -> bool:
    names = entered.get("First Name", set()) | entered.get("Last Name", set()) | {"resident"}
    return value in names or any(value == f"{a} {b}" for a in names for b in names)


def no_doubles(ended: Ended) -> None:
    """Nothing was created for somebody who had a counterpart, and nobody twice."""
    for story, subject in ended.subjects():
        for side, rows, theirs, key in (
            ("salesforce", ended.of_lead(subject), subject.leads, "Id"),
            ("spotio", ended.of_record(subject), subject.records, "id"),
        ):
            ours = [str(row[key]) for row in rows if str(row[key]) not in theirs]
            live = [str(row[key]) for row in rows if not row.get("IsDeleted")]
            # Whoever was deleted for a while was not there when another one was made.
            stayed = [id for id in ours if id in live and not any(each == id for each, _, _ in subject.away)]
            if len(stayed) > 1:
                ended.note(story, subject, f"the sync made {len(ours)} records in {side}: {ours}")
            for id in ours:
                seen = ended.batch.first_seen[id]
                there = [
                    other for other in theirs
                    if subject.is_there(other, seen) and not ended.deleted_before(other, side, id)
                ]  # fmt: skip
                if there:
                    ended.note(story, subject, f"the sync made {id} in {side}, and {there} was there")
                source = ended.source_of(side, id)
                if any(
                    link[f"{_OTHER[side]}_id"] == source and link[f"{side}_id"] != id for link in ended.links
                ):
                    ended.note(
                        story, subject, f"the sync made {id} in {side} of {source}, which had a counterpart"
                    )


def in_scope(ended: Ended) -> None:
    """Nothing was created from a record that may not enter."""
    setting = ended.setting
    for story, subject in ended.subjects():
        ours = [row for row in ended.of_lead(subject) if row["Id"] not in subject.leads]
        made = [row for row in ended.of_record(subject) if str(row["id"]) not in subject.records]
        if ours and setting.outbound_at is None:
            ended.note(story, subject, "a lead was made, and the outbound direction is off")
        elif ours and not _may_go_out(setting, subject):
            ended.note(story, subject, "a lead was made of a record that no person made or edited since the turn-on")  # fmt: skip
        for id in ended.batch.kept_out & subject.leads.keys():
            if subject.warmed.get(id, 0) < 3 and any(row["salesforce_id"] == id and row["system"] == "spotio" and row["record_id"] for row in ended.made):  # fmt: skip
                ended.note(story, subject, f"a record was made of {id}, which only a widened filter lets in")
        if made and setting.scope == "forward_only" and all(turn == 0 for turn in subject.leads.values()):
            ended.note(story, subject, "a record was made of a lead that stood before the turn-on")
        if made and setting.scope == "historical_only" and all(turn > 0 for turn in subject.leads.values()):
            ended.note(story, subject, "a record was made of a lead that came after the turn-on")


def _may_go_out(setting: Any, subject: Subject) -> bool:
    since = setting.outbound_at or 0
    made_later = any(turn > since or (turn == since and since > 0) for turn in subject.records.values())
    edited = any(turn >= since and turn > 0 for turn in subject.edited_in_spotio)
    return (made_later and not subject.by_machine) or edited


def stays_deleted(ended: Ended) -> None:
    """What a person deleted is not there, under whatever id."""
    for story, subject in ended.subjects():
        leads, records = ended.of_lead(subject), ended.of_record(subject)
        for id in subject.deleted:
            if any(row["Id"] == id and not row["IsDeleted"] for row in leads) or any(str(row["id"]) == id for row in records):  # fmt: skip
                ended.note(story, subject, f"{id} was deleted by a person and is back")


def stays_converted(ended: Ended) -> None:
    """A converted lead takes no changes: nothing is written to it, it is said why, and no other is made in its place."""
    written = ended.batch.fieldline.store.rows(
        "select kind, salesforce_id, spotio_id, intended_at from sync.write where system = 'salesforce'"
    )
    for story, subject in ended.subjects():
        for id, (_, since) in subject.converted.items():
            partners = {link["spotio_id"] for link in ended.links if link["salesforce_id"] == id}
            for row in written:
                instead = row["kind"] == "create" and row["spotio_id"] in partners
                if (row["salesforce_id"] == id or instead) and row["intended_at"] > since:
                    ended.note(story, subject, f"{id} was converted, and still there was {row}")
            decision = ended.decisions.get(("salesforce", id))
            if id not in subject.deleted and (decision is None or "is converted" not in decision["text"]):
                ended.note(story, subject, f"{id} is converted, and told of it is {decision}")


def as_planned(ended: Ended) -> None:
    """A run wrote what the plan before it showed, and what those writes bring about."""
    store = ended.batch.fieldline.store
    # What is seen while a run is at work moved since the plan (C-06).
    late = {id for _, subject in ended.subjects() for id in subject.late}
    for run, plan in ended.batch.planned_by_run.items():
        shown = {action["digest"]: action for action in plan["actions"]}
        done = {
            row["action"]: row
            for row in store.rows("select action, kind, system, link, why, salesforce_id, spotio_id, record_id, fields::varchar as fields from sync.write where run = $run order by number", {"run": run})
        }  # fmt: skip
        for digest, action in shown.items():
            if digest not in done and action["salesforce_id"] not in late:
                ended.batch.note_of(action["salesforce_id"] or action["spotio_id"], f"{run} left out what was planned: {action}")  # fmt: skip
        written: set[str] = set()
        for digest, row in done.items():
            ids = {row[name] for name in ("link", "spotio_id", "salesforce_id", "record_id")} - {None}
            # What a write brings about is planned in the same run: automation answers it, a filter lets its record in, a
            # value that a person typed goes on from SPOTIO to Salesforce.
            follows = row["kind"] == "update" and bool(ids & written)
            written |= ids
            # Of what waited for a look, which a plan does not take, the run knows more.
            if plan["unsettled"] or digest in shown or row["salesforce_id"] in late:
                continue
            if not follows:
                told = [action for action in plan["actions"] if action["link"] == row["link"]] if row["link"] else []  # fmt: skip
                ended.batch.note_of(row["salesforce_id"] or row["spotio_id"], f"{run} did what was not planned: {row}; planned was {told}")  # fmt: skip


def explained(ended: Ended) -> None:
    """`why` tells what the last run decided, of a few records each way that a record can stand."""
    asked: set[str] = set()
    for (system, id), decision in sorted(ended.decisions.items()):
        if decision["outcome"] in asked:
            continue
        asked.add(decision["outcome"])
        told = ended.batch.fieldline.do("why", record=f"{system}:{id}")
        if (told["outcome"], told["text"]) != (decision["outcome"], decision["text"]):
            ended.batch.note_of(id, f"why tells {told['outcome']} ({told['text']}) of {id}; decided was {decision['outcome']} ({decision['text']})")  # fmt: skip
