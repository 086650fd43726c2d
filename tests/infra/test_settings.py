"""The settings: defaults, values of the context, and errors."""

from __future__ import annotations

import pytest

from infra.settings import Settings, SettingsError


def test_empty_context_gives_the_defaults() -> None:
    assert Settings.from_context({}) == Settings()


def test_values_are_strings_or_typed() -> None:
    from_strings = Settings.from_context(
        {
            "local": "true",
            "max_send_rate": "14",
            "retention_days": "30",
            "jwt_issuer": "https://login.example",
            "jwt_audience": "mail, ops",
        }
    )
    from_json = Settings.from_context(
        {
            "local": True,
            "max_send_rate": 14,
            "retention_days": 30,
            "jwt_issuer": "https://login.example",
            "jwt_audience": ["mail", "ops"],
        }
    )

    assert from_strings == from_json
    assert (from_json.max_send_rate, from_json.jwt_audience) == (14.0, ("mail", "ops"))


def test_context_of_the_cdk_is_ignored() -> None:
    context = {
        "@aws-cdk/aws-iam:minimizePolicies": True,
        "aws:cdk:enable-path-metadata": True,
        "availability-zones:account=1:region=eu-west-1": [],
        "acknowledged-issue-numbers": [1],
    }

    assert Settings.from_context(context) == Settings()


def test_unknown_name_is_an_error_with_a_suggestion() -> None:
    with pytest.raises(SettingsError, match=r"sendr is not a setting \(did you mean sender\?\)"):
        Settings.from_context({"sendr": "example.org"})


