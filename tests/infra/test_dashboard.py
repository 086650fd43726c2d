"""The dashboard."""

from __future__ import annotations

import json

from tests.infra.synthesis import SynthesisedStack, text


def test_dashboard_and_alarms_have_the_metrics_of_the_stage(stack: SynthesisedStack) -> None:
    _, function = stack.find("AWS::Lambda::Function", "SendEmailFunction")
    namespace = function["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"]

    body = text(stack.only("AWS::CloudWatch::Dashboard")["DashboardBody"])
    graphed = {
        (metric[0], metric[1])
        for widget in json.loads(body)["widgets"]
        for metric in widget["properties"]["metrics"]
    }
    alarmed = {
        (alarm["Namespace"], alarm["MetricName"])
        for alarm in stack.of_type("AWS::CloudWatch::Alarm").values()
        if alarm["Namespace"] not in {"AWS/SQS", "AWS/Lambda", "AWS/SES", "AWS/ApiGateway"}
    }

    assert (namespace, "RecipientsAccepted") in graphed
    assert alarmed
    assert {name for name, _ in alarmed} == {namespace}
    assert alarmed <= graphed
