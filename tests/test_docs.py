"""The documents name what is there, and name nothing that is not."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
import typer

from console.navigation import PAGES
from sync import __version__
from sync.cli import app
from sync.settings import documented

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text()
CHANGELOG = (ROOT / "CHANGELOG.md").read_text()
DOCUMENTS = {"README.md": README, "ARCHITECTURE.md": ARCHITECTURE, "CHANGELOG.md": CHANGELOG}

SETTINGS = list(documented())
COMMANDS = sorted(typer.main.get_command(app).commands)  # type: ignore[attr-defined] # a group, as there are several


@pytest.mark.parametrize(("name", "default", "description"), SETTINGS, ids=[name for name, _, _ in SETTINGS])
def test_the_readme_lists_a_setting_with_its_default_and_meaning(
    name: str, default: str, description: str
) -> None:
    shown = f"`{default.replace(',', ', ')}`" if default else "–"
    assert f"| `{name}` | {shown} | {description} |" in README


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_document_names_no_setting_that_is_not_there(document: str) -> None:
    named = set(re.findall(r"FIELDLINE_[A-Z_]+[A-Z]", DOCUMENTS[document]))
    assert named <= {name for name, _, _ in SETTINGS}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_readme_lists_a_command(command: str) -> None:
    assert re.search(rf"^\| `fieldline {command}[ `]", README, re.MULTILINE)


def test_the_readme_lists_no_command_that_is_not_there() -> None:
    assert set(re.findall(r"fieldline ([a-z-]+)", README)) <= set(COMMANDS)


def test_the_readme_tells_of_every_page() -> None:
    assert {page.name for page in PAGES} == {file.stem for file in (ROOT / "console/views").glob("[a-z]*.py")}
    assert [page.title for page in PAGES if f"- **{page.title}**" not in README] == []


def test_the_changelog_tells_of_this_version() -> None:
    assert f"\n## {__version__}\n" in CHANGELOG


@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_a_document_links_to_is_there(document: str) -> None:
    text = DOCUMENTS[document]
    headings = {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    }
    for target in re.findall(r"\]\(([^)]+)\)", text):
        assert target[1:] in headings if target.startswith("#") else (ROOT / target).exists(), target


def test_the_files_and_names_of_the_architecture_exist() -> None:
    named = re.findall(r"`((?:console|data|sync|tests)/[\w/.]*)`", ARCHITECTURE)
    assert [path for path in named if not (ROOT / path).exists()] == []
    dotted = re.findall(r"`((?:console|data|sync)\.[\w.]+)`", ARCHITECTURE)
    assert dotted
    for name in dotted:
        assert resolves(name), name


def resolves(name: str) -> bool:
    """Whether a dotted name is a module, or something inside one."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            found = getattr(found, part, None)
        return found is not None
    return False