@pytest.mark.parametrize(
    ("context", "problem"),
    [
        ({"stage": "Prod"}, "stage must be 1 to 20 lower-case letters"),
        ({"sender": "not a domain"}, "sender must be a domain or an email address"),
        ({"sender": "Example.com"}, "sender must be a domain or an email address"),
        ({"sender": 5}, 'sender must be text in quotes, such as "example.com", got 5'),
        ({"create_identity": "maybe"}, "create_identity must be true or false, got 'maybe'"),
        ({"other_identities": "a@b"}, "other_identities must be domains or email addresses"),
        (
            {"hosted_zone_id": "/hostedzone/Z1"},
            "hosted_zone_id must be the id of a Route 53 hosted zone",
        ),
        ({"hosted_zone_id": "Z1"}, "hosted_zone_id and hosted_zone_name must be set together"),
        ({"dmarc_policy": "strict"}, "dmarc_policy must be one of none, quarantine, reject, off"),
        (
            {"tracking_domain": "click.example.org"},
            "tracking_domain is not a setting any more: SES has no certificate for the domain",
        ),
        ({"mail_from_subdomain": ""}, "mail_from_subdomain must be the part before the sender"),
        ({"mail_from_subdomain": "a b"}, "mail_from_subdomain must be the part before the sender"),
        ({"mail_from_subdomain": "x."}, "mail_from_subdomain must be the part before the sender"),
        ({"max_send_rate": "fast"}, "max_send_rate must be a number, got 'fast'"),
        ({"max_send_rate": "nan"}, "max_send_rate must be between 0.1 and 10000"),
        ({"max_send_rate": 0}, "max_send_rate must be between 0.1 and 10000"),
        ({"retention_days": "1.5"}, "retention_days must be an integer, got '1.5'"),
        ({"retention_days": 0}, "retention_days must be between 1 and 3650, got 0"),
        ({"retention_days": 17}, "retention_days must be at least 18, got 17: an email is retried"),
        ({"max_concurrency": "1"}, "max_concurrency must be between 2 and 1000, or 0"),
        ({"lost_response_seconds": "901"}, "lost_response_seconds must be between 6 and 900"),
        (
            {"send_timeout_seconds": "600", "lost_response_seconds": "599"},
            "send_timeout_seconds must be at most lost_response_seconds, 599, got 600",
        ),
        ({"lost_response_seconds": 204}, "lost_response_seconds must be at least 205, got 204"),
        (
            {"lost_response_seconds": 499, "event_batching_window_seconds": 300},
            "lost_response_seconds must be at least 500, got 499: an SES event whose function",
        ),
        ({"jwt_issuer": "login.example"}, "jwt_issuer must be the URL of the issuer"),
        ({"jwt_audience": "mail"}, "jwt_issuer and jwt_audience must be set together"),
        (
            {"jwt_issuer": "http://login.example", "jwt_audience": "mail"},
            "jwt_issuer must be an https:// URL",
        ),
        ({"jwt_scope_prefix": "a b/"}, "jwt_scope_prefix must be at most 45 characters of ASCII"),
        ({"api_rate_limit": 0}, "api_rate_limit must be between 1 and 10000, got 0"),
        ({"api_burst_limit": 0}, "api_burst_limit must be between 1 and 5000, got 0"),
        ({"alert_email": "ops"}, "alert_email must be an email address, got 'ops'"),
        ({"alert_email": "a@b.example,c@b.example"}, "alert_email must be an email address"),
        ({"architecture": "arm"}, "architecture must be one of arm64, x86_64, got 'arm'"),
        ({"python_version": "3.9"}, "python_version must be one of 3.11, 3.12, 3.13, 3.14"),
        (
            {"python_version": 3.13},
            'python_version must be text in quotes, such as "3.13", got 3.13',
        ),
        ({"stage": "prod"}, "sender must be your own domain or address, got 'example.com'"),
        ({"local": "yes"}, "local must be true or false, got 'yes'"),
        (
            {"powertools_tracer": True, "tracing": False},
            "powertools_tracer must be false with tracing=false",
        ),
    ],
    ids=lambda value: "" if isinstance(value, str) else next(f"{k}={v}" for k, v in value.items()),
)
def test_invalid_setting_is_named_with_its_rule(context: dict[str, object], problem: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_context(context)

    (text,) = caught.value.problems
    assert text.startswith(problem)


@pytest.mark.parametrize(
    ("context", "problem"),
    [
        ({"sender": "example.net"}, "sender must be a domain in the hosted zone 'example.org'"),
        ({"sender": "me@example.org"}, "sender must be a domain in the hosted zone 'example.org'"),
        ({"sender": "badexample.org"}, "sender must be a domain in the hosted zone"),
        ({"create_identity": False}, "hosted_zone_id must be empty with create_identity=false"),
    ],
    ids=["other_domain", "address", "suffix_only", "existing_identity"],
)
def test_hosted_zone_must_fit_the_other_settings(context: dict[str, object], problem: str) -> None:
    zone = {
        "sender": "example.org", "hosted_zone_id": "Z1", "hosted_zone_name": "example.org",
    }  # fmt: skip

    with pytest.raises(SettingsError) as caught:
        Settings.from_context(zone | context)

    (text,) = caught.value.problems
    assert text.startswith(problem)


def test_error_names_all_problems() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_context({"stage": "", "retention_days": -1, "local": "?", "colour": "red"})

    named = {problem.split()[0] for problem in caught.value.problems}
    assert named == {"stage", "retention_days", "local", "colour"}
    assert str(caught.value).startswith("Invalid settings in the CDK context:\n  ")


@pytest.mark.parametrize(
    "context",
    [
        {"stage": "dev"},
        {"stage": "prod", "local": True},
        {"stage": "prod", "sender": "example.org"},
        {"stage": "prod", "sender": "orders@example.com"},
    ],
    ids=["the_stage_dev", "local", "a_domain", "an_address"],
)
def test_only_stages_on_aws_need_a_sender(context: dict[str, object]) -> None:
    assert Settings.from_context(context).stage == context["stage"]


def test_local_stack_may_have_short_times() -> None:
    short_times = {"local": True, "send_timeout_seconds": 6, "lost_response_seconds": 6}

    settings = Settings.from_context({**short_times, "retention_days": 1})

    assert (settings.lost_response_seconds, settings.retention_days) == (6, 1)


def test_shortest_safe_times_are_valid() -> None:
    settings = Settings.from_context({"lost_response_seconds": 205, "retention_days": 18})

    assert (settings.lost_response_seconds, settings.retention_days) == (205, 18)


def test_local_issuer_may_use_plain_http() -> None:
    context = {"local": True, "jwt_issuer": "http://localhost:1", "jwt_audience": "mail"}

    assert Settings.from_context(context).jwt_issuer == "http://localhost:1"
