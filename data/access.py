"""Who may see what: one person's scope, and the rows and columns of each table that it lets through.

Every road to the data (pages, search, SQL, exports) reads a table through `relation`, so a rule is written once.
What no rule lets through is refused: a table that nobody has thought of cannot be read by anyone whose view is
limited, and the configuration, secrets and the journal by nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from data import literals
from data.errors import QueryRefusedError
from data.history import as_of_relation
from data.masks import Key as Key
from data.masks import Masks, view_definition
from data.schema import quoted
from data.store import Store
from data.trees import replaced, subquery, table_of, text_of


@dataclass(frozen=True)
class Scope:
    """What one person may see. Hashable, so that it is part of every cache key."""

    role: str  # admin | manager | analyst | rep
    person: str  # e-mail in lower case; "" for nobody signed in
    teams: frozenset[str] | None  # manager: the teams they lead and all below (expanded); None: all
    user_id: str | None  # the SPOTIO user that this person is; a rep sees this one's
    masks: frozenset[str] = frozenset()  # "schema.table.column" hidden from this role, lower case


EVERYTHING = Scope("admin", "", None, None)

_READERS = frozenset({"admin", "analyst", "manager"})
MIRROR = ("spotio", "salesforce", "salesscreen")
READABLE_SCHEMAS = frozenset({*MIRROR, "history", "kpi", "sync"})
# Of the log, what a person can make sense of; cursors, ids seen and payloads of writes are the runner's own.
_LOG = frozenset(
    {"run", "run_table", "problem", "api_use", "webhook_note", "field", "schema_change", "migration"}
)
# What a sync keeps of records, for admins alone: it holds values that may be hidden from other roles.
_SYNC = frozenset(
    {"state", "link", "link_member", "agreed", "decision", "conflict", "standing", "match_case", "verdict", "kept_out"}
)  # fmt: skip
# Words and choices that records point to: they tell of nobody.
_SET_UP = frozenset(
    {
        *(
            ("spotio", name)
            for name in ("company", "stage", "field", "record_type", "activity_template", "categorization")
        ),
        *(("salesforce", name) for name in ("recordtype", "leadstatus", "opportunitystage")),
        *(("kpi", name) for name in ("result_class", "template", "stage_group", "won")),
    }
)
# Salesforce objects without an owner are seen with the one they belong to.
_PARENTS: Mapping[str, tuple[str, str]] = {
    "leadhistory": ("LeadId", "lead"),
    "accounthistory": ("AccountId", "account"),
    "contacthistory": ("ContactId", "contact"),
    "opportunityhistory": ("OpportunityId", "opportunity"),
    "opportunityfieldhistory": ("OpportunityId", "opportunity"),
    "opportunitycontactrole": ("OpportunityId", "opportunity"),
}

# The optimizer may try a reader's own condition before ours: one that fails on some value would then tell, in its error
# and by failing at all, of rows that the reader never gets. No condition is moved below a limit; this one cuts nothing.
_SEAL = f" limit {2**62}"

# Whose an event or a number is, as of the event; an appointment is that of who set it and of who holds it.
_TEAM_COLUMNS = ("team_id", "setter_team_id", "closer_team_id")


@dataclass(frozen=True)
class Readable:
    """A table as a person may read it: its columns with their types, without those hidden from them."""

    schema: str
    name: str
    columns: Mapping[str, str]
    is_view: bool = False


def relation(store: Store, scope: Scope, schema: str, table: str, as_of: datetime | None = None) -> str:
    """A SELECT, without parameters, of the rows and columns of a table that the scope lets through.

    With `as_of`, as they were at that moment. Raises QueryRefusedError for a table that may not be read.
    """
    reach = Reach(store, scope, as_of)
    return reach.restriction(schema, table) or f"select * from {reach.qualified(schema, table)}"


def readable(store: Store, scope: Scope) -> list[Readable]:
    """The tables that a person may read, in order."""
    reach = Reach(store, scope)
    found = []
    for key, table in sorted(reach.tables.items()):
        try:
            reach.admit(key)
        except QueryRefusedError:
            continue
        hidden = reach.masks.names(key)
        columns = {name: kind for name, kind in table.columns.items() if name.lower() not in hidden}
        found.append(Readable(table.schema, table.name, columns, table.is_view))
    return found


class Reach:
    """One scope over one store at one moment: what several tables of a statement need is looked up once."""

    def __init__(
        self, store: Store, scope: Scope, as_of: datetime | None = None, *, sealed: bool = False
    ) -> None:
        """`sealed`: for expressions that somebody else wrote, which must not be tried on rows that are left out."""
        self._store, self._scope, self._as_of, self._sealed = store, scope, as_of, sealed

    def restriction(self, schema: str, table: str) -> str | None:
        """The SELECT that stands for a table, or None when it may be read as it is.

        Raises QueryRefusedError when it may not be read at all.
        """
        found = self.admit((schema.lower(), table.lower()))
        key = (found.schema, found.name.lower())
        limited = self._limited
        if not limited and not self.masks.hidden and self._as_of is None:
            return None
        if found.is_view:
            source: str | None = self._view(found)
            condition = None
        else:
            source = self._at_the_moment(found)
            condition = self._rows(key, found) if limited else self._rows_of_hidden_tables(key)
        shown = self.masks.expressions(key, found.columns)
        if source is None and condition is None and not shown:
            return None
        columns = ", ".join(
            f"{shown[name]} as {quoted(name)}" if name in shown else quoted(name) for name in found.columns
        )
        chosen = f"({source})" if source else self.qualified(*key)
        if condition is None:
            return f"select {columns} from {chosen}"
        return f"select {columns} from {chosen} where {condition}" + (_SEAL if self._sealed else "")

    def select(self, schema: str, table: str) -> str | None:
        """As `relation`, and None for a table that may not be read, or is not there yet."""
        try:
            return self._select(schema, table)
        except QueryRefusedError:
            return None

    def hidden(self, key: Key) -> frozenset[str]:
        """The columns of a table that are hidden, also those hidden in some rows only, in lower case."""
        shown = self.masks.expressions(key, self.tables[key].columns)
        return self.masks.names(key) | {name.lower() for name in shown}

    def key_column(self, key: Key) -> str:
        """The column that tells a table's rows apart: `id` or `Id`."""
        found = next((name for name in self.tables[key].columns if name.lower() == "id"), None)
        if found is None:
            raise QueryRefusedError(f"The rows of {'.'.join(key)} have no ids.")
        return found

    def qualified(self, schema: str, table: str) -> str:
        """The table's own name, safe in SQL."""
        found = self.tables[(schema.lower(), table.lower())]
        return f"{found.schema}.{quoted(found.name)}"

    def admit(self, key: Key) -> Readable:
        """The table, when this scope may read it at all; raises QueryRefusedError with the reason."""
        schema, table = key
        shown = f"{schema}.{table}" if schema else table
        told = _LOG | _SYNC if self._scope.role == "admin" else _LOG
        if schema not in READABLE_SCHEMAS or (schema == "sync" and table not in told):
            listed = ", ".join(sorted(READABLE_SCHEMAS))
            raise QueryRefusedError(
                f"'{shown}' cannot be read from here. Name a table with its schema, one of {listed}."
            )
        found = self.tables.get(key)
        if found is None or not shown.isascii():
            # Else DuckDB would look for a file or a variable of that name.
            raise QueryRefusedError(f"There is no table {shown}.")
        if self._scope.role not in _READERS:
            raise QueryRefusedError(f"Tables cannot be read by a {self._scope.role or 'stranger'}.")
        if self.masks.whole(key):
            raise QueryRefusedError(f"'{shown}' is hidden from the role {self._scope.role}.")
        if self._limited and not found.is_view and self._rule(key, found) is None:
            raise QueryRefusedError(f"'{shown}' cannot be read by a {self._scope.role}.")
        return found

    @cached_property
    def tables(self) -> dict[Key, Readable]:
        """Every table and view of the readable schemas."""
        return self._store.lasting("readable tables", self._read_tables)

    def _read_tables(self) -> dict[Key, Readable]:
        schemas = ", ".join(literals.text(schema) for schema in sorted(READABLE_SCHEMAS))
        rows = self._store.arrow(
            "select table_schema, table_name, table_type, column_name, data_type from information_schema.columns"
            " join information_schema.tables using (table_catalog, table_schema, table_name)"
            f" where table_schema in ({schemas}) and table_catalog = current_database() order by ordinal_position"
        ).to_pylist()
        found: dict[Key, Readable] = {}
        columns: dict[Key, dict[str, str]] = {}
        for row in rows:
            key = (row["table_schema"], row["table_name"].lower())
            columns.setdefault(key, {})[row["column_name"]] = row["data_type"]
            found[key] = Readable(
                row["table_schema"], row["table_name"], columns[key], row["table_type"] == "VIEW"
            )
        return found

    @cached_property
    def masks(self) -> Masks:
        return Masks.of(self._store, self._scope.masks)

    @property
    def _limited(self) -> bool:
        """Whether the rows are limited: only these two roles see all of them."""
        return self._scope.role not in ("admin", "analyst")

    @cached_property
    def _teams(self) -> frozenset[str]:
        # A manager for whom no teams were found sees nothing, not everything.
        return self._scope.teams or frozenset()

    @cached_property
    def _people(self) -> frozenset[str]:
        """The SPOTIO users who are now in the scope's teams."""
        if ("spotio", "team") not in self.tables or not self._teams:
            return frozenset()
        rows = self._store.rows(
            "select distinct unnest(usersIds) as id from spotio.team"
            f" where _deleted_at is null and {literals.one_of('id', self._teams)}"
        )
        return frozenset(row["id"] for row in rows if row["id"])

    @cached_property
    def _owners(self) -> frozenset[str]:
        """The Salesforce users with the e-mail address of one of these people."""
        if ("salesforce", "user") not in self.tables or ("spotio", "user") not in self.tables:
            return frozenset()
        rows = self._store.rows(
            'select distinct s."Id" as id from salesforce."user" s join spotio."user" p on lower(p.email) = lower(s."Email")'
            f" where {literals.one_of('p.id', self._people)} and trim(p.email) <> ''"
        )
        return frozenset(row["id"] for row in rows)

    def _rows(self, key: Key, table: Readable) -> str | None:
        rule = self._rule(key, table)
        if rule is None:
            return "false"
        return rule()

    def _rule(self, key: Key, table: Readable) -> Callable[[], str | None] | None:
        """How the rows of a table are chosen for a manager; None: not at all. Called late, as some rules look things up."""
        schema, name = key
        if self._scope.role != "manager":
            return None
        if key in _SET_UP:
            return lambda: None
        if schema == "spotio":
            return {
                "record": self._owned_or_created,
                "appointment": self._owned_or_created,
                "activity": lambda: literals.one_of("ownerId", self._people),
                "user": lambda: literals.one_of("id", self._people),
                "team": lambda: literals.one_of("id", self._teams),
                "territory": self._territories,
            }.get(name)
        if schema == "salesforce":
            return self._salesforce_rule(name, table)
        if key == ("history", "change"):
            return self._changes
        teams = [name for name in _TEAM_COLUMNS if name in table.columns]
        if (key == ("history", "event") or schema == "kpi") and teams:
            return lambda: "(" + " or ".join(literals.one_of(name, self._teams) for name in teams) + ")"
        return None

    def _owned_or_created(self) -> str:
        return (
            f"({literals.one_of('ownerId', self._people)} or {literals.one_of('createdById', self._people)})"
        )

    def _territories(self) -> str:
        people = ", ".join(literals.text(person) for person in sorted(self._people))
        held = f"id in (select territoryId from ({self._select('spotio', 'record')}))"
        return f"({held} or list_has_any(userIds, [{people}]::varchar[]))"

    def _salesforce_rule(self, name: str, table: Readable) -> Callable[[], str | None] | None:
        if name == "user":
            return lambda: literals.one_of('"Id"', self._owners)
        if "OwnerId" in table.columns:
            return lambda: literals.one_of('"OwnerId"', self._owners)
        if name in _PARENTS and ("salesforce", _PARENTS[name][1]) in self.tables:
            column, parent = _PARENTS[name]
            return lambda: f'{quoted(column)} in (select "Id" from ({self._select("salesforce", parent)}))'
        return None

    def _changes(self) -> str:
        """The changes of rows that may be seen, table by table."""
        parts = []
        for key, table in sorted(self.tables.items()):
            if (
                key[0] not in MIRROR
                or table.is_view
                or self.masks.whole(key)
                or self._rule(key, table) is None
            ):
                continue
            column = next((name for name in table.columns if name.lower() == "id"), None)
            if column is not None:
                parts.append(
                    f"select {literals.text(key[0])}, {literals.text(key[1])}, {quoted(column)}"
                    f" from ({self._select(*key)})"
                )
        return f"(system, object, id) in ({' union all '.join(parts)})" if parts else "false"

    def _rows_of_hidden_tables(self, key: Key) -> str | None:
        """For those who see all rows: of the history only that of tables which are not hidden whole."""
        hidden = sorted((schema, table) for schema, table, column in self.masks.hidden if column == "*")
        if key != ("history", "change") or not hidden:
            return None
        parts = [f"(system = {literals.text(s)} and object = {literals.text(t)})" for s, t in hidden]
        return f"not ({' or '.join(parts)})"

    def _select(self, schema: str, table: str) -> str:
        return self.restriction(schema, table) or f"select * from {self.qualified(schema, table)}"

    def _at_the_moment(self, table: Readable) -> str | None:
        """The table as it was at the moment asked for; None for as it is."""
        if self._as_of is None:
            return None
        moment = literals.moment(self._as_of)
        if table.schema in MIRROR:
            return as_of_relation(self._store, table.schema, table.name, self._as_of)
        if (table.schema, table.name) == ("history", "change"):
            return f"select * from history.change where recorded_at <= {moment}"
        if (table.schema, table.name) == ("history", "event"):
            return (
                "select * replace (null::timestamptz as known_until)"
                f" from history.event where known_from <= {moment} and (known_until is null or known_until > {moment})"
            )
        raise QueryRefusedError(
            f"'{table.schema}.{table.name}' is known only as it is now: as of a moment the mirrored tables,"
            " history.change and history.event can be read."
        )

    def _view(self, view: Readable) -> str:
        """What a view shows, with its own tables limited."""
        tree = view_definition(self._store, view.schema, view.name)
        return text_of(
            self._store, replaced(tree, lambda node: subquery(self._store, self._select(*table_of(node))))
        )
