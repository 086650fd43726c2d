"""The doctor: what is wrong with a stage, and what to do about it."""

from __future__ import annotations

from amsdal_mail.cli.doctor.findings import Finding, Status
from amsdal_mail.cli.doctor.run import CHECKS, diagnose

__all__ = ["CHECKS", "Finding", "Status", "diagnose"]
