"""What DuckDB says against a reader's statement, in one sentence.

Its messages name the kind of error, candidates over several lines, and a line of a statement that the reader did not
write (theirs stands inside one of ours). The texts are those of DuckDB 1.5 and 2.0; one that is not known here is
told by its first line.
"""

from __future__ import annotations

import re

_KIND = re.compile(r"^[A-Z][A-Za-z ]+ Error: ")
_CANDIDATES = re.compile(r"Candidate bindings: (.+)")
_KNOWN = (
    (
        re.compile(r'column "(?P<name>[^"]+)" must appear in the GROUP BY'),
        "{name} must be named in GROUP BY, or stand inside an aggregate, such as any_value({name}).",
    ),
    (
        re.compile(r'Ambiguous reference to column name "(?P<name>[^"]+)" \(use: (?P<ways>[^)]+)\)'),
        "Several of the tables have a column {name}: say which, {ways}.",
    ),
    (
        re.compile(r'Referenced table "(?P<name>[^"]+)" not found'),
        "No table of this statement is called {name}.",
    ),
    (
        re.compile(r"Could not convert string '(?P<value>.*?)' to (?P<kind>\w+)", re.DOTALL),
        "The text “{value}” cannot be read as {kind}.",
    ),
    (
        re.compile(
            r"No function matches the given name and argument types '(?P<name>\w+)\((?P<kinds>[^']*)\)'"
        ),
        "{name}() does not take {kinds}: cast what is given to it.",
    ),
)
_MISSING = re.compile(r'Referenced column "(?P<name>[^"]+)" not found')


def in_a_sentence(message: str) -> str:
    """A message of DuckDB's as one sentence."""
    missing = _MISSING.search(message)
    if missing:
        candidates = _CANDIDATES.search(message)
        close = f" Close to it: {candidates[1]}." if candidates else ""
        return f"No table of this statement has a column {missing['name']}.{close}".replace('"', "")
    for pattern, words in _KNOWN:
        found = pattern.search(message)
        if found:
            return words.format(**{name: value.replace('"', "") for name, value in found.groupdict().items()})
    said = _KIND.sub("", message.strip()).split("\n", 1)[0].strip()
    return f"{said[:1].upper()}{said[1:].rstrip('.!')}."
