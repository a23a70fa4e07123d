"""Ids in the two systems' forms, reproducible from the seed."""

from __future__ import annotations

import random
from collections import Counter

from sync.sandbox.salesforce.ids import with_checksum

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_POD = "Kw0"
"""Where these ids were made; the org deals out its own ones under another pod, so the two never meet."""

PREFIXES = {
    "Account": "001",
    "Contact": "003",
    "Event": "00U",
    "Group": "00G",
    "Lead": "00Q",
    "LeadHistory": "017",
    "Opportunity": "006",
    "OpportunityContactRole": "00K",
    "OpportunityFieldHistory": "017",
    "OpportunityHistory": "008",
    "QueueSobject": "03g",
    "Task": "00T",
    "User": "005",
}


def record_id(rng: random.Random, created: int) -> str:
    """A record's id in SPOTIO: 24 hexadecimal digits, of which the first eight are the second of its creation."""
    return f"{created // 1_000:08x}{rng.getrandbits(64):016x}"


class SalesforceIds:
    """Deals out 18-character ids, ascending for each prefix."""

    def __init__(self) -> None:
        self._dealt: Counter[str] = Counter()

    def next(self, sobject: str) -> str:
        prefix = PREFIXES[sobject]
        self._dealt[prefix] += 1
        number, tail = self._dealt[prefix], ""
        while number:
            number, digit = divmod(number, 62)
            tail = _DIGITS[digit] + tail
        return with_checksum(f"{prefix}{_POD}{tail:0>9}")
