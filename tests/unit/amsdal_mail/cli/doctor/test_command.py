"""The command `doctor`: its output for people and for programs, and its exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from amsdal_mail.cli.__main__ import run
from amsdal_mail.cli.doctor import CHECKS
from amsdal_mail.cli.invocation import Invocation
from tests.name_server import serving
from tests.unit.amsdal_mail.cli.doctor.world import World, refused

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def doctor(
    world: World,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    monkeypatch.chdir(tmp_path)

    def run_doctor(*options: str, resolver: bool = True) -> tuple[int, str, str]:
        with serving(world.zone) as address:
            named = ("--resolver", address) if resolver else ()
            code = run(("doctor", *named, *options), Invocation(find=lambda *_: world.stage))
        return (code, *capsys.readouterr())

    return run_doctor


@pytest.fixture(autouse=True)
def _no_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("amsdal_mail.cli.commands.doctor.SOURCE", Path("/"))


def test_healthy_stage_ends_with_zero(doctor: Run) -> None:
    code, out, err = doctor()

    assert (code, err) == (0, "")
    assert out.splitlines()[0].startswith("ok   credentials")
    assert out.splitlines()[-1] == f"{len(CHECKS)} checks: {len(CHECKS) - 1} ok, 1 skipped"


def test_fault_ends_with_one_and_a_cure_to_copy(doctor: Run, world: World) -> None:
    world.account["SendingEnabled"] = False

    code, out, _err = doctor()

    assert code == 1
    lines = out.splitlines()
    at = lines.index("fail sending            sending is paused for the account")
    assert (
        lines[at + 1]
        == "     → aws --region us-east-1 sesv2 put-account-sending-attributes --sending-enabled"
    )
    assert "1 fault," in lines[-1]


def test_each_record_to_enter_has_a_line(doctor: Run, world: World) -> None:
    world.identity["DkimAttributes"]["Status"] = "PENDING"

    _code, out, _err = doctor()

    lines = out.splitlines()
    at = lines.index("     → enter at the DNS provider:")
    assert lines[at + 1] == "         aaa._domainkey.example.com CNAME aaa.dkim.amazonses.com"
    assert "bbb._domainkey" in lines[at + 2]


def test_warning_alone_ends_with_zero(doctor: Run, world: World) -> None:
    world.aws["sesv2"]["get_account"] = refused("AccessDenied")

    code, out, _err = doctor()

    assert code == 0
    assert "could not check" in out


@pytest.mark.parametrize("fault", [False, True])
def test_json_has_every_finding(doctor: Run, world: World, fault: bool) -> None:
    world.account["ProductionAccessEnabled"] = not fault

    code, out, _err = doctor("--json")

    document = json.loads(out)
    assert code == int(fault)
    assert document["stage"] == "prod"
    assert document["is_healthy"] is not fault
    assert [row["check"] for row in document["findings"]] == list(CHECKS)
    sandbox = next(row for row in document["findings"] if row["check"] == "sandbox")
    assert sandbox.keys() == {"check", "status", "message", "cure"}
    assert sandbox["status"] == ("fail" if fault else "ok")


def test_hostile_record_does_not_reach_the_terminal(doctor: Run, world: World) -> None:
    world.zone["mail.example.com TXT"] = [r'"v=spf1 \027]0;owned\007 -all"']

    _code, out, _err = doctor()

    assert "owned" in out
    assert "\x1b" not in out
    assert "\x07" not in out


def test_wrong_resolver_is_wrong_usage(doctor: Run) -> None:
    code, _out, err = doctor("--resolver", "dns.example", resolver=False)

    assert code == 2
    assert "--resolver must be an address" in err


def test_folder_without_a_checkout_is_wrong_usage(doctor: Run, tmp_path: Path) -> None:
    code, _out, err = doctor("--checkout", str(tmp_path))

    assert code == 2
    assert "--checkout must be in a checkout" in err


def test_local_aws_asks_no_name_server_of_the_world(doctor: Run, world: World) -> None:
    world.is_local = True

    code, out, _err = doctor(resolver=False)

    assert code == 0
    assert "not in the local AWS: --resolver HOST:PORT names a name server" in out
