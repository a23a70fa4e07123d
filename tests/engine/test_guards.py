"""Limits hold a class of actions before its first write, and nothing else (SF-30, C-06)."""

from __future__ import annotations

from typing import Any

import pytest

from sync.engine.definition import Definition, Guard
from sync.engine.guards import Guarded, counted, counts_by_class, guard, without_lost
from sync.engine.outcome import Plan
from tests.engine.small import COMPANY, SALESFORCE, SPOTIO, plan_of, world_of
from tests.engine.worlds import World


def busy(*, creates: int = 0, updates: int = 0, deletes: int = 0, quiet: int = 0, **members: Any) -> World:
    """A sync that would do so many things to Salesforce."""
    world = world_of(COMPANY, deletes="follow", **members)
    for number in range(creates):
        world.add(SPOTIO, f"new{number}", {"company": f"New {number}"})
    for number in range(updates + deletes + quiet):
        shown = (
            world.add(SPOTIO, f"s{number}", {"company": "a"}),
            world.add(SALESFORCE, f"f{number}", {"Company": "a"}),
        )
        world.link(f"l-{number}", *shown)
        if number < updates:
            shown[0].values["company"] = "b"
        elif number < updates + deletes:
            shown[0].deleted = True
    return world


def guarded(world: World, limits: Guard, *, linked: int = 1000, **asked: Any) -> Guarded:
    definition = Definition("doors", 1, "10", "Prospect", guard=limits)
    return guard(definition, plan_of(world), linked=linked, **({"approved": {}} | asked))


def held(found: Guarded) -> list[tuple[str, int, int, str]]:
    return [(each.name, each.planned, each.allowed, each.limit) for each in found.held]


@pytest.mark.requirement("SF-30")
@pytest.mark.rule("C-06")
@pytest.mark.parametrize(
    ("world", "limits", "linked", "stopped"),
    [
        pytest.param(busy(updates=3), Guard(writes=3), 1000, [], id="as many as the limit go"),
        pytest.param(busy(updates=4), Guard(writes=3), 1000, [("update_salesforce", 4, 0, "writes")], id="one more holds them all"),
        pytest.param(busy(creates=4, updates=3), Guard(writes=3), 1000, [("create_salesforce", 4, 0, "writes")], id="the class that trips is held, the rest goes on"),
        pytest.param(busy(updates=4), Guard(writes=None), 1000, [], id="without a limit nothing is held"),
        pytest.param(busy(updates=11), Guard(share=0.2), 50, [("update_salesforce", 11, 0, "share")], id="too large a share of the linked records"),
        pytest.param(busy(updates=10), Guard(share=0.2), 50, [], id="just the share that is allowed"),
        pytest.param(busy(updates=11), Guard(share=0.2), 49, [], id="few links have no share"),
        pytest.param(busy(creates=11), Guard(share=0.2), 50, [], id="new records are no share of the linked ones"),
        pytest.param(busy(deletes=1), Guard(), 1000, [("delete_salesforce", 1, 0, "deletes")], id="a deletion is asked for"),
        pytest.param(busy(deletes=1, updates=1), Guard(), 1000, [("delete_salesforce", 1, 0, "deletes")], id="and holds no update"),
        pytest.param(busy(deletes=2), Guard(deletes=2), 1000, [], id="deletions within their limit go"),
    ],
)  # fmt: skip
def test_a_class_that_exceeds_a_limit_is_held_before_its_first_write(
    world: World, limits: Guard, linked: int, stopped: list[tuple[str, int, int, str]]
) -> None:
    found = guarded(world, limits, linked=linked)
    assert held(found) == stopped
    planned = counts_by_class(plan_of(world).actions)
    left = {name: count for name, count in planned.items() if name not in {each[0] for each in stopped}}
    assert counts_by_class(found.actions) == left
    assert found.held_count == sum(each[1] for each in stopped)


@pytest.mark.rule("C-06")
@pytest.mark.parametrize(("approved", "goes"), [(2, 2), (4, 4), (9, 4)])
def test_an_approval_bounds_what_it_allows(approved: int, goes: int) -> None:
    found = guarded(busy(updates=4), Guard(writes=3), approved={"update_salesforce": approved})
    assert found.actions.height == goes
    assert found.held_count == 4 - goes


@pytest.mark.rule("C-06")
def test_limits_are_a_runs_over_all_its_plans() -> None:
    found = guarded(busy(updates=2), Guard(writes=3), already={"update_salesforce": 2})
    assert found.actions.is_empty()


