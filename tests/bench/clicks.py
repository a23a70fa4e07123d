"""People at the console: one in a real browser whose painting is timed, others as the server knows them.

Another's click is what a browser sends: a message of Streamlit's own protocol with the state of all widgets, answered
by the page's elements up to "the script has finished". Ten browsers would measure the machine that runs them.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from tests import chromium

PERIODS = ("7 days", "28 days", "Quarter")
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
_PAINTING = Path(__file__).with_name("painting.js")
# So tall that every chart of the page is in sight, and none is left to be painted later.
_WINDOW: ViewportSize = {"width": 1280, "height": 1900}
_SETTLED_SECONDS = 0.5  # nothing more is painted for so long
_PATIENCE_SECONDS = 60


@contextmanager
def chromium_browser() -> Iterator[Browser]:
    """The machine's own Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.path(), args=_ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def visitor(browser: Browser, url: str) -> Iterator[Page]:
    """An admin's page of the console, painted and at rest."""
    context = browser.new_context(viewport=_WINDOW)
    context.add_init_script(path=_PAINTING)
    page = context.new_page()
    page.goto(url)
    page.get_by_role("button", name="Enter as admin").click()
    page.get_by_role("button", name="Enter as admin").wait_for(
        state="detached", timeout=_PATIENCE_SECONDS * 1000
    )
    _at_rest(page)
    yield page
    context.close()


def number_of_leader(page: Page, more_than: float = -1) -> float:
    """The number of who leads the board in the page (0: nobody yet), once it is more than that."""
    told = """
        (least) => {
            const labels = [...document.querySelectorAll("[aria-label], [alt]")].map((e) => e.ariaLabel ?? e.alt);
            const found = [document.body.textContent, ...labels].join().match(/ leads? with ([0-9,.]*[0-9])/);
            const number = found ? Number(found[1].replaceAll(",", "")) : 0;
            return number > least && [number];
        }
    """
    found = page.wait_for_function(told, arg=more_than, polling=50, timeout=_PATIENCE_SECONDS * 1000)
    return float(found.json_value()[0])


def choose_period(page: Page, period: str) -> float:
    """Change the dashboard's period; gives the seconds from the click to the last chart painted."""
    page.get_by_role("radio", name=period, exact=True).or_(
        page.get_by_test_id("stButtonGroup").get_by_role("button", name=period, exact=True)
    ).first.click()
    return _painted_seconds(page)


def choose_territory(page: Page, name: str) -> float:
    """Change the dashboard's territory; gives the seconds from the click on it to the last chart painted."""
    box = page.get_by_role("combobox").first
    box.click()
    box.fill(name)
    page.get_by_role("option", name=name, exact=True).first.click()
    return _painted_seconds(page)


def _painted_seconds(page: Page) -> float:
    acted = float(page.evaluate("window.__seen.acted"))
    return (_at_rest(page, acted) - acted) / 1000


def _at_rest(page: Page, acted: float = 0.0) -> float:
    """Wait until the page's script has ended since then and nothing is painted any more; gives when it last was."""
    quiet = f"""
        () => {{
            const seen = window.__seen, now = performance.now();
            const since = Math.max(seen.painted, seen.ended);
            return !seen.busy && seen.ended > {acted} && now - since > {_SETTLED_SECONDS * 1000} && seen.painted;
        }}
    """
    handle = page.wait_for_function(quiet, polling=50, timeout=_PATIENCE_SECONDS * 1000)
    return float(handle.json_value())


@dataclass(frozen=True)
class _Widget:
    id: str
    fragment: str
    options: list[str] = field(default_factory=list)


class Colleague(threading.Thread):
    """Somebody else at the dashboard, who changes a filter every few seconds until told to stop."""

    def __init__(self, url: str, every_seconds: float, seed: int) -> None:
        super().__init__(name=f"colleague {seed}", daemon=True)
        self.waits: list[float] = []  # seconds from each click to the end of its answer
        self.arrived = threading.Event()  # has the dashboard before them, and begins to click
        self._url, self._every = url, every_seconds
        self._random = random.Random(seed)  # noqa: S311 (a person's whims)
        self._ended = threading.Event()
        self._widgets: dict[str, WidgetState] = {}
        self._seen: dict[str, _Widget] = {}
        self._page, self._query = "", ""

    def stop(self) -> None:
        """Let them go; an AssertionError when they could not click until now."""
        clicking = self.is_alive()
        self._ended.set()
        self.join()
        if not clicking:
            raise AssertionError(f"{self.name} left too early")

    def run(self) -> None:
        address = f"ws://{urlsplit(self._url).netloc}/_stcore/stream"
        with connect(
            address, subprotocols=[Subprotocol("streamlit")], max_size=None, origin=Origin(self._url)
        ) as socket:
            self._socket = socket
            self._ask()
            self._press("enter")
            self.arrived.set()
            self._ended.wait(self._random.uniform(0, self._every))
            while not self._ended.is_set():
                started = time.perf_counter()
                self._choose(self._random.choice(["filter-period", "filter-territory"]))
                waited = time.perf_counter() - started
                self.waits.append(waited)
                self._ended.wait(max(0.0, self._every - waited))

    def _press(self, key: str) -> None:
        widget = self._seen[key]
        self._ask(widget, WidgetState(id=widget.id, trigger_value=True))

    def _choose(self, key: str) -> None:
        widget = self._seen[key]
        state = WidgetState(id=widget.id)
        chosen = self._random.choice(
            [option for option in widget.options if option not in ("Custom", "Today")]
        )
        if key == "filter-period":
            state.string_array_value.data.append(chosen)
        else:
            state.string_value = chosen
        self._widgets[widget.id] = state
        self._ask(widget)

    def _ask(self, used: _Widget | None = None, pressed: WidgetState | None = None) -> None:
        """Have the page run, or the part of it that the used widget stands in, and read its elements to the end."""
        state = ClientState(page_script_hash=self._page, page_name="" if self._page else "dashboard")
        state.query_string = self._query
        if used is not None:
            state.fragment_id = used.fragment
        state.widget_states.widgets.extend(self._widgets.values())
        if pressed is not None:
            state.widget_states.widgets.append(pressed)
        self._socket.send(BackMsg(rerun_script=state).SerializeToString())
        while True:
            message = ForwardMsg.FromString(self._socket.recv(_PATIENCE_SECONDS))
            kind = message.WhichOneof("type")
            if kind == "navigation":
                self._page = message.navigation.page_script_hash
            elif kind == "page_info_changed":
                self._query = message.page_info_changed.query_string
            elif kind == "delta":
                self._note(message)
            elif kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                return

    def _note(self, message: ForwardMsg) -> None:
        """Remember the widgets that are used here, by the keys that our pages give them."""
        element, fragment = message.delta.new_element, message.delta.fragment_id
        kind = element.WhichOneof("type")
        if kind == "button":
            self._seen[_key(element.button.id)] = _Widget(element.button.id, fragment)
        elif kind == "selectbox":
            box = element.selectbox
            self._seen[_key(box.id)] = _Widget(box.id, fragment, list(box.options))
        elif kind == "button_group":
            group = element.button_group
            self._seen[_key(group.id)] = _Widget(
                group.id, fragment, [option.content for option in group.options]
            )


def _key(widget: str) -> str:
    """A widget's key: Streamlit's ids are `$$ID-<hash>-<key>`."""
    return widget.split("-", 2)[-1]
