"""Find a record of any of the three systems by its id, or by a part of a name or an e-mail address."""

from __future__ import annotations

from dataclasses import dataclass

from data import literals
from data.access import Reach, Scope, readable
from data.explore import column_labels
from data.naming import display_name
from data.schema import quoted
from data.store import Store

# Who and where: other tables are found from these.
_SEARCHED = frozenset(
    {
        *(("spotio", name) for name in ("record", "user", "team", "territory")),
        *(("salesforce", name) for name in ("lead", "account", "contact", "opportunity", "user")),
        *(("salesscreen", name) for name in ("user", "team")),
    }
)
_SAID_IN = ("name", "title", "company", "email")


@dataclass(frozen=True)
class Found:
    """A record, and the column and value in which the words were found."""

    system: str
    object: str
    id: str
    name: str | None
    column: str
    value: str


def search(store: Store, scope: Scope, words: str, *, each: int = 20) -> list[Found]:
    """Records whose id is `words`, or whose name or e-mail contains it in any case; at most `each` a table.

    Records that their source deleted are left out.
    """
    words = words.strip()
    if not words:
        return []
    labels = column_labels(store)
    reach = Reach(store, scope)
    found: list[Found] = []
    for table in readable(store, scope):
        source = reach.select(table.schema, table.name)
        if (table.schema, table.name) not in _SEARCHED or source is None:
            continue
        key = reach.key_column((table.schema, table.name))
        looked_in = [
            name
            for name, kind in table.columns.items()
            if kind == "VARCHAR"
            and any(
                word.lower().replace("-", "").endswith(_SAID_IN)
                for word in (name, labels.get((table.schema, table.name, name), name))
            )
        ]
        hits = [f"when {quoted(key)} = $words then {literals.text(key)}"]
        hits += [
            f"when contains(lower({quoted(n)}), lower($words)) then {literals.text(n)}" for n in looked_in
        ]
        values = " ".join(f"when {literals.text(n)} then {quoted(n)}" for n in (key, *looked_in))
        rows = store.rows(
            f"select {quoted(key)} as found_id, {display_name(table.columns)} as said, hit, case hit {values} end as held"
            f" from (select *, case {' '.join(hits)} end as hit from ({source}) where _deleted_at is null)"
            f" where hit is not null order by hit <> {literals.text(key)}, said, found_id limit {int(each)}",
            {"words": words},
        )
        found += [
            Found(table.schema, table.name, r["found_id"], r["said"], r["hit"], r["held"]) for r in rows
        ]
    return found
