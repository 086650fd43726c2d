"""The preview fills templates, headers and values as SES does."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from amsdal_mail import EmailMessage
from amsdal_mail.backends.preview import render

VALUES: dict[str, tuple[str, dict[str, Any], str]] = {
    "path": ("{{a.b.c}}", {"a": {"b": {"c": "x"}}}, "x"),
    "spaces and three braces": ("{{ a }} {{{ b.c }}}", {"a": "x", "b": {"c": "y"}}, "x y"),
    "number": ("{{a}}", {"a": 1.5}, "1.5"),
    "false": ("{{a}}", {"a": False}, "false"),
    "list": ("{{a}}", {"a": ["ü", 1]}, '["ü", 1]'),
}


@pytest.mark.parametrize(("template", "values", "filled"), VALUES.values(), ids=VALUES)
def test_placeholder_is_filled(template: str, values: dict[str, Any], filled: str) -> None:
    message = EmailMessage(
        subject=template,
        body=template,
        from_email="a@x.io",
        to=["b@x.io"],
        merge_global_data=values,
    )

    (mime,) = render(message)

    rendered = message_from_bytes(mime, policy=default)
    assert rendered["Subject"] == filled
    assert rendered.get_content().strip() == filled


def test_recipient_has_headers_of_its_own() -> None:
    message = EmailMessage(
        subject="s",
        body="b",
        from_email="a@x.io",
        to=["b@x.io", "C <c@x.io>"],
        headers={"X-A": "all", "X-B": "all"},
        merge_headers={"c@x.io": {"x-a": "c's"}},
    )

    first, second = (message_from_bytes(mime, policy=default) for mime in render(message))

    assert (first["X-A"], first["X-B"]) == ("all", "all")
    assert second.get_all("X-A") == ["c's"]
    assert second["X-B"] == "all"
