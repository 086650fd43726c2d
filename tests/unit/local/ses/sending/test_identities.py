"""Which sender an identity covers, and which error another sender gets."""

from __future__ import annotations

import pytest

from local.ses.errors import Refusal
from local.ses.sending import identities
from local.ses.sending.acceptance import Caller

KNOWN = {"example.com": "SUCCESS", "b@other.org": "SUCCESS", "waiting.org": "PENDING"}
DEVELOPER = Caller("SendEmail", identity="test")
FUNCTION = Caller("SendEmail", identity="000000000000")


@pytest.mark.parametrize(
    ("address", "covers"),
    [
        ("a@example.com", ["example.com"]),
        ("a@mail.EXAMPLE.com", ["example.com"]),
        ("b@Other.org", ["b@other.org"]),
        ("B@other.org", []),
        ("c@other.org", []),
        ("a@notexample.com", []),
        ("a@com", []),
    ],
)
def test_an_identity_covers_its_address_or_all_below_its_domain(
    address: str, covers: list[str]
) -> None:
    assert identities.covering(address, KNOWN) == covers


def test_error_lists_unverified_identities_and_the_region() -> None:
    error = identities.check_verified(["A <a@x.org>", "b@waiting.org"], KNOWN, "us-west-2")

    assert error is not None
    assert (error.status, error.code) == (400, "MessageRejected")
    assert error.message == (
        "Email address is not verified. The following identities failed the check in region "
        "US-WEST-2: A <a@x.org>, b@waiting.org"
    )


@pytest.mark.parametrize("address", ["a@example.com", "bounce+1@Simulator.amazonses.com"])
def test_a_verified_address_passes(address: str) -> None:
    assert identities.check_verified([address], KNOWN, "us-west-2") is None


@pytest.mark.parametrize(
    ("pending", "verified"),
    [("ann@example.com", "example.com"), ("example.com", "ann@example.com")],
    ids=["verified domain", "verified address"],
)
def test_one_verified_identity_is_enough(pending: str, verified: str) -> None:
    statuses = {pending: "PENDING", verified: "SUCCESS"}

    assert identities.check_verified(["ann@example.com"], statuses, "r") is None


@pytest.mark.parametrize("key", ["000000000000", "ASIA0123456789ABCDEF"])
def test_a_role_is_denied_a_sender_below_no_identity(key: str) -> None:
    function = Caller("SendEmail", identity=key, action="ses:SendRawEmail")

    error = identities.check_permission("A <a@x.org>", KNOWN, function, "000000000000", "eu-west-1")

    assert error == Refusal(
        403,
        "AccessDeniedException",
        "User `arn:aws:sts::000000000000:assumed-role/local/function' is not authorized to perform "
        "`ses:SendRawEmail' on resource `arn:aws:ses:eu-west-1:000000000000:identity/a@x.org'",
    )


@pytest.mark.parametrize(
    ("address", "caller"),
    [("a@x.org", DEVELOPER), ("a@example.com", FUNCTION), ("a@waiting.org", FUNCTION)],
    ids=["key without a policy", "verified identity", "pending identity"],
)
def test_permission_is_granted(address: str, caller: Caller) -> None:
    assert identities.check_permission(address, KNOWN, caller, "000000000000", "r") is None
