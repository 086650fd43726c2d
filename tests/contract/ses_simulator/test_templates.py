"""Stored and inline templates, single and bulk."""

from __future__ import annotations

from typing import Any

from tests.contract.ses_simulator.running import SENDER, WELCOME, Simulator, template, to

BAD = "BadRequestException"


def test_a_stored_template_is_rendered_unescaped(simulator: Simulator) -> None:
    simulator.call("create_email_template", TemplateName="welcome", TemplateContent=WELCOME)

    message_id = simulator.send(Content=template(TemplateData='{"name": "<A&B>", "vip": true}'))

    kept = simulator.settled(message_id)
    assert (kept["subject"], kept["html"].strip()) == ("Hi <A&B>", "<b><A&B></b>!")


def test_a_missing_variable_is_accepted_and_fails_later(simulator: Simulator) -> None:
    simulator.call("create_email_template", TemplateName="welcome", TemplateContent=WELCOME)

    kept = simulator.settled(simulator.send(Content=template()))

    last = kept["events"][-1]["event"]
    assert last["eventType"] == "Rendering Failure"
    assert last["failure"] == {
        "errorMessage": "Attribute 'name' is not present in the rendering data.",
        "templateName": "welcome",
    }


def bulk(simulator: Simulator, *entries: dict[str, Any], **changes: Any) -> list[dict[str, Any]]:
    arguments = {
        "FromEmailAddress": SENDER,
        "DefaultContent": template(TemplateData='{"name": "friend"}'),
        "BulkEmailEntries": list(entries),
        **changes,
    }
    return list(simulator.call("send_bulk_email", **arguments)["BulkEmailEntryResults"])


def test_bulk_entries_fail_one_by_one(simulator: Simulator) -> None:
    simulator.call("create_email_template", TemplateName="welcome", TemplateContent=WELCOME)
    replacement = {"ReplacementTemplate": {"ReplacementTemplateData": '{"name": "Ann"}'}}

    results = bulk(
        simulator,
        {"Destination": to("a@b.c"), "ReplacementEmailContent": replacement},
        {"Destination": to("a b@b.c")},
        {
            "Destination": {**to("b@b.c"), "CcAddresses": ["c@b.c"], "BccAddresses": ["d@b.c"]},
            "ReplacementTags": [{"Name": "t", "Value": "own"}],
            "ReplacementHeaders": [{"Name": "X-A", "Value": "own"}],
        },
        {"Destination": to("e@b.c"), "ReplacementTags": [{"Name": "a:b", "Value": "x"}]},
        DefaultEmailTags=[{"Name": "t", "Value": "default"}, {"Name": "u", "Value": "1"}],
    )

    assert [row["Status"] for row in results] == [
        "SUCCESS",
        "INVALID_PARAMETER",
        "SUCCESS",
        "INVALID_PARAMETER",
    ]
    assert results[1]["Error"] == "Local address contains control or whitespace"
    assert simulator.kept(results[0]["MessageId"])["subject"] == "Hi Ann"
    third = simulator.kept(results[2]["MessageId"])
    assert (third["subject"], third["tags"]) == ("Hi friend", {"t": ["own"], "u": ["1"]})
    assert third["destinations"] == ["b@b.c", "c@b.c", "d@b.c"]
    assert {"name": "X-A", "value": "own"} in third["headers"]


def test_bulk_with_an_inline_template_and_switched_statuses(simulator: Simulator) -> None:
    simulator.switch(bulk_statuses=["TRANSIENT_FAILURE", "SUCCESS"])
    inline = {"Template": {"TemplateContent": {"Subject": "{{n}}", "Text": "x"}}}
    inline["Template"]["TemplateData"] = '{"n": "N"}'  # type: ignore[assignment]

    results = bulk(
        simulator,
        {"Destination": to("a@b.c")},
        {"Destination": to("b@b.c")},
        DefaultContent=inline,
    )

    assert [row["Status"] for row in results] == ["TRANSIENT_FAILURE", "SUCCESS"]
    assert simulator.kept(results[1]["MessageId"])["subject"] == "N"


