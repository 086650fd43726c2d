"""The local AWS has what the stack needs."""

from __future__ import annotations

import urllib.error
import urllib.request

import pytest

from local.stack.local_aws import LocalAWS


def test_ttl_is_on_though_the_local_cloudformation_ignores_it(local_aws: LocalAWS) -> None:
    dynamodb = local_aws.client("dynamodb")

    time_to_live = dynamodb.describe_time_to_live(TableName=local_aws.outputs["TableName"])

    assert time_to_live["TimeToLiveDescription"] == {
        "TimeToLiveStatus": "ENABLED",
        "AttributeName": "expires_at",
    }


def test_the_api_refuses_a_call_without_a_signature(local_aws: LocalAWS) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{local_aws.api_url}/emails/order-1", timeout=10)

    refused.value.close()
    assert refused.value.code == 403


def test_simulator_is_ses_for_clients_of_the_local_aws(local_aws: LocalAWS) -> None:
    account = local_aws.client("sesv2").get_account()

    assert account["SendQuota"]["MaxSendRate"] > 0
