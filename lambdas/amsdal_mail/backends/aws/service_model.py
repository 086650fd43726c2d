"""Questions to the SDK's model of a service: which parameters the installed SDK knows."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

import botocore

from amsdal_mail.status import ConfigurationError

if TYPE_CHECKING:
    from botocore.model import ServiceModel, Shape

__all__ = ["FIRST_VERSIONS", "require_parameters", "supports_parameter"]

FIRST_VERSIONS = {
    "Attachments": "1.37.30",
    "ConfigurationOverrides": "1.43.76",
    "TemplateContent": "1.35.53",
    "TenantName": "1.40.0",
}
"""The first version of botocore that knows a parameter of SES, by the parameter's name.

The oldest SDK that the library supports knows all others that the library sends."""


@lru_cache(maxsize=1024)
def supports_parameter(model: ServiceModel, operation: str, path: str) -> bool:
    """Return whether the installed SDK knows a parameter.

    Args:
        model: the client's `meta.service_model`.
        operation: the name of the API, such as `SendEmail`.
        path: the parameter's path, such as `Content.Simple.Attachments`. A list stands for
            its entries: `BulkEmailEntries.Destination`.
    """
    if operation not in model.operation_names:
        return False
    shape: Shape | None = model.operation_model(operation).input_shape
    for name in path.split("."):
        shape = getattr(shape, "member", shape)  # of a list
        shape = getattr(shape, "members", {}).get(name)
    return shape is not None


def require_parameters(model: ServiceModel, operation: str, paths: Iterable[str]) -> None:
    """Check that the installed SDK knows the parameters, which FIRST_VERSIONS names.

    Raises:
        ConfigurationError: the SDK does not know one of them; the text names the version needed.
    """
    for path in paths:
        if not supports_parameter(model, operation, path):
            version = FIRST_VERSIONS[path.rpartition(".")[2]]
            raise ConfigurationError(
                f"{operation} needs botocore {version} or later for the parameter {path},"
                f" but botocore {botocore.__version__} is installed"
            )
