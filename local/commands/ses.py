"""`python -m local ses`: let the running SES simulator fail, and read what it did."""

from __future__ import annotations

import argparse
import json
import os
import sys
import urllib.error
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from local.stack.ses_simulator import control
from local.terminal.progress import show

if TYPE_CHECKING:
    from collections.abc import Callable

    Change = Callable[[argparse.Namespace], dict[str, Any]]

__all__ = ["main"]

DEFAULT_URL = "http://localhost:4801"
ADVICE = "Is `make local` running? Name its simulator: source .local/<PORT>/env, or --url http://…"
DESCRIPTION = "Change the switches of the running SES simulator, and print their new values."


def main(arguments: list[str]) -> int:
    """Send the change and print the switch's new value; return 1 when it was refused."""
    url = os.environ.get("AWS_ENDPOINT_URL_SESV2", DEFAULT_URL)
    options = _parser().parse_args(arguments, argparse.Namespace(url=url))
    try:
        show(json.dumps(_execute(options), indent=2))
    except urllib.error.HTTPError as error:
        text = f"{options.url} responded with {error.code}: {error.read().decode()}"
        print(text, file=sys.stderr)
        return 1
    except (OSError, HTTPException, ValueError) as error:
        # For example: no server, another server, an address that cannot be read.
        reason = getattr(error, "reason", error)
        print(f"{options.url}: {reason}. {ADVICE}", file=sys.stderr)
        return 1
    return 0


def _execute(options: argparse.Namespace) -> Any:
    if options.command == "counts":
        return control(options.url, "GET", "counts")
    if options.command == "reset":
        return control(options.url, "POST", "reset")
    if options.command == "show":
        return control(options.url, "GET", "switches")
    change = options.change(options)
    switches = control(options.url, "PUT", "switches", change)
    return {name: switches[name] for name in change}


def _fault(options: argparse.Namespace) -> dict[str, Any]:
    values = {"calls": options.calls, "chance": options.chance}
    if all(value is None for value in values.values()):
        values["calls"] = 1
    return {name: value for name, value in values.items() if value is not None}


def _throttle(options: argparse.Namespace) -> dict[str, Any]:
    return {"throttle": _fault(options)}


def _server_error(options: argparse.Namespace) -> dict[str, Any]:
    return {"server_error": {**_fault(options), "status": options.status}}


def _drop(options: argparse.Namespace) -> dict[str, Any]:
    return {f"drop_{options.target}": _fault(options)}


def _latency(options: argparse.Namespace) -> dict[str, Any]:
    return {"latency_ms": options.milliseconds}


def _pause(options: argparse.Namespace) -> dict[str, Any]:
    if options.configuration_set:
        return {"paused": {"configuration_sets": options.configuration_set}}
    return {"paused": {"account": options.code}}


def _resume(_options: argparse.Namespace) -> dict[str, Any]:
    return {"paused": {"account": None, "configuration_sets": []}}


def _rate(options: argparse.Namespace) -> dict[str, Any]:
    return {"max_send_rate": options.recipients}


def _quota(options: argparse.Namespace) -> dict[str, Any]:
    return {"max_24_hour_send": options.recipients}


def _api_rate(options: argparse.Namespace) -> dict[str, Any]:
    return {"api_rate": options.calls}


def _sandbox(options: argparse.Namespace) -> dict[str, Any]:
    return {"sandbox": options.on == "on"}


def _verify(options: argparse.Namespace) -> dict[str, Any]:
    return {"identities": dict.fromkeys(options.names, "SUCCESS")}


def _unverify(options: argparse.Namespace) -> dict[str, Any]:
    return {"identities": dict.fromkeys(options.names, options.status)}


def _any_sender(options: argparse.Namespace) -> dict[str, Any]:
    return {"any_sender": options.on == "on"}


def _events(options: argparse.Namespace) -> dict[str, Any]:
    names = ("delay_ms", "duplicate_chance", "lost_chance", "shuffle")
    values = {name: getattr(options, name) for name in names}
    return {"events": {name: value for name, value in values.items() if value is not None}}


