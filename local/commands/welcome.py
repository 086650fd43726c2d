"""What a person needs to talk to the running local AWS from another terminal."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from local.stack.environment import ACCESS_KEY, REGION, SECRET_KEY, for_local_aws

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.stack.local_aws import LocalAws

_MESSAGE = """{"subject": "Hello", "body": "It works.",
    "html_body": "<p>It works: <a href=https://example.com/>follow me</a>.</p>",
    "from_email": "orders@example.com", "to": ["success+anna@simulator.amazonses.com"]}"""


def variables(aws: LocalAws) -> dict[str, str]:
    """Return the environment of boto3, the library and curl for this run."""
    return for_local_aws({}, aws.endpoint) | {
        "AWS_ENDPOINT_URL_SESV2": aws.ses_url,
        "AWS_SES_CONFIGURATION_SET": aws.outputs["ConfigurationSetName"],
        "API_URL": aws.api_url,
        "SEND_QUEUE_URL": aws.outputs["SendQueueUrl"],
        "AMSDAL_EMAIL_QUEUE_URL": aws.outputs["SendQueueUrl"],
        "TABLE_NAME": aws.outputs["TableName"],
        "EVENT_BUS_NAME": aws.outputs["EventBusName"],
    }


def exports(environment: Mapping[str, str]) -> str:
    """Return `environment` as lines for a shell's `source`."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in environment.items())


def welcome(aws: LocalAws, exports_file: str) -> str:
    """Return the addresses of this run with calls to paste."""
    return f"""
  INBOX           {aws.ses_url}/   every message with its events, in your browser
  HTTP API        {aws.api_url}
  send queue      {aws.outputs["SendQueueUrl"]}
  SES simulator   {aws.ses_url}
  AWS endpoint    {aws.endpoint}  (region {REGION}, credentials {ACCESS_KEY} / {SECRET_KEY})
  logs            {aws.run_dir}

In another terminal:

  source {exports_file}
  MESSAGE='{_MESSAGE}'

  # send an email by the API; open it in the inbox, click its link; then ask what became of it
  {_signed_for("execute-api")} "$API_URL/emails" \\
    -H 'Content-Type: application/json' -d "$MESSAGE"
  {_signed_for("execute-api")} "$API_URL/emails/<email_id>"

  # drop it on the queue: the MessageId of the answer is the email_id
  {_signed_for("sqs")} "$SEND_QUEUE_URL" \\
    -d Action=SendMessage --data-urlencode "MessageBody=$MESSAGE"

Ctrl-C stops everything.
"""


def _signed_for(service: str) -> str:
    return f"curl -s --aws-sigv4 aws:amz:{REGION}:{service} --user {ACCESS_KEY}:{SECRET_KEY}"
