"""SPOTIO's stand-in behind a server that spoils single values of its answers, which the stand-in itself never does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from sync.runner import Runner
from tests.connectors.scripted import Asked, Says, Scripted
from tests.scenarios.mirroring import Mirror, settings_of


@contextmanager
def garbled(mirror: Mirror, wrong: Mapping[str, Mapping[str, Any]]) -> Iterator[None]:
    """Pull through such a server: `wrong` says by id which members of a thing say something else."""

    def forward(asked: Asked) -> Says:
        headers = {k: v for k, v in asked.headers.items() if k.lower() not in {"host", "accept-encoding"}}
        url = mirror.sandbox.urls[1] + asked.path
        answer = httpx.request(asked.method, url, headers=headers, content=asked.body)
        kept = {k: v for k, v in answer.headers.items() if k.lower() == "content-type"}
        body = answer.content
        if "json" in answer.headers.get("content-type", "") and body:
            body = json.dumps(_spoilt(answer.json(), wrong)).encode()
        return Says(answer.status_code, body, kept)

    before = mirror.runner
    with Scripted(forward).running() as server:
        settings = settings_of(mirror.sandbox.env, mirror.path, spotio={"url": server.url})
        mirror.runner = Runner(settings, mirror.store)
        yield
        mirror.runner = before


def _spoilt(value: Any, wrong: Mapping[str, Mapping[str, Any]]) -> Any:
    if isinstance(value, list):
        return [_spoilt(one, wrong) for one in value]
    if isinstance(value, dict):
        told = {name: _spoilt(inner, wrong) for name, inner in value.items()}
        spoilt = wrong.get(str(value.get("id")), {})
        return told | {name: text for name, text in spoilt.items() if name in told}
    return value
