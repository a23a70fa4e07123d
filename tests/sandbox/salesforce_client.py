"""A plain client of the Salesforce stand-in: real requests, answers as they came."""

from __future__ import annotations

from types import TracebackType
from typing import Any

import httpx

DATA = "/services/data/v62.0"


class Salesforce:
    def __init__(self, url: str, user: str = "admin@brightwater.example.com") -> None:
        self.http = httpx.Client(base_url=url)
        token = self.control("token", {"user": user})["access_token"]
        self.http.headers["Authorization"] = f"Bearer {token}"

    def __enter__(self) -> Salesforce:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()

    def call(self, method: str, path: str, **request: Any) -> httpx.Response:
        """A request below the data root, whatever its status."""
        return self.http.request(method, path if path.startswith("/services/") else DATA + path, **request)

    def get(self, path: str, **params: str) -> Any:
        return self.call("GET", path, params=params).raise_for_status().json()

    def query(self, soql: str, *, deleted: bool = False) -> list[dict[str, Any]]:
        """All records of a query, without their attributes, page by page."""
        page = self.get("/queryAll" if deleted else "/query", q=soql)
        records = page["records"]
        while not page["done"]:
            page = self.call("GET", page["nextRecordsUrl"]).json()
            records += page["records"]
        return [{name: value for name, value in record.items() if name != "attributes"} for record in records]

    def count(self, soql: str, *, deleted: bool = False) -> int:
        return int(self.get("/queryAll" if deleted else "/query", q=soql)["totalSize"])

    def create(self, sobject: str, **fields: Any) -> str:
        answer = self.call("POST", f"/sobjects/{sobject}", json=fields)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def update(self, sobject: str, id: str, **fields: Any) -> None:
        answer = self.call("PATCH", f"/sobjects/{sobject}/{id}", json=fields)
        assert answer.status_code == 204, answer.text

    def delete(self, sobject: str, id: str) -> None:
        answer = self.call("DELETE", f"/sobjects/{sobject}/{id}")
        assert answer.status_code == 204, answer.text

    def read(self, sobject: str, id: str) -> dict[str, Any]:
        return dict(self.get(f"/sobjects/{sobject}/{id}"))

    def control(self, path: str, body: Any) -> Any:
        answer = self.http.post(f"/__sandbox__/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def control_state(self, sobject: str) -> list[dict[str, Any]]:
        """The rows that the state endpoint shows of one object, deleted ones included."""
        answer = self.http.get("/__sandbox__/state", params={"object": sobject})
        return list(answer.raise_for_status().json()[sobject])

    def act(self, action: str, **arguments: Any) -> dict[str, Any]:
        return dict(self.control("act", {"action": action, **arguments}))

    def advance(self, seconds: float) -> None:
        self.control("clock", {"advance_seconds": seconds})


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """The status and the code of an error answer."""
    return answer.status_code, answer.json()[0]["errorCode"]
