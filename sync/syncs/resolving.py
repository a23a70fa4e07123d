"""From a sync of the configuration to its definition: names become ids, fields learn their types and limits.

The same reading serves publishing and running. Before publishing, everything that cannot be meant is a mistake. Once
published, a field that is gone or holds something else stops by itself and leaves the rest running; what the names meant
at publishing comes first, so that a renamed label is no edit (F-07).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from data import config
from data.kpi.settings import KpiSettings
from data.store import Store
from data.syncs import own_users
from data.syncs.described import Described, RecordType
from data.syncs.settings import SyncSettings, SyncsSection
from sync.engine.definition import (
    Definition,
    FieldRule,
    Filter,
    Guard,
    Inbound,
    MatchKey,
    Outbound,
    Selective,
    Side,
)
from sync.errors import UsageError
from sync.syncs.filtering import resolved_filter
from sync.syncs.mapping import Mapper
from sync.syncs.names import Names, UnresolvedError, as_json
from sync.syncs.notes import Notes
from sync.syncs.vocabulary import Vocabulary

SOBJECT = "Lead"


@dataclass(frozen=True)
class Resolved:
    """A sync as it was understood; `ids` is what its names meant, `definition` None where nothing could be understood."""

    settings: SyncSettings
    definition: Definition | None
    mistakes: tuple[str, ...]
    warnings: tuple[str, ...]
    ids: Mapping[str, Any]


class UnusableSyncError(UsageError):
    """A published sync cannot run as it stands: what it names is gone from a system."""

    code = "sync_unusable"


def definition(store: Store, name: str) -> Definition:
    """A sync of the newest version, as it is to run.

    Raises UsageError when there is no such sync, UnusableSyncError when a filter, a match key or its type is gone.
    """
    for resolved in published(store):
        if resolved.settings.name == name:
            return usable(resolved)
    known = ", ".join(sync.name for sync in SyncsSection.of(config.current(store).document))
    raise UsageError(
        f"There is no sync '{name}' in the published configuration.",
        f"There are: {known}."
        if known
        else "Publish one first: `fieldline config sample` shows how one looks.",
    )


def usable(resolved: Resolved) -> Definition:
    """The definition of a published sync; UnusableSyncError when it cannot run."""
    if resolved.definition is None or resolved.mistakes:
        raise UnusableSyncError(" ".join(resolved.mistakes), "Correct the configuration and publish it.")
    return resolved.definition


def published(store: Store) -> Iterator[Resolved]:
    """The syncs of the newest version, as they are to run, in the order of the document."""
    newest = config.current(store)
    described = Described(store)
    for settings in SyncsSection.of(newest.document):
        yield resolve(
            described,
            settings,
            version=newest.number,
            remembered=newest.resolved.get(settings.name, {}),
            integration_users=_integration_users(newest.document),
            published=True,
        )


def _integration_users(document: Mapping[str, Any]) -> frozenset[str]:
    section = document.get("kpis")
    return KpiSettings.parse(section).integration_users if section else frozenset()


def resolve(
    described: Described,
    settings: SyncSettings,
    *,
    version: int,
    remembered: Mapping[str, Any],
    integration_users: frozenset[str] = frozenset(),
    published: bool = False,
) -> Resolved:
    """Understand one sync against what both systems describe; `remembered` is what its names meant before."""
    notes, names = Notes(settings.name), Names(remembered)
    record_type = _record_type(described, settings, names, notes)
    if not described.salesforce(SOBJECT):
        notes.mistake(
            f"{SOBJECT} of Salesforce is not mirrored yet, so nothing can be looked up; run `fieldline pull`."
        )
    if record_type is None or not described.salesforce(SOBJECT):
        return Resolved(settings, None, tuple(notes.mistakes), tuple(notes.warnings), as_json(names.found))
    words = Vocabulary(described, record_type, SOBJECT, names)
    mapper = Mapper(settings, words, notes, published=published)
    rules = mapper.rules()
    made = Definition(
        sync=settings.name,
        version=version,
        type_id=record_type.id,
        type_name=record_type.name,
        sobject=SOBJECT,
        external_id=_external_id(settings, words, notes),
        fields=rules,
        fills=mapper.fills(),
        inbound=_inbound(settings, words, notes),
        outbound=_outbound(settings, words, notes),
        match=_match(settings, rules, words, notes),
        deletes=settings.deletes,
        allow_duplicates=settings.duplicates == "allow",
        auto_assign=settings.auto_assign,
        guard=Guard(
            writes=settings.guard.writes,
            share=settings.guard.share,
            deletes=settings.guard.deletes,
            owner_changes=settings.guard.owner_changes,
        ),
        default_spotio_user=_user(settings.users.default_spotio, Side.SPOTIO, words, notes, published),
        default_salesforce_user=_user(
            settings.users.default_salesforce, Side.SALESFORCE, words, notes, published
        ),
        explicit_users=_explicit(settings, words, notes, published),
        own_users=own_users.ids(described.store),
        integration_users=integration_users,
        user_names=words.user_names(),
    )
    return Resolved(settings, made, tuple(notes.mistakes), tuple(notes.warnings), as_json(names.found))


def _record_type(
    described: Described, settings: SyncSettings, names: Names, notes: Notes
) -> RecordType | None:
    if not described.types:
        notes.mistake("SPOTIO is not mirrored yet, so nothing can be looked up; run `fieldline pull`.")
        return None
    known = {id: (each.name,) for id, each in described.types.items()}
    try:
        return described.types[names.id("type", settings.spotio_type, known, "record type in SPOTIO")]
    except UnresolvedError as error:
        notes.mistake(error)
        return None


def _external_id(settings: SyncSettings, words: Vocabulary, notes: Notes) -> str:
    if not settings.outbound.on:
        return settings.external_id
    try:
        found = words.salesforce(settings.external_id)
    except UnresolvedError as error:
        notes.mistake(
            f"{error} Records sent to Salesforce bear SPOTIO's id there: make a text field that is an external id and "
            "unique, and name it under `external_id`."
        )
        return settings.external_id
    described = words.field(found.name)
    detail = described.detail if described else {}
    if not (detail.get("externalId") and detail.get("unique") and found.createable):
        notes.mistake(
            f"{found.name} cannot hold SPOTIO's id: it must be an external id, unique, and writeable for the user that "
            "Fieldline signs in as. Change the field in Salesforce, or name another under `external_id`."
        )
    return found.name


def _inbound(settings: SyncSettings, words: Vocabulary, notes: Notes) -> Inbound:
    said = settings.inbound
    return Inbound(
        wanted=said.on,
        scope=said.scope,
        filter=resolved_filter(said.filters, Side.SALESFORCE, words, notes, "inbound filters"),
        updates_after_import=said.updates_after_import,
        leaving=said.leaving,
    )


def _outbound(settings: SyncSettings, words: Vocabulary, notes: Notes) -> Outbound:
    said = settings.outbound
    selective = []
    for each in said.selective:
        where = f"selective filter “{each.name}”"
        filter = resolved_filter(each.filters, Side.SPOTIO, words, notes, where)
        selective.append(Selective(each.name, filter if filter.parts else Filter()))
    return Outbound(
        wanted=said.on, selective=tuple(selective), origins=frozenset(said.origins), leaving=said.leaving
    )


def _match(
    settings: SyncSettings, rules: tuple[FieldRule, ...], words: Vocabulary, notes: Notes
) -> tuple[MatchKey, ...]:
    keys = []
    for wanted in settings.match:
        found = [_matched(name, rules, words, notes) for name in wanted]
        if found and all(found):
            keys.append(MatchKey(tuple(key for key in found if key), " + ".join(wanted)))
    return tuple(keys)


def _matched(name: str, rules: tuple[FieldRule, ...], words: Vocabulary, notes: Notes) -> str | None:
    try:
        column = words.spotio(name).name
    except UnresolvedError as error:
        held = words.names.remembered("spotio", name)
        key = next((rule.key for rule in rules if rule.spotio.name == held), None)
        if key is None:
            notes.mistake(f"match: {error}")
        return key
    key = next((rule.key for rule in rules if rule.spotio.name == column), None)
    if key is None:
        notes.mistake(f"match: “{name}” is not mapped to a Salesforce field; map it, or take the key out.")
    return key


def _user(name: str | None, side: Side, words: Vocabulary, notes: Notes, published: bool) -> str:
    """The id of a user; empty where nobody is named, or nobody found, which is noted."""
    if not name:
        return ""
    try:
        user = words.spotio_user(name) if side is Side.SPOTIO else words.salesforce_user(name)
    except UnresolvedError as error:
        notes.mistake(f"users: {error}")
        return ""
    if not user.active:
        text = f"users: {user.name or name} is not active in {'SPOTIO' if side is Side.SPOTIO else 'Salesforce'}; name somebody who is."
        notes.warning(text) if published else notes.mistake(text)
    return user.id


def _explicit(settings: SyncSettings, words: Vocabulary, notes: Notes, published: bool) -> dict[str, str]:
    pairs = {}
    for ours, theirs in settings.users.explicit.items():
        try:
            pairs[words.spotio_user(ours).id] = words.salesforce_user(theirs).id
        except UnresolvedError as error:
            text = f"users, explicit: {error}"
            notes.warning(text) if published else notes.mistake(text)
    return pairs
