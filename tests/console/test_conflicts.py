"""Conflicts: what people are asked with both values and who made them, what they decide, and two who decide at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from console import readers
from console.context import Context, set_context
from console.deciding.narrowing import TABS
from console.identity import NotYoursError, Visitor, on_behalf_of
from console.readers import conflicts as asked
from console.services import conflicts as deciding
from console.services.conflicts import Rule
from data.store import Store
from data.syncs import conflicts, resolutions, standing
from tests.console.clashing import COMPANY, EMAIL, FIRST, LAST, OWNER, STAGE, Clashing, clash
from tests.console.conftest import Open, program, texts
from tests.store import small_pair
from tests.store.conftest import url_of
from tests.store.small_pair import MINUTE, NOON, carry_out, update

ADMIN, DANA = "admin at this machine", "dana@example.com"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the sync and its links; it is copied, for to fill one takes longer than most tests."""
    path = tmp_path_factory.mktemp("clashing") / "filled.duckdb"
    with Store.open(url_of(path)) as store:
        Clashing.made(store)
    return path


@pytest.fixture
def office(store: Store) -> Clashing:
    return Clashing(store)


@pytest.fixture
def served(office: Clashing) -> Iterator[Clashing]:
    """The readers' and services' world, without a page, for an admin."""
    set_context(
        Context(
            office.store,
            lambda _: True,
            ("spotio", "salesforce"),
            "America/Denver",
            command=program(office.store),
        )
    )
    with on_behalf_of(Visitor(role="admin")):
        yield office
    set_context(None)


def waiting(office: Clashing) -> list[tuple[Any, ...]]:
    """What the next run is to write: (link, field, take, value)."""
    return resolutions.waiting(office.store, "doors").select("link", "field", "take", "value").rows()


def press(app: AppTest, key: str) -> AppTest:
    assert not app.exception
    return app.button(key=key).click().run()


def tick(app: AppTest, key: str, *rows: int) -> AppTest:
    app.session_state[key] = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
    return app.run()


def audited(office: Clashing) -> list[Any]:
    """The lines of the audit on decisions, newest first."""
    with on_behalf_of(Visitor(role="admin")):
        return readers.audit_lines(("conflict", "match"))


def said(app: AppTest) -> str:
    return texts(app).replace("\u2060", "").replace("\\", "")


def badges(app: AppTest) -> list[str]:
    return [element.value for element in app.markdown if "-badge" in element.value]


# What is shown.


def test_without_conflicts_the_page_says_that_all_is_well(open_page: Open, office: Clashing) -> None:
    for tab, words in zip(TABS, ("No conflict is open", "No difference stands", "No match is undecided", "Nothing was decided yet"), strict=True):  # fmt: skip
        assert words in said(open_page("conflicts", tab=tab))


@pytest.mark.requirement("SF-24", "CO-05")
def test_a_conflict_shows_the_agreed_value_both_new_ones_who_made_them_when_and_who_would_win(
    open_page: Open, office: Clashing
) -> None:
    office.plan(clash(winner="spotio", policy="newest", why="The newest change wins."))
    app = open_page("conflicts")
    assert app.dataframe[0].value.to_dict("records")[0] | {"waiting": ""} == {
        "record": "Castell household", "field": "Email", "waiting": "", "proposed": "SPOTIO",
    }  # fmt: skip
    shown = said(app)
    assert "1 conflict · 0 standing differences · 0 undecided matches" in app.caption[0].value
    assert [header.value for header in app.header] == ["Castell household · Email"]
    for value in ("`castell@old.example`", "`s1@new.example`", "`f1@new.example`", "Ada Rep", "Bo Rep"):
        assert value in shown
    # As the pages tell times: in Denver.
    assert "12:32:07" in shown
    assert "03:14:50" in shown
    assert "Proposed: **SPOTIO**. The newest change wins." in shown


def test_an_id_is_told_by_the_name_that_it_stands_for(open_page: Open, office: Clashing) -> None:
    office.plan(
        clash(field=STAGE, spotio="3", salesforce="Working", base_spotio="1", base_salesforce="Open"),
        clash(2, OWNER, spotio="u2", salesforce="005a", base_spotio="u1", base_salesforce="005a"),
    )
    shown = said(open_page("conflicts"))
    assert "`Sold`" in shown
    assert "`New`" in shown
    shown = said(open_page("conflicts", id="c-2"))
    assert "Delgado household · Owner" in shown
    assert "`Bo Rep`" in shown
    assert "`Ada Rep`" in shown


