"""Django with this library's backend. The tests are run by `make test-django` only."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

DJANGO_SOURCE = os.environ.get("DJANGO_SOURCE", "")
"""The folder of Django's source distribution, which has Django's own tests."""

RESET_TEMPLATES = {
    "registration/password_reset_email.html": (
        "{{ protocol }}://{{ domain }}{% url 'password_reset_confirm' uidb64=uid token=token %}"
    )
}

# The environment of all other tests has no Django.
collect_ignore_glob = [] if find_spec("django") else ["test_*.py"]

if not collect_ignore_glob:
    import django
    from django.conf import settings

    settings.configure(
        EMAIL_BACKEND="amsdal_mail.django.EmailBackend",
        AMSDAL_MAIL={"BACKEND": "memory"},
        DEFAULT_FROM_EMAIL="webmaster@example.com",
        SECRET_KEY="tests",
        TIME_ZONE="Europe/Vienna",
        USE_TZ=True,
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        ROOT_URLCONF="tests.django.urls",
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "OPTIONS": {
                    "loaders": [
                        ("django.template.loaders.locmem.Loader", RESET_TEMPLATES),
                        "django.template.loaders.app_directories.Loader",
                    ]
                },
            }
        ],
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    )
    django.setup()
    if DJANGO_SOURCE:
        sys.path.append(str(Path(DJANGO_SOURCE) / "tests"))


@pytest.fixture(autouse=True)
def _empty_outbox() -> Iterator[None]:
    from amsdal_mail.backends.memory import outbox

    outbox.clear()
    yield
    outbox.clear()


@pytest.fixture
def client_of_user() -> Iterator[object]:
    """The test client of Django, with a user whose address is anna@example.org."""
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.test import Client, override_settings

    call_command("migrate", run_syncdb=True, verbosity=0)
    User.objects.create_user("anna", "anna@example.org", "secret")
    with override_settings(ALLOWED_HOSTS=["testserver"]):
        yield Client()
