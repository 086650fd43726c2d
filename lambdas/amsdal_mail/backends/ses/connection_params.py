"""Parameters that each request of a connection has: return path, identity, tenant, endpoint."""

from __future__ import annotations

import re

from amsdal_mail.addresses import parse_address
from amsdal_mail.status import ConfigurationError

__all__ = ["connection_params"]

IDENTITY_ARN = re.compile(r"arn:aws[a-z-]*:ses:[a-z0-9-]+:[0-9]{12}:identity/[!-~]+")
TENANT_NAME = re.compile("[A-Za-z0-9_-]{1,64}")
ENDPOINT_ID = re.compile("[!-~]+")


def connection_params(
    *,
    return_path: str | None,
    from_identity_arn: str | None,
    tenant: str | None,
    endpoint_id: str | None,
) -> dict[str, str]:
    """Return the parameters of SendEmail and SendBulkEmail that these options stand for.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html

    Raises:
        ConfigurationError: the value of an option cannot be right.
    """
    params: dict[str, str] = {}
    if return_path is not None:
        params["FeedbackForwardingEmailAddress"] = _bare_address(return_path)
    if from_identity_arn is not None:
        rule = (
            "the ARN of an SES identity, such as arn:aws:ses:eu-west-1:123456789012:identity/x.io"
        )
        _check("from_identity_arn", IDENTITY_ARN, from_identity_arn, rule)
        params["FromEmailAddressIdentityArn"] = from_identity_arn
    if tenant is not None:
        _check("tenant", TENANT_NAME, tenant, "1 to 64 letters, digits, - and _")
        params["TenantName"] = tenant
    if endpoint_id is not None:
        _check("endpoint_id", ENDPOINT_ID, endpoint_id, "the id of a multi-region endpoint")
        params["EndpointId"] = endpoint_id
    return params


def _bare_address(value: str) -> str:
    rule = f"return_path must be a bare address such as bounces@example.com, got {value!r}"
    try:
        address = parse_address(value)
    except (ValueError, TypeError) as error:
        raise ConfigurationError(rule) from error
    if address.mailbox != address.addr_spec:
        raise ConfigurationError(rule)
    return address.addr_spec


def _check(option: str, pattern: re.Pattern[str], value: object, rule: str) -> None:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ConfigurationError(f"{option} must be {rule}, got {value!r}")