def test_a_link_opens_the_case_the_field_and_the_tab_it_names(open_page: Open, office: Clashing) -> None:
    office.plan(clash(), clash(2), clash(3, COMPANY, spotio="P", salesforce="Q"))
    assert open_page("conflicts", id="c-2").header[0].value == "Delgado household · Email"
    app = open_page("conflicts", field="Company")
    assert list(app.dataframe[0].value["record"]) == ["Pham household"]


def test_many_are_listed_page_by_page_and_a_link_opens_the_page_of_its_case(
    open_page: Open, office: Clashing
) -> None:
    office.plan(*(clash(1, f"f{n}") for n in range(60)))
    app = open_page("conflicts")
    assert len(app.dataframe[0].value) == 50
    assert "1–50 of 60" in said(app)
    press(app, "next")
    assert len(app.dataframe[0].value) == 10
    assert "51–60 of 60" in said(app)
    assert "51–60 of 60" in said(open_page("conflicts", id="c-55"))


# What is decided.


@pytest.mark.requirement("CO-05")
@pytest.mark.parametrize(
    ("side", "name", "to"),
    [("spotio", "SPOTIO", "s1@new.example"), ("salesforce", "Salesforce", "f1@new.example")],
)
def test_either_side_is_taken_and_written_down_with_both_values(
    open_page: Open, office: Clashing, side: str, name: str, to: str
) -> None:
    office.plan(clash(), clash(2))
    app = press(open_page("conflicts"), f"take-{side}")
    assert waiting(office) == [("l-1", EMAIL, side, None)]
    assert f"Took {name}'s Email for Castell household. The next run writes it." in said(app)
    assert app.header[0].value == "Delgado household · Email", "the next one opens by itself"
    [line] = audited(office)
    assert (line.person, line.kind, line.text) == (
        ADMIN,
        "Conflict",
        f"Took {name}'s Email for Castell household",
    )
    [decided] = line.after["decided"]
    assert decided["from"] == {"spotio": "s1@new.example", "salesforce": "f1@new.example"}
    assert decided["to"] == to


@pytest.mark.requirement("CO-05")
def test_another_value_is_typed_and_survives_until_it_is_taken(open_page: Open, office: Clashing) -> None:
    office.plan(clash(), clash(2))
    app = open_page("conflicts", id="c-1")
    app = press(app, "take-value")
    assert "Say the other value first" in said(app)
    app.text_input(key="value-c-1").set_value("third@new.example").run()
    app.query_params["id"] = "c-2"
    app.run()
    app.query_params["id"] = "c-1"
    app.run()
    assert app.text_input(key="value-c-1").value == "third@new.example"
    press(app, "take-value")
    assert waiting(office) == [("l-1", EMAIL, "value", "third@new.example")]
    assert audited(office)[0].after["decided"][0]["to"] == "third@new.example"


def test_a_stage_is_chosen_by_its_name(open_page: Open, office: Clashing) -> None:
    office.plan(clash(field=STAGE, spotio="3", salesforce="Working"))
    app = open_page("conflicts")
    assert app.selectbox(key="value-c-1").options == ["New", "Pitched", "Sold"]
    app.selectbox(key="value-c-1").set_value("2").run()
    press(app, "take-value")
    assert waiting(office) == [("l-1", STAGE, "value", "2")]


@pytest.mark.rule("F-02")
def test_fields_that_are_decided_together_are_named_and_decided_together(
    open_page: Open, office: Clashing
) -> None:
    office.plan(clash(field=FIRST, unit="name"), clash(field=LAST, unit="name"))
    app = open_page("conflicts")
    assert "Decided together with Last Name." in said(app)
    app = press(app, "take-spotio")
    assert {row[1:3] for row in waiting(office)} == {(FIRST, "spotio"), (LAST, "spotio")}
    assert "and for 1 field decided together with it" in said(app)
    assert len(audited(office)[0].after["decided"]) == 2


