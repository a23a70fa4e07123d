"""Ids in the two systems' forms, reproducible from the seed."""

from __future__ import annotations

import random
from collections import Counter

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECKSUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"

PREFIXES = {
    "Account": "001",
    "Contact": "003",
    "Event": "00U",
    "Group": "00G",
    "Lead": "00Q",
    "LeadHistory": "00q",
    "LeadStatus": "01J",
    "Opportunity": "006",
    "OpportunityContactRole": "00K",
    "OpportunityFieldHistory": "017",
    "OpportunityHistory": "008",
    "OpportunityStage": "01K",
    "RecordType": "012",
    "Task": "00T",
    "User": "005",
}


def record_id(rng: random.Random, created: int) -> str:
    """A record's id in SPOTIO: 24 hexadecimal digits, of which the first eight are the second of its creation."""
    return f"{created // 1_000:08x}{rng.getrandbits(64):016x}"


class SalesforceIds:
    """Deals out 18-character ids, ascending for each sObject."""

    def __init__(self) -> None:
        self._dealt: Counter[str] = Counter()

    def next(self, sobject: str) -> str:
        self._dealt[sobject] += 1
        return salesforce_id(PREFIXES[sobject], self._dealt[sobject])


def salesforce_id(prefix: str, number: int) -> str:
    """The number as an id of the sandbox's own pod (`Kw`), with the three characters of its checksum.

    Each block of five characters gives one: bit i is set where character i is an upper-case letter.
    """
    tail = ""
    while number:
        number, digit = divmod(number, 62)
        tail = _DIGITS[digit] + tail
    short = f"{prefix}Kw00000{tail:0>5}"
    check = ""
    for start in (0, 5, 10):
        bits = sum(1 << i for i, c in enumerate(short[start : start + 5]) if "A" <= c <= "Z")
        check += _CHECKSUM[bits]
    return short + check
