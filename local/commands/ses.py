"""`python -m local ses`: make the running SES simulator misbehave, and read what it did."""

from __future__ import annotations

import argparse
import json
import os
import sys
import urllib.error
from typing import TYPE_CHECKING, Any

from local.stack.ses_simulator import control

if TYPE_CHECKING:
    from collections.abc import Callable

    Change = Callable[[argparse.Namespace], dict[str, Any]]

DEFAULT_URL = "http://localhost:4801"
ADVICE = "Is `make local` running? Say where: source .local/<PORT>/env, or --url http://..."


def _fault(options: argparse.Namespace) -> dict[str, Any]:
    given = {"calls": options.calls, "chance": options.chance}
    if all(value is None for value in given.values()):
        given["calls"] = 1
    return {name: value for name, value in given.items() if value is not None}


def _throttle(options: argparse.Namespace) -> dict[str, Any]:
    return {"throttle": _fault(options)}


def _server_error(options: argparse.Namespace) -> dict[str, Any]:
    return {"server_error": {**_fault(options), "status": options.status}}


def _drop(options: argparse.Namespace) -> dict[str, Any]:
    return {f"drop_{options.what}": _fault(options)}


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


def _identities(options: argparse.Namespace) -> dict[str, Any]:
    return {"identities": None if options.names == ["any"] else options.names}


def _events(options: argparse.Namespace) -> dict[str, Any]:
    names = ("delay_ms", "duplicate_chance", "lost_chance", "shuffle")
    given = {name: getattr(options, name) for name in names}
    return {"events": {name: value for name, value in given.items() if value is not None}}


def _limit(text: str) -> float | None:
    return None if text == "none" else float(text)


def main(arguments: list[str]) -> int:
    """Do what the arguments say and print how it stands now; 1 with the reason if refused."""
    options = _parser().parse_args(arguments)
    try:
        print(json.dumps(_done(options), indent=2))
    except urllib.error.HTTPError as error:
        print(f"the SES simulator refused it: {error.read().decode()}", file=sys.stderr)
        return 1
    except urllib.error.URLError as error:
        print(f"{options.url}: {error.reason}. {ADVICE}", file=sys.stderr)
        return 1
    return 0


def _done(options: argparse.Namespace) -> Any:
    if options.command == "counts":
        return control(options.url, "GET", "counts")
    if options.command == "reset":
        return control(options.url, "POST", "reset")
    if options.command == "show":
        return control(options.url, "GET", "switches")
    change = options.change(options)
    switches = control(options.url, "PUT", "switches", change)
    return {name: switches[name] for name in change}


def _url(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise argparse.ArgumentTypeError(f"must begin with http://, not {text!r}")
    return text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local ses", description=__doc__)
    url = os.environ.get("AWS_ENDPOINT_URL_SESV2", DEFAULT_URL)
    parser.add_argument(
        "--url", type=_url, default=url, help="of the SES simulator (default %(default)s)"
    )
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, text: str, change: Change | None = None) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(change=change)
        return added

    def fault(name: str, text: str, change: Change) -> argparse.ArgumentParser:
        added = command(name, text, change)
        added.add_argument("--calls", type=int, help="the next so many send calls (default 1)")
        added.add_argument("--chance", type=float, help="any send call, 0 to 1; 0 ends it")
        return added

    command("show", "print all switches")
    command("counts", "print what was accepted, refused and dropped")
    command("reset", "forget all messages, templates, lists and switches")
    fault("throttle", "answer 429, Maximum sending rate exceeded", _throttle)
    fault("server-error", "answer 5xx, accept nothing", _server_error).add_argument(
        "--status", type=int, default=500
    )
    fault("drop", "close the connection without an answer", _drop).add_argument(
        "what", choices=["request", "answer"], help="before accepting, or after"
    )
    command("latency", "wait before each answer", _latency).add_argument("milliseconds", type=int)
    _add_account_commands(command)
    return parser


def _add_account_commands(command: Callable[..., argparse.ArgumentParser]) -> None:
    pause = command("pause", "let the account, or a configuration set, send nothing", _pause)
    pause.add_argument("--configuration-set", action="append")
    codes = ["MessageRejected", "SendingPausedException", "AccountSuspendedException"]
    pause.add_argument("--code", choices=codes, default=codes[1])
    command("resume", "end every pause", _resume)
    rate = command("rate", "recipients a second, or none for no limit", _rate)
    rate.add_argument("recipients", type=_limit)
    quota = command("quota", "recipients in 24 hours, or none for no limit", _quota)
    quota.add_argument("recipients", type=_limit)
    api = command("api-rate", "each other call a second (SES: 1), or none for no limit", _api_rate)
    api.add_argument("calls", type=_limit)
    sandbox = command("sandbox", "as an account not yet approved", _sandbox)
    sandbox.add_argument("on", choices=["on", "off"])
    identities = command("identities", "who may send: addresses, domains, or any", _identities)
    identities.add_argument("names", nargs="+")
    events = command("events", "how events come", _events)
    events.add_argument("--delay-ms", type=int)
    events.add_argument("--duplicate-chance", type=float)
    events.add_argument("--lost-chance", type=float)
    events.add_argument("--shuffle", action=argparse.BooleanOptionalAction)
