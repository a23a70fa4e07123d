"""Which spellings of a street are one, and which addresses are not."""

from __future__ import annotations

import polars as pl
import pytest

from sync.engine.definition import Kind, MatchKey
from sync.engine.streets import street
from tests.engine.compare import run
from tests.engine.small import SALESFORCE, SPOTIO, rule, world_of
from tests.engine.worlds import Text

ADDRESS = rule("address", "Street", Kind.ADDRESS)


def _of(address: Text) -> Text:
    found: Text = pl.select(street(pl.lit(address, pl.String))).item()
    return found


@pytest.mark.parametrize(
    ("address", "form"),
    [
        pytest.param("12 Oak Street", "12 oak st", id="a suffix is shortened"),
        pytest.param("12 OAK STR.", "12 oak st", id="case and a point at the end tell nothing"),
        pytest.param("12 Oak Av", "12 oak ave", id="two ways of shortening one word"),
        pytest.param("12 Saint Paul Street", "12 st paul st", id="each word is shortened, not the last alone"),
        pytest.param("12 Streeter Lane", "12 streeter ln", id="a word that only begins like one stays"),
        pytest.param("12 North Oak Blvd Southwest", "12 n oak blvd sw", id="directions before and after the name"),
        pytest.param("12 N.W. Oak St.", "12 nw oak st", id="points within a direction tell nothing"),
        pytest.param("12 S. E St.", "12 s e st", id="a letter for a name is no half of a direction"),
        pytest.param("7-9 O'Neil  Rd.", "7 9 o neil rd", id="signs and spaces within are one space"),
        pytest.param("12 Oak Street Apt. #4B", "12 oak st apt 4b", id="a unit behind the street is a part of it"),
        pytest.param("12 Oak Street Apartment 4B", "12 oak st apt 4b", id="which may be written out, too"),
        pytest.param("12 Oak Street, Apt. 4B, Denver", "12 oak st", id="a unit behind a comma is none"),
        pytest.param("12 Oak Street\r\nDenver", "12 oak st", id="a line ends like a comma"),
        pytest.param(" \n 12 Oak Street", "12 oak st", id="what stands before it is no line"),
        pytest.param("12\u00a0Oak\tStreet", "12 oak st", id="any white space is a space"),
        pytest.param("5 Großer Ring", "5 großer ring", id="letters of other languages are letters"),
        pytest.param("5 CALLE PEÑA", "5 calle peña", id="and have a case"),
        pytest.param("東京通り 5", "東京通り 5", id="or none"),
        pytest.param("12½ Oak Street", "12½ oak st", id="a fraction is a part of the number"),
        pytest.param("Street", "st", id="one word alone"),
        pytest.param(None, None, id="none"),
        pytest.param("", None, id="an empty one is none"),
        pytest.param(" \t\r\n", None, id="white space is none"),
        pytest.param("-- # .", None, id="signs alone are none"),
        pytest.param(", Denver", None, id="nothing before the comma is none"),
    ],
)  # fmt: skip
def test_an_address_comes_down_to_its_number_and_street(address: Text, form: Text) -> None:
    assert _of(address) == form


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("12 Oak St", "14 Oak St", id="another number"),
        pytest.param("12 Oak St", "12 Oak Ave", id="another kind of street"),
        pytest.param("12 Oak St", "12 N Oak St", id="a direction that the other lacks"),
        pytest.param("12 E Oak St", "12 W Oak St", id="another direction"),
        pytest.param("12 NE Oak St", "12 N Oak St", id="half a direction"),
        pytest.param("12 Oak St Apt 4", "12 Oak St Apt 5", id="another unit"),
        pytest.param("12 Oak St Apt 4", "12 Oak St", id="a unit that the other lacks"),
        pytest.param("1 2nd St", "12 Nd St", id="the same letters with the space elsewhere"),
        pytest.param("5 Peña Ln", "5 Pena Ln", id="an accent"),
    ],
)
def test_other_addresses_stay_apart(one: str, other: str) -> None:
    assert _of(one) != _of(other)


@pytest.mark.requirement("SF-27")
@pytest.mark.rule("L-02")
@pytest.mark.parametrize(
    ("ours", "theirs", "alike"),
    [
        pytest.param("100 N Broad St, Columbus, OH 43215", "100 North Broad Street", True, id="a whole address and a street"),
        pytest.param("5 Cafe\u0301 Ln", "5 CAF\u00c9 Lane", True, id="an accent may be a sign of its own"),
        pytest.param("100 N Broad St", "100 S Broad St", False, id="the other end of the street"),
        pytest.param(None, None, False, id="no address on both sides"),
        pytest.param(", Columbus", ", Columbus", False, id="a town alone"),
    ],
)  # fmt: skip
def test_records_are_matched_by_the_street_whichever_way_it_is_written(
    ours: Text, theirs: Text, alike: bool
) -> None:
    world = world_of(ADDRESS, match=(MatchKey((ADDRESS.key,), "Address"),))
    world.add(SPOTIO, "s1", {"address": ours})
    world.add(SALESFORCE, "f1", {"Street": theirs})
    found = run(world).matches.found
    assert found.select("spotio_id", "salesforce_id").rows() == ([("s1", "f1")] if alike else [])
