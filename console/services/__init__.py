"""What a page can cause. The only package of the console that changes anything outside the page.

Each service says for whom it is; a change of the configuration is a draft of one's own until it is published, and
publishing is one version with its audit (data/publishing.py).
"""

from __future__ import annotations

from console.services.access import (
    discard_access,
    hide_columns,
    publish_access,
    put_access_on_top,
    put_on_list,
    take_off_list,
)
from console.services.connections import (
    Begun,
    Done,
    Looked,
    begin_sign_in,
    connect,
    disconnect,
    end_sign_in,
    sign_in_state,
    test,
)
from console.services.exports import file_name, picture, refusal, rows_as
from console.services.numbers import discard_numbers, keep_numbers, publish_numbers, put_numbers_on_top
from console.services.queries import delete_query, save_query
from console.services.runs import run_now
from console.services.sql import keep_sql, run_sql
from console.services.targets import set_target
from data.config import ConfigurationError

__all__ = [
    "Begun",
    "ConfigurationError",
    "Done",
    "Looked",
    "begin_sign_in",
    "connect",
    "delete_query",
    "discard_access",
    "discard_numbers",
    "disconnect",
    "end_sign_in",
    "file_name",
    "hide_columns",
    "keep_numbers",
    "keep_sql",
    "picture",
    "publish_access",
    "publish_numbers",
    "put_access_on_top",
    "put_numbers_on_top",
    "put_on_list",
    "refusal",
    "rows_as",
    "run_now",
    "run_sql",
    "save_query",
    "set_target",
    "sign_in_state",
    "take_off_list",
    "test",
]
