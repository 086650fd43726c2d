"""Questions to the SDK's model of a service: which parameters the installed SDK knows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import botocore

from amsdal_mail.status import ConfigurationError

if TYPE_CHECKING:
    from botocore.model import ServiceModel, Shape

__all__ = ["require_parameters", "supports_parameter"]

FIRST_VERSIONS = {
    "Attachments": "1.37.30",
    "ConfigurationOverrides.Tracking": "1.43.76",
    "TemplateContent": "1.35.53",
    "TenantName": "1.40.0",
}
"""The first version of botocore that knows a parameter, by the end of the parameter's path."""


def supports_parameter(model: ServiceModel, operation: str, path: str) -> bool:
    """Return whether the installed SDK knows a parameter.

    Args:
        model: the client's `meta.service_model`.
        operation: the name of the API, such as `SendEmail`.
        path: the parameter's path, such as `Content.Simple.Attachments`. A list stands for
            its entries: `BulkEmailEntries.Destination`.
    """
    shape: Shape | None = model.operation_model(operation).input_shape
    for name in path.split("."):
        shape = getattr(shape, "member", shape)  # of a list
        shape = getattr(shape, "members", {}).get(name)
    return shape is not None


def require_parameters(model: ServiceModel, operation: str, paths: Iterable[str]) -> None:
    """Check that the installed SDK knows the parameters.

    Raises:
        ConfigurationError: the SDK does not know one of them; the text names the version needed.
    """
    for path in paths:
        if not supports_parameter(model, operation, path):
            raise ConfigurationError(
                f"{operation} needs {_needed_version(path)} for the parameter {path},"
                f" but botocore {botocore.__version__} is installed"
            )


def _needed_version(path: str) -> str:
    for name, version in FIRST_VERSIONS.items():
        if path == name or path.endswith(f".{name}"):
            return f"botocore {version} or later"
    return "a later botocore"
