"""Finding records: search, its light and list variants, the export feed, the deleted ones."""

from collections.abc import Iterable, Mapping
from typing import Any

from sync.sandbox.spotio import shapes
from sync.sandbox.spotio.errors import invalid, not_found
from sync.sandbox.spotio.filters import Conditions, Filters
from sync.sandbox.spotio.http import Call, Route
from sync.sandbox.spotio.paging import DEFAULT_SIZE, SIZE_MAX, UNSIZED
from sync.sandbox.spotio.parse import optional_int, optional_text, texts
from sync.sandbox.spotio.rest.records import seen
from sync.sandbox.spotio.store import COLUMNS, Row, plain, words

_SORT_COLUMNS = {
    "updatedat": "r.updatedAt",
    "value": "r.value",
    "visitscount": "r.visitsCount",
    "lastvisitdate": "r.lastVisitDate",
    "nextactivitytime": "r.nextActivityTime",
    "lastvisitresult": "r.lastVisitResultId",
}
_COLUMNS = ", ".join(f'r."{name}"' for name in COLUMNS["records"])


def visible(call: Call, where: Conditions) -> None:
    """Sales people see what they own or help with; the others see everything but what is kept from them."""
    where.add("r.deletedAt is null")
    kept = "exists (select 1 from json_each(r.hiddenFromIds) where value = ?)"
    where.add(f"(r.hiddenFromIds is null or not {kept})", call.user_id)
    if call.user["role"] == "Sales":
        helps = "exists (select 1 from json_each(r.collaboratorIds) where value = ?)"
        where.add(f"(r.ownerId = ? or {helps})", call.user_id, call.user_id)


def filter_content(call: Call, filter_id: str | None) -> Mapping[str, Any] | None:
    if filter_id is None:
        return None
    row = call.tenant.store.row("filters", filter_id)
    if row is None:
        raise not_found("Filter", filter_id)
    content: Mapping[str, Any] = row["content"]
    return content


def filters(call: Call) -> Filters:
    tenant = call.tenant
    return Filters(tenant.people, tenant.territories, tenant.clock.now(), call.user_id)


def records_page(call: Call, keys: Iterable[int]) -> list[Row]:
    """The live rows of these keys, in this order."""
    wanted = list(keys)
    cursor = call.tenant.store.db.execute(
        f"select r.rowid, {_COLUMNS} from records r "  # noqa: S608
        f"where r.deletedAt is null and r.rowid in ({', '.join('?' * len(wanted))})",
        wanted,
    )
    found = {row[0]: plain(dict(zip(COLUMNS["records"], row[1:], strict=True))) for row in cursor}
    return [found[key] for key in wanted if key in found]


def _search(
    call: Call, operation: str, asked: Mapping[str, Any], size_name: str, type_name: str
) -> tuple[Row, list[Row]]:
    """The envelope of a page (cursor, totals) and its rows."""
    where = Conditions()
    visible(call, where)
    conditions(call, asked, type_name, where)
    order = _order(asked)
    size = optional_int(asked, size_name)
    if size is not None and size < 1:
        raise invalid(size_name, "At least 1 is expected.")

    def select() -> Iterable[int]:
        query = f"select r.rowid from records r where {where.sql} order by {order}"  # noqa: S608
        return (row[0] for row in call.tenant.store.db.execute(query, where.values))

    scroll_id = optional_text(asked, "scrollId")
    page = call.standin.cursors.page(operation, scroll_id, min(size or DEFAULT_SIZE, SIZE_MAX), select)
    totals = f"select sum(r.value) from records r where {where.sql}"  # noqa: S608
    total_value = call.tenant.store.db.execute(totals, where.values).fetchone()[0]
    envelope = {"scrollId": page.scroll_id, "totalCount": page.total, "totalValue": total_value}
    return envelope, records_page(call, page.keys)


def conditions(call: Call, asked: Mapping[str, Any], type_name: str, where: Conditions) -> None:
    """Restrict a query over records `r` by the members that a search or a mass change selects with."""
    if type_id := optional_text(asked, type_name):
        where.add("r.typeId = ?", type_id)
    if stage_id := optional_text(asked, "stageId"):
        where.add("r.stageId = ?", stage_id)
    if groups := optional_text(asked, "stageGroups"):
        _in_groups(call, {group.strip().lower() for group in groups.split(",")}, where)
    content = filter_content(call, optional_text(asked, "filterId"))
    if content is not None:
        filters(call).records(content, where)
    query = optional_text(asked, "queryText") or optional_text(asked, "q")
    if query:
        spelled = "lower(coalesce(r.name, '') || ' ' || coalesce(r.address, '') || ' ' || r.fields)"
        where.add(f"instr({spelled}, ?) > 0", query.lower())
    if phone := optional_text(asked, "phoneNumber"):
        where.add("instr(r.fields, ?) > 0", phone)
    if ids := texts(asked, "dataObjectIds"):
        where.among("r.id", ids)
    if places := texts(asked, "placeIds"):
        where.among("json_extract(r.pin, '$.placeId')", places)
    _presence(call, asked, where)


