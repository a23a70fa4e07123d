"""People who edit while a run is writing, and values that nobody entered: short stories beside the long histories."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from sync.sandbox.server import Sandbox, running
from tests.scenarios.sync_batch import Fieldline
from tests.scenarios.sync_setting import Setting
from tests.scenarios.two_systems import BARE, PAIRS, Both, spotio_value

NAME = PAIRS["First Name"]
EMAIL = "ann@example.org"


@pytest.fixture(scope="module")
def bare_sandbox() -> Iterator[Sandbox]:
    with running(scale=BARE, seed=1) as sandbox:
        yield sandbox


@pytest.fixture
def at_work(bare_sandbox: Sandbox, tmp_path: Path) -> Iterator[tuple[Fieldline, Both]]:
    httpx.post(f"{bare_sandbox.urls[0]}/__sandbox__/reset").raise_for_status()
    both = Both(bare_sandbox)
    with Fieldline(bare_sandbox, tmp_path / "store.duckdb") as fieldline:
        yield fieldline, both
    both.close()


def asking() -> Setting:
    """The first setting, in which people decide every conflict and nothing is filtered."""
    setting = Setting.of(0)
    setting.policies = dict.fromkeys(setting.policies, "ask")
    setting.filtered, setting.scope, setting.outbound_at = False, "historical_and_forward", 0
    return setting


def linked(fieldline: Fieldline, both: Both) -> tuple[str, str]:
    """A lead and a record of one person, linked: (lead id, record id)."""
    fields = {"FirstName": "Ann", "LastName": "Abel", "Company": "Abel", "Email": EMAIL}
    lead = both.create_lead(both.salesforce_users[0], fields)
    values = {"100002": "Ann", "100003": "Abel", "100004": "Abel", "100006": EMAIL}
    record = both.create_record(both.editors[0], {}, values)
    assert lead
    assert record
    fieldline.pull(systems=("salesforce", "spotio"))
    fieldline.publish(asking().document(both))
    fieldline.turn_on(outbound=True)
    fieldline.run()
    return lead, record


def meddle(
    monkeypatch: pytest.MonkeyPatch, when: Callable[[httpx.Request], bool], deed: Callable[[], object]
) -> list[bool]:
    """Do something once, right before the first request of a kind goes out."""
    send = httpx.Client.send
    done: list[bool] = []

    def first(client: httpx.Client, request: httpx.Request, **options: object) -> httpx.Response:
        if not done and when(request):
            done.append(True)
            deed()
        return send(client, request, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(httpx.Client, "send", first)
    return done


@pytest.mark.requirement("SF-24")
def test_a_lead_that_somebody_edits_while_a_run_is_about_to_write_it_is_not_overwritten(
    at_work: tuple[Fieldline, Both], monkeypatch: pytest.MonkeyPatch
) -> None:
    fieldline, both = at_work
    lead, record = linked(fieldline, both)
    shown = both.record(record)
    assert shown
    both.edit_record(both.editors[0], shown, NAME, "Anna")
    done = meddle(
        monkeypatch,
        lambda request: request.method == "POST" and request.url.path.endswith("/composite/sobjects/Lead"),
        lambda: both.edit_lead(both.salesforce_users[0], lead, {"FirstName": "Annie"}),
    )
    report = fieldline.run()
    assert done
    assert (report["counts"]["written"], report["counts"]["skipped"]) == (0, 1)
    assert both.leads()[lead]["FirstName"] == "Annie"
    fieldline.run()
    [conflict] = fieldline.conflicts()
    assert (conflict["spotio"], conflict["salesforce"]) == ("Anna", "Annie")


@pytest.mark.requirement("SF-24")
@pytest.mark.rule("F-09")
def test_a_record_that_somebody_edits_while_a_run_is_about_to_write_it_is_not_overwritten(
    at_work: tuple[Fieldline, Both], monkeypatch: pytest.MonkeyPatch
) -> None:
    fieldline, both = at_work
    lead, record = linked(fieldline, both)
    shown = both.record(record)
    assert shown
    both.edit_lead(both.salesforce_users[0], lead, {"FirstName": "Annie"})
    done = meddle(
        monkeypatch,
        lambda request: request.method == "GET" and request.url.path == f"/api/DataObjects/{record}",
        lambda: both.edit_record(both.editors[0], shown, NAME, "Anna"),
    )
    report = fieldline.run()
    assert done
    assert (report["counts"]["written"], report["counts"]["skipped"]) == (0, 1)
    assert spotio_value(both.records()[record], NAME) == "Anna"
    fieldline.run()
    [conflict] = fieldline.conflicts()
    assert (conflict["spotio"], conflict["salesforce"]) == ("Anna", "Annie")


@pytest.mark.rule("F-04")
def test_a_value_that_a_template_fills_is_not_sent_back_to_where_it_was_made_of(
    at_work: tuple[Fieldline, Both],
) -> None:
    fieldline, both = at_work
    fields = {"FirstName": "Ann", "LastName": "Abel", "Company": "Abel", "Email": EMAIL, "Street": "1 Main St", "City": "Denver"}  # fmt: skip
    lead = both.create_lead(both.salesforce_users[0], fields)
    assert lead
    fieldline.pull(systems=("salesforce", "spotio"))
    fieldline.publish(
        asking().document(
            both,
            more=(
                {"spotio": "Address", "salesforce": "lead.Street", "direction": "to_salesforce"},
                {"spotio": "Address", "constant": "{Street}, {City}"},
            ),
        )
    )
    fieldline.turn_on(outbound=True)
    fieldline.run()
    fieldline.run()
    [record] = [row for row in both.records().values() if spotio_value(row, PAIRS["Email"]) == EMAIL]
    assert record["pin"]["address"].startswith("1 Main St, Denver")
    assert both.leads()[lead]["Street"] == "1 Main St"


@pytest.mark.rule("L-08")
def test_nobody_is_made_in_the_place_of_a_record_that_our_key_no_longer_sees(
    at_work: tuple[Fieldline, Both],
) -> None:
    fieldline, both = at_work
    record = both.create_record(both.editors[0], {}, {"100002": "Ann", "100003": "Abel", "100006": EMAIL})
    assert record
    fieldline.pull(systems=("salesforce", "spotio"))
    fieldline.publish(asking().document(both))
    fieldline.turn_on(outbound=True)
    fieldline.run()
    both.hide_record(record)
    fieldline.pull(systems=("salesforce", "spotio"), reconcile=True)
    fields = {"FirstName": "Ann", "LastName": "Abel", "Company": "Abel", "Email": EMAIL}
    lead = both.create_lead(both.salesforce_users[0], fields)
    stood = set(both.records())
    assert fieldline.run()["counts"]["written"] == 0
    assert set(both.records()) == stood
    told = fieldline.do("why", record=f"salesforce:{lead}")
    assert told["outcome"] == "undecided"
    assert "our account does not see it any more" in told["text"]
    both.show_record(record)
    fieldline.pull(systems=("salesforce", "spotio"), reconcile=True)
    fieldline.run()
    assert fieldline.store.rows("select 1 from sync.link_member where id = $id", {"id": lead})


def test_a_lead_that_inside_sales_converted_is_left_alone_and_it_is_said_why(
    at_work: tuple[Fieldline, Both],
) -> None:
    fieldline, both = at_work
    lead, record = linked(fieldline, both)
    assert both.convert_lead(both.salesforce_users[0], lead)
    shown = both.record(record)
    assert shown
    both.edit_record(both.editors[0], shown, NAME, "Anna")
    stood = set(both.leads())
    for _ in range(2):
        counts = fieldline.run()["counts"]
        assert (counts["planned"], counts["written"]) == (0, 0)
    assert set(both.leads()) == stood
    told = fieldline.do("why", record=f"spotio:{record}")
    assert (told["outcome"], told["text"]) == (
        "frozen",
        "Its lead is converted in Salesforce; a converted lead takes no changes.",
    )
