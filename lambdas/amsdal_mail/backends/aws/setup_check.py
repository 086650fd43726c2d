"""Checks of a new client's set-up: region, credentials, endpoint, proxy and CA bundle.

The SDK finds these faults later, in errors that look like those of the network or show a secret.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from botocore.credentials import RefreshableCredentials
from botocore.utils import get_environ_proxies

from amsdal_mail.backends.aws.options import AWSOptions
from amsdal_mail.status import ConfigurationError, CredentialsError

__all__ = ["check_setup"]

PRINTABLE = re.compile("[!-~]+")
"""Visible ASCII: the only characters of a key, a token or a region."""


def check_setup(client: Any, options: AWSOptions) -> None:
    """Check the options and the environment that a client was made from.

    The texts never show the value, which can be a secret or have a password.

    Raises:
        ConfigurationError: the set-up cannot work.
    """
    _check_printable("region_name", options.region_name, ConfigurationError)
    _check_credentials(client)
    endpoint_url = getattr(client.meta, "endpoint_url", None)  # a stand-in of tests may have none
    if endpoint_url:
        _check_url("endpoint_url", endpoint_url)
        _check_proxy(endpoint_url)
        if endpoint_url.startswith("https:"):
            _check_ca_bundle(client)


def _check_credentials(client: Any) -> None:
    signer = getattr(client, "_request_signer", None)
    credentials = getattr(signer, "_credentials", None)
    # To read refreshable credentials would ask a service for them.
    if credentials is None or isinstance(credentials, RefreshableCredentials):
        return
    _check_printable("aws_access_key_id", credentials.access_key, CredentialsError)
    _check_printable("aws_secret_access_key", credentials.secret_key, CredentialsError)
    _check_printable("aws_session_token", credentials.token, CredentialsError)


def _check_printable(name: str, value: str | None, error: type[ConfigurationError]) -> None:
    if value and not PRINTABLE.fullmatch(value):
        raise error(f"{name} has white space or a character that is not ASCII")


def _check_proxy(endpoint_url: str) -> None:
    scheme = endpoint_url.partition(":")[0]
    proxy = get_environ_proxies(endpoint_url).get(scheme)
    if proxy:  # the SDK takes `host:port` too
        _check_url(f"{scheme.upper()}_PROXY", proxy if "://" in proxy else f"http://{proxy}")


def _check_url(name: str, url: str) -> None:
    try:
        parts = urlsplit(url)
        is_url = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        is_url = False
    # urlsplit removes line breaks, which the SDK keeps.
    if not is_url or re.search(r"\s", url):
        raise ConfigurationError(f"{name} must be a URL such as https://host:port")


def _check_ca_bundle(client: Any) -> None:
    # Where it comes from is the SDK's business: AWS_CA_BUNDLE, a profile, or REQUESTS_CA_BUNDLE.
    session = getattr(getattr(client, "_endpoint", None), "http_session", None)
    bundle = getattr(session, "_verify", None)
    if isinstance(bundle, str) and not Path(bundle).is_file():
        raise ConfigurationError(f"the CA bundle {bundle} does not exist or is not a file")
