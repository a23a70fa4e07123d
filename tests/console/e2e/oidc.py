"""A real OpenID Connect provider and the real server behind it, as processes of their own.

The provider is the certified `oidc-provider`, installed once from its lock file into .tools by npm. Without Node the
tests that need it are skipped.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from data.store import Store

ROOT = Path(__file__).parents[3]
SOURCE = Path(__file__).parent / "provider"
NODE = 20
CLIENT, SECRET = "fieldline", "a secret of the client"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def installed() -> Path:
    """The provider's folder, set up at the first use of its lock file; skips the test where there is no Node."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip(
            "no Node on this machine: `make test` installs it where it may, else install nodejs and npm"
        )
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in sorted(SOURCE.iterdir()))).hexdigest()
    folder = ROOT / ".tools" / f"oidc-provider-{digest[:12]}"
    if not folder.exists():
        part = folder.with_name(f"{folder.name}.{os.getpid()}")
        shutil.copytree(SOURCE, part)
        subprocess.run([npm, "ci", "--no-audit", "--no-fund", "--silent"], cwd=part, check=True, timeout=300)
        try:
            part.rename(folder)
        except OSError:  # another process was first
            shutil.rmtree(part)
    return folder


@contextmanager
def provider(accounts: Mapping[str, Mapping[str, Any]], console: str) -> Iterator[str]:
    """A provider that knows these accounts and sends people back to `console`; gives the URL of its metadata."""
    folder, port = installed(), free_port()
    back = [f"{console}/oauth2callback"]
    client = {
        "client_id": CLIENT,
        "client_secret": SECRET,
        "application_type": "native",  # the one kind whose people may be sent back to http on loopback
        "token_endpoint_auth_method": "client_secret_basic",
        "redirect_uris": back,
        "post_logout_redirect_uris": back,
    }
    settings = json.dumps({"port": port, "client": client, "accounts": accounts})
    process = subprocess.Popen(
        ["node", "provider.mjs", settings],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield f"http://127.0.0.1:{port}/.well-known/openid-configuration"
    finally:
        process.terminate()
        process.communicate(timeout=20)


@contextmanager
def served(folder: Path, port: int, env: Mapping[str, str]) -> Iterator[str]:
    """`fieldline up` over the store of the folder, without any system connected; gives its address."""
    with (folder / "server.log").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "sync.cli", "up", "--json"],
            cwd=folder,
            env={
                "PYTHONPATH": str(ROOT),
                "HOME": str(folder),
                "PATH": os.environ["PATH"],
                "FIELDLINE_STORE": url_of(folder),
                "FIELDLINE_PORT": str(port),
                "FIELDLINE_SCHEDULE__TIMEZONE": "America/Denver",
                **env,
            },
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            assert process.stdout is not None
            ready = process.stdout.readline()
            assert ready, (folder / "server.log").read_text()[-2000:]
            yield str(json.loads(ready)["url"])
        finally:
            process.terminate()
            process.communicate(timeout=30)


def url_of(folder: Path) -> str:
    return f"duckdb:////{str(folder.resolve()).lstrip('/')}/console.duckdb"


def opened(folder: Path) -> Store:
    """The store of the folder, while no server has it."""
    return Store.open(url_of(folder))
