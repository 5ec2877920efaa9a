"""One line of the doctor's report."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True)
class Finding:
    """What was looked at, how it is, and what to do about it."""

    subject: str
    status: Status
    detail: str
    advice: str = ""


def ok(subject: str, detail: str) -> Finding:
    return Finding(subject, Status.OK, detail)


def warning(subject: str, detail: str, advice: str) -> Finding:
    return Finding(subject, Status.WARNING, detail, advice)


def failure(subject: str, detail: str, advice: str) -> Finding:
    return Finding(subject, Status.FAILURE, detail, advice)
