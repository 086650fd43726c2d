"""What SPF and DMARC records mean, and how name servers are asked."""

from __future__ import annotations

from contextlib import suppress

import pytest

from amsdal_mail.cli.doctor.name_server import NameServerError, name_server
from amsdal_mail.cli.doctor.records import dmarc_policy, parents, spf_fault
from amsdal_mail.cli.errors import UsageError
from tests.name_server import serving
from tests.unit.amsdal_mail.cli.doctor.world import World

GOOD = "v=spf1 include:amazonses.com ~all"


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        "V=SPF1  +Include:AmazonSES.com  -all",
        "v=spf1 mx include:amazonses.com ?all",
        "v=spf1 include:amazonses.com",
        "v=spf1 ip4:192.0.2.1 include:amazonses.com redirect=_spf.example.net",
    ],
)
def test_spf_record_lets_ses_send(text: str) -> None:
    assert spf_fault(["verification=1", text]) is None


@pytest.mark.parametrize(
    ("texts", "fault"),
    [
        ([], "no SPF record"),
        (["v=spf10 include:amazonses.com"], "no SPF record"),
        ([GOOD, GOOD], "2 SPF records"),
        (["v=spf1 -all"], "without include:amazonses.com"),
        (["v=spf1 -include:amazonses.com ~all"], "without include:amazonses.com"),
        (["v=spf1 include:amazonses.com.example.net ~all"], "without include:amazonses.com"),
        (["v=spf1 -all include:amazonses.com"], "without include:amazonses.com"),
        (["v=spf1 include:amazonses.com +all"], "lets everybody send"),
        (["v=spf1 include:amazonses.com all"], "lets everybody send"),
        (["v=spf1 " + "a" * 100_000], "without include:amazonses.com"),
    ],
)
def test_spf_record_is_wrong(texts: list[str], fault: str) -> None:
    found = spf_fault(texts)

    assert found
    assert fault in found
    assert len(found) < 300


@pytest.mark.parametrize(
    ("record", "policy", "of_parent"),
    [
        ("v=DMARC1; p=none", "none", "none"),
        ("v=DMARC1;p=Reject;", "reject", "reject"),
        (" v = DMARC1 ; p = quarantine ; sp = reject ", "quarantine", "reject"),
        ("v=DMARC1; rua=mailto:d@example.com", "none", "none"),
        ("v=DMARC1; p=rejcet", None, None),
        ("v=DMARC1; p=reject; sp=what", "reject", None),
        ("v=DMARC1; nonsense", None, None),
    ],
)
def test_policy_of_a_dmarc_record(record: str, policy: str | None, of_parent: str | None) -> None:
    assert dmarc_policy(record, is_parent=False) == policy
    assert dmarc_policy(record, is_parent=True) == of_parent


def test_parents_end_before_the_top_level_domain() -> None:
    assert list(parents("a.b.example.com")) == ["a.b.example.com", "b.example.com", "example.com"]
    assert list(parents("com")) == ["com"]
    assert len(list(parents(".".join("abcdefghijklmnopqrstuvwxyz")))) == 7


def test_policy_of_the_parent_domain_counts() -> None:
    world = World()
    world.set_variable("SES_IDENTITIES", "news.example.com")

    assert "quarantine, of example.com" in world.findings()["DMARC"].message


def test_long_answer_comes_by_tcp() -> None:
    values = [f'"{number} {"x" * 200}"' for number in range(10)] + [f'"{GOOD}"']
    with serving({"mail.example.com TXT": values}) as address:
        assert GOOD in name_server(address).texts("mail.example.com")


def test_parts_of_a_text_are_joined_without_a_space() -> None:
    with serving({"a.example TXT": ['"v=spf1 include:amazon" "ses.com ~all"']}) as address:
        assert name_server(address).texts("a.example") == [GOOD]


def test_bytes_that_are_no_text_are_replaced() -> None:
    with serving({"a.example TXT": [r'"\255\027[31m"']}) as address:
        (text,) = name_server(address).texts("a.example")

    assert text == "\N{REPLACEMENT CHARACTER}\x1b[31m"


def test_name_without_records_has_none() -> None:
    with serving({"a.example MX": ["10 mx.example."]}) as address:
        server = name_server(address)
        assert server.texts("a.example") == []
        assert server.texts("b.example") == []
        assert server.alias("b.example") is None
        assert server.exchanges("a.example") == ["10 mx.example"]


@pytest.mark.parametrize("name", ["", "a" * 64 + ".example", "a..b", "é.example", "\x00"])
def test_impossible_name_is_no_crash(name: str) -> None:
    with serving({}) as address:
        server = name_server(address)
        with suppress(NameServerError):
            assert server.texts(name) == []


@pytest.mark.parametrize("text", ["127.0.0.1", "127.0.0.1:5353", "::1", "[::1]:53"])
def test_address_of_a_name_server(text: str) -> None:
    assert name_server(text)


@pytest.mark.parametrize(
    "text",
    ["dns.example", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:x", ":53", "1:2:3", "1" * 10_000],
)
def test_wrong_address_of_a_name_server_names_the_rule(text: str) -> None:
    with pytest.raises(UsageError, match="--resolver must be an address"):
        name_server(text)
