"""From mapped fields and value maps to the engine's rules, checked against what both systems take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from data.syncs.settings import MappedField, SyncSettings
from sync.engine.definition import SYSTEM_NAMES, Column, FieldRule, Fill, Side
from sync.syncs.columns import becomes, needs_map
from sync.syncs.filling import resolved_fill
from sync.syncs.names import UnresolvedError
from sync.syncs.notes import Notes
from sync.syncs.vocabulary import Vocabulary, gone

ROLE = "lead"
_ADDRESS = frozenset({"address", "zip", "lat", "lng"})


class Mapper:
    """Rules and fills of one sync; `published` says that mistakes stop a field and not the whole."""

    def __init__(self, settings: SyncSettings, words: Vocabulary, notes: Notes, *, published: bool) -> None:
        self._settings, self._words, self._notes, self._published = settings, words, notes, published
        self._maps = self._value_maps()

    def rules(self) -> tuple[FieldRule, ...]:
        """A rule for each pair of fields, in the order in which they are written."""
        pairs = [field for field in self._settings.fields if field.spotio and field.salesforce]
        return _grouped([self._rule(field) for field in pairs], self._words)

    def fills(self) -> tuple[Fill, ...]:
        """What new records are filled with."""
        found = [self._fill(field) for field in self._settings.fields if field.constant not in (None, "")]
        return tuple(fill for fill in found if fill)

    def _rule(self, mapped: MappedField) -> FieldRule:
        spotio, salesforce, stopped = self._columns(mapped)
        key = f"{spotio.name}~{ROLE}.{salesforce.name}"
        there, back = self._maps.get(spotio.name, (None, None))
        rule = FieldRule(
            key=key,
            spotio=spotio,
            salesforce=salesforce,
            direction=mapped.direction,
            conflict=mapped.conflict,
            blanks=mapped.blanks,
            group=mapped.group or "",
            backfill=mapped.backfill,
            to_salesforce=None if there is None else self._to_salesforce(there, salesforce),
            to_spotio=None if back is None else self._to_spotio(back, salesforce),
            role=ROLE,
        )
        return replace(rule, stopped=stopped or self._drift(rule) or self._fault(rule))

    def _columns(self, mapped: MappedField) -> tuple[Column, Column, str]:
        """Both columns, and why the pair stands still where one of them is gone."""
        said = []
        columns = {}
        for side, name in ((Side.SPOTIO, mapped.spotio or ""), (Side.SALESFORCE, mapped.salesforce or "")):
            try:
                columns[side] = (
                    self._words.spotio(name) if side is Side.SPOTIO else self._words.salesforce(name, ROLE)
                )
            except UnresolvedError as error:
                said.append(self._wrong(mapped.label, str(error)))
                columns[side] = gone(side, name, self._words.names)
        return columns[Side.SPOTIO], columns[Side.SALESFORCE], " ".join(said)

    def _drift(self, rule: FieldRule) -> str:
        """Why a published rule stands still: a side holds values of another kind than when it was published."""
        kinds = f"{rule.spotio.kind} {rule.salesforce.kind}"
        before = self._words.names.remembered("kinds", rule.key)
        self._words.names.keep("kinds", rule.key, before if self._published and before else kinds)
        if not self._published or before in (None, kinds):
            return ""
        old = dict(zip(Side, str(before).split(), strict=True))
        return " ".join(
            f"{rule.column(side).label} in {SYSTEM_NAMES[side]} held {old[side]} when this was published and holds "
            f"{rule.column(side).kind} now; publish the configuration again if that is meant."
            for side in Side
            if old[side] != rule.column(side).kind
        )

    def _fault(self, rule: FieldRule) -> str:
        said = []
        for side in Side:
            target, source = rule.column(side), rule.column(side.other)
            if not rule.towards(side):
                continue
            if not (target.createable or target.updateable):
                said.append(
                    f"{target.label} ({target.name}) in {SYSTEM_NAMES[side]} is not written by others; "
                    f"set `direction: to_{side.other}`."
                )
            elif not becomes(source.kind, target.kind):
                said.append(
                    f"{source.label} holds {source.kind} and {target.label} in {SYSTEM_NAMES[side]} takes {target.kind}; "
                    "map it to a field of the same kind, or in the other direction alone."
                )
        if not said and rule.to_salesforce is None and needs_map(rule.spotio.kind, rule.salesforce.kind):
            said.append(
                f"{rule.spotio.label} needs a value map that says which {rule.salesforce.label} each {rule.spotio.kind} "
                f"is; add it under `value_maps`."
            )
        return " ".join(
            self._wrong(f"{rule.spotio.label} and {rule.salesforce.label}", text) for text in said
        )

    def _wrong(self, label: str, text: str) -> str:
        self._notes.mistake(f"{label}: {text}") if not self._published else self._notes.warning(
            f"{label}: {text}"
        )
        return text

    def _fill(self, mapped: MappedField) -> Fill | None:
        side = Side.SPOTIO if mapped.salesforce is None or (mapped.spotio and mapped.direction == "to_spotio") else Side.SALESFORCE  # fmt: skip
        try:
            if side is Side.SPOTIO:
                column = self._words.spotio(mapped.spotio or "")
            else:
                column = self._words.salesforce(mapped.salesforce or "", ROLE)
            return resolved_fill(mapped, side, column, self._words)
        except UnresolvedError as error:
            self._wrong(mapped.label, str(error))
            return None

    def _value_maps(self) -> dict[str, tuple[dict[str, str], dict[str, str]]]:
        """SPOTIO column -> (value there -> name in Salesforce as written, the same back)."""
        mapped = {field.spotio for field in self._settings.fields if field.spotio and field.salesforce}
        columns: dict[str, Column] = {}
        for name in mapped:
            try:
                column = self._words.spotio(name)
            except UnresolvedError:
                continue  # said of the field itself
            columns[column.name] = column
        found: dict[str, tuple[dict[str, str], dict[str, str]]] = {}
        for name, pairs in self._settings.value_maps.items():
            try:
                column = self._words.spotio(name)
            except UnresolvedError as error:
                self._wrong(f"value map of {name}", str(error))
                continue
            if column.name not in columns:
                self._wrong(f"value map of {name}", f"{name} is not mapped to a Salesforce field; map it, or take the value map out.")  # fmt: skip
                continue
            found[column.name] = self._both_ways(name, column, pairs)
        for name in self._settings.value_maps_back:
            if name not in self._settings.value_maps:
                self._wrong(f"way back of {name}", f"There is no value map of {name} under `value_maps`; add it, or take the way back out.")  # fmt: skip
        return found

    def _both_ways(
        self, name: str, column: Column, pairs: Mapping[str, str]
    ) -> tuple[dict[str, str], dict[str, str]]:
        there: dict[str, str] = {}
        back: dict[str, str] = {}
        for ours, theirs in pairs.items():
            value = self._spotio_value(name, column, ours)
            if value is not None:
                there[value] = theirs
                back.setdefault(theirs, value)  # of several that share a value, the first is the way back
        for theirs, ours in self._settings.value_maps_back.get(name, {}).items():
            value = self._spotio_value(name, column, ours)
            if value is not None:
                back[theirs] = value
        return there, back

    def _spotio_value(self, name: str, column: Column, text: str) -> str | None:
        try:
            return self._words.value(Side.SPOTIO, column, text)
        except UnresolvedError as error:
            self._wrong(f"value map of {name}", str(error))
            return None

    def _to_salesforce(self, there: Mapping[str, str], column: Column) -> dict[str, str]:
        found = {ours: self._salesforce_value(column, theirs) for ours, theirs in there.items()}
        return {ours: theirs for ours, theirs in found.items() if theirs is not None}

    def _to_spotio(self, back: Mapping[str, str], column: Column) -> dict[str, str]:
        found = {self._salesforce_value(column, theirs): ours for theirs, ours in back.items()}
        return {theirs: ours for theirs, ours in found.items() if theirs is not None}

    def _salesforce_value(self, column: Column, text: str) -> str | None:
        try:
            return self._words.value(Side.SALESFORCE, column, text)
        except UnresolvedError as error:
            self._wrong(f"value map to {column.label}", str(error))
            return None


def _grouped(rules: list[FieldRule], words: Vocabulary) -> tuple[FieldRule, ...]:
    """With the groups that always are: fields that only make sense together (F-02), where there are two of them."""
    named = [replace(rule, group=rule.group or _built_in(rule, words)) for rule in rules]
    sizes = [rule.group for rule in named]
    return tuple(replace(rule, group=rule.group if sizes.count(rule.group) > 1 else "") for rule in named)


def _built_in(rule: FieldRule, words: Vocabulary) -> str:
    described = words.field(rule.salesforce.name)
    compound = str(described.detail.get("compound", "")) if described else ""
    spotio = words.record_type.fields.get(rule.spotio.name)
    role = spotio.role if spotio else ""
    if rule.spotio.name == "stage" or role == "lossReasons":
        return "stage"
    if compound == "Name" or role in ("firstName", "lastName"):
        return "name"
    if compound == "Address" or rule.spotio.name in _ADDRESS or role == "unit":
        return "address"
    return ""