def _limit(text: str) -> float | None:
    try:
        return None if text == "none" else float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"must be a number or none, not {text!r}") from error


def _url(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise argparse.ArgumentTypeError(f"must begin with http:// or https://, not {text!r}")
    return text


def _parser() -> argparse.ArgumentParser:
    # Without a default here, a command keeps the value that stands before it.
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    text = f"address of the SES simulator (default: AWS_ENDPOINT_URL_SESV2, else {DEFAULT_URL})"
    common.add_argument("--url", type=_url, help=text)
    parser = argparse.ArgumentParser(
        prog="python -m local ses", description=DESCRIPTION, parents=[common]
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")

    def command(name: str, text: str, change: Change | None = None) -> argparse.ArgumentParser:
        description = f"{text[0].upper()}{text[1:]}."
        added = commands.add_parser(name, help=text, description=description, parents=[common])
        added.set_defaults(change=change)
        return added

    def fault(name: str, text: str, change: Change) -> argparse.ArgumentParser:
        added = command(name, text, change)
        added.add_argument("--calls", type=int, help="how many of the next send calls (default: 1)")
        added.add_argument("--chance", type=float, help="chance of each send call, 0 to 1")
        return added

    command("show", "print all switches")
    command("counts", "print the numbers of accepted, refused and dropped calls")
    command("reset", "delete all messages, templates and lists, and reset the switches")
    fault("throttle", "respond with 429, Maximum sending rate exceeded", _throttle)
    fault("server-error", "respond with 5xx, and accept nothing", _server_error).add_argument(
        "--status", type=int, default=500, help="HTTP status (default: %(default)s)"
    )
    fault("drop", "close the connection without a response", _drop).add_argument(
        "target",
        choices=["request", "response"],
        help="request: before SES accepts the message; response: after SES accepted it",
    )
    latency = command("latency", "wait before each response", _latency)
    latency.add_argument("milliseconds", type=int)
    _add_account_commands(command)
    return parser


def _add_account_commands(command: Callable[..., argparse.ArgumentParser]) -> None:
    pause = command("pause", "refuse all sending of the account or of a configuration set", _pause)
    pause.add_argument("--configuration-set", action="append", help="repeatable (default: account)")
    codes = ["MessageRejected", "SendingPausedException", "AccountSuspendedException"]
    text = "error code of the refusal (default: %(default)s)"
    pause.add_argument("--code", choices=codes, default=codes[1], help=text)
    command("resume", "end each pause", _resume)
    rate = command("rate", "set the sending rate of the account", _rate)
    rate.add_argument("recipients", type=_limit, help="per second, or none for no limit")
    quota = command("quota", "set the sending quota of the account", _quota)
    quota.add_argument("recipients", type=_limit, help="in 24 hours, or none for no limit")
    api = command("api-rate", "set the rate of calls that do not send (SES: 1)", _api_rate)
    api.add_argument("calls", type=_limit, help="per second, or none for no limit")
    sandbox = command("sandbox", "put the account into the SES sandbox, or out of it", _sandbox)
    sandbox.add_argument("on", choices=["on", "off"])
    verify = command("verify", "add identities, or verify those that exist", _verify)
    unverify = command("unverify", "make identities wait for their verification", _unverify)
    for identities in (verify, unverify):
        identities.add_argument("names", nargs="+", help="addresses and domains")
    statuses = ["PENDING", "FAILED", "TEMPORARY_FAILURE", "NOT_STARTED"]
    text = "the new status (default: %(default)s)"
    unverify.add_argument("--status", choices=statuses, default=statuses[0], help=text)
    any_sender = command(
        "any-sender", "accept every sender, or verified identities only", _any_sender
    )
    any_sender.add_argument("on", choices=["on", "off"])
    events = command("events", "set how events are published", _events)
    events.add_argument("--delay-ms", type=int, help="wait before each event")
    events.add_argument("--duplicate-chance", type=float, help="chance of a second copy, 0 to 1")
    events.add_argument("--lost-chance", type=float, help="chance that an event is lost, 0 to 1")
    events.add_argument(
        "--shuffle", action=argparse.BooleanOptionalAction, help="publish in a random order"
    )
