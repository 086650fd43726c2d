"""Tracking of opens and clicks for one message, where the installed SDK can ask SES for it."""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import botocore

from amsdal_mail.backends.aws.service_model import FIRST_VERSIONS, supports_parameter
from amsdal_mail.status import ConfigurationError

if TYPE_CHECKING:
    from botocore.model import ServiceModel

    from amsdal_mail.message.email import EmailMessage

__all__ = ["log_ignored_tracking", "tracking_overrides"]

LOGGER = logging.getLogger(__name__)
TRACKING_FIELDS = {
    "track_opens": "OpenTrackingEnabled",
    "track_clicks": "ClickTrackingEnabled",
}
NEEDED = (
    f"botocore {FIRST_VERSIONS['ConfigurationOverrides']} or later, which the extra"
    f" ses-current has, but botocore {botocore.__version__} is installed"
)


def tracking_overrides(message: EmailMessage, model: ServiceModel) -> dict[str, Any]:
    """Return the parameter of SendEmail and of SendBulkEmail for the tracking of the message.

    There is none when the configuration set decides, or when the SDK does not know the parameter.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_ConfigurationOverrides.html

    Raises:
        ConfigurationError: the message is sensitive, and the SDK does not know the parameter. SES
            might rewrite a secret link.
    """
    chosen = _chosen(message)
    if not chosen:
        return {}
    if _is_supported(message, model):
        tracking = {
            TRACKING_FIELDS[field]: "ENABLED" if is_on else "DISABLED"
            for field, is_on in chosen.items()
        }
        return {"ConfigurationOverrides": {"Tracking": tracking}}
    if message.sensitive:
        raise ConfigurationError(f"sensitive, which switches tracking off, needs {NEEDED}")
    return {}


def log_ignored_tracking(message: EmailMessage, model: ServiceModel) -> None:
    """Log, once in a process, that the SDK is too old for the tracking of a message."""
    if _chosen(message) and not message.sensitive and not _is_supported(message, model):
        _log_once()


@lru_cache(maxsize=1)
def _log_once() -> None:
    LOGGER.warning(
        "track_opens and track_clicks are not used, and the configuration set decides:"
        " they need %s",
        NEEDED,
    )


def _chosen(message: EmailMessage) -> dict[str, bool]:
    """Return the fields that the message decides, each with its choice."""
    if message.sensitive:
        return dict.fromkeys(TRACKING_FIELDS, False)
    choices = {"track_opens": message.track_opens, "track_clicks": message.track_clicks}
    return {field: is_on for field, is_on in choices.items() if is_on is not None}


def _is_supported(message: EmailMessage, model: ServiceModel) -> bool:
    operation = "SendBulkEmail" if message.is_personalized else "SendEmail"
    return all(
        supports_parameter(model, operation, f"ConfigurationOverrides.Tracking.{parameter}")
        for parameter in TRACKING_FIELDS.values()
    )
