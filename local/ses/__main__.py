"""`python -m local.ses`: the process of the SES simulator and its inbox page."""

from __future__ import annotations

import argparse
import logging
import os
import random
import time
from datetime import UTC, datetime

from local.inbox.routes import routes
from local.process.ports import port_number
from local.ses.account import Account
from local.ses.aws import AWSClient, BotoAWSClient, NoAWSClient
from local.ses.events.publisher import Publisher
from local.ses.events.sns_topics import Topics
from local.ses.http.app import build_app
from local.ses.http.server import build_server
from local.ses.messages import Messages
from local.ses.sending.handlebars import Handlebars
from local.ses.sending.identities import VERIFIED
from local.ses.sending.simulator import Simulator
from local.ses.switches import Switches


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.ses", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="default %(default)s")
    parser.add_argument(
        "--port", type=port_number, default=4801, help="default %(default)s, as with make local"
    )
    parser.add_argument(
        "--aws-endpoint", help="URL of the local AWS (default none: no events are published)"
    )
    parser.add_argument(
        "--configuration-set",
        action="append",
        default=[],
        help="a configuration set that exists, without --aws-endpoint (repeatable)",
    )
    parser.add_argument(
        "--identity",
        action="append",
        default=[],
        help="a verified address or domain, beside those of the local AWS (repeatable)",
    )
    parser.add_argument(
        "--any-sender", action="store_true", help="accept every sender, verified or not"
    )
    parser.add_argument(
        "--max-send-rate", type=float, help="recipients per second (default no limit)"
    )
    parser.add_argument(
        "--max-24-hour-send", type=int, help="recipients in 24 hours (default no limit)"
    )
    parser.add_argument(
        "--event-delay-ms",
        type=int,
        default=20,
        help="delay before each event (default %(default)s)",
    )
    parser.add_argument("--seed", type=int, help="seed of the random faults")
    return parser.parse_args()


def _aws(options: argparse.Namespace, region: str) -> AWSClient:
    if options.aws_endpoint:
        return BotoAWSClient(options.aws_endpoint, region, time.monotonic)
    return NoAWSClient(tuple(options.configuration_set))


def _now() -> datetime:
    return datetime.now(UTC)


def _ses(options: argparse.Namespace, rng: random.Random) -> Simulator:
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    switches = Switches.model_validate(
        {
            "any_sender": options.any_sender,
            "identities": dict.fromkeys(options.identity, VERIFIED),
            "max_send_rate": options.max_send_rate,
            "max_24_hour_send": options.max_24_hour_send,
            "events": {"delay_ms": options.event_delay_ms},
        }
    )
    aws, messages = _aws(options, region), Messages()
    publisher = Publisher(aws, messages, lambda: ses.switches, _now, rng, Topics(aws))
    ses = Simulator(
        Account(), messages, aws, publisher, Handlebars(), _now, region, switches, _url(options)
    )
    return ses


def _url(options: argparse.Namespace) -> str:
    """Return the URL of the simulator for a browser on this machine."""
    name = "localhost" if options.host in {"127.0.0.1", "0.0.0.0"} else options.host  # noqa: S104
    return f"http://{name}:{options.port}"


def main() -> None:
    """Serve until a signal. The exit status is 1 when the port is in use."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("botocore").setLevel(logging.WARNING)
    options = _arguments()
    rng = random.Random(options.seed)  # noqa: S311 - faults, not secrets
    ses = _ses(options, rng)
    app = build_app(ses, rng, more_routes=routes(ses), host=options.host)
    build_server(app, options.host, options.port).run()


if __name__ == "__main__":
    main()
