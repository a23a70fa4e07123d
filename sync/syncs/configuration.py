"""The configuration as files and versions: what `fieldline config` does over an open store.

A file names sections; those it does not name stay as they are. What is imported is a draft of the command line's until it
is published, on top of the version it began from or not at all. Nothing here turns a sync on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data import config, config_file, publishing
from data.changes import changes
from data.config import ConfigurationError, Version
from data.people import names as people_names
from data.store import Store
from data.syncs.described import Described
from sync.engine.definition import Definition
from sync.errors import UsageError
from sync.syncs.checking import Checked, check
from sync.syncs.resolving import published as published_syncs

if TYPE_CHECKING:
    from sync.syncs.widening import Widened

PERSON = "command line"
"""Whose draft an imported file is; a person of the console is known by e-mail."""
SECTION = "document"
_NOBODY = "admin@example.com"


def sample(store: Store) -> dict[str, Any]:
    """`{yaml, document}`: a configuration to begin with, with an admin of both systems where one is mirrored."""
    described = Described(store)
    admin = next((user.email for user in described.spotio_users.values() if user.admin and user.active), "")
    there = [user.email for user in described.salesforce_users.values() if user.active]
    text = (Path(__file__).with_name("sample.yaml")).read_text(encoding="utf-8")
    lines = []
    for line in text.splitlines(keepends=True):
        if "default_spotio:" in line:
            line = line.replace(_NOBODY, admin or _NOBODY)
        elif "default_salesforce:" in line:
            line = line.replace(_NOBODY, admin if admin in there else next(iter(there), _NOBODY))
        lines.append(line)
    text = "".join(lines)
    return {"yaml": text, "document": config_file.read(text)}


def export(store: Store, number: int | None) -> dict[str, Any]:
    """`{yaml, document, version}` of a version, the newest by default."""
    version = config.current(store) if number is None else config.version(store, number)
    return {
        "yaml": config_file.write(version.document),
        "document": version.document,
        "version": version.number,
    }


def validate(store: Store, text: str | None) -> dict[str, Any]:
    """`{mistakes, warnings}` of a file on top of what is published; of the draft, or what is published, without one."""
    return _told(check(store, _meant(store, text)))


def bring_in(store: Store, text: str, *, publish: bool, author: str, note: str) -> dict[str, Any]:
    """Keep a file as draft, or publish it: `{published, version, draft, changes, mistakes, warnings}`."""
    newest = config.current(store)
    document = _on_top(newest, text)
    if publish:
        return publish_document(store, document, based_on=newest.number, author=author, note=note)
    shape = config.mistakes(document)
    if not shape:
        publishing.save_draft(store, PERSON, SECTION, document, based_on=newest.number, now=datetime.now(UTC))
    checked = Checked(tuple(shape)) if shape else check(store, document)
    told = [] if shape else [change.text for change in _changes(store, newest.document, document)]
    return {
        "published": False,
        "version": newest.number,
        "draft": not shape,
        "changes": told,
        **_told(checked),
    }


def publish(store: Store, *, author: str, note: str) -> dict[str, Any]:
    """Publish the draft that an import left; the same answer as of an import."""
    draft = config.draft(store, PERSON, SECTION)
    if draft is None:
        raise UsageError(
            "There is no draft to publish.", "Import a file first: `fieldline config import FILE`."
        )
    return publish_document(store, draft.content, based_on=draft.based_on, author=author, note=note)


def rollback(store: Store, number: int, *, author: str, note: str) -> dict[str, Any]:
    """Publish an earlier version again, as a new one, its names meaning what they meant then."""
    former = config.version(store, number)
    newest = config.current(store)
    return publish_document(
        store,
        former.document,
        based_on=newest.number,
        author=author,
        note=note or f"as version {number}",
        remembered=former.resolved,
    )


def difference(store: Store, before: int | None, after: int | None, text: str | None) -> dict[str, Any]:
    """`{before, after, changes}` in words: of a file, of two versions, of a version and the newest, or of the draft."""
    newest = config.current(store)
    if text is not None or before is None:
        old, name = newest, "file" if text is not None else "draft"
        new: Mapping[str, Any] = _meant(store, text)
        mistakes = config.mistakes(new)
        if mistakes:
            raise ConfigurationError(" ".join(mistakes))
        return {"before": old.number, "after": name, "changes": _as_json(store, old.document, new)}
    old = config.version(store, before)
    later = newest if after is None else config.version(store, after)
    return {
        "before": old.number,
        "after": later.number,
        "changes": _as_json(store, old.document, later.document),
    }


def history(store: Store, limit: int) -> list[dict[str, Any]]:
    """The newest versions first: who published what, and the runs and the number of records that each has written."""
    rows = config.history(store, limit).to_dicts()
    return [
        {**row, "published_at": row["published_at"].astimezone(UTC).isoformat().replace("+00:00", "Z")}
        for row in rows
    ]


def _meant(store: Store, text: str | None) -> Mapping[str, Any]:
    """A file on top of what is published; without one the draft, and without a draft what is published."""
    newest = config.current(store)
    if text is not None:
        return _on_top(newest, text)
    draft = config.draft(store, PERSON, SECTION)
    return draft.content if draft else newest.document


def _on_top(newest: Version, text: str) -> dict[str, Any]:
    """The document with the sections of a file; a section that is left empty is taken out."""
    given = config_file.read(text)
    return {name: held for name, held in {**newest.document, **given}.items() if held is not None}


def publish_document(
    store: Store,
    document: Mapping[str, Any],
    *,
    based_on: int,
    author: str,
    note: str,
    remembered: Mapping[str, Any] | None = None,
    left: tuple[str, str] = (PERSON, SECTION),
) -> dict[str, Any]:
    """Publish a document, and forget the draft that was `left` (whose, and of which section); see `bring_in`."""
    newest = config.current(store)
    checked = check(store, document, remembered)
    if checked.mistakes:
        return {
            "published": False,
            "version": newest.number,
            "draft": config.draft(store, *left) is not None,
            "changes": [],
            **_told(checked),
        }
    told = [change.text for change in _changes(store, newest.document, document)]
    now = datetime.now(UTC)
    barred = _barred(store, checked.definitions, now)

    def bar(cursor: Any) -> None:
        from data.syncs.kept_out import keep_out_with

        for each in barred:
            keep_out_with(cursor, each.sync, each.side, each.ids, "barred", person=author, note=note, now=now)

    version = publishing.publish(
        store,
        document,
        author=author,
        note=note,
        based_on=based_on,
        now=now,
        names=people_names(store),
        resolved=checked.resolved,
        along=bar if barred else None,
    )
    publishing.drop_draft(store, *left)
    published = version.number != newest.number
    answer = {"published": published, "version": version.number, "draft": False, **_told(checked)}
    answer["changes"] = told if published else []
    answer["warnings"] += [each.sentence() for each in barred]
    return answer


def _barred(store: Store, definitions: Sequence[Definition], now: datetime) -> list[Widened]:
    """Records that the new filters of a running sync let in and the published ones did not (T-05)."""
    if not store.rows("select 1 from sync.state where inbound <> 'off' or outbound <> 'off' limit 1"):
        return []
    from sync.syncs.widening import widened  # late: it needs polars, without which most commands do

    before = {each.settings.name: each.definition for each in published_syncs(store) if not each.mistakes}
    found: list[Widened] = []
    for after in definitions:
        old = before.get(after.sync)
        if old is not None:
            found += widened(store, old, after, now)
    return found


def _changes(store: Store, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Any]:
    return changes(before, after, people_names(store))


def _as_json(store: Store, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"what": change.what, "before": change.before, "after": change.after, "text": change.text}
        for change in _changes(store, before, after)
    ]


def _told(checked: Checked) -> dict[str, Any]:
    return {"mistakes": list(checked.mistakes), "warnings": list(checked.warnings)}


COMMANDS: Mapping[str, Callable[..., Any]] = {
    "config-sample": sample,
    "config-export": export,
    "config-import": bring_in,
    "config-publish": publish,
    "config-validate": validate,
    "config-diff": difference,
    "config-history": history,
    "config-rollback": rollback,
}
"""What the command line asks for, by name; each takes the store and JSON arguments, and gives JSON."""
