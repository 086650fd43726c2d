"""What a person needs to talk to the running local AWS from another terminal."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from local.environment import ACCESS_KEY, REGION, SECRET_KEY, for_local_aws

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.local_aws import LocalAws

_MESSAGE = (
    '{"subject": "Hello", "body": "It works.", "from_email": "orders@example.com",'
    ' "to": ["success+anna@simulator.amazonses.com"]}'
)


def variables(aws: LocalAws) -> dict[str, str]:
    """Return the environment of boto3, the library and curl for this run."""
    return for_local_aws({}, aws.endpoint) | {
        "AWS_ENDPOINT_URL_SESV2": aws.ses_url,
        "AWS_SES_CONFIGURATION_SET": aws.outputs["ConfigurationSetName"],
        "API_URL": aws.api_url,
        "SEND_QUEUE_URL": aws.outputs["SendQueueUrl"],
        "TABLE_NAME": aws.outputs["TableName"],
    }


def exports(environment: Mapping[str, str]) -> str:
    """Return `environment` as lines for a shell's `source`."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in environment.items())


def welcome(aws: LocalAws, exports_file: str) -> str:
    """Return the addresses of this run with calls to paste."""
    signed = f"curl -s --aws-sigv4 aws:amz:{REGION}:execute-api --user {ACCESS_KEY}:{SECRET_KEY}"
    return f"""
  HTTP API        {aws.api_url}
  send queue      {aws.outputs["SendQueueUrl"]}
  SES simulator   {aws.ses_url}
  AWS endpoint    {aws.endpoint}  (region {REGION}, credentials {ACCESS_KEY} / {SECRET_KEY})
  logs            {aws.run_dir}

In another terminal:

  source {exports_file}

  # send an email by the API, then ask what became of it
  {signed} -H 'Content-Type: application/json' \\
    "$API_URL/emails" -d '{_MESSAGE}'
  {signed} "$API_URL/emails/<email_id>"

  # drop the same on the queue; the answer's MessageId is the email_id
  .venv/bin/python -c "import boto3, os, sys; print(boto3.client('sqs').send_message(
    QueueUrl=os.environ['SEND_QUEUE_URL'], MessageBody=sys.argv[1])['MessageId'])" \\
    '{_MESSAGE}'

Ctrl-C stops everything.
"""
