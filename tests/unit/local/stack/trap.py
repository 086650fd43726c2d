"""A server that stands for AWS and for the proxies of a company, and settings that lead to it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

__all__ = ["Server", "hostile_environment", "serving"]

SERVICE = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/")
SERVICES = (
    "SQS",
    "SNS",
    "S3",
    "STS",
    "SES",
    "SESV2",
    "DYNAMODB",
    "LAMBDA",
    "IAM",
    "CLOUDFORMATION",
)


class Server(ThreadingHTTPServer):
    """Answers each request with 400, and remembers it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.requests: list[str] = []
        self.services: set[str] = set()


class Handler(BaseHTTPRequestHandler):
    """Takes any method, that of a proxy too."""

    server: Server

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._refuse
        raise AttributeError(name)

    def _refuse(self) -> None:
        self.server.requests.append(self.requestline)
        self.server.services |= set(SERVICE.findall(self.headers.get("Authorization", "")))
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(400)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        pass


@contextmanager
def serving() -> Iterator[Server]:
    """Run a server within the block."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def hostile_environment(trap: str, home: Path) -> dict[str, str]:
    """Return variables of a developer who works with a real account behind a proxy.

    The profiles in `home` name endpoints, a role and a program for credentials.
    """
    (home / ".aws").mkdir()
    endpoints = "\n".join(f"{name.lower()} =\n  endpoint_url = {trap}" for name in SERVICES)
    profile = f"region = eu-west-1\nendpoint_url = {trap}\nservices = all\nuse_fips_endpoint = true"
    role = "role_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = base"
    config = home / ".aws" / "config"
    config.write_text(
        f"[default]\n{profile}\nca_bundle = /nowhere.pem\n[profile production]\n{profile}\n{role}\n"
        f"[profile base]\ncredential_process = /bin/false\n[services all]\n{endpoints}\n"
    )
    credentials = home / ".aws" / "credentials"
    credentials.write_text("[default]\naws_access_key_id = AKIAREAL\naws_secret_access_key = x\n")
    proxies = ("http_proxy", "https_proxy", "all_proxy")
    return {
        "HOME": str(home),
        "AWS_PROFILE": "production",
        "AWS_DEFAULT_PROFILE": "production",
        "AWS_ACCESS_KEY_ID": "ASIAREAL",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_SESSION_TOKEN": "token",
        "AWS_SECURITY_TOKEN": "token",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": trap,
        **{f"AWS_ENDPOINT_URL_{name}": trap for name in SERVICES},
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
        "AWS_CONFIG_FILE": str(config),
        "AWS_SHARED_CREDENTIALS_FILE": str(credentials),
        "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/admin",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(config),
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": trap,
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": trap,
        "AWS_CA_BUNDLE": "/nowhere.pem",
        "AWS_USE_DUALSTACK_ENDPOINT": "true",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_ACCOUNT_ID_ENDPOINT_MODE": "required",
        "AWS_SES_CONFIGURATION_SET": "production",
        "AMSDAL_EMAIL_QUEUE_URL": f"{trap}/123456789012/production",
        **dict.fromkeys(proxies, trap),
        **dict.fromkeys(map(str.upper, proxies), trap),
        "NO_PROXY": "intranet.example",
        "no_proxy": "",
    }
