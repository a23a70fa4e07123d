"""Record ids and the characters that protect them."""

from __future__ import annotations

import pytest

from sync.sandbox.salesforce.ids import IdFactory, full_id, with_checksum


@pytest.mark.parametrize(
    ("short", "check"),
    [
        ("a01M00000062mPg", "IAI"),
        ("001M000000qfPyS", "IAU"),
        ("0F9E000000092w2", "KAA"),
        ("AbCdEfGhIjKlMnO", "VKV"),
    ],
)
def test_known_ids_get_their_known_checksum(short: str, check: str) -> None:
    assert with_checksum(short) == short + check
    assert full_id(short) == full_id(short + check) == short + check
    assert full_id((short + check).lower()) == full_id((short + check).upper()) == short + check


def test_what_is_no_id_is_none() -> None:
    for text in ("", "001", "001M000000qfPyS!", "001M000000qfPyS555", "001M000000qfPySI", "0" * 18):
        assert full_id(text) is None


def test_a_factory_never_deals_an_id_twice_and_can_be_resumed() -> None:
    factory = IdFactory()
    ids = [factory.next("00Q") for _ in range(5000)]
    assert len(set(ids)) == len(ids)
    assert ids == sorted(ids, key=lambda id: id[:15])
    assert IdFactory(factory.last()).next("00Q") == factory.next("00Q")
