"""Options of one SES call that a message may set, in place of those of its connection.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator

from amsdal_mail.addresses import parse_address
from amsdal_mail.message.inputs import TextLike

__all__ = [
    "SES_PARAMETERS",
    "ConfigurationSet",
    "EndpointId",
    "IdentityArn",
    "ReturnPath",
    "Tenant",
]

SES_PARAMETERS = {
    "configuration_set": "ConfigurationSetName",
    "return_path": "FeedbackForwardingEmailAddress",
    "from_identity_arn": "FromEmailAddressIdentityArn",
    "tenant": "TenantName",
    "endpoint_id": "EndpointId",
}
"""The parameter of SendEmail and of SendBulkEmail for each field."""


def _check(pattern: str, rule: str) -> Callable[[str], str]:
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(f"must be {rule}")
        return text

    return check


def _bare_address(text: str) -> str:
    address = parse_address(text)
    if address.mailbox != address.addr_spec:
        raise ValueError("must be a bare address such as bounces@example.com")
    return address.addr_spec


_names = _check("[A-Za-z0-9_-]{1,64}", "1 to 64 letters, digits, - and _")
_arn = _check(r"arn:aws[a-z-]*:ses:[a-z0-9-]+:\d{12}:identity/\S+", "the ARN of an SES identity")
_endpoint = _check(r"[A-Za-z0-9.-]+", "the id of a multi-region endpoint")

ConfigurationSet = Annotated[str, TextLike(), AfterValidator(_names)]
ReturnPath = Annotated[str, TextLike(), AfterValidator(_bare_address)]
IdentityArn = Annotated[str, TextLike(), AfterValidator(_arn)]
Tenant = Annotated[str, TextLike(), AfterValidator(_names)]
EndpointId = Annotated[str, TextLike(), AfterValidator(_endpoint)]
