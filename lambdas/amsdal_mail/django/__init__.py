"""Django's email backend: `EMAIL_BACKEND = "amsdal_mail.django.EmailBackend"`."""

from __future__ import annotations

from amsdal_mail.django.backend import EmailBackend

__all__ = ["EmailBackend"]
