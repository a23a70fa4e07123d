"""Sign-in against a certified OpenID Connect provider, with its own pages, in a browser; the server is the real one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from itsdangerous import TimestampSigner, URLSafeTimedSerializer
from playwright.sync_api import Browser, BrowserContext, Page, expect

from data import publishing
from tests.console.e2e import oidc
from tests.console.e2e.conftest import DESKTOP, PATIENCE_MS, settled
from tests.console.people import email, mirror_people
from tests.console.seed import Seed

pytestmark = pytest.mark.browser

USER_COOKIE = "_streamlit_user"
ACCOUNTS = {
    email("priya"): {"email_verified": True, "name": "Priya Nair"},
    email("omar"): {"email_verified": True, "name": "Omar King", "groups": ["sales-leads"]},
    email("dana"): {"email_verified": True, "name": "Dana Ward"},
    email("rita"): {"email_verified": True, "name": "Rita Moss"},
    email("lena"): {"email_verified": True, "name": "Lena Birch"},
    email("eve"): {"email_verified": False, "name": "Eve Null"},
}
LISTED = [
    {"email": email("dana"), "role": "analyst"},
    {"email": email("rita"), "role": "rep"},
    {"email": email("eve"), "role": "admin"},
]

Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server runs and its store lies."""
    return tmp_path_factory.mktemp("sign-in")


@pytest.fixture(scope="module")
def console(folder: Path) -> Iterator[str]:
    """A console with a provider behind it; gives its address."""
    port = oidc.free_port()
    with oidc.opened(folder) as store:
        mirror_people(store)
        Seed(store).run()
        publishing.publish(
            store,
            {"access": {"people": LISTED}},
            author=email("priya"),
            note="The first ones",
            based_on=0,
            now=datetime.now(UTC),
        )
    with oidc.provider(ACCOUNTS, f"http://127.0.0.1:{port}") as metadata:
        env = {
            "FIELDLINE_OIDC__METADATA_URL": metadata,
            "FIELDLINE_OIDC__CLIENT_ID": oidc.CLIENT,
            "FIELDLINE_OIDC__CLIENT_SECRET": oidc.SECRET,
            "FIELDLINE_OIDC__ADMINS": email("priya").title(),
            "FIELDLINE_OIDC__ROLE_CLAIM": "groups",
            "FIELDLINE_OIDC__ROLES": "sales-leads=manager",
        }
        with oidc.served(folder, port, env) as url:
            yield url