def test_several_that_are_ticked_are_decided_at_once(open_page: Open, office: Clashing) -> None:
    office.plan(clash(), clash(2), clash(3))
    app = tick(open_page("conflicts"), "cases-c-1-c-3-3", 0, 2)
    assert app.header[0].value == "2 conflicts chosen"
    app = press(app, "take-salesforce")
    assert [row[0] for row in waiting(office)] == ["l-1", "l-3"]
    assert "Took Salesforce's value for 2 conflicts." in said(app)


@pytest.mark.requirement("CO-05")
def test_a_rule_says_how_many_it_means_before_it_decides_them(open_page: Open, office: Clashing) -> None:
    office.plan(clash(), clash(2, spotio_changed_by="Cy Rep"), clash(3, COMPANY, spotio="P", salesforce="Q"))
    app = open_page("conflicts")
    app.session_state["by-rule"] = True
    app.run()
    assert "3 conflicts would be decided." in said(app)
    app.selectbox(key="rule-field-open").set_value("Email").run()
    app.selectbox(key="rule-by").set_value("Ada Rep").run()
    app.selectbox(key="rule-take-open").set_value("Salesforce's").run()
    assert "1 conflict would be decided." in said(app)
    assert waiting(office) == [], "counting decides nothing"
    app = press(app, "decide-by-rule")
    assert waiting(office) == [("l-1", EMAIL, "salesforce", None)]
    [line] = audited(office)
    assert line.text == "Took Salesforce's value for 1 conflict of Email changed by Ada Rep in doors"
    assert line.after["decided"][0]["to"] == "f1@new.example"


def test_a_rule_that_means_others_by_now_decides_nothing(served: Clashing) -> None:
    served.plan(clash(), clash(2))
    rule = Rule("doors")
    assert deciding.count_by_rule(rule, "spotio").number == 2
    served.plan(clash(), clash(2), clash(3))
    answer = deciding.decide_by_rule(rule, "spotio", 2)
    assert (answer.refused, answer.text) == (True, "3 conflicts meet this now, not 2; nothing was decided.")
    assert waiting(served) == []


# Two at once.


@pytest.mark.requirement("CO-05")
def test_what_somebody_else_decided_meanwhile_is_said_and_not_overwritten(
    open_page: Open, office: Clashing
) -> None:
    office.plan(clash(), clash(2))
    app = open_page("conflicts")
    app.text_input(key="value-c-1").set_value("third@new.example")
    conflicts.decide(office.store, ["c-1"], "salesforce", person=DANA, now=NOON)
    app = press(app, "take-value")
    assert waiting(office) == [("l-1", EMAIL, "salesforce", None)]
    assert app.warning[0].proto.title == "Nothing was decided"
    assert f"{DANA} decided c-1 meanwhile; nothing was decided." in said(app)
    assert "“third@new.example”" in said(app), "what was typed is not lost"
    assert audited(office) == []


def test_a_case_that_shows_other_values_by_now_is_not_decided_unseen(served: Clashing) -> None:
    served.plan(clash())
    [seen] = asked.page("open").rows
    served.plan(clash(spotio="later@new.example"))
    answer = deciding.decide([seen], "spotio")
    assert (answer.refused, answer.text) == (True, "c-1 shows other values by now; nothing was decided.")
    assert waiting(served) == []


def test_of_several_one_that_is_settled_keeps_the_others_undecided(served: Clashing) -> None:
    served.plan(clash(), clash(2))
    seen = asked.page("open").rows
    served.plan(clash(2))
    carry_out(
        served.store,
        update("w", "salesforce", "00Q1", "l-1", EMAIL, "Email", "s1@new.example"),
        NOON + MINUTE,
        "00Q1",
    )
    assert deciding.decide(seen, "spotio").refused
    assert waiting(served) == []


def test_a_press_counts_for_the_case_that_was_drawn_not_for_the_one_that_follows(
    open_page: Open, office: Clashing
) -> None:
    office.plan(clash(), clash(2))
    app = open_page("conflicts")
    conflicts.decide(office.store, ["c-1"], "salesforce", person=DANA, now=NOON)
    press(app, "take-spotio")
    assert [row[0] for row in waiting(office)] == ["l-1"]


# Standing differences.


def differ(office: Clashing, *found: dict[str, Any]) -> None:
    office.plan(outcome="in_step", standing=small_pair.standing(*found))


