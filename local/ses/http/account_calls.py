"""The calls of the account and of its identities."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from local.ses.errors import RefusedError, already_exists, not_found
from local.ses.http.paging import page
from local.ses.sending import account_checks
from local.ses.sending.identities import VERIFIED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from local.ses.messages import Json
    from local.ses.sending.simulator import Simulator

__all__ = ["CALLS"]

UNLIMITED_QUOTA = -1.0
UNLIMITED_RATE = 100_000.0
"""SES writes -1 for a quota without a limit, and has no such value for a rate.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendQuota.html
"""


async def get_account(ses: Simulator, _request: Request, _body: Json) -> Json:
    """GetAccount."""
    rate = account_checks.max_send_rate(ses.switches)
    quota = account_checks.max_24_hour_send(ses.switches)
    is_paused = ses.switches.paused.account is not None
    return {
        "DedicatedIpAutoWarmupEnabled": False,
        "EnforcementStatus": _enforcement(ses, is_paused),
        "PricingAttributes": {"CurrentPlan": ses.switches.plan},
        "ProductionAccessEnabled": not ses.switches.sandbox,
        "SendingEnabled": ses.account.sending_enabled and not is_paused,
        "SendQuota": {
            "Max24HourSend": UNLIMITED_QUOTA if quota is None else float(quota),
            "MaxSendRate": UNLIMITED_RATE if rate is None else rate,
            "SentLast24Hours": float(ses.account.quota.used(ses.now())),
        },
        "SuppressionAttributes": {"SuppressedReasons": sorted(ses.account.suppressed_reasons)},
    }


async def put_sending(ses: Simulator, _request: Request, body: Json) -> Json:
    """PutAccountSendingAttributes."""
    ses.account.sending_enabled = bool(body.get("SendingEnabled", False))
    return {}


async def put_suppression(ses: Simulator, _request: Request, body: Json) -> Json:
    """PutAccountSuppressionAttributes."""
    ses.account.suppressed_reasons = frozenset(body.get("SuppressedReasons") or ())
    return {}


async def create_identity(ses: Simulator, _request: Request, body: Json) -> Json:
    """CreateEmailIdentity. The identity is verified at once."""
    name = body["EmailIdentity"]
    if name in ses.account.identities:
        raise RefusedError(already_exists(f"Email identity {name} already exist."))
    ses.account.identities |= {name}
    _set_default(ses, name, body.get("ConfigurationSetName"))
    created = _identity(ses, name, VERIFIED).items()
    return {key: value for key, value in created if key in CREATED_FIELDS}


async def get_identity(ses: Simulator, request: Request, _body: Json) -> Json:
    """GetEmailIdentity, for identities of the simulator and of the local AWS."""
    name, status = await _named(ses, request)
    default = ses.account.default_sets.get(name)
    set_here = ses.account.mail_from.get(name)
    mail_from = await ses.aws.mail_from(name) if set_here is None else set_here
    return {
        **_identity(ses, name, status),
        **_mail_from(ses, name, status, mail_from),
        **({"ConfigurationSetName": default} if default else {}),
    }


async def put_mail_from(ses: Simulator, request: Request, body: Json) -> Json:
    """PutEmailIdentityMailFromAttributes. Without a domain, SES sends from its own again."""
    name, _status = await _named(ses, request)
    ses.account.mail_from[name] = {key: str(value) for key, value in body.items() if value}
    return {}


async def put_dkim(ses: Simulator, request: Request, body: Json) -> Json:
    """PutEmailIdentityDkimAttributes."""
    name, _status = await _named(ses, request)
    if body.get("SigningEnabled"):
        ses.account.unsigned -= {name}
    else:
        ses.account.unsigned |= {name}
    return {}


async def put_default_set(ses: Simulator, request: Request, body: Json) -> Json:
    """PutEmailIdentityConfigurationSetAttributes. Without a name, the default is removed."""
    name, _status = await _named(ses, request)
    _set_default(ses, name, body.get("ConfigurationSetName"))
    return {}


async def delete_identity(ses: Simulator, request: Request, _body: Json) -> Json:
    """DeleteEmailIdentity, for identities of the simulator."""
    name = request.path_params["name"]
    if name not in ses.account.identities:
        raise _missing(name)
    ses.account.identities -= {name}
    ses.account.unsigned -= {name}
    ses.account.mail_from.pop(name, None)
    _set_default(ses, name, None)
    return {}


async def list_identities(ses: Simulator, request: Request, body: Json) -> Json:
    """ListEmailIdentities, with identities of the simulator and of the local AWS."""
    rows = [
        {
            "IdentityType": _type(name),
            "IdentityName": name,
            "SendingEnabled": status == VERIFIED,
            "VerificationStatus": status,
        }
        for name, status in sorted((await ses.identities()).items())
    ]
    filters = body.get("Filter") or {}
    rows = [row for row in rows if _matches(row, filters)]
    return page(rows, "EmailIdentities", request, body)


CALLS = (
    ("GET", "/account", "GetAccount", get_account),
    ("PUT", "/account/sending", "PutAccountSendingAttributes", put_sending),
    ("PUT", "/account/suppression", "PutAccountSuppressionAttributes", put_suppression),
    ("POST", "/identities", "CreateEmailIdentity", create_identity),
    # The SDK lists identities by GET in botocore 1.40 and by POST in 1.43.
    ("GET", "/identities", "ListEmailIdentities", list_identities),
    ("POST", "/list-identities", "ListEmailIdentities", list_identities),
    ("GET", "/identities/{name}", "GetEmailIdentity", get_identity),
    ("DELETE", "/identities/{name}", "DeleteEmailIdentity", delete_identity),
    ("PUT", "/identities/{name}/mail-from", "PutEmailIdentityMailFromAttributes", put_mail_from),
    ("PUT", "/identities/{name}/dkim", "PutEmailIdentityDkimAttributes", put_dkim),
    (
        "PUT",
        "/identities/{name}/configuration-set",
        "PutEmailIdentityConfigurationSetAttributes",
        put_default_set,
    ),
)
MAIL_FROM_STATUSES = ("SUCCESS", "PENDING", "FAILED", "TEMPORARY_FAILURE")
CREATED_FIELDS = frozenset({"IdentityType", "VerifiedForSendingStatus", "DkimAttributes"})


def _set_default(ses: Simulator, identity: str, name: str | None) -> None:
    if name:
        ses.account.default_sets[identity] = name
    else:
        ses.account.default_sets.pop(identity, None)


def _matches(row: Json, filters: Mapping[str, str]) -> bool:
    name = filters.get("IDENTITY_NAME_CONTAINS", "")
    kind = filters.get("IDENTITY_TYPE", row["IdentityType"])
    status = filters.get("VERIFICATION_STATUS", row["VerificationStatus"])
    is_same_kind = (row["IdentityType"], row["VerificationStatus"]) == (kind, status)
    return name in row["IdentityName"] and is_same_kind


async def _named(ses: Simulator, request: Request) -> tuple[str, str]:
    """Return an identity and its status."""
    name: str = request.path_params["name"]
    status = (await ses.identities()).get(name)
    if status is None:
        raise _missing(name)
    return name, status


def _missing(name: str) -> RefusedError:
    return RefusedError(not_found(f"Email identity {name} does not exist."))


def _type(name: str) -> str:
    return "EMAIL_ADDRESS" if "@" in name else "DOMAIN"


def _enforcement(ses: Simulator, is_paused: bool) -> str:
    if is_paused:
        return "SHUTDOWN"
    return "PROBATION" if ses.switches.review else "HEALTHY"


def _dkim(ses: Simulator, name: str, status: str) -> Json:
    """Return the DKIM attributes: Easy DKIM for a domain, none for an address."""
    if "@" in name:
        return {"SigningEnabled": False, "Status": "NOT_STARTED"}
    return {
        "SigningEnabled": name not in ses.account.unsigned,
        "Status": ses.switches.dkim.get(name, status),
        "Tokens": [_token(name, number) for number in range(3)],
        "SigningAttributesOrigin": "AWS_SES",
        "CurrentSigningKeyLength": "RSA_2048_BIT",
        "NextSigningKeyLength": "RSA_2048_BIT",
    }


def _token(name: str, number: int) -> str:
    """Return one of the tokens of a domain. The same domain has the same ones in each run."""
    digest = hashlib.sha256(f"{name} {number}".encode()).digest()
    return base64.b32encode(digest)[:32].decode().lower()


def _mail_from(ses: Simulator, name: str, status: str, given: Mapping[str, str]) -> Json:
    if not given.get("MailFromDomain"):
        return {}
    default = status if status in MAIL_FROM_STATUSES else "PENDING"
    attributes = {
        "MailFromDomain": given["MailFromDomain"],
        "MailFromDomainStatus": ses.switches.mail_from.get(name, default),
        "BehaviorOnMxFailure": given.get("BehaviorOnMxFailure", "USE_DEFAULT_VALUE"),
    }
    return {"MailFromAttributes": attributes}


def _identity(ses: Simulator, name: str, status: str) -> Json:
    return {
        "IdentityType": _type(name),
        "FeedbackForwardingStatus": True,
        "VerifiedForSendingStatus": status == VERIFIED,
        "VerificationStatus": status,
        "DkimAttributes": _dkim(ses, name, status),
        "Policies": {},
        "Tags": [],
    }
