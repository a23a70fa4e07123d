"""Programs that go on until they are ended: they end with 0 when asked, and leave no process behind."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import psutil
import pytest

from sync.sandbox.server import Sandbox
from tests.commands.program import PATIENCE_SECONDS, Fieldline, Server, free_port, sentence, until


def ended(processes: list[psutil.Process]) -> bool:
    """Whether all of them end, within the usual patience."""
    _, alive = psutil.wait_procs(processes, timeout=PATIENCE_SECONDS)
    return not alive


class TestSandbox:
    def test_it_prints_the_settings_that_reach_it_and_ends_with_0(self, bare: Fieldline) -> None:
        with bare.serving("sandbox", "--port", "0", "--scale", "tiny") as server:
            assert server.ready["ready"] is True
            assert {name.split("__")[0] for name in server.ready["env"]} == {
                "FIELDLINE_SALESFORCE",
                "FIELDLINE_SPOTIO",
                "FIELDLINE_SALESSCREEN",
            }
            doctor = Fieldline(bare.folder, server.ready["env"]).here("doctor", "--json")
            assert doctor.code == 0, doctor.out
            taken = server.ready["env"]["FIELDLINE_SALESFORCE__URL"].rpartition(":")[2]
            refused = bare.run("sandbox", "--port", taken, "--scale", "tiny")
            assert (refused.code, refused.out) == (2, "")
            assert taken in sentence(refused.err)
            assert server.terminate() == 0
        assert server.err == ""

    @pytest.mark.parametrize("arguments", [("--scale", "gigantic"), ("--port", "65534"), ("--port", "-1")])
    def test_what_it_cannot_be_started_with_is_bad_usage(
        self, bare: Fieldline, arguments: tuple[str, str]
    ) -> None:
        refused = bare.run("sandbox", *arguments)
        assert (refused.code, refused.out) == (2, "")
        assert "Traceback" not in refused.err
        assert arguments[0].strip("-") in refused.err

    def test_asked_to_end_while_it_builds_its_world_it_ends_with_0(self, bare: Fieldline) -> None:
        with bare.started("sandbox", "--port", "0", "--scale", "large") as server:
            until(lambda: psutil.Process(server.pid).net_connections("tcp"), "its ports")
            assert server.terminate() == 0


class TestUp:
    @pytest.fixture(scope="class")
    @staticmethod
    def server(running_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
        program = Fieldline(
            tmp_path_factory.mktemp("up"),
            running_sandbox.env
            | {
                "FIELDLINE_PORT": str(free_port()),
                "FIELDLINE_SALESFORCE__OBJECTS": "Lead",
                "FIELDLINE_PUBLIC_URL": "https://fieldline.example.com",
            },
        )
        with program.serving("up", "--json") as server:
            yield server
            # The end belongs to the story: what runs stops, the store is given back, nothing is left over.
            children = server.children()
            assert server.terminate() == 0
            assert ended(children)
            assert program.here("query", "select 1").code == 0

    def test_console_and_api_are_on_one_port(self, server: Server) -> None:
        assert set(server.ready) == {"ready", "url"}
        page = httpx.get(server.url)
        assert page.status_code == 200
        assert "text/html" in page.headers["Content-Type"]
        assert httpx.get(f"{server.url}/api/health").json()["status"] == "ok"

    @pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Forwarded-Host", "X-Real-IP"])
    def test_what_a_proxy_passes_on_is_refused_but_for_webhooks_and_health(
        self, server: Server, header: str
    ) -> None:
        headers = {header: "203.0.113.9"}
        for path in ("/", "/log", "/_stcore/health", "/_stcore/stream", "/api/commands/query"):
            assert httpx.get(server.url + path, headers=headers).status_code == 403, path
        assert httpx.get(f"{server.url}/api/health", headers=headers).status_code == 200
        # Without a signature it is refused as a delivery, not as a forwarded request.
        assert httpx.post(f"{server.url}/hooks/spotio", content=b"{}", headers=headers).status_code == 401

    def test_only_its_own_names_are_answered(self, server: Server) -> None:
        for path in ("/", "/_stcore/health", "/api/health", "/hooks/spotio"):
            answer = httpx.request(
                "POST" if "hooks" in path else "GET", server.url + path, headers={"Host": "evil.example"}
            )
            assert answer.status_code == 400, path
        assert httpx.get(server.url, headers={"Host": "fieldline.example.com"}).status_code == 200


def test_the_console_does_not_listen_to_others_without_a_sign_in(bare: Fieldline) -> None:
    bare.settings |= {"FIELDLINE_HOST": "0.0.0.0", "FIELDLINE_PORT": str(free_port())}  # noqa: S104
    refused = bare.run("up")
    assert (refused.code, refused.out) == (2, "")
    assert "0.0.0.0" in sentence(refused.err)  # noqa: S104
    assert "fieldline run" in refused.err


@pytest.mark.slow
class TestDemo:
    @pytest.fixture
    @staticmethod
    def demo(bare: Fieldline) -> Iterator[Server]:
        bare.settings["FIELDLINE_PORT"] = str(free_port())
        with bare.serving("demo", "--json") as server:
            server.children()
            yield server

    def test_asked_to_end_in_its_first_load_it_ends_with_0_and_its_children(
        self, demo: Server, bare: Fieldline
    ) -> None:
        assert {"ready", "url", "env"} <= set(demo.ready)
        client = Fieldline(bare.folder, demo.ready["env"])
        asked = client.run("query", "select asked_by from sync.run", "--json")
        assert {row[0] for row in asked.json["rows"]} <= {"schedule", "webhook"}
        children = demo.children()
        assert children
        assert demo.terminate() == 0
        assert ended(children)
        # Its store is whole, in a folder of its own, and says how far it came.
        assert not bare.store.exists()
        left = client.here("query", "select count(*) from sync.run where outcome = 'running'", "--json")
        assert left.json["rows"] == [[0]]

    def test_killed_it_takes_its_sandbox_with_it(self, demo: Server) -> None:
        children = demo.children()
        assert children
        demo.kill()
        assert ended(children)


@pytest.mark.slow
def test_a_demo_asked_to_end_while_it_starts_ends_with_0_and_its_sandbox(bare: Fieldline) -> None:
    bare.settings["FIELDLINE_PORT"] = str(free_port())
    with bare.started("demo", "--json") as server:
        children = until(server.children, "its sandbox")
        assert server.terminate() == 0
        assert ended(children)
