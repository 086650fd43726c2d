"""Environment variables that lead AWS programs to the local AWS, never to a real account."""

from __future__ import annotations

import os
import shlex
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "ACCESS_KEY",
    "ACCOUNT",
    "NO_CONFIG_FILES",
    "REGION",
    "SECRET_KEY",
    "export_lines",
    "for_cdk",
    "for_local_aws",
    "isolated",
    "trusting",
]

REGION = "us-east-1"
ACCOUNT = "000000000000"
ACCESS_KEY = "test"
SECRET_KEY = "test"  # noqa: S105 - MiniStack accepts any key
CERTIFICATE_VARIABLES = ("AWS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")
"""Where boto3, Python and Node look for certificates to trust."""
NO_CONFIG_FILES = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""No profile, and no credentials of the machine. A default profile may name endpoints or a role."""
NO_PROXY = ("NO_PROXY", "no_proxy")
LOOPBACK_NAMES = "localhost,127.0.0.1,::1"
RESET_LINES = f"""\
# No setting of this shell may lead a program to a real account.
for name in $(env | sed -n 's/^\\(AWS_[A-Za-z0-9_]*\\)=.*/\\1/p'); do unset "$name"; done
case ",${{NO_PROXY-}},${{no_proxy-}}," in
    *,\\*,*) NO_PROXY='*' ;;
    ,{LOOPBACK_NAMES},*) ;;
    *) NO_PROXY="{LOOPBACK_NAMES},${{NO_PROXY-}},${{no_proxy-}}" ;;
esac
export NO_PROXY no_proxy="$NO_PROXY"
unalias aws 2> /dev/null || :
# Version 1 of the AWS CLI ignores AWS_ENDPOINT_URL for some services, for example sqs and rds.
aws() {{
    case " $* " in
        *" sesv2 "*) command aws "$@" ;;
        *) command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@" ;;
    esac
}}
[ -z "${{BASH_VERSION-}}" ] || export -f aws
"""
"""Lines for a shell, which does not have the variables of the process that wrote them."""


@contextmanager
def isolated() -> Iterator[None]:
    """Keep the AWS settings of the developer out of this process, within the block.

    boto3 fails because of some of them, for example of a profile that does not exist.
    """
    previous = dict(os.environ)
    for name in [name for name in previous if name.startswith("AWS_")]:
        del os.environ[name]
    has_proxy = any(name.lower().endswith("_proxy") for name in previous)
    os.environ.update(NO_CONFIG_FILES | (_no_proxy(previous) if has_proxy else {}))
    try:
        yield
    finally:
        for name in {name for name in os.environ if name.startswith("AWS_")} | set(NO_PROXY):
            os.environ.pop(name, None)
        kept = {*(name for name in previous if name.startswith("AWS_")), *NO_PROXY}
        os.environ.update({name: value for name, value in previous.items() if name in kept})


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
    would otherwise lead a command to a real account. A proxy serves other hosts only.
    """
    kept = {
        name: value
        for name, value in inherited.items()
        if not name.startswith("AWS_") or name in CERTIFICATE_VARIABLES
    }
    return (
        kept
        | NO_CONFIG_FILES
        | _no_proxy(inherited)
        | {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ENDPOINT_URL_S3": endpoint,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
        }
    )


def export_lines(variables: Mapping[str, str]) -> str:
    """Return a file that a shell can `source`: it takes AWS settings away, and sets `variables`."""
    exported = {name: value for name, value in variables.items() if name not in NO_PROXY}
    lines = (f"export {name}={shlex.quote(value)}\n" for name, value in exported.items())
    return RESET_LINES + "".join(lines)


def _no_proxy(inherited: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that let programs reach this machine without a proxy.

    Programs differ in which of the two they read first, so both have all the names.
    """
    excluded_names = ",".join(inherited.get(variable, "") for variable in NO_PROXY).split(",")
    names = dict.fromkeys(name.strip() for name in [*LOOPBACK_NAMES.split(","), *excluded_names])
    value = "*" if "*" in names else ",".join(name for name in names if name)
    return dict.fromkeys(NO_PROXY, value)


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
