"""Errors of SES as the SDK raises them, and the SDK's own model of SES."""

from __future__ import annotations

from typing import Any

import botocore.session
from botocore.exceptions import ClientError

__all__ = ["SES_MODEL", "client_error"]

SES_MODEL: Any = botocore.session.get_session().get_service_model("sesv2")


def client_error(code: str, text: str | None = None, status: int = 400) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": text},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, "SendEmail")
