"""One line of the doctor's report."""

from dataclasses import dataclass
from enum import StrEnum


class CheckStatus(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True)
class CheckResult:
    """The subject of a check, its status and details, and what to do about it."""

    subject: str
    status: CheckStatus
    detail: str
    advice: str = ""


def ok(subject: str, detail: str) -> CheckResult:
    return CheckResult(subject, CheckStatus.OK, detail)


def warning(subject: str, detail: str, advice: str) -> CheckResult:
    return CheckResult(subject, CheckStatus.WARNING, detail, advice)


def failure(subject: str, detail: str, advice: str) -> CheckResult:
    return CheckResult(subject, CheckStatus.FAILURE, detail, advice)
