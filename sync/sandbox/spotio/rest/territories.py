"""Territories: the list, one with its borders, GeoJSON, create and replace. There is no delete."""

from typing import Any

from sync.sandbox.spotio.http import Call, Route
from sync.sandbox.spotio.store import Row

_BASIC = ("id", "title", "color", "parentId", "updatedAt")


def basic(row: Row) -> Row:
    """TerritoryBasic."""
    shown = {name: row[name] for name in _BASIC}
    return shown | {"global": bool(row["global"]), "userIds": row["userIds"] or []}


def full(row: Row) -> Row:
    """TerritoryFull."""
    lists = ("locations", "zips", "properties", "polygons")
    return basic(row) | {name: row[name] or [] for name in lists} | {"area": row["area"] or 0.0}


def list_all(call: Call) -> Any:
    return [basic(row) for row in call.tenant.territories.all()]


def read(call: Call) -> Any:
    return full(call.tenant.territories.get(call.parts["id"]))


def geojson(call: Call) -> Any:
    row = call.tenant.territories.get(call.parts["id"])
    rings = [_ring(polygon) for polygon in row["polygons"] or []]
    return {
        "type": "Feature",
        "properties": {"id": row["id"], "title": row["title"], "color": row["color"]},
        "geometry": {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings if ring]},
    }


def create(call: Call) -> Any:
    call.require_manager()
    return full(call.tenant.territories.get(call.tenant.territories.create(call.object())))


def replace(call: Call) -> Any:
    call.require_manager()
    call.tenant.territories.replace(call.parts["id"], call.object())
    return full(call.tenant.territories.get(call.parts["id"]))


def _ring(polygon: Row) -> list[list[float]]:
    """A closed ring of [longitude, latitude] pairs."""
    corners = [[point["lng"], point["lat"]] for point in polygon.get("points") or []]
    return [*corners, corners[0]] if corners else []


ROUTES = (
    Route("GET", "/api/Territories/all", list_all, invalid=422),
    Route("POST", "/api/Territories", create, invalid=422),
    Route("GET", "/api/Territories/{id}", read, invalid=422),
    Route("PUT", "/api/Territories/{id}", replace, invalid=422),
    Route("GET", "/api/Territories/{id}/geojson", geojson, invalid=422),
)
