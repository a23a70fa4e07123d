"""The rows behind a number as a table: names for ids, and only the columns that these rows have something in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
import streamlit as st

from console import parts, readers, words
from console.readers import kpi as numbers


def table(page: pl.DataFrame) -> tuple[dict[str, Any], dict[str, Any]]:
    """The columns that these rows have something in, in words."""
    people, territories = numbers.names("user"), numbers.names("territory")
    kinds = numbers.kinds()
    shown: dict[str, Any] = {"when": page["happened_at"]}
    columns: dict[str, Any] = {
        "when": st.column_config.DatetimeColumn(
            "When", format="ddd D MMM, HH:mm", timezone=readers.zone(), width=134
        )
    }

    def add(name: str, label: str, width: int, values: list[Any]) -> None:
        if any(value is not None for value in values):
            shown[name], columns[name] = values, parts.text_column(label, width)

    def named(column: str, names: Mapping[str, str]) -> list[Any]:
        if column not in page.columns:
            return []
        return [names.get(id, id) if id else None for id in page[column]]

    add("name", "Record", 150, page["name"].to_list())
    add("address", "Address", 178, page["address"].to_list())
    setters = named("setter_id", people)
    if setters:
        add("setter", "Set by", 124, setters)
        add("closer", "Closed by", 124, named("closer_id", people))
    else:
        add("rep", "Rep", 140, named("user_id", people))
    add("result", "Result", 176, _results(page, kinds))
    add("verified", "Verified", 110, _verified(page))
    add("stage", "Stage", 190, _stages(page, kinds))
    if "sold_value" in page.columns or "net" in page.columns:
        values = page["sold_value" if "sold_value" in page.columns else "net"]
        if values.count():
            shown["value"] = values
            columns["value"] = parts.number_column(words.heading("Value", numbers.unit("sales_value")), 90)
    add("territory", "Territory", 150, named("territory_id", territories))
    return shown, columns


def with_names(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows as they are taken away: all columns, and names beside the ids."""
    people, kinds = numbers.names("user"), numbers.kinds()
    named = {
        "user": ("user_id", people),
        "setter": ("setter_id", people),
        "closer": ("closer_id", people),
        "territory": ("territory_id", numbers.names("territory")),
        "activity": ("template_id", kinds),
    }
    found = rows.with_columns(
        pl.col(column).replace_strict(dict(names), default=pl.col(column), return_dtype=pl.String).alias(name)
        for name, (column, names) in named.items()
        if column in rows.columns
    )
    results = _results(rows, kinds)
    return found.with_columns(pl.Series("result", results, pl.String)) if results else found


def _results(page: pl.DataFrame, kinds: Mapping[str, str]) -> list[Any]:
    if "result_id" not in page.columns:
        return []
    return [
        kinds.get(f"{template}:{result}") or kinds.get(template)
        for template, result in zip(page["template_id"], page["result_id"], strict=True)
    ]


def _verified(page: pl.DataFrame) -> list[Any]:
    if "verification" not in page.columns:
        return []
    told = {"verified": "Verified", "not_verified": "Not verified", "not_verifiable": "Not verifiable"}
    return [
        f"{distance:,.0f} m away" if way == "not_verified" and distance is not None else told.get(way)
        for way, distance in zip(page["verification"], page["distance"], strict=True)
    ]


def _stages(page: pl.DataFrame, kinds: Mapping[str, str]) -> list[Any]:
    if "to_stage_id" not in page.columns:
        return []
    return [
        f"{kinds.get(f'stage:{kind}:{before}', words.EMPTY)} → {kinds.get(f'stage:{kind}:{after}', words.EMPTY)}"
        for kind, before, after in page.select("type_id", "from_stage_id", "to_stage_id").iter_rows()
    ]
