"""Carry out a command of the program for whoever presses a button, and tell a refusal in its own sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.context import context
from data.errors import NotOpenError, StoreError
from sync.errors import FieldlineError


def carried_out(command: str, asked: Mapping[str, Any]) -> dict[str, Any] | str:
    """The command's answer, or why nothing was done."""
    try:
        answer: dict[str, Any] = context().command(command, asked)
    except NotOpenError as error:
        return error.text
    except (FieldlineError, StoreError) as error:
        return str(error)
    return answer