@pytest.fixture
def visit(browser: Browser, console: str) -> Iterator[Visit]:
    """A fresh browser at an address of the console, in as somebody: visit("/log", "dana")."""
    with ExitStack() as stack:

        def visit(path: str = "/", who: str | None = None) -> Page:
            context = browser.new_context(viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
            stack.callback(context.close)
            # The provider's pages ask another host for a font.
            context.route(re.compile("^https://"), lambda route: route.abort())
            page = context.new_page()
            page.set_default_timeout(PATIENCE_MS)
            page.goto(console + path)
            if who:
                sign_in(page, who)
            page.get_by_role("heading", level=1).wait_for()
            settled(page)
            return page

        yield visit


def sign_in(page: Page, who: str) -> None:
    """Through the provider's own pages: name, password, consent, and back."""
    page.get_by_role("button", name="Sign in").click()
    page.get_by_placeholder("Enter any login").fill(email(who))
    page.get_by_placeholder("and password").fill("a password")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(re.compile(r"^http://127\.0\.0\.1:\d+/(?!interaction|auth)"))
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Sign in")


def menu(page: Page) -> list[str]:
    """The pages of the navigation."""
    return page.get_by_test_id("stTopNavLink").all_inner_texts()


def own_page(page: Page, console: str) -> str:
    page.goto(f"{console}/me")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    settled(page)
    return page.get_by_test_id("stMain").inner_text()


@pytest.mark.requirement("CO-08")
@pytest.mark.parametrize(
    ("who", "said", "first", "not_in_menu"),
    [
        pytest.param("priya", "Admin, because the setting", "Overview", "My day", id="admin, by the setting"),
        pytest.param("dana", "Analyst, because the list of people", "Overview", "My day", id="analyst, by the list"),
        pytest.param("omar", "Manager, because your sign-in says groups: sales-leads", None, "Log", id="manager, by the claim"),
        pytest.param("rita", "Rep, because the list of people", None, "Log", id="rep, by the list"),
    ],
)  # fmt: skip
def test_one_signs_in_with_the_provider_and_gets_the_pages_of_one_s_role(
    visit: Visit, console: str, who: str, said: str, first: str | None, not_in_menu: str
) -> None:
    page = visit("/me", who)
    expect(page).to_have_url(f"{console}/me")  # the page that was asked for, not the root
    expect(page.get_by_text(said)).to_be_visible()
    names = menu(page)
    assert names[-1].endswith(str(ACCOUNTS[email(who)]["name"]))
    assert not [name for name in names if not_in_menu in name]
    if first:
        assert names[0].endswith(first)


@pytest.mark.requirement("CO-19")
def test_a_manager_is_told_the_teams_they_see(visit: Visit) -> None:
    expect(visit("/me", "omar").get_by_text("West, and below West North and West South")).to_be_visible()


def test_a_shared_link_opens_after_the_sign_in_with_all_that_it_says(visit: Visit, console: str) -> None:
    page = visit("/log?run=r-1&outcome=Done", "dana")
    expect(page.get_by_role("heading", name="Run r-1")).to_be_visible()
    assert page.url == f"{console}/log?run=r-1&outcome=Done"


def test_a_link_to_somebody_else_s_page_says_whose_it_is(visit: Visit) -> None:
    page = visit("/log?run=r-1", "omar")
    expect(page.get_by_text("Log is for admins and analysts")).to_be_visible()
    expect(page.get_by_text("You are signed in as Omar King, manager. Ask Priya Nair")).to_be_visible()
    expect(page.get_by_role("heading", name="Run r-1")).to_have_count(0)


def test_an_e_mail_that_the_provider_has_not_verified_lets_nobody_in(visit: Visit) -> None:
    page = visit("/overview", "eve")  # on the list, and as an admin
    expect(page.get_by_role("heading", level=1)).to_have_text("Not let in")
    expect(page.get_by_text("is not verified, so it could be anybody's")).to_be_visible()
    assert menu(page) == []


def test_who_has_no_role_is_told_whom_to_ask_and_can_sign_out(visit: Visit) -> None:
    page = visit("/overview", "lena")
    expect(page.get_by_text("but nobody has given you a role. Ask Priya Nair")).to_be_visible()
    sign_out(page)


def sign_out(page: Page) -> None:
    """Out of the console and, when the provider asks, out of the provider too."""
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Yes, sign me out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_after_the_sign_out_one_is_nobody(visit: Visit, console: str) -> None:
    page = visit("/me", "dana")
    sign_out(page)
    page.goto(f"{console}/log")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    assert not [cookie for cookie in page.context.cookies() if cookie.get("name") == USER_COOKIE]


@pytest.mark.requirement("CO-08")
def test_whoever_is_taken_off_the_list_is_out_at_their_next_click(visit: Visit, console: str) -> None:
    rita, priya = visit("/me", "rita"), visit("/access", "priya")
    expect(rita.get_by_text("Rep, because the list of people says so")).to_be_visible()

    table = priya.get_by_test_id("stDataFrame").first
    box = table.bounding_box()
    assert box
    priya.mouse.click(box["x"] + 60, box["y"] + 33 * 2 + 16)  # the second line of the list
    expect(priya.get_by_role("textbox", name="E-mail")).to_have_value(email("rita"))
    priya.get_by_role("button", name="Take off the list").click()
    expect(priya.get_by_text("1 change not published")).to_be_visible()
    rita.reload()
    expect(
        rita.get_by_text("Rep, because the list of people says so")
    ).to_be_visible()  # a draft counts for nothing

    priya.get_by_role("button", name="Publish…").click()
    dialog = priya.get_by_role("dialog")
    expect(dialog.get_by_text(re.compile("Access, people, rita@.*: removed, was role rep"))).to_be_visible()
    dialog.get_by_role("textbox", name="Note").fill("Rita left")
    dialog.get_by_role("button", name="Publish 1 change").click()
    expect(priya.get_by_text("Published version 2: 1 change.")).to_be_visible()

    rita.get_by_test_id("stTopNavLink").last.click()
    expect(rita.get_by_text("but nobody has given you a role")).to_be_visible()
    assert menu(rita) == []


def with_cookie(context: BrowserContext, console: str, value: str) -> Page:
    context.add_cookies([{"name": USER_COOKIE, "value": value, "url": console}])
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{console}/overview")
    page.get_by_role("heading", level=1).wait_for()
    settled(page)
    return page


def forged(console: str, key: str, *, days_ago: int = 0) -> str:
    """A cookie as Streamlit makes it, signed with some key: an admin."""

    class Earlier(TimestampSigner):
        def get_timestamp(self) -> int:
            return super().get_timestamp() - days_ago * 86_400

    claims = (
        f'{{"email": "{email("priya")}", "email_verified": true, "is_logged_in": true, "origin": "{console}",'
        ' "provider": "default"}'
    )
    return str(URLSafeTimedSerializer(key, salt=USER_COOKIE, signer=Earlier).dumps(claims))


def test_a_cookie_that_the_server_did_not_sign_makes_nobody_of_anybody(
    browser: Browser, console: str, visit: Visit
) -> None:
    real = next(
        cookie["value"]
        for cookie in visit("/me", "dana").context.cookies()
        if cookie.get("name") == USER_COOKIE and "value" in cookie
    )
    body, _, signature = real.partition(".")
    for value in (
        forged(console, "a guessed key"),
        forged(console, ""),
        body,
        f"{body[:-4]}AAAA.{signature}",
        "{}",
    ):
        with browser.new_context() as context:
            page = with_cookie(context, console, value)
            expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


@pytest.mark.parametrize(
    ("days", "title"),
    [pytest.param(0, "Overview", id="fresh"), pytest.param(32, "Sign in", id="32 days old")],
)
def test_a_cookie_counts_for_a_month(
    browser: Browser, console: str, folder: Path, days: int, title: str
) -> None:
    key = (folder / "console.duckdb.cookie-key").read_text()
    with browser.new_context() as context:
        page = with_cookie(context, console, forged(console, key, days_ago=days))
        expect(page.get_by_role("heading", level=1)).to_have_text(title)


def test_the_way_back_from_the_provider_leads_nowhere_else(console: str) -> None:
    for referer in ("https://evil.example/log", f"{console}//evil.example/", "", f"{console}/\\evil.example"):
        answer = httpx.get(f"{console}/auth/login", headers={"Referer": referer})
        assert "fieldline_wanted" not in answer.headers.get("set-cookie", "")
    for wanted in (
        "https://evil.example/",
        "//evil.example/",
        "%2F%2Fevil.example",
        "/\\evil.example",
        "%2F%0d%0aX: y",
    ):
        answer = httpx.get(
            f"{console}/oauth2callback?state=x&code=y", headers={"Cookie": f"fieldline_wanted={wanted}"}
        )
        assert (answer.status_code, answer.headers["location"]) == (302, "/")


def test_what_a_proxy_passes_on_is_answered_where_people_sign_in(console: str) -> None:
    assert httpx.get(console, headers={"X-Forwarded-For": "203.0.113.7"}).status_code == 200


def test_the_key_of_the_cookies_is_for_the_server_s_own_eyes(console: str, folder: Path) -> None:
    file = folder / "console.duckdb.cookie-key"
    assert file.stat().st_mode & 0o777 == 0o600
    assert oidc.SECRET not in "".join(
        file.read_text(errors="ignore") for file in folder.iterdir() if file.is_file()
    )
