"""What a command shows: one JSON document on stdout with --json, else words for people; progress on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

# Into a file or pipe nothing is cut to the width of a terminal.
out = Console(highlight=False, width=None if sys.stdout.isatty() else 200)
err = Console(stderr=True, highlight=False)


def show_json(document: Any) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def show_error(text: str, *, as_json: bool, code: int) -> None:
    """One clear sentence on stderr; with --json the document on stdout says it too."""
    if as_json:
        show_json({"error": text, "exit": code})
    err.print(text, style="red", soft_wrap=True, markup=False)


class Bars:
    """A progress bar a table of a pull."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[tuple[str, str], TaskID] = {}

    def __call__(self, counts: dict[str, Any]) -> None:
        key = (counts["system"], counts["table"])
        if key not in self._tasks:
            self._tasks[key] = self._progress.add_task(".".join(key), total=None)
        self._progress.update(self._tasks[key], total=counts.get("expected"), completed=counts["read"])


@contextmanager
def bars(*, quiet: bool) -> Iterator[Any]:
    """Bars on a terminal's stderr; nothing when it is no terminal or JSON is asked for."""
    if quiet or not err.is_terminal:
        yield lambda _: None
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,} of {task.total}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=True) as progress:
        yield Bars(progress)


def show_pull(report: dict[str, Any]) -> None:
    """A pull's report as a table and a line a problem."""
    table = Table(box=None, pad_edge=False)
    for heading in ("System", "Table"):
        table.add_column(heading, no_wrap=True, overflow="fold")
    for heading in ("Read", "New", "Changed", "Deleted", "Calls", "At source", "Mirrored"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in report["tables"]:
        counts = (
            row[n]
            for n in ("read", "inserted", "changed", "deleted", "calls", "source_count", "mirror_count")
        )
        table.add_row(row["system"], row["table"], *("–" if c is None else f"{c:,}" for c in counts))
    out.print(table)
    words = {"done": "done", "partial": "partly done", "failed": "failed", "stopped": "stopped"}
    out.print(f"Run {report['run']}: {words[report['outcome']]}.")
    for problem in report["problems"]:
        err.print(f"{problem['text']} {problem['advice']}".strip(), style="red", markup=False)


def show_rows(result: dict[str, Any]) -> None:
    """A query's rows as a table."""
    table = Table(*result["columns"], box=None, pad_edge=False)
    for row in result["rows"]:
        table.add_row(*("–" if value is None else str(value) for value in row))
    out.print(table)
    out.print(f"{len(result['rows']):,} rows")


def show_export(result: dict[str, Any]) -> None:
    """What an export wrote, a line a table."""
    table = Table("Table", box=None, pad_edge=False)
    table.add_column("Rows", justify="right")
    for name, rows in result["tables"].items():
        table.add_row(name, f"{rows:,}")
    out.print(table)
    out.print(f"Wrote {result['folder']}.", markup=False, soft_wrap=True)


def show_erasure(result: dict[str, Any]) -> None:
    """What an erasure removes, or has removed, and what still holds the person."""
    lines = [f"{result['object']} {result['id']} of {result['system']}"]
    if result["erased"]:
        lines.append("is erased. Removed:")
    elif result["erased_at"]:
        lines.append(f"was erased at {result['erased_at']}. Left to remove:")
    else:
        lines.append("would lose its values in:")
    out.print(" ".join(lines), markup=False, soft_wrap=True)
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, rows in result["rows"].items():
        table.add_row(f"  {name}", f"{rows:,} {'row' if rows == 1 else 'rows'}")
    if result["rows"]:
        out.print(table)
    else:
        out.print("  nothing")
    for text, named in (
        ("The systems themselves name these as the same person. If they are, erase each:", result["also"]),
        ("The e-mail address stands in the configuration, where an admin decides:", result["configured"]),
        ("These copies of the store still hold the person (--delete-copies deletes them):", result["copies"]),
    ):
        if named:
            out.print(text, soft_wrap=True)
            for each in named:
                out.print(f"  {each}", markup=False, soft_wrap=True)
    out.print(
        "Backups, exported files and the systems themselves keep the person until they are erased there.",
        soft_wrap=True,
    )


def agreed(question: str) -> bool:
    """Whether a person says yes; no answer is no."""
    try:
        return typer.confirm(question, err=True)
    except typer.Abort:
        return False
