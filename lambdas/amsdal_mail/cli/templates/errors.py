"""The errors of the commands of templates that a program may want to tell from others."""

from __future__ import annotations

from amsdal_mail.cli.errors import CommandError

__all__ = ["EngineError", "VersionConflictError"]


class EngineError(CommandError):
    """Node or one of its packages, which render templates, is missing."""


class VersionConflictError(CommandError):
    """Another command changed the version of a template meanwhile. Nothing is overwritten."""
