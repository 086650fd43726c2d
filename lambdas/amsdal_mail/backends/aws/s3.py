"""The S3 client of a connection: made at its first use, because most connections need none."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from typing import Any

from amsdal_mail.backends.aws.clients import new_client
from amsdal_mail.backends.aws.options import AWSOptions

__all__ = ["S3Connection"]

ATTEMPTS = 2
"""How often the SDK tries a call. Each of ours may be repeated: it reads, or puts a new object."""


class S3Connection:
    """An S3 client with the options of another connection. Thread-safe.

    The `endpoint_url` of the other is for its service only: an endpoint of S3 is in the environment
    (AWS_ENDPOINT_URL_S3) or in the profile.
    """

    def __init__(self, options: AWSOptions) -> None:
        self._options = replace(options, endpoint_url=None)
        self._lock = threading.Lock()
        self._client: Any = None
        self._pid = 0

    def client(self) -> Any:
        """Return the boto3 client, which is made again in a forked process.

        Raises:
            ConfigurationError: the environment or a profile is wrong.
        """
        with self._lock:
            if self._client is None or self._pid != os.getpid():
                retries = {"total_max_attempts": ATTEMPTS, "mode": "standard"}
                config = {**self._options.client_config(), "retries": retries}
                self._client, self._pid = new_client("s3", self._options, config), os.getpid()
            return self._client
