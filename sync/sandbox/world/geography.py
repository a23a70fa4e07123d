"""Where the company works: regions and sales territories that tile an extent of Denver, and houses along streets.

The extent is cut into bands of rectangles, one rectangle a region (the parent territories); each region is cut into a
lattice of quadrilaterals whose inner corners are moved a little (the child territories). Neighbours share corners, so
the polygons tile without gaps, and a house placed by its (u, v) in a quadrilateral is inside of it by construction.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import pairwise
from math import cos, radians, sqrt

from sync.sandbox.world.names import STREETS, SUFFIXES

SOUTH, NORTH = 39.60, 39.92
WEST, EAST = -105.12, -104.72
METRES_PER_DEGREE = 111_320.0
"""Metres in one degree of latitude; a degree of longitude here is shorter by cos(latitude)."""
_EAST_WEST = METRES_PER_DEGREE * cos(radians((SOUTH + NORTH) / 2))

CITIES = (
    "Denver",
    "Lakewood",
    "Aurora",
    "Englewood",
    "Littleton",
    "Westminster",
    "Arvada",
    "Thornton",
    "Centennial",
)

Point = tuple[float, float]
"""Latitude and longitude in degrees."""


@dataclass(slots=True, frozen=True)
class Quad:
    """A convex quadrilateral: its corners south-west, south-east, north-east, north-west."""

    corners: tuple[Point, Point, Point, Point]

    def point(self, u: float, v: float) -> Point:
        """The place at `u` of the way east and `v` of the way north, each between 0 and 1."""
        (a, b), (c, d), (e, f), (g, h) = self.corners
        sw, se, ne, nw = (1 - u) * (1 - v), u * (1 - v), u * v, (1 - u) * v
        return sw * a + se * c + ne * e + nw * g, sw * b + se * d + ne * f + nw * h

    def size_metres(self) -> tuple[float, float]:
        """Its rough width and height."""
        (south, west), _, (north, east), _ = self.corners
        return (east - west) * _EAST_WEST, (north - south) * METRES_PER_DEGREE


def regions(number: int) -> list[Quad]:
    """The extent cut into `number` rectangles, in bands from south to north."""
    bands = max(1, round(sqrt(number)))
    found: list[Quad] = []
    for band in range(bands):
        across = (number - len(found)) // (bands - band)
        south = SOUTH + (NORTH - SOUTH) * band / bands
        north = SOUTH + (NORTH - SOUTH) * (band + 1) / bands
        for i in range(across):
            west = WEST + (EAST - WEST) * i / across
            east = WEST + (EAST - WEST) * (i + 1) / across
            found.append(Quad(((south, west), (south, east), (north, east), (north, west))))
    return found


def parcels(region: Quad, number: int, rng: random.Random) -> list[Quad]:
    """`number` territories that together cover the region."""
    rows = max(1, int(sqrt(number)))
    found: list[Quad] = []
    floor = (0.0, 0.0)
    for row in range(rows):
        # Floor and ceiling of a row are straight lines, given by their heights at the region's west and east side: so
        # the rows above and below share them whatever their numbers of walls.
        across = (number - len(found)) // (rows - row)
        sway = 0.15 / rows if row + 1 < rows else 0.0
        level = (row + 1) / rows
        ceiling = (level + rng.uniform(-sway, sway), level + rng.uniform(-sway, sway))
        walls = [0.0, *((i + rng.uniform(-0.1, 0.1)) / across for i in range(1, across)), 1.0]
        for left, right in pairwise(walls):
            found.append(
                Quad(
                    (
                        region.point(left, _at(floor, left)),
                        region.point(right, _at(floor, right)),
                        region.point(right, _at(ceiling, right)),
                        region.point(left, _at(ceiling, left)),
                    )
                )
            )
        floor = ceiling
    return found


def _at(line: tuple[float, float], u: float) -> float:
    return line[0] + (line[1] - line[0]) * u


@dataclass(slots=True, frozen=True)
class House:
    """One address."""

    lat: float
    lng: float
    number: int
    street: str
    city: str
    zip: str
    block: int
    """Which row of neighbouring houses; numbered within the territory."""

    @property
    def address(self) -> str:
        return f"{self.number} {self.street}, {self.city}, CO {self.zip}, USA"


def houses(quad: Quad, number: int, area: int, rng: random.Random) -> list[House]:
    """`number` houses in rows of about a dozen neighbours; `area` numbers the territory, for its city and zip."""
    width, height = quad.size_metres()
    city = CITIES[area % len(CITIES)]
    postal_code = f"80{201 + area % 60}"
    found: list[House] = []
    block = 0
    while len(found) < number:
        size = min(number - len(found), rng.randrange(9, 17))
        along_u = rng.random() < 0.5
        step = rng.uniform(16.0, 24.0) / (width if along_u else height)
        start = rng.uniform(0.04, max(0.05, 0.96 - step * size))
        across = rng.uniform(0.05, 0.95)
        street = f"{rng.choice(STREETS)} {rng.choice(SUFFIXES)}"
        first = rng.randrange(10, 160) * 100 + rng.randrange(4)
        for i in range(size):
            # Both sides of the street: odd numbers on the one, even on the other.
            along = min(0.98, start + step * i)
            side = across + (0.5 if i % 2 else -0.5) * 14.0 / (height if along_u else width)
            lat, lng = quad.point(along, side) if along_u else quad.point(side, along)
            found.append(
                House(round(lat, 6), round(lng, 6), first + i * 4 + i % 2, street, city, postal_code, block)
            )
        block += 1
    return found
