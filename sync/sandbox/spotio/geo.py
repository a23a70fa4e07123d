"""Distances, territories' borders and the sandbox's geocoder."""

import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

_EARTH_RADIUS_METRES = 6_371_008.8
_GEOCODER_CENTRE = (40.0, -83.0)
_GEOCODER_SPREAD_DEGREES = 0.5


def distance_metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle distance between two (latitude, longitude) pairs in degrees."""
    lat_a, lng_a, lat_b, lng_b = map(math.radians, (*a, *b))
    half = math.sin((lat_b - lat_a) / 2) ** 2
    half += math.cos(lat_a) * math.cos(lat_b) * math.sin((lng_b - lng_a) / 2) ** 2
    return 2 * _EARTH_RADIUS_METRES * math.asin(math.sqrt(half))


def inside(lat: float, lng: float, points: Sequence[Mapping[str, float]]) -> bool:
    """Whether a point lies within a polygon of `{lat, lng}` corners (even-odd rule)."""
    within = False
    for here, there in zip(points, (*points[1:], points[0]), strict=True):
        if (here["lat"] > lat) != (there["lat"] > lat):
            share = (lat - here["lat"]) / (there["lat"] - here["lat"])
            within ^= lng < here["lng"] + share * (there["lng"] - here["lng"])
    return within


def area_square_metres(points: Sequence[Mapping[str, float]]) -> float:
    """The area of a small polygon, on a plane that touches the earth at its first corner."""
    if len(points) < 3:
        return 0.0
    metres_per_degree = math.pi * _EARTH_RADIUS_METRES / 180
    shrink = math.cos(math.radians(points[0]["lat"]))
    plane = [(p["lng"] * metres_per_degree * shrink, p["lat"] * metres_per_degree) for p in points]
    pairs = zip(plane, (*plane[1:], plane[0]), strict=True)
    return abs(sum(xa * yb - xb * ya for (xa, ya), (xb, yb) in pairs)) / 2


def completed_pin(pin: Mapping[str, Any], pin_id: str) -> dict[str, Any]:
    """A pin as it is read: address parts taken from the address, a position found for it when none came along.

    There is no map behind the sandbox: an address gets a position that depends on its text alone, so that one
    address is always one place.
    """
    address = str(pin.get("address") or "").strip()
    parts = _address_parts(address)
    lat, lng = pin.get("lat"), pin.get("lng")
    if not isinstance(lat, int | float) or not isinstance(lng, int | float) or (lat, lng) == (0, 0):
        lat, lng = _geocoded(address)
    shown = {name: pin.get(name) or parts.get(name) for name in _PARTS}
    return {
        "id": pin_id,
        "lat": float(lat),
        "lng": float(lng),
        "placeId": pin.get("placeId"),
        "address": address or None,
        **shown,
        "shortAddress": pin.get("shortAddress") or address.partition(",")[0] or None,
    }


_PARTS = ("street", "houseNumber", "zip", "city", "state", "country")
_US_ADDRESS = re.compile(
    r"(?:(?P<houseNumber>\d+\w?)\s+)?(?P<street>[^,]+),\s*(?P<city>[^,]+)"
    r"(?:,\s*(?P<state>[A-Za-z]{2})\b\s*(?P<zip>\d{5}(?:-\d{4})?)?)?(?:,\s*(?P<country>[^,]+))?"
)


def _address_parts(address: str) -> dict[str, str | None]:
    match = _US_ADDRESS.fullmatch(address)
    return match.groupdict() if match else {}


def _geocoded(address: str) -> tuple[float, float]:
    digest = hashlib.sha256(" ".join(address.lower().split()).encode()).digest()
    east, north = (int.from_bytes(digest[at : at + 4]) / 2**32 - 0.5 for at in (0, 4))
    lat, lng = _GEOCODER_CENTRE
    return round(lat + north * _GEOCODER_SPREAD_DEGREES, 6), round(lng + east * _GEOCODER_SPREAD_DEGREES, 6)
