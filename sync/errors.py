"""Every error of the runner, grouped by how one reacts.

FieldlineError
├── UsageError            the command or a setting is wrong: correct it (exit 2)
├── StopSystemError       nothing more can be read from that system in this run
│   ├── SignInError       credentials are wrong or revoked: a person must act
│   ├── PermissionMissingError  the account may not do that: a person must act
│   ├── BudgetSpentError  the system's call allowance is used up: wait for its window to move
│   └── UnreachableError  no answer after all retries: the next run tries again
│       └── LostAnswerError  a write was sent and nothing tells whether it was carried out: look before repeating it
├── RejectedError         the system refused one request: that table fails, the others go on
│   └── NotFoundError     it says that there is no such thing
├── StalePlanError        a saved plan does not fit any more: make a new one (exit 3)
└── StoppedError          we were asked to stop: what was stored stays, the next run goes on from there
"""

from __future__ import annotations


class FieldlineError(Exception):
    """The base of all; `text` is one sentence of what happened, `advice` what to do about it."""

    code = "error"

    def __init__(self, text: str, advice: str = "") -> None:
        self.text, self.advice = text, advice
        super().__init__(f"{text} {advice}".strip())


class UsageError(FieldlineError):
    """A command, a file or a setting cannot be meant as it stands."""

    code = "usage"


class StopSystemError(FieldlineError):
    """The system cannot be read any further in this run."""

    code = "system_stopped"

    def __init__(self, system: str, text: str, advice: str = "") -> None:
        self.system = system
        super().__init__(text, advice)


class SignInError(StopSystemError):
    """The system does not accept our credentials."""

    code = "sign_in_refused"


class PermissionMissingError(StopSystemError):
    """The account that we sign in with may not do what is needed."""

    code = "permission_missing"


class BudgetSpentError(StopSystemError):
    """The system counts no more calls for now."""

    code = "budget_spent"


class UnreachableError(StopSystemError):
    """The system did not answer, or answered with faults, until the retries were used up."""

    code = "unreachable"


class LostAnswerError(UnreachableError):
    """A write was sent, and no answer tells whether the system carried it out."""

    code = "no_answer"


class RejectedError(FieldlineError):
    """The system refused one request for good; `status` is HTTP's, `remote_code` the system's own."""

    code = "rejected"

    def __init__(
        self, system: str, text: str, advice: str = "", *, status: int, remote_code: str = ""
    ) -> None:
        self.system, self.status, self.remote_code = system, status, remote_code
        super().__init__(text, advice)


class NotFoundError(RejectedError):
    """The system says that there is no such thing."""

    code = "not_found"


class StalePlanError(FieldlineError):
    """A saved plan is not there, or was made from another configuration; nothing was written."""

    code = "stale_plan"


class StoppedError(FieldlineError):
    """A stop was asked for between two steps."""

    code = "stopped"

    def __init__(self) -> None:
        super().__init__("Stopped on request; the next run goes on from here.")
