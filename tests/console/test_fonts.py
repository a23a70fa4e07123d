"""The fonts come from installed packages, and their absence breaks nothing."""

from __future__ import annotations

import asyncio
import tomllib
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

import console
from console import fonts

THEME = Path(console.__file__).parent.parent / ".streamlit" / "config.toml"


def get(path: str) -> httpx.Response:
    """One request to the font routes, without a socket."""

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(Starlette(routes=fonts.routes))
        async with httpx.AsyncClient(transport=transport, base_url="http://console") as client:
            return await client.get(path)

    return asyncio.run(ask())


def test_every_font_that_the_theme_names_is_served_and_may_be_kept() -> None:
    faces = tomllib.loads(THEME.read_text())["theme"]["fontFaces"]
    assert len(faces) == 3
    for face in faces:
        answer = get(face["url"])
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "font/ttf"
        assert "max-age=" in answer.headers["cache-control"]
        assert answer.content[:4] == b"\x00\x01\x00\x00"  # TrueType


def test_nothing_else_is_served_from_there() -> None:
    assert get("/fonts/IBMPlexMono-Bold.ttf").status_code == 404
    assert get("/fonts/..%2f__init__.py").status_code == 404


def test_a_missing_font_package_is_a_plain_404(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(fonts._FILES, "plex-sans.ttf", ("fontpkg_that_is_not_installed", "Plex.ttf"))
    assert get("/fonts/plex-sans.ttf").status_code == 404


def test_the_theme_stands_beside_the_main_script_whatever_the_working_directory() -> None:
    beside = Path(console.__file__).parent / ".streamlit" / "config.toml"
    assert beside.read_text() == THEME.read_text()