@pytest.mark.requirement("CO-05")
@pytest.mark.rule("L-01")
def test_a_standing_difference_is_settled_by_a_choice(open_page: Open, office: Clashing) -> None:
    differ(office, {"link": "l-1", "field": EMAIL, "spotio": "a@x.example", "salesforce": None})
    app = open_page("conflicts", tab="Standing differences")
    assert "The two differed when they were linked" in said(app)
    assert "`a@x.example`" in said(app)
    assert ":gray[empty]" in said(app)
    app = press(app, "take-spotio")
    assert waiting(office) == [("l-1", EMAIL, "spotio", None)]
    assert f"{ADMIN} took SPOTIO's value" in said(app)
    assert not [button for button in app.button if button.key == "take-spotio"], "decided once"


@pytest.mark.rule("L-01")
def test_blanks_are_filled_by_a_rule_of_a_field(open_page: Open, office: Clashing) -> None:
    differ(
        office, {"link": "l-1", "field": EMAIL, "spotio": "a@x.example", "salesforce": None},
        {"link": "l-2", "field": EMAIL, "spotio": "b@x.example", "salesforce": "c@x.example"},
    )  # fmt: skip
    app = open_page("conflicts", tab="Standing differences")
    app.session_state["by-rule"] = True
    app.run()
    app.selectbox(key="rule-take-standing").set_value("What fills a blank").run()
    assert "1 standing difference would be decided." in said(app)
    press(app, "decide-by-rule")
    assert waiting(office) == [("l-1", EMAIL, "spotio", None)]


def test_a_standing_difference_that_somebody_else_decided_is_left_as_it_is(served: Clashing) -> None:
    differ(served, {"link": "l-1", "field": EMAIL, "spotio": "a", "salesforce": "b"})
    [seen] = asked.page("standing").rows
    standing.decide(served.store, ["s-1"], "salesforce", person=DANA, now=NOON)
    assert deciding.decide([seen], "spotio").text == f"{DANA} decided s-1 meanwhile; nothing was decided."
    assert waiting(served) == [("l-1", EMAIL, "salesforce", None)]


# Records that may be the same.


def may_be_the_same(office: Clashing) -> None:
    office.see("s8", "00Q8", "Ueda household", "ueda@x.example")
    office.see("s9", "00Q9", "Ueda, Rika", "ueda@x.example")
    office.plan(
        outcome="in_step",
        cases=small_pair.cases(
            {"kind": "several", "key": "Email", "spotio_ids": ["s8"], "salesforce_ids": ["00Q8", "00Q9"], "text": "Several match."}
        ),
    )  # fmt: skip


@pytest.mark.requirement("SF-27")
@pytest.mark.rule("L-02")
@pytest.mark.parametrize(("key", "same", "word"), [("say-same", True, "the same"), ("say-different", False, "different")])  # fmt: skip
def test_two_records_are_said_to_be_the_same_or_different_with_a_note(
    open_page: Open, office: Clashing, key: str, same: bool, word: str
) -> None:
    may_be_the_same(office)
    app = open_page("conflicts", tab="Undecided matches")
    assert "Several match." in said(app)
    app.selectbox(key="salesforce-of-m-1").set_value("00Q9").run()
    side_by_side = app.dataframe[1].value.to_dict("records")
    assert {"field": "Email", "spotio": "ueda@x.example", "salesforce": "ueda@x.example"} in side_by_side
    app.text_input(key="note-m-1").set_value("Met them").run()
    app = press(app, key)
    [verdict] = office.store.rows("select spotio_id, salesforce_id, same, person, note from sync.verdict")
    assert tuple(verdict.values()) == ("s8", "00Q9", same, ADMIN, "Met them")
    assert f"said that they are **{word}**" in said(app)
    [line] = audited(office)
    assert (line.kind, line.after["from"], line.after["to"], line.after["note"]) == ("Match", None, "same" if same else "different", "Met them")  # fmt: skip


def test_a_word_that_somebody_else_said_meanwhile_stands(served: Clashing) -> None:
    may_be_the_same(served)
    [case] = asked.page("matches").rows
    assert not deciding.say(case, "s8", "00Q8", same=True, note="").refused
    answer = deciding.say(case, "s8", "00Q8", same=False, note="no")
    assert (answer.refused, answer.text) == (
        True,
        f"{ADMIN} said meanwhile that the two are the same; nothing was decided.",
    )
    served.plan(outcome="in_step")
    assert [row["same"] for row in served.store.rows("select same from sync.verdict")] == [True]


