"""Requests are checked by the published service model."""

from __future__ import annotations

from typing import Any

import pytest

from local.ses.http.shapes import check


def simple(**more: Any) -> dict[str, Any]:
    body = {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}
    return {"Content": {"Simple": {**body, **more}}}


def header(name: str, value: str) -> dict[str, Any]:
    return simple(Headers=[{"Name": name, "Value": value}])


def failure(path: str, rule: str, value: str | None = None) -> str:
    shown = f"Value '{value}'" if value is not None else "Value"
    return (
        f"1 validation error detected: {shown} at '{path}' failed to satisfy constraint: "
        f"Member must {rule}"
    )


HEADER = "content.simple.headers"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param({}, failure("content", "not be null"), id="no content"),
        pytest.param(
            simple(Headers=[{"Name": f"X-{n}", "Value": "v"} for n in range(16)]),
            failure(HEADER, "have length less than or equal to 15"),
            id="16 headers",
        ),
        pytest.param(
            header("X A", "v"),
            failure(
                f"{HEADER}.1.member.name",
                "satisfy regular expression pattern: ^[!-9;-@A-~]+$",
                "X A",
            ),
            id="space in header name",
        ),
        pytest.param(
            header("X" * 127, "v"),
            failure(f"{HEADER}.1.member.name", "have length less than or equal to 126", "X" * 127),
            id="long header name",
        ),
        pytest.param(
            header("X", "v" * 996),
            failure(f"{HEADER}.1.member.value", "have length less than or equal to 995", "v" * 996),
            id="long header value",
        ),
        pytest.param(
            header("X", "ü"),
            failure(f"{HEADER}.1.member.value", "satisfy regular expression pattern: [ -~]*", "ü"),
            id="non-ASCII header value",
        ),
        pytest.param(header("", "v"), "Empty header names are illegal.", id="empty header name"),
    ],
)
def test_broken_constraint_has_the_text_of_aws(body: dict[str, Any], message: str) -> None:
    error = check("SendEmail", body)

    assert error is not None
    assert (error.code, error.message) == ("BadRequestException", message)


def test_value_of_a_wrong_type_is_a_serialization_exception() -> None:
    error = check("SendEmail", {"Content": "text"})

    assert error is not None
    assert (error.status, error.code) == (400, "SerializationException")


def test_fields_the_model_does_not_know_are_ignored() -> None:
    assert check("SendEmail", {**simple(), "SomethingNew": 1}) is None


def test_header_value_of_995_characters_is_valid() -> None:
    assert check("SendEmail", header("X", "v" * 995)) is None
