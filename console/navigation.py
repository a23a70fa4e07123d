"""The pages: which roles have them in their menu, which may open them, and where each role lands.

Every page has one address for everybody, so a link can be passed on: whom it is not for is told so, and by whom they
can be helped. The root is no page of its own and leads to where the reader's role begins.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class View:
    """A page by the name of its file; `menu` are the roles that have it in their menu, `also` others it is open to."""

    name: str
    title: str
    icon: str
    menu: tuple[str, ...] = ()
    also: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """Its file, as Streamlit's links and switches take it."""
        return f"views/{self.name}.py"

    @property
    def roles(self) -> tuple[str, ...]:
        """Whom it is for."""
        return self.menu + self.also


_ALL = ("admin", "analyst", "manager", "rep")
_READERS = ("admin", "analyst", "manager")

# In the order of the menu; the first of a role's is where it lands.
PAGES = (
    View("my_day", "My day", ":material/today:", ("rep",)),
    View("overview", "Overview", ":material/monitoring:", ("admin", "analyst")),
    View("dashboard", "Dashboard", ":material/query_stats:", _READERS),
    View("board", "Board", ":material/leaderboard:", _ALL),
    View("reps", "Reps", ":material/groups:", ("manager",), ("admin", "analyst")),
    View("explore", "Explore", ":material/table_view:", _READERS),
    View("log", "Log", ":material/receipt_long:", ("admin", "analyst")),
    View("plan", "Plan", ":material/route:", ("admin",)),
    View("conflicts", "Conflicts", ":material/compare_arrows:", ("admin",)),
    View("errors", "Errors", ":material/error:", ("admin", "analyst")),
    View("why", "Why", ":material/help_center:", ("admin",)),
    View("me", "Me", ":material/person:", _ALL),
    View("rep", "Rep", ":material/person_search:", (), _READERS),
    View("record", "Record", ":material/contact_page:", (), _READERS),
    View("behind", "Behind the number", ":material/format_list_numbered:", (), _ALL),
    View("numbers", "Numbers", ":material/functions:", (), _ALL),
    View("connections", "Connections", ":material/cable:", (), ("admin",)),
    View("access", "Access", ":material/admin_panel_settings:", (), ("admin",)),
    View("audit", "Audit", ":material/policy:", (), ("admin",)),
)


def landing(role: str) -> View:
    """Where a role begins."""
    return next(view for view in PAGES if role in view.menu)