def _in_groups(call: Call, groups: set[str], where: Conditions) -> None:
    clauses = []
    for kind in call.tenant.workflow.types:
        for stage in kind.stages:
            if stage.group in groups:
                clauses.append("(r.typeId = ? and r.stageId = ?)")
                where.values += [kind.id, stage.id]
    where.clauses.append(f"({' or '.join(clauses) or 'false'})")


def _presence(call: Call, asked: Mapping[str, Any], where: Conditions) -> None:
    def having(*field_types: str) -> str:
        found = [item.id for item in call.tenant.workflow.fields() if item.type in field_types]
        keys = ", ".join(f"'{field_id}'" for field_id in found if field_id.isdecimal())
        return f"exists (select 1 from json_each(r.fields) where key in ({keys}))"  # noqa: S608

    conditions = {
        "hasAddress": "r.address is not null",
        "hasPhone": having("phone"),
        "hasEmail": having("email"),
        "hasPhoneOrEmail": having("phone", "email"),
    }
    for member, condition in conditions.items():
        wanted = asked.get(member)
        if wanted is not None:
            where.add(condition if str(wanted).lower() == "true" else f"not ({condition})")


def _order(asked: Mapping[str, Any]) -> str:
    key = (optional_text(asked, "sortBy") or "-updatedat").lower()
    direction = "desc" if key.startswith("-") else "asc"
    name = key.lstrip("-")
    if name == "distance":
        try:
            lat, lng = float(asked.get("lat") or 0), float(asked.get("lng") or 0)
        except (TypeError, ValueError):
            raise invalid("lat", "A place is expected.") from None
        # Squares of degrees order like distances over the width of a town.
        return f"(r.lat - {lat}) * (r.lat - {lat}) + (r.lng - {lng}) * (r.lng - {lng}) {direction}, r.rowid"
    if name not in _SORT_COLUMNS:
        raise invalid("sortBy", f"{asked.get('sortBy')} is no sort key.")
    return f"{_SORT_COLUMNS[name]} {direction}, r.rowid"


def _asked(call: Call) -> Mapping[str, Any]:
    """What is searched for: the query of a GET, the body of a POST, under the contract's names."""
    if call.body is not None:
        return call.object()
    known = {name.lower(): name for name in _PARAMETERS}
    return {known[name]: value for name, value in call.query.items() if name in known and value != ""}


_PARAMETERS = words(
    "scrollId sortBy stageId stageGroups filterId includeCustomFieldIds q queryText lat lng "
    "hasAddress hasPhoneOrEmail hasPhone hasEmail singleType typeId phoneNumber "
    "includeOwnerExternalUserId perPage pageSize includeParentData includeActivities"
)


def _true(asked: Mapping[str, Any], member: str) -> bool:
    return str(asked.get(member)).lower() == "true"


def _custom_fields(asked: Mapping[str, Any]) -> list[str]:
    return [
        item.strip()
        for item in (optional_text(asked, "includeCustomFieldIds") or "").split(",")
        if item.strip()
    ]


def search(call: Call) -> Any:
    asked = _asked(call)
    envelope, rows = _search(call, "search", asked, "perPage", "singleType")
    return envelope | {"items": [_found(call, asked, row) for row in rows]}


def _found(call: Call, asked: Mapping[str, Any], row: Row) -> Row:
    store = call.tenant.store
    item = shapes.searched(call.tenant, row, _custom_fields(asked))
    if _true(asked, "includeOwnerExternalUserId"):
        item["ownerExternalUserId"] = (store.row("users", row["ownerId"]) or {}).get("externalSystemUserId")
    parent = store.row("records", row["parentId"]) if _true(asked, "includeParentData") else None
    if parent is not None:
        item["parent"] = {"id": parent["id"], "name": parent["name"]}
    if _true(asked, "includeActivities"):
        planned = store.rows("activities", "dataObjectId = ? and not done", (row["id"],), "date limit 1")
        names = ("id", "activityTemplateId", "type", "title", "date", "durationSeconds", "allDayDate")
        for activity in planned:
            shown = {name: activity[name] for name in names} | {"allDay": bool(activity["allDay"])}
            item["activity"] = shown | {"duration": activity["duration"] or 0}
    return item


