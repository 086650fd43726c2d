"""The AWS clients of the functions, made by botocore alone."""

from __future__ import annotations

from typing import Any

from botocore.config import Config
from botocore.session import Session

__all__ = ["CLIENT_CONFIG", "ClientSession"]

CLIENT_CONFIG: dict[str, Any] = {
    "connect_timeout": 2,
    "read_timeout": 5,
    "retries": {"mode": "standard", "total_max_attempts": 3},
}
"""For botocore's Config. An outage then fails a record before the function's own timeout."""


class ClientSession:
    """Makes the clients that a boto3 Session makes, for one region and one set of credentials.

    boto3 also loads s3transfer and multiprocessing, which take a tenth of a bare function's start.
    """

    def __init__(self) -> None:
        self._session = Session()

    @property
    def region_name(self) -> str | None:
        """The region of the function."""
        region: str | None = self._session.get_config_variable("region")
        return region

    def client(self, service_name: str, *, config: Config | None = None, **options: Any) -> Any:
        """Return a new client: that of `CLIENT_CONFIG` without a `config`."""
        config = config or Config(**CLIENT_CONFIG)
        return self._session.create_client(service_name, config=config, **options)