def test_bulk_statuses_differ_for_rate_and_quota(simulator: Simulator) -> None:
    simulator.call("create_email_template", TemplateName="welcome", TemplateContent=WELCOME)
    two = ({"Destination": to("a@b.c")}, {"Destination": to("b@b.c")})

    simulator.switch(max_send_rate=1)
    throttled = bulk(simulator, *two)
    simulator.switch(max_send_rate=None, max_24_hour_send=2)
    used_up = bulk(simulator, *two)

    assert [row["Status"] for row in throttled] == ["SUCCESS", "ACCOUNT_THROTTLED"]
    assert [row["Status"] for row in used_up] == ["SUCCESS", "ACCOUNT_DAILY_QUOTA_EXCEEDED"]


def test_templates_are_created_read_changed_listed_and_deleted(simulator: Simulator) -> None:
    name = {"TemplateName": "welcome"}
    simulator.call("create_email_template", **name, TemplateContent=WELCOME)

    assert simulator.refusal("create_email_template", **name, TemplateContent=WELCOME)[:2] == (
        400,
        "AlreadyExistsException",
    )
    assert simulator.refusal(
        "create_email_template", TemplateName="x", TemplateContent={"Text": "t"}
    ) == (400, BAD, "The subject must be specified.")
    broken = {"Subject": "s", "Text": "{{#if a}}"}
    assert simulator.refusal(
        "create_email_template", TemplateName="x", TemplateContent=broken
    )[:2] == (400, BAD)  # fmt: skip
    simulator.call("update_email_template", **name, TemplateContent={**WELCOME, "Text": "t"})
    template = simulator.call("get_email_template", **name)
    assert template["TemplateContent"] == {**WELCOME, "Text": "t"}
    listed = simulator.call("list_email_templates")
    assert [row["TemplateName"] for row in listed["TemplatesMetadata"]] == ["welcome"]
    simulator.call("delete_email_template", **name)
    assert simulator.refusal("get_email_template", **name) == (
        404,
        "NotFoundException",
        "Template welcome does not exist",
    )


def test_a_test_rendering_refuses_a_missing_variable(simulator: Simulator) -> None:
    name = {"TemplateName": "welcome"}
    simulator.call("create_email_template", **name, TemplateContent=WELCOME)

    made = simulator.call("test_render_email_template", **name, TemplateData='{"name": "A"}')

    assert "Subject: Hi A" in made["RenderedTemplate"]
    assert simulator.refusal("test_render_email_template", **name, TemplateData="{}") == (
        400,
        BAD,
        "Attribute 'name' is not present in the rendering data.",
    )


def test_default_data_serves_entries_without_data_only(simulator: Simulator) -> None:
    simulator.call("create_email_template", TemplateName="welcome", TemplateContent=WELCOME)

    def entry(data: str) -> dict[str, Any]:
        replacement = {"ReplacementTemplate": {"ReplacementTemplateData": data}}
        return {"Destination": to("a@b.c"), "ReplacementEmailContent": replacement}

    results = bulk(simulator, entry("{}"), entry('{"vip": true}'))

    empty, other = (simulator.settled(row["MessageId"]) for row in results)
    assert empty["subject"] == "Hi friend"
    assert other["rendering_failure"] == "Attribute 'name' is not present in the rendering data."


def test_tags_and_headers_of_an_entry_replace_the_defaults(simulator: Simulator) -> None:
    simulator.call("create_email_template", TemplateName="welcome", TemplateContent=WELCOME)
    content = template(
        TemplateData='{"name": "x"}', Headers=header("X-A", "1") + header("X-B", "1")
    )

    (result,) = bulk(
        simulator,
        {
            "Destination": to("a@b.c"),
            "ReplacementTags": tag("t", "one") + tag("t", "two"),
            "ReplacementHeaders": header("x-a", "2"),
        },
        DefaultContent=content,
        DefaultEmailTags=tag("t", "default") + tag("u", "kept"),
    )

    kept = simulator.kept(result["MessageId"])
    assert kept["tags"] == {"t": ["one", "two"], "u": ["kept"]}
    headers = {row["name"].lower(): row["value"] for row in kept["headers"]}
    assert (headers["x-a"], headers["x-b"]) == ("2", "1")


def header(name: str, value: str) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value}]


tag = header
