"""The people of the company, their teams and territories."""

from __future__ import annotations

import random
from collections.abc import Iterator

from sync.sandbox.world.company import DAY, Instant, Person, Team, Territory
from sync.sandbox.world.geography import parcels, regions
from sync.sandbox.world.ids import SalesforceIds
from sync.sandbox.world.names import FIRST, LAST, PhoneBook, phone_text
from sync.sandbox.world.scale import Scale

MAIL_HOST = "brightwater.example.com"
COLORS = ("#2F5597", "#548235", "#BF9000", "#C55A11", "#7030A0", "#1F7A7A", "#A61C3C", "#3D3D8F")
TEAM_NAMES = (
    "Foothills Front Range",
    "Platte Valley",
    "Cherry Creek",
    "Bear Creek",
    "Clear Creek",
    "Sand Creek",
    "High Plains",
    "Tower Road",
    "Ridgegate",
    "Red Rocks",
    "Green Mountain",
    "Standley Lake",
    "Rocky Flats",
    "Barr Lake",
    "Plum Creek",
    "Coal Creek",
)

CLOSERS_SHARE = 0.3
"""Of a team's reps, those who run the appointments that the others set."""


class Staff:
    """Hires people: deals out names, ids and addresses, so that no two e-mail addresses are the same."""

    def __init__(self, rng: random.Random, now: Instant, phones: PhoneBook, ids: SalesforceIds) -> None:
        self._rng = rng
        self.now = now
        self._phones = phones
        self._ids = ids
        self._mails: set[str] = set()
        self.people: list[Person] = []

    def hire(self, job: str, *, spotio: bool = True, salesforce: bool = True, days: int = 0) -> Person:
        """Someone who joined `days` ago, or one to four years ago when that is 0."""
        rng = self._rng
        while True:
            first, last = rng.choice(FIRST), rng.choice(LAST)
            mail = f"{first}.{last}@{MAIL_HOST}".lower()
            if mail not in self._mails:
                break
        self._mails.add(mail)
        person = Person(
            first=first,
            last=last,
            mail=mail,
            phone=phone_text(self._phones.next(), 0),
            job=job,
            spotio_id=str(534_600 + 7 * len(self.people)) if spotio else None,
            salesforce_id=self._ids.next("User") if salesforce else None,
            joined=self.now - (days or rng.randrange(365, 1460)) * DAY,
            pace=rng.uniform(0.65, 1.35),
            charm=rng.uniform(0.75, 1.25),
            care=rng.choice((0.98, 0.97, 0.95, 0.93, 0.90, 0.80)),
            habit=rng.choices(("", "sofa", "roams"), (10, 1, 1))[0],
        )
        person.signed_in = self.now - rng.randrange(3 * DAY) if spotio else None
        self.people.append(person)
        return person


def company_people(rng: random.Random, scale: Scale, staff: Staff) -> tuple[list[Team], list[Territory]]:
    """Hire everybody; the administrator first, because the first Salesforce user is the one whom tools act as."""
    staff.hire("admin")
    vp = staff.hire("vp")
    area_names = ("West", "East", "North", "South", "Central")
    areas = [
        Team(str(1_200 + i), f"{area_names[i % 5]} Area{'' if i < 5 else f' {i // 5 + 1}'}", None)
        for i in range(max(1, scale.teams // 4) + (scale.teams > 1))
    ]
    for area in areas:
        area.lead = _join(area, staff.hire("regional"))
    teams = [_team(staff, rng, scale, i, areas) for i in range(scale.teams)]
    territories = list(_territories(rng, scale, staff.now, teams, vp))
    _newcomers_and_leavers(staff, rng, scale, teams)
    for _ in range(max(2, scale.reps // 10)):
        staff.hire("inside", spotio=False)
    for _ in range(max(1, scale.reps // 20)):
        staff.hire("office", salesforce=False)
    return [*areas, *teams], territories


def _join(team: Team, person: Person) -> Person:
    person.team = team
    team.members.append(person)
    return person


def _team(staff: Staff, rng: random.Random, scale: Scale, number: int, areas: list[Team]) -> Team:
    area = areas[number * len(areas) // scale.teams]
    again = number // len(TEAM_NAMES)
    name = f"{TEAM_NAMES[number % len(TEAM_NAMES)]}{f' {again + 1}' if again else ''}"
    team = Team(str(1_300 + number), name, area)
    team.lead = _join(team, staff.hire("lead"))
    size = scale.reps // scale.teams + (number < scale.reps % scale.teams)
    closers = max(1, round(size * CLOSERS_SHARE))
    for i in range(size):
        # A few reps have no Salesforce licence, a few joined in the course of the half year.
        days = rng.randrange(40, 170) if rng.random() < 0.12 else 0
        job = "closer" if i < closers else "setter"
        _join(team, staff.hire(job, salesforce=rng.random() > 0.08, days=days))
    return team


def _territories(
    rng: random.Random, scale: Scale, now: Instant, teams: list[Team], vp: Person
) -> Iterator[Territory]:
    numbers = iter(range(7_000, 100_000))
    for i, (team, quad) in enumerate(zip(teams, regions(scale.teams), strict=True)):
        color = COLORS[i % len(COLORS)]
        updated = now - rng.randrange(30, 400) * DAY
        region = Territory(str(next(numbers)), team.name, color, quad, None, updated)
        leaders = [person for person in (team.lead, team.parent and team.parent.lead, vp) if person]
        region.people = leaders + [person for person in team.members if person.job == "closer"]
        yield region
        setters = [person for person in team.members if person.job == "setter"]
        for part, (setter, piece) in enumerate(
            zip(setters, parcels(quad, len(setters), rng), strict=True), 1
        ):
            updated = now - rng.randrange(1, 300) * DAY
            title = f"{team.name} {part:02d}"
            setter.turf = Territory(str(next(numbers)), title, color, piece, region, updated, [setter])
            yield setter.turf


def _newcomers_and_leavers(staff: Staff, rng: random.Random, scale: Scale, teams: list[Team]) -> None:
    """People invited and not come yet, and reps who worked for a while and are suspended now."""
    for _ in range(max(1, scale.reps // 15)):
        invited = _join(rng.choice(teams), staff.hire("setter", salesforce=False, days=rng.randrange(1, 13)))
        invited.accepted = False
        invited.signed_in = None
    for _ in range(max(1, scale.reps // 20)):
        team = rng.choice(teams)
        colleague = rng.choice([person for person in team.members if person.turf])
        former = _join(team, staff.hire("setter"))
        former.turf = colleague.turf
        former.left = staff.now - rng.randrange(20, 120) * DAY
        former.signed_in = former.left - rng.randrange(DAY)
