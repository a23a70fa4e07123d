"""The configuration: versions on top of each other, every change audited, nobody's overwritten; and who leads what."""

from __future__ import annotations

from typing import Any

import pytest

from data import config, people, publishing
from data.access_settings import AccessSettings, ListedPerson
from data.config import MistakenConfigurationError, StaleConfigurationError
from data.store import Store
from tests.console.people import DANA, EAST, RITA, WEST, WEST_NORTH, WEST_SOUTH, email, mirror_people
from tests.store.conftest import NOON


def listing(*people: dict[str, Any], **masks: list[str]) -> dict[str, Any]:
    return {"access": {"people": list(people), "masks": masks}}


DANA_LEADS = {"email": email("dana"), "role": "manager"}
RITA_SELLS = {"email": email("rita"), "role": "rep"}


def publish(store: Store, document: dict[str, Any], based_on: int, author: str = "priya@acme.example") -> int:
    note = f"on top of {based_on}"
    return publishing.publish(store, document, author=author, note=note, based_on=based_on, now=NOON).number


def test_a_store_begins_with_an_empty_configuration(store: Store) -> None:
    assert (config.number(store), config.current(store).document) == (0, {})
    assert config.history(store).is_empty()


@pytest.mark.requirement("CO-08")
def test_every_change_of_a_publication_is_audited_with_who_what_before_and_after(store: Store) -> None:
    publish(store, listing(DANA_LEADS, RITA_SELLS), 0)
    publish(
        store,
        listing({**DANA_LEADS, "role": "analyst"}, analyst=["salesforce.lead.phone"]),
        1,
        "omar@acme.example",
    )
    rows = config.audit(store).to_dicts()
    assert {row["version"] for row in rows} == {1, 2}
    told = [
        (row["person"], row["what"], row["before"], row["after"], row["text"])
        for row in rows
        if row["version"] == 2
    ]
    assert told == [
        ("omar@acme.example", "access.masks.analyst", None, '["salesforce.lead.phone"]',
         "Access, masks, analyst: added, salesforce.lead.phone."),
        ("omar@acme.example", f"access.people.{email('dana')}.role", '"manager"', '"analyst"',
         f"Access, people, {email('dana')}, role: manager became analyst."),
        ("omar@acme.example", f"access.people.{email('rita')}", '{"role": "rep"}', None,
         f"Access, people, {email('rita')}: removed, was role rep."),
    ]  # fmt: skip
    assert all(row["happened_at"] == NOON for row in rows)
    newest = config.history(store).to_dicts()[0]
    assert (newest["number"], newest["author"], newest["changes"]) == (2, "omar@acme.example", 3)


def test_a_version_is_published_on_top_of_the_newest_or_not_at_all(store: Store) -> None:
    publish(store, listing(DANA_LEADS), 0, "omar@acme.example")
    with pytest.raises(
        StaleConfigurationError, match=r"omar@acme\.example published version 1 \(“on top of 0”\)"
    ):
        publish(store, listing(RITA_SELLS), 0)
    assert config.current(store).document == listing(DANA_LEADS)
    assert len(config.audit(store)) == 1


def test_what_changes_nothing_is_no_version(store: Store) -> None:
    assert publish(store, listing(DANA_LEADS), 0) == 1
    assert publish(store, listing(DANA_LEADS), 1) == 1
    assert len(config.history(store)) == 1


