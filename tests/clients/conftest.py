"""The stand-in under an org's own address, and what each client says of its work there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from sync.sandbox.salesforce.soap_api import PASSWORD
from sync.sandbox.server import Sandbox, running
from tests.clients.certificates import certify
from tests.clients.tunnel import tunnel
from tests.sandbox.salesforce_client import Salesforce

HERE = Path(__file__).parent
ENVIRONMENT = HERE.parents[1] / ".venv-clients"
HOST = "brightwater.my.salesforce.com"
ADMIN, INTEGRATION = "admin@brightwater.example.com", "sync@brightwater.example.com"
ROWS = 2_500
"""Leads that each client loads: more than a page of a query holds, and more than a load gets through at one look."""
PATIENCE_SECONDS = 180


@dataclass(frozen=True)
class Client:
    """A published client, and the program that works with it.

    `user` is who it is to be in the org: the admin by a password, the integration user by client credentials.
    """

    name: str
    script: str
    user: str


JSFORCE = Client("jsforce", "with_jsforce.cjs", ADMIN)
AIOSALESFORCE = Client("aiosalesforce", "with_aiosalesforce.py", INTEGRATION)
SALESFORCE_API = Client("salesforce-api", "with_salesforce_api.py", ADMIN)
SF_TOOLKIT = Client("sf-toolkit", "with_sf_toolkit.py", INTEGRATION)


@dataclass(frozen=True)
class Work:
    """What a client was told to do, and what it says that it did."""

    order: dict[str, Any]
    told: dict[str, Any]


@dataclass(frozen=True)
class Org:
    sandbox: Sandbox
    proxy: str
    env: dict[str, str]


@pytest.fixture(scope="session")
def org(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Org]:
    folder = tmp_path_factory.mktemp("clients")
    authority, certificate = certify(folder, HOST)
    with running(scale="tiny", seed=1, salesforce_url=f"https://{HOST}") as sandbox:
        port = urlsplit(sandbox.urls[0]).port
        assert port is not None
        with tunnel(HOST, port, certificate) as proxy:
            trust = dict.fromkeys(
                ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"), str(authority)
            )
            node = {"NODE_PATH": str(ENVIRONMENT / "node_modules")}
            home = {"HOME": str(folder), "PATH": os.environ["PATH"]}
            yield Org(sandbox, proxy, {"HTTPS_PROXY": proxy, **trust, **node, **home})


@pytest.fixture
def salesforce(org: Org) -> Iterator[Salesforce]:
    """Another client, through which the work of the first is looked at."""
    with Salesforce(org.sandbox.urls[0]) as client:
        yield client


@pytest.fixture(scope="session")
def works(org: Org) -> Callable[[Client], Work]:
    """Lets a client do its work, once for all the tests that look at it."""

    @cache
    def work_of(client: Client) -> Work:
        program = shutil.which("node") if client.script.endswith(".cjs") else str(ENVIRONMENT / "bin/python")
        if program is None or not (ENVIRONMENT / ".ready").exists():
            pytest.skip("`make clients` installs the clients, and needs Node")
        order = _order(client, org)
        done = subprocess.run(
            [program, str(HERE / client.script)],
            input=json.dumps(order),
            env=org.env,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        # Its report is the last thing it says: salesforce-api prints as it signs in.
        return Work(order, json.loads(done.stdout.splitlines()[-1]))

    return work_of


@pytest.fixture
def work(client: Client, works: Callable[[Client], Work]) -> Work:
    return works(client)


def _order(client: Client, org: Org) -> dict[str, Any]:
    company = f"Loaded by {client.name}"
    rows = [
        {"LastName": f"Row {number}", "Company": company, "SPOTIO_Id__c": f"{client.name}-row-{number}"}
        for number in range(ROWS)
    ]
    # A lead without a last name is refused, alone among all that are loaded with it.
    rows.append({"LastName": "", "Company": company, "SPOTIO_Id__c": f"{client.name}-refused"})
    return {
        "url": f"https://{HOST}",
        "proxy": org.proxy,
        "client_id": org.sandbox.salesforce.client_id,
        "client_secret": org.sandbox.salesforce.client_secret,
        "user": client.user,
        "password": PASSWORD,
        "key": client.name,
        "rows": rows,
        "company": company,
        "soql": f"SELECT Id, SPOTIO_Id__c FROM Lead WHERE Company = '{company}'",
    }