# What was decided.


def settle(office: Clashing) -> None:
    """Salesforce wins by the mapping, and a run writes it."""
    office.plan(clash(winner="salesforce", policy="salesforce", why="The mapping says that Salesforce wins."))
    won = {"spotio": "f1@new.example", "salesforce": "f1@new.example"}
    carry_out(
        office.store,
        update("w", "spotio", "s1", "l-1", EMAIL, "100006", "f1@new.example", **won),
        NOON + MINUTE,
        "s1",
    )


@pytest.mark.requirement("SF-24", "CO-05")
def test_the_value_that_lost_is_restored_from_the_history(open_page: Open, office: Clashing) -> None:
    settle(office)
    app = open_page("conflicts", tab="History", id="c-1")
    [row] = app.dataframe[0].value.to_dict("records")
    assert (row["record"], row["taken"], list(row["state"]), row["by"]) == (
        "Castell household", "Salesforce's", ["Written"], "The mapping",
    )  # fmt: skip
    assert "SPOTIO's `s1@new.example` lost." in said(app)
    app = press(app, "restore")
    assert waiting(office) == [("l-1", EMAIL, "value", "s1@new.example")]
    assert "Restored SPOTIO's Email for Castell household: “s1@new.example”." in said(app)
    [line] = audited(office)
    assert (line.after["restores"], line.after["to"]) == ("c-1", "s1@new.example")


def test_what_was_restored_by_somebody_else_is_not_restored_twice(served: Clashing) -> None:
    settle(served)
    [row] = asked.page("decided").rows
    assert not deciding.restore(row).refused
    assert deciding.restore(row).text == "c-1 has no loser that could be restored; nothing was decided."
    assert len(waiting(served)) == 1


def test_the_history_tells_of_differences_and_matches_too(open_page: Open, office: Clashing) -> None:
    differ(office, {"link": "l-2", "field": EMAIL, "spotio": "a", "salesforce": "b"})
    standing.decide(office.store, ["s-1"], "salesforce", person=DANA, now=NOON)
    office.do(
        "match",
        word="different",
        spotio_id="s1",
        salesforce_id="00Q2",
        note="Neighbours",
        sync="doors",
        person=DANA,
    )
    rows = open_page("conflicts", tab="History").dataframe[0].value.to_dict("records")
    assert [(row["kind"], row["taken"], row["by"]) for row in rows] == [
        ("Match", "Different", DANA), ("Difference", "Salesforce's", DANA),
    ]  # fmt: skip


# Whose it is.


@pytest.mark.requirement("CO-08")
@pytest.mark.parametrize("role", ["analyst", "manager", "rep"])
def test_nobody_but_an_admin_sees_or_decides_anything(open_page: Open, served: Clashing, role: str) -> None:
    served.plan(clash())
    settled = served.do("conflict_page", of="open", sync=None, field=None, offset=0, limit=1)
    [seen] = asked.page("open").rows
    calls = (
        lambda: asked.page("open"),
        lambda: asked.compared(None, "s1", "00Q1"),  # type: ignore[arg-type]
        lambda: deciding.decide([seen], "spotio"),
        lambda: deciding.count_by_rule(Rule("doors"), "spotio"),
        lambda: deciding.decide_by_rule(Rule("doors"), "spotio", 1),
        lambda: deciding.restore(seen),
        lambda: deciding.say(seen, "s1", "00Q1", same=True, note=""),
    )
    for call in calls:
        with on_behalf_of(Visitor(role=role, user_id="u1")), pytest.raises(NotYoursError):
            call()
    assert served.do("conflict_page", of="open", sync=None, field=None, offset=0, limit=1) == settled
    assert waiting(served) == []


def test_a_press_of_somebody_who_is_no_admin_any_more_decides_nothing(
    open_page: Open, office: Clashing
) -> None:
    office.plan(clash())
    app = open_page("conflicts")
    app.session_state["identity.chosen"] = Visitor(role="analyst")
    app = press(app, "take-spotio")
    assert waiting(office) == []
    assert "Conflicts is for admins" in said(app)