@pytest.mark.requirement("SF-30")
@pytest.mark.parametrize(
    ("gone", "linked", "holds"),
    [
        pytest.param(51, 100, True, id="more than half of all is gone at once"),
        pytest.param(50, 100, False, id="half of all is not more"),
        pytest.param(40, 49, False, id="few links say nothing"),
    ],
)
@pytest.mark.parametrize("how", ["deleted", "hidden"])
def test_every_class_is_held_when_a_source_came_back_suspiciously_empty(
    gone: int, linked: int, holds: bool, how: str
) -> None:
    world = busy(updates=1, quiet=gone, creates=1)
    for number in range(1, gone + 1):
        record = world.salesforce[f"f{number}"]
        record.deleted, record.visible = how == "deleted", how != "hidden"
    found = guarded(world, Guard(deletes=None), linked=linked)
    classes = {"create_salesforce", "update_salesforce"} | ({"delete_spotio"} if how == "deleted" else set())
    assert {each.name for each in found.held if each.limit == "empty"} == (classes if holds else set())
    if holds:
        assert found.actions.is_empty()


@pytest.mark.requirement("SF-30")
def test_what_was_deleted_long_ago_is_not_suspicious() -> None:
    world = busy(updates=1, quiet=60)
    for number in range(1, 61):
        world.salesforce[f"f{number}"].deleted = True
        world.links[f"l-{number}"].state = "deleted"
        world.links[f"l-{number}"].reason = "deleted_in_salesforce"
    assert held(guarded(world, Guard(), linked=60)) == []


@pytest.mark.requirement("SF-30")
@pytest.mark.rule("C-06")
@pytest.mark.parametrize(
    ("updates", "approved", "known", "doubted"),
    [
        pytest.param(1, {}, 0, True, id="nobody has said anything"),
        pytest.param(0, {}, 0, True, id="nothing is planned that could be held"),
        pytest.param(2, {"update_salesforce": 1}, 0, True, id="a part of it is approved"),
        pytest.param(2, {"update_salesforce": 2}, 0, False, id="a person lets all of it through"),
        pytest.param(2, {}, 60, False, id="all of it was believed before"),
    ],
)
def test_a_source_is_doubted_until_a_person_lets_through_what_is_held(
    updates: int, approved: dict[str, int], known: int, doubted: bool
) -> None:
    world = busy(updates=updates, quiet=60)
    for number in range(updates, updates + 60):
        world.salesforce[f"f{number}"].visible = False
    lost = [f"l-{number}" for number in range(updates, updates + known)]
    found = guarded(world, Guard(), linked=60, approved=approved, known_lost=lost)
    assert bool(found.doubt) == doubted
    if doubted:
        assert found.doubt.startswith("60 of 60 linked records were deleted or hidden at once")


def test_what_a_plan_says_of_lost_records_can_be_told_apart() -> None:
    world = busy(updates=1, quiet=3)
    world.salesforce["f1"].visible = False
    world.salesforce["f2"].deleted = True
    whole = plan_of(world)
    rest, lost = without_lost(whole)
    assert set(lost.decisions["link"]) == {"l-1", "l-2"}
    assert lost.link_states["link"].to_list() == ["l-2"]
    assert rest.link_states.is_empty()
    assert rest.decisions.height + lost.decisions.height == whole.decisions.height
    assert (rest.actions.height, lost.actions.height) == (whole.actions.height, 0)


@pytest.mark.rule("N-02")
@pytest.mark.parametrize(
    ("calls", "approved", "stopped"),
    [
        pytest.param(1, {}, [], id="a call carries two hundred rows"),
        pytest.param(0, {}, [("create_salesforce", 2, 0, "calls"), ("update_salesforce", 201, 0, "calls")], id="without calls nothing goes"),
        pytest.param(2, {}, [], id="two calls carry the rest"),
    ],
)  # fmt: skip
def test_what_the_calls_left_do_not_carry_is_held(
    calls: int, approved: dict[str, int], stopped: list[tuple[str, int, int, str]]
) -> None:
    world = busy(updates=201, creates=2) if calls == 0 else busy(updates=200 * calls)
    found = guarded(world, Guard(writes=None, share=None), calls_left=calls, approved=approved)
    assert held(found) == stopped


@pytest.mark.rule("N-02", "C-06")
def test_an_approval_makes_no_calls() -> None:
    world = busy(updates=250)
    found = guarded(world, Guard(writes=10), calls_left=1, approved={"update_salesforce": 250})
    assert held(found) == [("update_salesforce", 250, 200, "calls")]


@pytest.mark.requirement("SF-30")
def test_a_held_class_says_what_is_planned_and_which_limit_it_met() -> None:
    [each] = guarded(busy(updates=4), Guard(writes=3)).held
    assert each.text == "4 updates of Salesforce records are planned; the limit is 3."


def test_a_plan_of_nothing_is_never_held() -> None:
    found = guard(Definition("doors", 1, "10", "Prospect"), Plan(), linked=0, approved={}, calls_left=0)
    assert (found.held, found.actions.height) == ((), 0)


def test_one_is_told_as_one() -> None:
    assert counted("update_spotio", 1) == "1 update of a SPOTIO record"
    assert counted("owner_salesforce", 1_204) == "1,204 owner changes in Salesforce"
