"""Questions to the SDK's model of a service: which parameters the installed SDK knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import botocore

from amsdal_mail.status import ConfigurationError

if TYPE_CHECKING:
    from botocore.model import ServiceModel, Shape

__all__ = ["parameter_paths", "require_parameters", "supports_parameter"]

FIRST_VERSIONS = {
    "Attachments": "1.37.30",
    "ConfigurationOverrides.Tracking": "1.43.76",
    "TemplateContent": "1.35.53",
    "TenantName": "1.40.0",
}
"""The first version of botocore that knows a parameter, by the end of the parameter's path."""


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
    """Check that the installed SDK knows the parameters.

    Raises:
        ConfigurationError: the SDK does not know one of them; the text names the version needed.
    """
    for path in sorted(paths):  # a parameter comes before its own members
        if not supports_parameter(model, operation, path):
            raise ConfigurationError(
                f"{operation} needs {_needed_version(path)} for the parameter {path},"
                f" but botocore {botocore.__version__} is installed"
            )


def parameter_paths(params: Mapping[str, Any]) -> set[str]:
    """Return the path of each parameter. The entries of a list share their paths."""
    paths: set[str] = set()
    _add_paths(params, "", paths)
    return paths


def _add_paths(value: object, prefix: str, paths: set[str]) -> None:
    if isinstance(value, Mapping):
        for name, member in value.items():
            path = f"{prefix}{name}"
            paths.add(path)
            _add_paths(member, f"{path}.", paths)
    elif isinstance(value, list | tuple):
        for entry in value:
            if not isinstance(entry, str):
                _add_paths(entry, prefix, paths)


def _needed_version(path: str) -> str:
    for name, version in FIRST_VERSIONS.items():
        if path == name or path.endswith(f".{name}"):
            return f"botocore {version} or later"
    return "a later botocore"
