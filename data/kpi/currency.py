"""The currency of the values that sales are summed in."""

from __future__ import annotations

from data.kpi.settings import KpiSettings, has_table
from data.store import Store


def currency(store: Store, settings: KpiSettings) -> str:
    """SPOTIO's own word for the company's currency ("USD"), empty where it tells none.

    The amounts of Salesforce's opportunities are the org's, which may keep its books in another one: nothing is said.
    """
    if settings.sold_source == "salesforce_won" or not has_table(store, "spotio", "company"):
        return ""
    rows = store.lasting(
        "currency", lambda: store.rows("select currency from spotio.company where _deleted_at is null")
    )
    return next((str(row["currency"]).strip() for row in rows if row["currency"]), "")
