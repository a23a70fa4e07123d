"""The org's daily allowance of API calls: counted over a moving day, told in a header, refused when it is spent."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sync.sandbox.clock import Clock
from sync.sandbox.salesforce.errors import SalesforceError

CALLS_A_DAY = 250_000
BULK_JOBS_A_DAY = 10_000
BULK_BATCHES_A_DAY = 15_000
BULK_RESULT_MEGABYTES_A_DAY = 976_562
_HOURS = 24
_UNCOUNTED = {
    "DailyAsyncApexExecutions": 250_000,
    "DailyStreamingApiEvents": 100_000,
    "DataStorageMB": 10_240,
    "FileStorageMB": 10_240,
    "HourlyODataCallout": 1_000,
}


class Limits:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.calls_max = CALLS_A_DAY
        self._calls: Counter[int] = Counter()
        self._jobs: Counter[int] = Counter()
        self._batches: Counter[int] = Counter()

    def _hour(self) -> int:
        return int(self._clock.now().timestamp() // 3600)

    def _used(self, counter: Counter[int]) -> int:
        first = self._hour() - _HOURS + 1
        return sum(number for hour, number in counter.items() if hour >= first)

    def count_call(self) -> None:
        """Count a call; raises REQUEST_LIMIT_EXCEEDED when none is left."""
        if self._used(self._calls) >= self.calls_max:
            raise SalesforceError("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", status=403)
        self._calls[self._hour()] += 1

    def count_bulk_job(self) -> None:
        """Count a bulk query job; raises EXCEEDED_MAX_JOBS... as a limit error when none is left."""
        if self._used(self._jobs) >= BULK_JOBS_A_DAY:
            message = "DailyBulkV2QueryJobs Limit exceeded."
            raise SalesforceError("REQUEST_LIMIT_EXCEEDED", message, status=403)
        self._jobs[self._hour()] += 1

    def count_bulk_batches(self, number: int) -> None:
        """Count the batches of an ingest job; raises EXCEEDEDQUOTA when they are more than are left."""
        if self._used(self._batches) + number > BULK_BATCHES_A_DAY:
            message = "ExceededQuota : ApiBatchItems Limit exceeded."
            raise SalesforceError("EXCEEDEDQUOTA", message)
        self._batches[self._hour()] += number

    @property
    def calls_used(self) -> int:
        """How many calls were made in the last 24 hours."""
        return self._used(self._calls)

    def header(self) -> str:
        """The value of Sforce-Limit-Info."""
        return f"api-usage={self.calls_used}/{self.calls_max}"

    def listed(self) -> dict[str, Any]:
        """The body of /limits."""

        def entry(most: int, used: int) -> dict[str, int]:
            return {"Max": most, "Remaining": max(0, most - used)}

        return {
            "DailyApiRequests": entry(self.calls_max, self.calls_used),
            "DailyBulkApiBatches": entry(BULK_BATCHES_A_DAY, self._used(self._batches)),
            "DailyBulkV2QueryFileStorageMB": entry(BULK_RESULT_MEGABYTES_A_DAY, 0),
            "DailyBulkV2QueryJobs": entry(BULK_JOBS_A_DAY, self._used(self._jobs)),
            **{name: entry(most, 0) for name, most in _UNCOUNTED.items()},
        }

    def reset(self) -> None:
        self._calls.clear()
        self._jobs.clear()
        self._batches.clear()
        self.calls_max = CALLS_A_DAY
