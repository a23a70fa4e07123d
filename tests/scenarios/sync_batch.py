"""Many histories side by side over one sandbox, one store and the same runs of the real thing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sync.errors import FieldlineError
from sync.operations import Operations
from sync.sandbox.server import Sandbox
from tests.scenarios.company import LATE_SECONDS_MAX, Row
from tests.scenarios.mirroring import Mirror
from tests.scenarios.sync_setting import TURNS, Setting
from tests.scenarios.sync_story import Story
from tests.scenarios.two_systems import Both

OBJECTS = "User,Lead,LeadHistory"
STORIES = 150
"""How many neighbouring seeds share a setting, and by default a batch."""
MANNERS = {"salesforce": {"objects": OBJECTS, "requests_per_second": 1000}}
LAST_RUNS_MAX = 4


class Fieldline(Mirror):
    """A store and the commands over it, as the command line carries them out in its own process."""

    def __init__(self, sandbox: Sandbox, path: Path) -> None:
        super().__init__(sandbox, path, **MANNERS)
        self._operations = Operations(self.store, self.runner, self.settings)

    def do(self, command: str, **arguments: Any) -> Any:
        return self._operations.run(command, arguments, lambda _: None)

    def run(self, *, pull: bool = True, only: Sequence[str] = ()) -> Row:
        report: Row = self.do(
            "sync", sync="doors", plan=None, approve={}, only=list(only), pull=pull, person="ops"
        )
        return report

    def plan(self) -> Row:
        document: Row = self.do("plan", sync="doors", save=False, person="ops")
        return document

    def publish(self, text: str) -> None:
        said = self.do("config-import", text=text, publish=True, author="ops", note="")
        assert said["published"], said

    def turn_on(self, *, outbound: bool) -> Row:
        said: Row = self.do("sync_on", sync="doors", outbound=outbound, confirmed=True, person="ops")
        return said

    def conflicts(self) -> list[Row]:
        rows: list[Row] = self.do("conflicts", sync=None, standing_too=False, matches_too=False)
        return rows

    def resolve(self, *, id: str, take: str | None, value: str | None) -> None:
        self.do("resolve", id=id, take=take, value=value, restore=False, person="ops")


class Batch:
    """Stories of one setting, told to their end; what the runs did on the way is kept for the verdict."""

    def __init__(
        self,
        fieldline: Fieldline,
        both: Both,
        setting: Setting,
        seeds: Sequence[int],
        *,
        backwards: bool = False,
    ) -> None:
        self.fieldline, self.both, self.setting = fieldline, both, setting
        self.stories = [Story(seed, both, setting.habits) for seed in seeds]
        # Stories know nothing of each other: whose things happen first within a turn is chance.
        self._in_turn = self.stories[::-1] if backwards else self.stories
        self.broken: dict[int, list[str]] = {}  # by seed; 0-based seeds, -1: of the whole batch
        self.last_runs: list[Row] = []
        self.before: dict[str, Row] = {}  # every lead and record as of the last look
        self.planned_by_run: dict[str, Row] = {}
        self.first_seen: dict[str, int] = {}  # a record's id -> the turn after which it was there
        self.kept_out: set[str] = set()  # leads that a widened filter alone would let in
        self.turn = 0

    def tell(self) -> None:
        """From what stood before the turn-on until nothing moves any more."""
        self.prepare(TURNS)
        self._turn(self.turn)
        self._decide()
        self.come_to_rest()

    def prepare(self, turns: int) -> None:
        """As many turns of the stories, up to right before the last one's run."""
        setting, fieldline = self.setting, self.fieldline
        setting.begin(self.both)
        for story in self._in_turn:
            story.begin()
        self._before_turn_on()
        fieldline.turn_on(outbound=setting.outbound_at == 0)
        if setting.tried:
            self._try()
        self._turn(0)
        for turn in range(1, turns + 1):
            if turn > 1:
                self._turn(self.turn)
                self._decide()
            self._look()
            self.turn = turn
            for story in self._in_turn:
                story.go_on()
            if turn == 3 and setting.republished:
                self._publish_again()
            if turn == setting.outbound_at:
                fieldline.turn_on(outbound=True)
            self.both.advance(setting.rng.choice((0, 1, 400)))

    def _before_turn_on(self) -> None:
        """Looking, publishing and planning write nothing (SF-15)."""
        stood = self._state()
        self.fieldline.pull(systems=("salesforce", "spotio"))
        self.fieldline.publish(self.setting.document(self.both))
        self.fieldline.plan()
        for id in [id for id, row in self._state().items() if stood.get(id) != row]:
            self.note_of(id, f"{id} was changed before the sync was turned on")

    def _publish_again(self) -> None:
        """Another version; who only passes because the filter is gone is noted: those stay out (T-05)."""
        self._pull()  # nobody publishes without having seen what there is
        if self.setting.in_force(1)[1] and not self.setting.in_force(2)[1]:
            linked = {row["id"] for row in self.fieldline.store.rows("select id from sync.link_member where system = 'salesforce'")}  # fmt: skip
            cold = {id for id, lead in self.both.leads().items() if lead["Rating"] == "Cold" and not lead["IsDeleted"]}  # fmt: skip
            self.kept_out = cold - linked
        self.fieldline.publish(self.setting.document(self.both, version=2))

    def _try(self) -> None:
        """A run of a few chosen records does what is to be done with those and with nobody else (SF-35)."""
        chosen = {
            id
            for story in self.stories[::5]
            for subject in story.subjects
            for id in (*subject.leads, *subject.records)
        }
        report = self.fieldline.run(only=sorted(chosen))
        for row in self.fieldline.store.rows(
            "select salesforce_id, spotio_id from sync.write where run = $run", {"run": report["run"]}
        ):
            if not {row["salesforce_id"], row["spotio_id"]} & chosen:
                self.note_of(
                    row["salesforce_id"] or row["spotio_id"], f"{row} was written while others were tried"
                )

    def _state(self) -> dict[str, Row]:
        return {**self.both.leads(), **self.both.records()}

    def _look(self) -> None:
        leads, records = self.both.leads(), self.both.records()
        self.before = {**leads, **records}
        for id in self.before:
            self.first_seen.setdefault(id, self.turn)
        for story in self.stories:
            story.look(leads, records)

    def _turn(self, turn: int) -> None:
        """A run, among whatever goes wrong."""
        faults = self.setting.faults(turn)
        if turn in self.setting.paused:
            self.fieldline.do("sync_pause", sync="doors", person="ops")
            self.fieldline.pull(systems=("salesforce", "spotio"))
            self.fieldline.do("sync_resume", sync="doors", person="ops")
            return
        for system, orders in faults.items():
            self.both.order(system, orders)
        try:
            if faults:
                self.fieldline.run()
            else:
                self._as_planned()
        except FieldlineError:
            assert faults  # a run that meets trouble may say so; the next one makes up for it
        finally:
            self.both.mend()

    def _as_planned(self) -> None:
        """What a plan shows right before a run is what the run does."""
        self._pull()
        plan = self.fieldline.plan()
        self._leaves_hidden_alone(plan["actions"])
        report = self.fieldline.run(pull=False)
        self.planned_by_run[report["run"]] = plan

    def _pull(self) -> None:
        """What is no longer shown, and is again, is found by reading everything."""
        self.fieldline.pull(systems=("salesforce", "spotio"), reconcile="hides" in self.setting.habits)

    def _leaves_hidden_alone(self, actions: list[Row]) -> None:
        """Nothing is planned for a record that our key does not see (L-08)."""
        for story in self.stories:
            for subject in story.subjects:
                for action in actions:
                    if action["spotio_id"] in subject.hidden:
                        self.note(story.seed, f"{subject.email}: a hidden record, and planned is {action}")

    def _decide(self) -> None:
        told = self.fieldline.do("conflicts", sync=None, standing_too=True, matches_too=False)
        open_ones = told["conflicts"] + told["standing"]
        for story in self._in_turn:
            story.decide(open_ones, self.fieldline.resolve)

    def come_to_rest(self) -> None:
        """Runs until nothing moves any more."""
        if "late" in self.setting.habits:
            self.both.advance(LATE_SECONDS_MAX)  # whatever is still under way in Salesforce is seen
        if "hides" in self.setting.habits:
            for story in self.stories:
                story.show_all()
            self._pull()
        for _ in range(LAST_RUNS_MAX):
            self.last_runs.append(self.fieldline.run())
            counts = self.last_runs[-1]["counts"]
            if not (counts["planned"] or counts["written"] or counts["linked"]):
                break
        self._look()

    def note(self, seed: int, sentence: str) -> None:
        self.broken.setdefault(seed, []).append(sentence)

    def verdict(self) -> str:
        """What is broken, seed by seed, with what happened to the subjects that it is about; empty when nothing is."""
        lines: list[str] = []
        for seed, sentences in sorted(self.broken.items()):
            lines.append(f"seed {seed}:" if seed >= 0 else "the batch:")
            lines += [f"  - {sentence}" for sentence in sentences]
            for story in self.stories:
                for subject in story.subjects:
                    ids = [subject.email, *subject.leads, *subject.records]
                    if story.seed == seed and any(id in sentence for id in ids for sentence in sentences):
                        lines += [f"    {subject.email}:", *(f"      {entry}" for entry in subject.log)]
        return "\n".join(lines)

    def note_of(self, id: str, sentence: str) -> None:
        """Of the story that a record of either system belongs to."""
        for story in self.stories:
            for subject in story.subjects:
                if id in subject.leads or id in subject.records:
                    self.note(story.seed, sentence)
                    return
        self.note(-1, sentence)
