"""A configuration as a file: what is written is read again, and what cannot be meant is one sentence."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from data import config, config_file
from data.config import ConfigurationError
from data.store import Store
from sync.syncs.configuration import sample

WHOLE = """
syncs:
  - name: doors
    spotio_type: Lead
    mode: lead
    convert: {at_stage: Sold, opportunity: true, settle_minutes: 5}
    inbound: {on: true, scope: historical_and_forward, filters: {all: [{field: Industry, is: equals, value: [Chemicals]}, {field: Owner.Name, is: not_equals, value: [an owner]}]}}
    outbound: {on: false, selective: [{name: hot, filters: {all: [{field: stage, is: in, value: [Pitched, Sold]}]}}]}
    match: [[Email], [Phone, LastName]]
    fields: [{spotio: Company, salesforce: lead.Company, direction: both, conflict: newest, blanks: keep, constant: null}]
    value_maps: {stage: {Sold: Closed - Converted}}
    users: {default_spotio: ops@example.com, default_salesforce: ops@example.com, explicit: {}}
    activities: [{spotio: Visit, salesforce: Event, fields: [date, description, name, status]}]
    deletes: report
    guard: {writes: 500, share: 0.2, deletes: 0}
feeds:
  - name: board
    rules: [{key: knocks, trigger: activity_logged, activity: Visit, activity_type: Door knocks, conditions: {all: [{verified: true}]}}]
"""
DOORS: dict[str, Any] = {
    "name": "doors",
    "spotio_type": "Lead",
    "fields": [{"spotio": "Company", "salesforce": "lead.Company"}],
}


@pytest.mark.requirement("CO-13")
def test_what_is_exported_is_imported_as_the_same_document(store: Store) -> None:
    for document in (config_file.read(WHOLE), sample(store)["document"]):
        text = config_file.write(document)
        assert config_file.read(text) == document
        assert config_file.write(config_file.read(text)) == text
        assert config.mistakes(document) == []


@pytest.mark.requirement("CO-13")
def test_the_published_schema_takes_what_is_right_and_refuses_what_is_not(store: Store) -> None:
    schema = config_file.schema()
    for document in (config_file.read(WHOLE), sample(store)["document"]):
        jsonschema.Draft202012Validator(schema).validate(document)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"syncs": [{**DOORS, "inbund": {}}]}, schema)


def test_words_that_look_like_something_else_stay_words() -> None:
    document = config_file.read(
        "syncs: [{name: doors, spotio_type: 1, fields: [{spotio: a, salesforce: b}],"
        " inbound: {on: yes, filters: {all: [{field: x, is: equals, value: [2026-01-31, 801, no, true]}]}}}]"
    )
    [sync] = document["syncs"]
    assert sync["inbound"]["on"] == "yes"
    assert sync["inbound"]["filters"]["all"][0]["value"] == ["2026-01-31", 801, "no", True]
    assert config.mistakes(document) == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: [1", "This is no YAML: line 1, column 6: expected ',' or ']', but got '<stream end>'."),
        ("syncs: []\nsyncs: []", 'This is no YAML: line 2, column 1: found duplicate key "syncs"'),
        ("- doors", "A configuration is a map of sections (access, kpis, syncs, feeds), and this is something else."),
    ],
    ids=["broken", "twice", "a list"],
)  # fmt: skip
def test_a_file_that_is_no_configuration_says_where(text: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        config_file.read(text)
    assert str(refused.value).startswith(sentence)


@pytest.mark.requirement("CO-13")
@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"sync": []}, "There is no section “sync” in a configuration: did you mean “syncs”?"),
        ({"syncs": [{**DOORS, "inbund": {}}]}, "doors: “inbund” is not known here: did you mean “inbound”?"),
        (
            {"syncs": [{**DOORS, "inbound": {"filters": {"all": [{"field": "X", "is": "equal", "value": 1}]}}}]},
            "doors, inbound, filters, all, X, is: “equal” cannot stand here: did you mean “equals” or “not_equals” or “less_or_equal”?",
        ),
        (
            {"syncs": [{**DOORS, "fields": [{"spotio": "Notes"}]}]},
            "doors: The field “Notes” has only `spotio`; name the `salesforce` field that it is kept in step with, or a `constant` to fill it with.",
        ),
        (
            {"syncs": [{**DOORS, "inbound": {"filters": {"all": [{"field": "X", "is": "is_blank", "value": 1}]}}}]},
            "doors: “X is_blank” takes no value; leave `value` out.",
        ),
        (
            {"syncs": [{**DOORS, "inbound": {"filters": {"field": "X", "is": "equals"}}}]},
            "doors: “X equals” needs a value; to look for blanks, write `is: is_blank`.",
        ),
        (
            {"syncs": [{**DOORS, "inbound": {"filters": {"field": "X", "is": "within_last_days", "value": "a week"}}}]},
            "doors: “X within_last_days” takes a whole number of days, not “a week”.",
        ),
        (
            {"syncs": [{**DOORS, "inbound": {"filters": {"verified": True}}}]},
            "doors: `verified` is a condition on visits, for the rules of a feed; take it out of this filter.",
        ),
        ({"syncs": [DOORS, DOORS]}, "Syncs: There are two syncs called “doors”; give one of them another name."),
    ],
    ids=["section", "key", "test", "half a field", "value of a blank", "no value", "days", "verified", "twice"],
)  # fmt: skip
def test_a_mistake_in_a_sync_is_one_sentence_that_says_what_to_do(
    document: dict[str, Any], sentence: str
) -> None:
    assert config.mistakes(document) == [sentence]
