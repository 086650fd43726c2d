"""The errors of the commands of templates. Each says what to do."""

from __future__ import annotations

__all__ = ["EngineError", "TemplateError", "VersionConflictError"]


class TemplateError(Exception):
    """A command of templates could not do its work. `cure` says what to do."""

    def __init__(self, message: str, cure: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.cure = cure


class EngineError(TemplateError):
    """Node or one of its packages, which render templates, is missing."""


class VersionConflictError(TemplateError):
    """Another command changed the version of a template meanwhile. Nothing is overwritten."""
