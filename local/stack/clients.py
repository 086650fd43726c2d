"""boto3 clients of the local AWS."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config

from local.stack.environment import ACCESS_KEY, REGION, SECRET_KEY

__all__ = ["client"]


def client(service: str, endpoint: str) -> Any:
    """Return a client of `service` at `endpoint`. AWS settings of the environment do not count."""
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        config=Config(retries={"total_max_attempts": 2}, connect_timeout=5, read_timeout=30),
    )
