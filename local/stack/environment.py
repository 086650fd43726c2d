"""The AWS settings of whatever talks to the local AWS: this endpoint and nobody's real account."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

REGION = "us-east-1"
ACCOUNT = "000000000000"
ACCESS_KEY = "test"
SECRET_KEY = "test"  # noqa: S105 - MiniStack takes any
# Where boto3, Python and Node look for certificates to trust.
TRUST = ("AWS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")


@contextmanager
def trusting(certificate: Path) -> Iterator[None]:
    """Let this process and its children trust the certificate, in the block and alone."""
    before = {name: os.environ.get(name) for name in TRUST}
    os.environ.update(dict.fromkeys(TRUST, str(certificate)))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def for_local_aws(inherited: Mapping[str, str], endpoint: str) -> dict[str, str]:
    """Return `inherited` with every AWS_ variable replaced by those of the local AWS.

    A profile, session token or endpoint of the person's own, in the environment or in ~/.aws,
    would otherwise send a command to a real account.
    """
    kept = {
        name: value
        for name, value in inherited.items()
        if not name.startswith("AWS_") or name in TRUST
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
    """Return the environment of the CDK command line: this Python first, and no chatter."""
    here = str(Path(sys.executable).parent)
    return for_local_aws(inherited, endpoint) | {
        "PATH": os.pathsep.join([here, inherited.get("PATH", os.defpath)]),
        "CI": "true",
        "NO_COLOR": "1",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED": "true",
    }
