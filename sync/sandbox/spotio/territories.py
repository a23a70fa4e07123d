"""Territories: who works where. A record belongs to the smallest territory whose zip codes or borders hold its pin."""

from collections.abc import Mapping
from typing import Any

from sync.sandbox.spotio.errors import invalid, not_found
from sync.sandbox.spotio.geo import area_square_metres, inside
from sync.sandbox.spotio.parse import objects, optional_degrees, optional_int, optional_text, texts
from sync.sandbox.spotio.store import Row, Store


class Territories:
    def __init__(self, store: Store) -> None:
        self._store = store

    def all(self) -> list[Row]:
        return self._store.rows("territories", order="id")

    def get(self, territory_id: str) -> Row:
        row = self._store.row("territories", territory_id)
        if row is None:
            raise not_found("Territory", territory_id)
        return row

    def containing(self, pin: Mapping[str, Any] | None) -> str | None:
        """The id of the territory of a pin; the smallest when several hold it, None outside all."""
        if pin is None:
            return None
        holding = [row for row in self.all() if _holds(row, pin)]
        return min(holding, key=lambda row: row["area"] or 0.0)["id"] if holding else None

    def ancestors(self, territory_id: str | None) -> list[Row]:
        """A territory and those above it, the nearest first."""
        line: list[Row] = []
        while territory_id and all(row["id"] != territory_id for row in line):
            row = self._store.row("territories", territory_id)
            if row is None:
                break
            line.append(row)
            territory_id = row["parentId"]
        return line

    def below(self, territory_ids: list[str]) -> set[str]:
        """The ids given and those of all territories under them."""
        found = set(territory_ids)
        rows = self.all()
        while more := {row["id"] for row in rows if row["parentId"] in found} - found:
            found |= more
        return found

    def create(self, request: Mapping[str, Any]) -> str:
        now = self._store.now()
        row = self._read(request) | {"global": False, "createdAt": now, "updatedAt": now}
        return self._store.insert("territories", row)

    def replace(self, territory_id: str, request: Mapping[str, Any]) -> None:
        self.get(territory_id)
        changes = self._read(request, territory_id)
        changes |= {"global": bool(request.get("global")), "updatedAt": self._store.now()}
        self._store.update("territories", territory_id, changes)

    def _read(self, request: Mapping[str, Any], territory_id: str | None = None) -> Row:
        title, parent_id = optional_text(request, "title"), optional_text(request, "parentId")
        if not title:
            raise invalid("title", "A title is required.")
        if parent_id and (self._store.row("territories", parent_id) is None or parent_id == territory_id):
            raise invalid("parentId", f"Territory with id: {parent_id} does not exist.")
        for user_id in texts(request, "userIds"):
            if self._store.row("users", user_id) is None:
                raise invalid("userIds", f"User with id: {user_id} does not exist.")
        polygons = [_polygon(polygon) for polygon in objects(request, "polygons")]
        return {
            "title": title,
            "parentId": parent_id,
            "color": optional_text(request, "color"),
            "userIds": texts(request, "userIds"),
            "zips": texts(request, "zips"),
            "locations": texts(request, "locations"),
            "properties": [_bounds(item) for item in objects(request, "properties")],
            "polygons": polygons,
            "area": round(sum(area_square_metres(polygon["points"]) for polygon in polygons), 1),
        }


def _polygon(sent: Mapping[str, Any]) -> Row:
    points = objects(sent, "points")
    corners = [(optional_degrees(point, "lat", 90), optional_degrees(point, "lng", 180)) for point in points]
    if any(None in corner for corner in corners):
        raise invalid("polygons", "A corner has lat and lng.")
    names = ("geoId", "zip")
    texts_of = {name: optional_text(sent, name) for name in names}
    return texts_of | {
        "id": optional_int(sent, "id"),
        "points": [{"lat": lat, "lng": lng} for lat, lng in corners],
    }


def _bounds(sent: Mapping[str, Any]) -> Row:
    return {name: optional_text(sent, name) for name in ("country", "state", "zipCode", "city", "county")}


def _holds(territory: Row, pin: Mapping[str, Any]) -> bool:
    if pin.get("zip") and pin["zip"] in (territory["zips"] or []):
        return True
    polygons = territory["polygons"] or []
    corners = [polygon["points"] for polygon in polygons if len(polygon.get("points") or []) > 2]
    return any(inside(pin["lat"], pin["lng"], points) for points in corners)