@pytest.mark.parametrize(
    ("document", "mistake"),
    [
        pytest.param({"colours": {}}, "There is no section “colours” in a configuration: there are “access”, “kpis”, “syncs”, “feeds”.", id="section"),
        pytest.param(listing({"email": "dana", "role": "rep"}), "“dana” is no e-mail address.", id="e-mail"),
        pytest.param(
            listing({"email": email("dana"), "role": "boss"}),
            "Access, people, 1, role: input should be 'admin', 'manager', 'analyst' or 'rep'.",
            id="role",
        ),
        pytest.param(
            listing(DANA_LEADS, {"email": "DANA@acme.example", "role": "rep"}),
            f"The list has {email('dana')} 2 times; keep one line.",
            id="twice, by case alone",
        ),
        pytest.param(
            listing({**RITA_SELLS, "teams": ["1200"]}),
            f"Only managers lead teams, and {email('rita')} is rep.",
            id="a rep with teams",
        ),
        pytest.param(
            listing(analyst=["salesforce.phone"]),
            "“salesforce.phone” names no column; write it as salesforce.lead.phone.",
            id="mask",
        ),
        pytest.param(
            listing(analyst=["config.version.document"]),
            "“config.version.document” names no column; write it as salesforce.lead.phone.",
            id="mask outside the mirror",
        ),
        pytest.param(
            listing(admin=["salesforce.lead.phone"]),
            "Nothing can be masked for admins: they could take the mask off.",
            id="mask for admins",
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence_and_nothing_is_published(
    store: Store, document: dict[str, Any], mistake: str
) -> None:
    with pytest.raises(MistakenConfigurationError) as refused:
        publish(store, document, 0)
    assert refused.value.mistakes == [mistake]
    assert config.number(store) == 0


def test_a_draft_is_kept_for_each_person_and_section_until_it_is_dropped(store: Store) -> None:
    publishing.save_draft(store, "priya", "access", {"people": []}, based_on=0, now=NOON)
    publishing.save_draft(store, "priya", "access", {"masks": {}}, based_on=1, now=NOON)
    kept = config.draft(store, "priya", "access")
    assert kept
    assert (kept.based_on, kept.content) == (1, {"masks": {}})
    assert config.draft(store, "omar", "access") is None
    publishing.drop_draft(store, "priya", "access")
    assert config.draft(store, "priya", "access") is None


def test_changes_put_on_top_of_others_keep_both(store: Store) -> None:
    dana, rita = (ListedPerson.model_validate(line) for line in (DANA_LEADS, RITA_SELLS))
    base = AccessSettings(people=(dana, rita))
    lena = ListedPerson(email=email("lena"), role="manager", teams=(EAST,))
    theirs = base.with_person(lena).masking("analyst", ["salesforce.lead.phone"])
    mine = base.without(rita.email).with_person(
        ListedPerson(email=dana.email, role="analyst"), instead_of=dana.email
    )
    both = mine.on_top_of(theirs, base)
    assert {(line.email, line.role) for line in both.people} == {
        (dana.email, "analyst"),
        (lena.email, "manager"),
    }
    assert both.masks_of("analyst") == {"salesforce.lead.phone"}


@pytest.mark.parametrize(
    ("who", "teams"),
    [
        pytest.param("omar", {WEST, WEST_NORTH, WEST_SOUTH}, id="in the upper team alone: all of it"),
        pytest.param("dana", {WEST_NORTH}, id="in a team and the one above: the deepest"),
        pytest.param("lena", set(), id="in none"),
        pytest.param("rita", set(), id="no manager in SPOTIO"),
        pytest.param("nobody", set(), id="not in SPOTIO"),
    ],
)
@pytest.mark.requirement("CO-19")
def test_a_manager_sees_the_teams_they_lead_and_those_below(store: Store, who: str, teams: set[str]) -> None:
    mirror_people(store)
    assert people.find(store, email(who), "manager", AccessSettings()).scope.teams == frozenset(teams)


@pytest.mark.requirement("CO-19")
def test_the_list_overrides_what_spotio_says_of_a_person(store: Store) -> None:
    mirror_people(store)
    access = AccessSettings.of(
        listing(
            {**DANA_LEADS, "teams": [WEST]},
            {"email": "r@elsewhere.example", "role": "rep", "spotio_user": RITA},
            manager=["Salesforce.Lead.Phone"],
        )
    )
    dana = people.find(store, email("dana"), "manager", access)
    assert dana.scope.teams == frozenset({WEST, WEST_NORTH, WEST_SOUTH})
    assert (dana.scope.user_id, dana.scope.masks) == (DANA, frozenset({"salesforce.lead.phone"}))
    rita = people.find(store, "r@elsewhere.example", "rep", access)
    assert (rita.scope.user_id, rita.scope.teams, rita.scope.masks) == (RITA, None, frozenset())


def test_before_the_first_pull_nobody_is_found(store: Store) -> None:
    found = people.find(store, email("dana"), "manager", AccessSettings())
    assert (found.user, found.leads, found.scope.teams) == (None, (), frozenset())
    assert not people.choice(store, "Manager")
    assert not people.team_list(store)
    assert not people.maskable_columns(store)
