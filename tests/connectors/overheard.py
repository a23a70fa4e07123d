"""A real transport that tells of each request before it goes out, so that a test can act just then, as others do."""

from __future__ import annotations

from collections.abc import Callable

import httpx


class Overheard(httpx.HTTPTransport):
    """`before` is called with each request; `asked` holds those that were answered, with the status."""

    def __init__(self) -> None:
        super().__init__()
        self.before: Callable[[httpx.Request], None] = lambda request: None
        self.asked: list[tuple[httpx.Request, int]] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.before(request)
        response = super().handle_request(request)
        self.asked.append((request, response.status_code))
        return response

    def count(self, method: str, path: str) -> int:
        """How many answered requests had the method, and the text in their path."""
        return sum(request.method == method and path in request.url.path for request, _ in self.asked)
