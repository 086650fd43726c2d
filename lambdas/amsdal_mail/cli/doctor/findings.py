"""Finding: the result of one check."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Finding", "NotCheckedError", "Status", "fail", "ok", "skip", "warn"]


class Status(StrEnum):
    """How a check ended. Only `fail` is a fault for the exit code."""

    OK = "ok"
    WARN = "warn"
    """Something to look at, or a check that could not be made."""
    FAIL = "fail"
    SKIP = "skip"
    """Nothing to check here: the local AWS has no such thing, or there is no checkout."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found, and what to do about it: a command, a DNS record, a setting."""

    check: str
    status: Status
    message: str
    cure: str = ""


class NotCheckedError(Exception):
    """A check has nothing to look at here. The text says why."""


def ok(message: str) -> Finding:
    """Return a finding without a fault. The runner names the check."""
    return Finding("", Status.OK, message)


def warn(message: str, cure: str = "") -> Finding:
    """Return a finding that is worth a look."""
    return Finding("", Status.WARN, message, cure)


def fail(message: str, cure: str) -> Finding:
    """Return a fault, with its cure."""
    return Finding("", Status.FAIL, message, cure)


def skip(message: str) -> Finding:
    """Return a finding of a check that has nothing to look at here."""
    return Finding("", Status.SKIP, message)
