"""Roles: who is let in as what, what each sees, and that readers and services refuse below the widgets."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from console import identity, readers, services, words
from console.context import Context, SignIn, set_context
from console.identity import (
    CHOSEN,
    NoRoleError,
    NotSignedInError,
    NotVerifiedError,
    NotYoursError,
    Visitor,
    on_behalf_of,
)
from console.navigation import PAGES, View, landing
from console.services import ConfigurationError
from data import config, publishing
from data.access_settings import AccessSettings
from data.store import Store
from tests.console.conftest import APP, Open, Runner, texts
from tests.console.people import (
    DANA,
    EAST,
    LENA,
    OMAR,
    RITA,
    WEST,
    WEST_NORTH,
    WEST_SOUTH,
    email,
    mirror_people,
)
from tests.console.seed import Seed

ROLES = ("admin", "analyst", "manager", "rep")
SIGN_IN = SignIn("login.example.com", "https://fieldline.example.com", admins=(email("priya"),))
# What tells nothing of anybody's data.
LOG = {
    *(
        f"console.readers.{name}"
        for name in ("access", "audit", "cases", "connections", "counts", "progress", "runs", "systems")
    ),
    "console.services.access",
    "console.services.runs",
}
FOR_EVERYBODY = {"connected", "now", "own_lines", "run_filter", "teams_below", "zone"}


@pytest.fixture
def people(store: Store, seed: Seed) -> Store:
    mirror_people(store)
    seed.run()
    return store


@pytest.fixture
def here(people: Store, runner: Runner) -> Iterator[Context]:
    """A console without a provider."""
    context = Context(people, runner.request_run, ("spotio",), "America/Denver")
    set_context(context)
    yield context
    set_context(None)


@pytest.fixture
def signing_in(people: Store, runner: Runner) -> Iterator[Context]:
    """A console with a provider, and people on the list."""
    context = Context(people, runner.request_run, ("spotio",), "America/Denver", SIGN_IN)
    set_context(context)
    yield context
    set_context(None)


def give_roles(store: Store, **roles: str) -> None:
    """Publish a list: give_roles(store, dana="manager")."""
    publish(store, {"people": [{"email": email(who), "role": role} for who, role in roles.items()]})


def publish(store: Store, access: Mapping[str, Any]) -> None:
    newest = config.number(store)
    publishing.publish(
        store,
        {"access": dict(access)},
        author=email("priya"),
        note="",
        based_on=newest,
        now=datetime.now(UTC),
    )


def claims(who: str, **more: Any) -> dict[str, Any]:
    return {"is_logged_in": True, "email": email(who), "email_verified": True, "name": who.title(), **more}


def enter(page: str, user: Mapping[str, Any]) -> AppTest:
    """A cold deep link of somebody whom the provider vouches for."""
    app = AppTest.from_file(str(APP), default_timeout=30)
    app.user = dict(user)
    return app.switch_page(f"views/{page}.py").run()


# What the provider says, and the role that follows.


@pytest.mark.requirement("CO-08")
@pytest.mark.parametrize(
    ("said", "setting", "role"),
    [
        pytest.param({}, {}, "manager", id="the list"),
        pytest.param({"roles": ["rep"]}, {"role_claim": "roles"}, "rep", id="the claim before the list"),
        pytest.param({"roles": "analyst"}, {"role_claim": "roles"}, "analyst", id="a claim of one value"),
        pytest.param(
            {"groups": ["all", "leads", "bi"]},
            {"role_claim": "groups", "roles": (("bi", "analyst"), ("leads", "manager"))},
            "analyst",
            id="the first of ours, whatever the order of theirs",
        ),
        pytest.param(
            {"realm_access": {"roles": ["chief"]}},
            {"role_claim": "realm_access.roles", "roles": (("chief", "admin"),)},
            "admin",
            id="a claim within a claim",
        ),
        pytest.param(
            {"https://acme.example/roles": ["rep"]},
            {"role_claim": "https://acme.example/roles"},
            "rep",
            id="a claim whose name has dots",
        ),
        pytest.param({"groups": ["all"]}, {"role_claim": "groups"}, "manager", id="a claim that says nothing"),
        pytest.param({}, {"admins": (email("dana"),)}, "manager", id="the list before the setting"),
    ],
)  # fmt: skip
def test_a_role_comes_from_the_claim_then_the_list_then_the_setting(
    said: dict[str, Any], setting: dict[str, Any], role: str
) -> None:
    sign_in = SignIn("login.example.com", "https://fieldline.example.com", **setting)
    access = AccessSettings.of({"access": {"people": [{"email": email("dana"), "role": "manager"}]}})
    visitor = identity.vouched_for(claims("dana", **said), sign_in)
    assert identity.role_of(visitor, sign_in, access)[0] == role


def test_an_admin_of_the_setting_needs_no_list() -> None:
    assert identity.role_of(Visitor(email("priya")), SIGN_IN, AccessSettings())[0] == "admin"
    with pytest.raises(NoRoleError):
        identity.role_of(Visitor(email("dana")), SIGN_IN, AccessSettings())


@pytest.mark.parametrize(
    ("said", "trust", "refused"),
    [
        pytest.param({}, False, None, id="verified"),
        pytest.param({"email_verified": "true"}, False, None, id="verified, told as text"),
        pytest.param({"email_verified": False}, False, NotVerifiedError, id="not verified"),
        pytest.param({"email_verified": False}, True, NotVerifiedError, id="not verified, whatever is trusted"),
        pytest.param({"email_verified": None}, False, NotVerifiedError, id="not told"),
        pytest.param({"email_verified": None}, True, None, id="not told, and trusted"),
        pytest.param({"email": None}, True, NotVerifiedError, id="no e-mail"),
        pytest.param({"is_logged_in": False}, True, NotSignedInError, id="not signed in"),
    ],
)  # fmt: skip
def test_only_a_verified_e_mail_counts(said: dict[str, Any], trust: bool, refused: type | None) -> None:
    sign_in = SignIn("login.example.com", "https://fieldline.example.com", trust_email=trust)
    if refused:
        with pytest.raises(refused):
            identity.vouched_for(claims("dana", **said), sign_in)
    else:
        assert identity.vouched_for(claims("dana", **said), sign_in).email == email("dana")


# The pages.


REFUSED = [(page, role) for page in PAGES for role in ROLES if role not in (*page.roles, "admin")]


@pytest.mark.parametrize(
    ("page", "role"), [pytest.param(*case, id=f"{case[0].name}, {case[1]}") for case in REFUSED]
)
@pytest.mark.requirement("CO-08")
def test_a_link_to_somebody_else_s_page_says_whose_it_is_and_who_can_help(
    signing_in: Context, page: View, role: str
) -> None:
    who = {"manager": "dana", "rep": "rita"}.get(role, "omar")
    give_roles(signing_in.store, **{who: role})
    app = enter(page.name, claims(who))
    said = texts(app)
    assert app.title[0].value == page.title
    assert f"**{page.title} is for {words.listed([f'{role}s' for role in page.roles])}**" in said
    assert f"You are signed in as {who.title()}, {role}. Ask Priya Nair" in said
    assert not app.dataframe
    assert not app.exception


def test_without_a_sign_in_a_link_to_somebody_else_s_page_leads_to_the_choice(
    open_page: Open, people: Store
) -> None:
    said = texts(open_page("log", role="manager", user_id=DANA))
    assert "Log is for admins and analysts" in said
    assert "You chose the view of Dana Ward, manager." in said


@pytest.mark.parametrize("role", ROLES)
def test_the_root_leads_to_where_a_role_begins(open_page: Open, people: Store, role: str) -> None:
    visitor = as_visitor(role)
    open_page("me", role=role, user_id=visitor.user_id)
    app = AppTest.from_file(str(APP), default_timeout=30)
    app.session_state[CHOSEN] = visitor
    app.run()
    assert not app.exception
    assert app.title[0].value != "Whose view?"


@pytest.mark.parametrize("role", ROLES)
def test_every_role_has_a_page_to_land_on_and_its_own_page_last(role: str) -> None:
    pages = [page.name for page in PAGES if role in page.menu]
    assert landing(role).name == pages[0]
    assert pages[-1] == "me"


def test_without_a_sign_in_one_chooses_whose_view_it_is(open_page: Open, people: Store) -> None:
    open_page("log")
    app = AppTest.from_file(str(APP), default_timeout=30)
    # A role in the address chooses nothing: it would turn a link into a way past the question.
    app.query_params["role"] = "admin"
    app.query_params["run"] = "r-1"
    app.switch_page("views/log.py").run()
    assert app.title[0].value == "Whose view?"
    assert not app.dataframe
    app.radio(key="entry-role").set_value("manager").run()
    assert [option for option in app.selectbox(key="entry-manager").options] == [
        "Dana Ward",
        "Lena Birch",
        "Omar King",
    ]
    app.radio(key="entry-role").set_value("analyst").run()
    app.button(key="enter").click().run()
    assert app.title[0].value == "Log"
    assert any(header.value == "Run r-1" for header in app.header), "the link was not forgotten"


@pytest.mark.requirement("CO-19")
def test_the_own_page_says_what_one_sees_and_why(open_page: Open, people: Store) -> None:
    publish(people, {"masks": {"manager": ["spotio.user.email"]}})
    said = texts(open_page("me", role="manager", user_id=OMAR))
    assert "Omar King" in said
    assert "Manager, because you chose it on entry" in said
    assert "West, and below West North and West South" in said
    assert "`spotio.user.email`" in said


@pytest.mark.parametrize(
    ("role", "user", "title"),
    [
        pytest.param("manager", LENA, "You lead no team", id="a manager of nothing"),
        pytest.param("rep", None, "SPOTIO does not know you", id="a rep whom SPOTIO does not know"),
    ],
)
def test_who_sees_nothing_is_told_why_and_who_can_help(
    open_page: Open, people: Store, role: str, user: str | None, title: str
) -> None:
    give_roles(people, priya="admin")
    app = open_page("me", role=role, user_id=user)
    assert [warning.proto.title for warning in app.warning] == [title]
    assert "Ask Priya Nair to" in app.warning[0].value


# With a provider.


def test_nobody_signed_in_meets_the_sign_in_at_every_address(signing_in: Context) -> None:
    for page in PAGES:
        app = enter(page.name, {"is_logged_in": False})
        assert app.title[0].value == "Sign in"
        assert not app.dataframe
        assert not app.exception


def test_who_has_no_role_is_told_whom_to_ask(signing_in: Context) -> None:
    app = enter("log", claims("lena"))
    assert "but nobody has given you a role. Ask Priya Nair." in texts(app)
    assert app.button(key="sign-out")


def test_an_e_mail_that_is_not_verified_is_nobody_s(signing_in: Context) -> None:
    app = enter("overview", claims("priya", email_verified=False))
    assert "is not verified, so it could be anybody's" in texts(app)
    assert not app.dataframe


@pytest.mark.requirement("CO-08")
def test_a_role_follows_the_list_from_one_click_to_the_next(signing_in: Context) -> None:
    store = signing_in.store
    give_roles(store, dana="analyst")
    app = enter("log", claims("dana"))
    assert app.title[0].value == "Log"
    give_roles(store, dana="manager")
    app.run()
    assert "Log is for admins and analysts" in texts(app)
    give_roles(store)
    app.run()
    assert "nobody has given you a role" in texts(app)


# Below the widgets.


def as_visitor(role: str) -> Visitor:
    return Visitor(role=role, user_id={"manager": DANA, "rep": RITA}.get(role))


def guarded(module: Any) -> dict[str, Callable[..., Any]]:
    """The functions that a page can call."""
    return {
        name: member
        for name, member in vars(module).items()
        if inspect.isfunction(member) and not name.startswith("_") and name not in FOR_EVERYBODY
    }


OWN = {
    name: call for name, call in {**guarded(readers), **guarded(services)}.items() if call.__module__ in LOG
}


@pytest.mark.parametrize("role", ["manager", "rep"])
@pytest.mark.requirement("CO-08", "CO-19")
def test_readers_of_the_log_and_services_refuse_managers_and_reps_whoever_calls_them(
    here: Context, runner: Runner, role: str
) -> None:
    assert {
        "runs",
        "all_runs",
        "audit_lines",
        "systems",
        "editing",
        "run_now",
        "publish_access",
    } <= OWN.keys()
    for call in OWN.values():
        takes = inspect.signature(call).parameters.values()
        arguments = {each.name: None for each in takes if each.default is inspect.Parameter.empty}
        with on_behalf_of(as_visitor(role)), pytest.raises(NotYoursError):
            call(**arguments)
    assert runner.asked == []
    assert config.number(here.store) == 0


def test_an_analyst_asks_for_no_run(open_page: Open, people: Store, runner: Runner) -> None:
    app = open_page("overview", role="analyst")
    assert not [button for button in app.button if button.key == "run-now"]
    with on_behalf_of(as_visitor("analyst")), pytest.raises(NotYoursError):
        services.run_now()
    assert runner.asked == []


def test_a_role_that_was_chosen_here_counts_for_nothing_where_people_sign_in(signing_in: Context) -> None:
    with on_behalf_of(Visitor(role="admin")), pytest.raises(NoRoleError):
        readers.last_runs(1)
    with pytest.raises(NotSignedInError):
        identity.choose("admin")


@pytest.mark.requirement("CO-19")
def test_a_scope_tells_people_apart(here: Context) -> None:
    scopes = [
        identity.of(visitor).scope
        for visitor in (
            Visitor(role="admin"),
            Visitor(role="manager", user_id=OMAR),
            Visitor(role="manager", user_id=DANA),
            Visitor(role="rep", user_id=RITA),
        )
    ]
    assert [(scope.role, scope.teams, scope.user_id) for scope in scopes] == [
        ("admin", None, None),
        ("manager", {WEST, WEST_NORTH, WEST_SOUTH}, OMAR),
        ("manager", {WEST_NORTH}, DANA),
        ("rep", None, RITA),
    ]
    assert len(set(scopes)) == len(scopes)


# Changes of the configuration.


@pytest.fixture
def priya(signing_in: Context) -> Iterator[Visitor]:
    """An admin, by the setting, who is asking."""
    visitor = Visitor(email("priya"), "Priya Nair")
    with on_behalf_of(visitor):
        yield visitor


@pytest.mark.requirement("CO-08")
def test_a_published_change_of_access_is_audited_under_the_name_of_who_made_it(
    priya: Visitor, signing_in: Context
) -> None:
    services.put_on_list("Dana@Acme.example", "manager")
    services.hide_columns("analyst", ["spotio.user.email"])
    assert config.number(signing_in.store) == 0, "a draft counts for nothing"
    assert services.publish_access("The first").number == 1
    rows = config.audit(signing_in.store).to_dicts()
    assert {(row["person"], row["what"], row["version"]) for row in rows} == {
        (priya.email, "access.masks.analyst", 1),
        (priya.email, f"access.people.{email('dana')}", 1),
    }
    assert identity.of(Visitor(email("dana"))).role == "manager"


def test_a_draft_is_one_s_own_and_survives_until_it_is_discarded(priya: Visitor, signing_in: Context) -> None:
    services.put_on_list(email("omar"), "admin")
    services.publish_access("")
    services.put_on_list(email("dana"), "rep")
    with on_behalf_of(Visitor(email("omar"))):
        assert readers.editing().changes == ()
    assert readers.editing().changes == (f"Access, people, {email('dana')}: added, role rep.",)
    services.discard_access()
    assert readers.editing().changes == ()


def test_who_was_overtaken_is_told_and_puts_their_change_on_top(priya: Visitor, signing_in: Context) -> None:
    services.put_on_list(email("omar"), "admin")
    services.publish_access("")
    services.put_on_list(email("dana"), "rep")
    with on_behalf_of(Visitor(email("omar"))):
        services.put_on_list(email("rita"), "rep")
        services.publish_access("Rita begins")
    with pytest.raises(ConfigurationError, match=r"omar@acme\.example published version 2 \(“Rita begins”\)"):
        services.publish_access("")
    assert readers.editing().meanwhile == (f"Access, people, {email('rita')}: added, role rep.",)
    services.put_access_on_top()
    assert services.publish_access("").number == 3
    listed = AccessSettings.of(config.current(signing_in.store).document).people
    assert {person.email for person in listed} == {email("omar"), email("dana"), email("rita")}


def test_a_change_elsewhere_in_the_configuration_overtakes_nobody(
    priya: Visitor, signing_in: Context
) -> None:
    store = signing_in.store
    services.put_on_list(email("dana"), "rep")
    publishing.publish(
        store, {"kpis": {"set_source": "result"}}, author="omar", note="", based_on=0, now=datetime.now(UTC)
    )
    assert services.publish_access("").number == 2
    document = config.current(store).document
    assert (document["kpis"]["set_source"], len(document["access"]["people"])) == ("result", 1)


def test_nobody_locks_themselves_out(priya: Visitor, signing_in: Context) -> None:
    services.put_on_list(priya.email, "rep")
    with pytest.raises(
        ConfigurationError, match="you would be rep and not admin any more; nothing was published"
    ):
        services.publish_access("")
    assert config.number(signing_in.store) == 0


def test_a_mistake_in_a_line_is_said_and_not_kept(priya: Visitor) -> None:
    with pytest.raises(ConfigurationError, match=r"“dana” is no e-mail address\."):
        services.put_on_list("dana", "rep")
    assert readers.editing().changes == ()


def test_the_access_page_shows_the_list_with_what_spotio_makes_of_it(
    priya: Visitor, signing_in: Context
) -> None:
    give_roles(signing_in.store, dana="manager", rita="rep")
    services.put_on_list(email("dana"), "manager", teams=(EAST,), instead_of=email("dana"))
    services.take_off_list(email("rita"))
    app = enter("access", claims("priya"))
    lines = app.dataframe[0].value.to_dict("records")
    assert [(line["email"], list(line["state"]), line["spotio"]) for line in lines] == [
        (email("dana"), ["Changed"], "Dana Ward"),
        (email("rita"), ["Taken off"], "Rita Moss"),
    ]
    assert lines[0]["leads"] == "East"
    said = texts(app).replace("\u2060", "")
    assert "2 changes not published" in said
    assert f"{email('dana')}, teams: added, East ({EAST})." in said.replace("\\", "")


def test_the_access_page_tells_who_was_overtaken_what_others_published(
    priya: Visitor, signing_in: Context
) -> None:
    services.put_on_list(email("dana"), "rep")
    give_roles(signing_in.store, omar="manager")
    app = enter("access", claims("priya"))
    assert app.warning[0].proto.title == "Somebody else published meanwhile"
    assert "Your 1 change are kept" not in app.warning[0].value
    app.button(key="put-on-top").click().run()
    assert not app.warning
    assert "1 change not published" in texts(app)


def test_a_person_is_added_to_the_draft_and_a_mistake_said_beside_the_form(
    priya: Visitor, signing_in: Context
) -> None:
    app = enter("access", claims("priya"))
    app.text_input(key="email-new-0").set_value("lena").run()
    app.button(key="keep-new-0").click().run()
    assert app.error[0].value == words.plain("“lena” is no e-mail address.")
    app.text_input(key="email-new-0").set_value(email("lena")).run()
    app.button(key="keep-new-0").click().run()
    assert list(app.dataframe[0].value["email"]) == [email("lena")]
    assert config.number(signing_in.store) == 0
