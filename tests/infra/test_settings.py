"""The settings: defaults, reading, and errors that say what is wrong."""

import pytest

from infra.settings import Settings, SettingsError


def test_without_context_the_defaults_hold() -> None:
    assert Settings.from_context({}) == Settings()


def test_values_of_the_command_line_are_strings_and_those_of_cdk_json_are_typed() -> None:
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


def test_context_of_the_cdk_itself_is_not_ours() -> None:
    context = {
        "@aws-cdk/aws-iam:minimizePolicies": True,
        "aws:cdk:enable-path-metadata": True,
        "availability-zones:account=1:region=eu-west-1": [],
        "acknowledged-issue-numbers": [1],
    }

    assert Settings.from_context(context) == Settings()


def test_an_unknown_name_is_refused_with_the_near_one() -> None:
    with pytest.raises(SettingsError, match=r"sendr is no setting \(did you mean sender\?\)"):
        Settings.from_context({"sendr": "example.org"})


@pytest.mark.parametrize(
    ("context", "problem"),
    [
        ({"stage": "Prod"}, "stage must be 1 to 20 lower-case letters"),
        ({"sender": "not a domain"}, "sender must be a domain or an email address"),
        ({"sender": "Example.com"}, "sender must be a domain or an email address"),
        ({"sender": 5}, 'sender must be text in quotes, as "example.com", not 5'),
        ({"create_identity": "maybe"}, "create_identity must be true or false, not 'maybe'"),
        ({"other_identities": "a@b"}, "other_identities must be domains or email addresses"),
        ({"hosted_zone_id": "/hostedzone/Z1"}, "hosted_zone_id must be a Route 53 zone id"),
        ({"hosted_zone_id": "Z1"}, "hosted_zone_id and hosted_zone_name must be given together"),
        ({"dmarc_policy": "strict"}, "dmarc_policy must be one of none, quarantine, reject, off"),
        ({"tracking_domain": "x"}, "tracking_domain must be a domain, not 'x'"),
        ({"max_send_rate": "fast"}, "max_send_rate must be a number, not 'fast'"),
        ({"max_send_rate": "nan"}, "max_send_rate must be between 0.1 and 10000"),
        ({"max_send_rate": 0}, "max_send_rate must be between 0.1 and 10000"),
        ({"retention_days": "1.5"}, "retention_days must be a whole number, not '1.5'"),
        ({"retention_days": 0}, "retention_days must be between 1 and 3650, not 0"),
        ({"retention_days": 17}, "retention_days must be at least 18, not 17: an email is tried"),
        ({"max_concurrency": "1"}, "max_concurrency must be between 2 and 1000, or 0"),
        ({"lost_answer_seconds": "901"}, "lost_answer_seconds must be between 6 and 900"),
        (
            {"send_timeout_seconds": "600", "lost_answer_seconds": "599"},
            "send_timeout_seconds must be at most lost_answer_seconds, 599, not 600",
        ),
        ({"lost_answer_seconds": 204}, "lost_answer_seconds must be at least 205, not 204"),
        (
            {"lost_answer_seconds": 499, "event_window_seconds": 300},
            "lost_answer_seconds must be at least 500, not 499: an SES event that failed once",
        ),
        ({"jwt_issuer": "login.example"}, "jwt_issuer must be the issuer's URL"),
        ({"jwt_audience": "mail"}, "jwt_issuer and jwt_audience must be given together"),
        (
            {"jwt_issuer": "http://login.example", "jwt_audience": "mail"},
            "jwt_issuer must be an https:// URL",
        ),
        ({"api_rate_limit": 0}, "api_rate_limit must be between 1 and 10000, not 0"),
        ({"api_burst_limit": 0}, "api_burst_limit must be between 1 and 5000, not 0"),
        ({"alert_email": "ops"}, "alert_email must be one email address, not 'ops'"),
        ({"alert_email": "a@b.example,c@b.example"}, "alert_email must be one email address"),
        ({"architecture": "arm"}, "architecture must be one of arm64, x86_64, not 'arm'"),
        ({"python_version": "3.9"}, "python_version must be one of 3.11, 3.12, 3.13, 3.14"),
        ({"python_version": 3.13}, 'python_version must be text in quotes, as "3.13", not 3.13'),
        ({"stage": "prod"}, "sender must be your own domain or address, not 'example.com'"),
        ({"local": "yes"}, "local must be true or false, not 'yes'"),
    ],
    ids=lambda value: "" if isinstance(value, str) else next(f"{k}={v}" for k, v in value.items()),
)
def test_a_bad_setting_is_named_with_its_rule(context: dict[str, object], problem: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_context(context)

    (found,) = caught.value.problems
    assert found.startswith(problem)


@pytest.mark.parametrize(
    ("context", "problem"),
    [
        ({"sender": "example.net"}, "sender must be a domain in the hosted zone 'example.org'"),
        ({"sender": "me@example.org"}, "sender must be a domain in the hosted zone 'example.org'"),
        ({"sender": "badexample.org"}, "sender must be a domain in the hosted zone"),
        ({"tracking_domain": "c.example.net"}, "tracking_domain must lie in the hosted zone"),
        ({"create_identity": False}, "hosted_zone_id must be left out with create_identity=false"),
    ],
    ids=["other_domain", "address", "suffix_only", "tracking_elsewhere", "existing_identity"],
)
def test_a_hosted_zone_fits_the_other_settings(context: dict[str, object], problem: str) -> None:
    zone = {
        "sender": "example.org", "hosted_zone_id": "Z1", "hosted_zone_name": "example.org",
    }  # fmt: skip

    with pytest.raises(SettingsError) as caught:
        Settings.from_context(zone | context)

    (found,) = caught.value.problems
    assert found.startswith(problem)


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_context({"stage": "", "retention_days": -1, "local": "?", "colour": "red"})

    named = {problem.split()[0] for problem in caught.value.problems}
    assert named == {"stage", "retention_days", "local", "colour"}
    assert str(caught.value).startswith("Bad settings in the CDK context:\n  ")


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
def test_a_sender_of_ones_own_is_wanted_by_stages_on_aws(context: dict[str, object]) -> None:
    assert Settings.from_context(context).stage == context["stage"]


def test_a_local_stack_may_be_as_hasty_and_forgetful_as_a_test_wants_it() -> None:
    hasty = {"local": True, "send_timeout_seconds": 6, "lost_answer_seconds": 6}

    settings = Settings.from_context({**hasty, "retention_days": 1})

    assert (settings.lost_answer_seconds, settings.retention_days) == (6, 1)


def test_the_least_that_is_safe_is_allowed() -> None:
    settings = Settings.from_context({"lost_answer_seconds": 205, "retention_days": 18})

    assert (settings.lost_answer_seconds, settings.retention_days) == (205, 18)


def test_a_local_issuer_may_speak_plain_http() -> None:
    context = {"local": True, "jwt_issuer": "http://localhost:1", "jwt_audience": "mail"}

    assert Settings.from_context(context).jwt_issuer == "http://localhost:1"