def search_list(call: Call) -> Any:
    asked = _asked(call)
    envelope, rows = _search(call, "list", asked, "perPage", "singleType")
    return envelope | {"items": [shapes.listed(call.tenant, row, _custom_fields(asked)) for row in rows]}


def search_simple(call: Call) -> Any:
    envelope, rows = _search(call, "simple", _asked(call), "pageSize", "typeId")
    return envelope | {"items": [shapes.simple_with_parent(call.tenant, row) for row in rows]}


def export(call: Call) -> Any:
    """The one feed with a modified-since: strictly later than `updatedAfter`, the oldest change first."""
    where = Conditions()
    visible(call, where)
    if after := call.instant("updatedAfter"):
        where.add("r.updatedAt > ?", after)

    def select() -> Iterable[int]:
        query = f"select r.rowid from records r where {where.sql} order by r.updatedAt, r.rowid"  # noqa: S608
        return (row[0] for row in call.tenant.store.db.execute(query, where.values))

    page = call.standin.cursors.page("export", call.text("scrollId"), UNSIZED, select)
    items = [shapes.exported(row) for row in records_page(call, page.keys)]
    return {"scrollId": page.scroll_id, "items": items}


def deleted(call: Call) -> Any:
    where = Conditions(["deletedAt is not null"])
    where.between("deletedAt", call.instant("startDate"), call.instant("endDate"))
    if call.user["role"] == "Sales":
        where.add("ownerId = ?", call.user_id)
    store = call.tenant.store

    def select() -> Iterable[int]:
        query = f"select rowid from records where {where.sql} order by deletedAt, rowid"  # noqa: S608
        return (row[0] for row in store.db.execute(query, where.values))

    page = call.standin.cursors.page("deleted", call.text("scrollId"), UNSIZED, select)
    marks = ", ".join("?" * len(page.keys))
    rows = store.rows(
        "records", f"deletedAt is not null and rowid in ({marks})", page.keys, "deletedAt, rowid"
    )
    return {"scrollId": page.scroll_id, "deletedDataObjects": [shapes.deleted(row) for row in rows]}


def related(call: Call) -> Any:
    """Children and parent of a record, optionally of one type."""
    parent = seen(call, call.parts["id"])
    where = Conditions()
    visible(call, where)
    where.add("(r.parentId = ? or r.id = ?)", parent["id"], parent["parentId"] or "")
    if type_id := call.parts.get("typeId"):
        where.add("r.typeId = ?", type_id)
    size = min(call.number("perPage") or DEFAULT_SIZE, SIZE_MAX)

    def select() -> Iterable[int]:
        query = f"select r.rowid from records r where {where.sql} order by r.rowid"  # noqa: S608
        return (row[0] for row in call.tenant.store.db.execute(query, where.values))

    page = call.standin.cursors.page("related", call.text("scrollId"), size, select)
    items = [shapes.related(call.tenant, row) for row in records_page(call, page.keys)]
    return {"scrollId": page.scroll_id, "totalCount": page.total, "totalValue": None, "items": items}


def duplicates_by_address(call: Call) -> Any:
    """Other records at the same address."""
    record = seen(call, call.parts["id"])
    if not record["address"]:
        return []
    where = Conditions()
    visible(call, where)
    where.add("r.id <> ? and lower(r.address) = lower(?)", record["id"], record["address"])
    query = f"select r.rowid from records r where {where.sql} order by r.rowid"  # noqa: S608
    keys = [row[0] for row in call.tenant.store.db.execute(query, where.values)]
    return [shapes.simple(call.tenant, row) for row in records_page(call, keys)]


ROUTES = (
    Route("GET", "/api/DataObjectsSearch", search),
    Route("POST", "/api/DataObjectsSearch", search),
    Route("GET", "/api/DataObjectsSearch/list", search_list),
    Route("GET", "/api/DataObjectsSearch/simple", search_simple),
    Route("POST", "/api/DataObjectsSearch/simple", search_simple),
    Route("GET", "/api/Exports/dataObjects/data", export, invalid=422),
    Route("GET", "/api/DataObjects/deleted", deleted),
    Route("GET", "/api/DataObjects/{id}/related", related),
    Route("GET", "/api/DataObjects/{id}/related/{typeId}", related),
    Route("GET", "/api/DataObjects/{id}/duplicatesByAddress", duplicates_by_address),
)
