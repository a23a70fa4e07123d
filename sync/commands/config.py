"""`fieldline config`: the configuration as code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from sync import terminal
from sync.commands.base import AsJson, StoreUrl, carry_out, end, who
from sync.errors import UsageError

app = typer.Typer(
    no_args_is_help=True, help="The configuration as code: export, edit, compare, publish, roll back."
)

File = Annotated[Path, typer.Argument(help="A YAML or JSON file; - reads from stdin")]
Note = Annotated[str, typer.Option(help="Why, kept with the version")]


@app.command()
def sample(store: StoreUrl = None, as_json: AsJson = False) -> None:
    """Print a configuration to begin with."""
    end(lambda: _print(carry_out("config-sample", {}, store), as_json), as_json)


@app.command()
def schema(as_json: AsJson = False) -> None:
    """Print the JSON Schema of a configuration, for editors."""

    def work() -> int:
        from data.config_file import schema as of_document

        terminal.show_json(of_document())
        return 0

    end(work, as_json)


@app.command()
def export(
    version: Annotated[int | None, typer.Option(help="An earlier version")] = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Print what is published, as YAML."""
    end(lambda: _print(carry_out("config-export", {"number": version}, store), as_json), as_json)


@app.command("import")
def import_file(
    file: File,
    publish: Annotated[bool, typer.Option("--publish", help="Publish it at once")] = False,
    note: Note = "",
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Take the sections of a file in as a draft; sections that it does not name stay as they are."""

    def work() -> int:
        arguments = {"text": _text(file), "publish": publish, "author": who(), "note": note}
        return _answer(carry_out("config-import", arguments, store), as_json, publish=publish)

    end(work, as_json)


@app.command("publish")
def publish_draft(note: Note = "", store: StoreUrl = None, as_json: AsJson = False) -> None:
    """Publish the draft. That turns nothing on."""

    def work() -> int:
        return _answer(
            carry_out("config-publish", {"author": who(), "note": note}, store), as_json, publish=True
        )

    end(work, as_json)


@app.command()
def validate(
    file: Annotated[
        Path | None, typer.Argument(help="A file; the draft, or what is published, without one")
    ] = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Check against what both systems describe, as publishing would."""

    def work() -> int:
        found = carry_out("config-validate", {"text": _text(file) if file else None}, store)
        if as_json:
            terminal.show_json(found)
        else:
            _show_found(found)
            if not found["mistakes"]:
                terminal.out.print("It can be published.")
        return 1 if found["mistakes"] else 0

    end(work, as_json)


@app.command()
def diff(
    what: Annotated[
        list[str] | None, typer.Argument(help="A file, or one or two version numbers; the draft without any")
    ] = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Say in words what differs from what is published, or between two versions."""

    def work() -> int:
        found = carry_out("config-diff", _compared(what or []), store)
        if as_json:
            terminal.show_json(found)
        else:
            for change in found["changes"]:
                terminal.out.print(change["text"], markup=False, soft_wrap=True)
            if not found["changes"]:
                terminal.out.print("No difference.")
        return 0

    end(work, as_json)


@app.command()
def history(
    limit: Annotated[int, typer.Option(min=1, help="So many versions")] = 20,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """List the versions, the newest first, with what they changed and what was written by them."""

    def work() -> int:
        versions = carry_out("config-history", {"limit": limit}, store)
        if as_json:
            terminal.show_json(versions)
        else:
            for version in versions:
                _show_version(version)
            if not versions:
                terminal.out.print("Nothing was published yet.")
        return 0

    end(work, as_json)


@app.command()
def rollback(
    number: Annotated[int, typer.Argument(help="The version to go back to")],
    note: Note = "",
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Publish an earlier version again, as a new one."""

    def work() -> int:
        arguments = {"number": number, "author": who(), "note": note}
        return _answer(carry_out("config-rollback", arguments, store), as_json, publish=True)

    end(work, as_json)


def _text(file: Path) -> str:
    try:
        if str(file) == "-":
            return typer.get_text_stream("stdin").read()
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read ({error}).", "Name a YAML file in UTF-8.") from error


def _compared(what: list[str]) -> dict[str, Any]:
    """The arguments of a comparison: numbers are versions, anything else is a file."""
    numbers = [int(each) for each in what if each.isdecimal()]
    files = [each for each in what if not each.isdecimal()]
    if len(what) > 2 or len(files) > 1 or (files and numbers):
        raise UsageError(
            "What is to be compared is not clear.", "Give a file, or one or two version numbers."
        )
    return {
        "before": numbers[0] if numbers else None,
        "after": numbers[1] if len(numbers) > 1 else None,
        "text": _text(Path(files[0])) if files else None,
    }


def _print(found: dict[str, Any], as_json: bool) -> int:
    if as_json:
        terminal.show_json(found["document"])
    else:
        typer.echo(found["yaml"], nl=False)
    return 0


def _answer(found: dict[str, Any], as_json: bool, *, publish: bool) -> int:
    """Show how a publication or an import ended; 3 when it was refused, 1 when a draft was kept that has mistakes."""
    refused = bool(found["mistakes"]) and (publish or not found["draft"])
    if as_json:
        text = " ".join([*found["mistakes"], "Nothing was published."])
        terminal.show_json({**found, "error": text, "exit": 3} if refused else found)
    else:
        _show_found(found)
        for change in found["changes"]:
            terminal.out.print(change, markup=False, soft_wrap=True)
        terminal.out.print(_ending(found, publish=publish, refused=refused), soft_wrap=True)
    if refused:
        return 3
    return 1 if found["mistakes"] else 0


def _ending(found: dict[str, Any], *, publish: bool, refused: bool) -> str:
    if refused:
        return "Nothing was published." if publish else "Nothing was kept."
    if found["draft"]:
        publishable = (
            "correct it before you publish it"
            if found["mistakes"]
            else "`fieldline config publish` publishes it"
        )
        return f"Kept as draft; {publishable}."
    if found["published"]:
        return f"Published version {found['version']}. Nothing was turned on by that."
    return f"This changes nothing; version {found['version']} stays."


def _show_found(found: dict[str, Any]) -> None:
    for sentence in found["mistakes"]:
        terminal.err.print(sentence, style="red", soft_wrap=True, markup=False)
    for sentence in found["warnings"]:
        terminal.err.print(f"Note: {sentence}", style="yellow", soft_wrap=True, markup=False)


def _show_version(version: dict[str, Any]) -> None:
    note = f" “{version['note']}”" if version["note"] else ""
    runs = version["runs"]
    wrote = (
        f"; wrote {version['records']:,} records in {len(runs)} run{'s' if len(runs) > 1 else ''}"
        if runs
        else ""
    )
    terminal.out.print(
        f"{version['number']}  {version['published_at'][:16].replace('T', ' ')}  {version['author']}{note}{wrote}",
        markup=False,
        soft_wrap=True,
    )
    if version["text"]:
        terminal.out.print(f"   {version['text']}", markup=False, soft_wrap=True)
