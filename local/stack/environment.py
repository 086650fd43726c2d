"""Environment variables that lead AWS programs to the local AWS, never to a real account."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["ACCESS_KEY", "ACCOUNT", "REGION", "SECRET_KEY", "for_cdk", "for_local_aws", "trusting"]

REGION = "us-east-1"
ACCOUNT = "000000000000"
ACCESS_KEY = "test"
SECRET_KEY = "test"  # noqa: S105 - MiniStack accepts any key
CERTIFICATE_VARIABLES = ("AWS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")
"""Where boto3, Python and Node look for certificates to trust."""


@contextmanager
def trusting(certificate: Path) -> Iterator[None]:
    """Let this process and its children trust only this certificate, within the block."""
    previous = {name: os.environ.get(name) for name in CERTIFICATE_VARIABLES}
    os.environ.update(dict.fromkeys(CERTIFICATE_VARIABLES, str(certificate)))
    try:
        yield
    finally:
        for name, value in previous.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def for_local_aws(inherited: Mapping[str, str], endpoint: str) -> dict[str, str]:
    """Return `inherited` with each AWS_ variable replaced by those of the local AWS.

    The config files are replaced too: a profile, a session token or an endpoint of the developer
    would otherwise lead a command to a real account.
    """
    kept = {
        name: value
        for name, value in inherited.items()
        if not name.startswith("AWS_") or name in CERTIFICATE_VARIABLES
    }
    return kept | {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ENDPOINT_URL_S3": endpoint,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def for_cdk(inherited: Mapping[str, str], endpoint: str) -> dict[str, str]:
    """Return the environment of the CDK: this Python is first in PATH, and notices are off."""
    python_dir = str(Path(sys.executable).parent)
    return for_local_aws(inherited, endpoint) | {
        "PATH": os.pathsep.join([python_dir, inherited.get("PATH", os.defpath)]),
        "CI": "true",
        "NO_COLOR": "1",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED": "true",
    }
