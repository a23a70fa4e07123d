"""What a query selects: the SQL columns of its rows, and the shape of the records that they become."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import cast

from lark import Token

from sync.sandbox.salesforce import soql
from sync.sandbox.salesforce.plan import Plan, Selected
from sync.sandbox.salesforce.schema import Field
from sync.sandbox.salesforce.scope import Scope, coalesce, type_of
from sync.sandbox.salesforce.shape import AddressOf, Children, Leaf, Node, Variants
from sync.sandbox.salesforce.tables import quoted

FIELDS_LIMIT = 200


class Selection:
    """`child_plan` compiles the query of a list of children, given the reference that leads to their parent."""

    def __init__(self, scope: Scope, child_plan: Callable[[soql.Select, Field], Plan]) -> None:
        self._scope, self._child_plan = scope, child_plan
        self.sql: list[str] = []
        self.columns: list[Selected] = []
        """What was selected by name, in order."""

    def record(self, reference: Field | None = None) -> Node:
        """Select a record: its id, with `reference` also its parent's id, and every item of the list."""
        shape = Node(self._scope.sobject.name, self.column(f"{self._scope.alias}.{quoted('Id')}"))
        if reference is not None:
            self.column(f"{self._scope.alias}.{quoted(reference.name)}")
        for item in self._expanded():
            self._select_into(shape, item)
        return shape

    def _expanded(self) -> Iterator[soql.Item]:
        for item in self._scope.select.items:
            if isinstance(item, soql.Call) and item.name.upper() == "FIELDS":
                yield from self._all_fields(item)
            else:
                yield item

    def _all_fields(self, call: soql.Call) -> Iterator[soql.Path]:
        which = call.argument.text.upper() if call.argument else ""
        if which not in ("ALL", "STANDARD", "CUSTOM"):
            raise self._scope.error(call.name, "MALFORMED_QUERY", "FIELDS takes ALL, STANDARD or CUSTOM")
        if which != "STANDARD" and (
            self._scope.select.limit is None or self._scope.select.limit > FIELDS_LIMIT
        ):
            message = f"The SOQL FIELDS function must have a LIMIT of at most {FIELDS_LIMIT}"
            raise self._scope.error(call.name, "MALFORMED_QUERY", message)
        for each in self._scope.sobject.visible():
            if which == "ALL" or each.custom == (which == "CUSTOM"):
                yield soql.Path((Token("NAME", each.name),))

    def column(self, sql: str) -> int:
        """Select an expression; returns its place in the rows."""
        self.sql.append(sql)
        return len(self.sql) - 1

    def _select_into(self, shape: Node, item: soql.Item) -> None:
        match item:
            case soql.Select():
                self._select_children(shape, item)
            case soql.TypeOf():
                self._select_variants(shape, item)
            case soql.Call():
                raise self._scope.unexpected(item.name)
            case soql.Path():
                self._select_field(shape, item)

    def _select_field(self, node: Node, item: soql.Path, known: int = 0) -> None:
        """Select a field into `node`, to which the path's first `known` steps have led already."""
        names = self._scope.steps(item)
        for depth in range(known + 1, len(names)):
            node = self._parent_node(node, names[:depth])
        found = self._scope.path(item)
        if found.field.name in node.entries:
            message = f"duplicate field selected: {item.text}"
            raise self._scope.error(item.names[-1], "MALFORMED_QUERY", message)
        if found.field.compound:
            self.columns.append(Selected(item.text, found.field, None))
            node.entries[found.field.name] = self._address(names[:-1], found.field)
        else:
            column = self.column(found.sql)
            self.columns.append(Selected(item.text, found.field, column))
            node.entries[found.field.name] = Leaf(column, found.field)

    def _select_variants(self, shape: Node, item: soql.TypeOf) -> None:
        name = self._scope.relationship((item.relationship,)).parent or str(item.relationship)
        nodes = []
        for kind, fields in item.choices:
            steps = self._scope.narrowed(item.relationship, kind)
            sobject, alias = self._scope.join(steps)[0]
            node = Node(sobject.name, self.column(f"{alias}.{quoted('Id')}"))
            for each in fields:
                self._select_field(node, soql.Path((*steps, *each.names)), known=len(steps))
            nodes.append(node)
        if item.otherwise:
            holder = Node("", None)
            for each in item.otherwise:
                self._select_field(holder, soql.Path((item.relationship, *each.names)))
            nodes.append(cast(Node, holder.entries[name]))
        shape.entries[name] = Variants(nodes)

    def _parent_node(self, node: Node, steps: tuple[Token, ...]) -> Node:
        targets = self._scope.join(steps)
        name = self._scope.relationship(steps).parent or str(steps[-1])
        known = node.entries.get(name)
        if isinstance(known, Node):
            return known
        id = self.column(coalesce(f"{alias}.{quoted('Id')}" for _, alias in targets))
        if len(targets) == 1:
            parent = Node(targets[0][0].name, id)
        else:
            parent = Node("Name", id, self.column(type_of(targets)))
        node.entries[name] = parent
        return parent

    def _address(self, steps: tuple[Token, ...], whole: Field) -> AddressOf:
        sobject, alias = self._scope.join(steps)[0]
        parts = [each for each in sobject.visible() if each.part_of == whole.name]
        prefix = whole.name.removesuffix("Address")
        columns = {
            each.name.removeprefix(prefix): self.column(f"{alias}.{quoted(each.name)}") for each in parts
        }
        return AddressOf({name[0].lower() + name[1:]: column for name, column in sorted(columns.items())})

    def _select_children(self, shape: Node, select: soql.Select) -> None:
        name = select.source.lower()
        related = self._scope.schema.children(self._scope.sobject.name)
        child, reference = next(
            (each for each in related if (each[1].children or "").lower() == name and not each[1].hidden),
            (None, None),
        )
        if child is None or reference is None:
            message = (
                f"Didn't understand relationship '{select.source}' in FROM part of query call. If you are attempting "
                "to use a custom relationship, be sure to append the '__r' after the custom relationship name. "
                "Please reference your WSDL or the describe call for the appropriate names."
            )
            raise self._scope.error(select.source, "INVALID_TYPE", message)
        source = Token.new_borrow_pos("NAME", child.name, select.source)
        inner = soql.Select(select.items, source, select.alias, select.where, (), None, select.order)
        plan = self._child_plan(inner, reference)
        shape.entries[reference.children or ""] = Children(plan, select.limit)
