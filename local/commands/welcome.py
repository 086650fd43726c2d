"""The text and the shell variables that `make local` prints for use in another terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.stack.environment import ACCESS_KEY, REGION, SECRET_KEY, for_local_aws

if TYPE_CHECKING:
    from local.stack.local_aws import LocalAWS

__all__ = ["shell_variables", "welcome_text"]

MESSAGE = """{"subject": "Hello", "body": "It works.",
    "html_body": "<p>It works: <a href=https://example.com/>follow me</a>.</p>",
    "from_email": "orders@example.com", "to": ["success+anna@simulator.amazonses.com"]}"""


def shell_variables(aws: LocalAWS) -> dict[str, str]:
    """Return the variables that boto3, the library and the printed calls need."""
    return for_local_aws({}, aws.endpoint) | {
        "AWS_ENDPOINT_URL_SESV2": aws.ses_url,
        "AWS_SES_CONFIGURATION_SET": aws.outputs["ConfigurationSetName"],
        "AMSDAL_MAIL_STAGE": f"local:{aws.port}",
        "API_URL": aws.api_url,
        "SEND_QUEUE_URL": aws.outputs["SendQueueUrl"],
        "BULK_QUEUE_URL": aws.outputs["BulkQueueUrl"],
        "AMSDAL_EMAIL_QUEUE_URL": aws.outputs["SendQueueUrl"],
        "AMSDAL_EMAIL_BULK_QUEUE_URL": aws.outputs["BulkQueueUrl"],
        "AMSDAL_EMAIL_CONTENT_BUCKET": aws.outputs["ContentBucketName"],
        "TABLE_NAME": aws.outputs["TableName"],
        "EVENT_BUS_NAME": aws.outputs["EventBusName"],
    }


def welcome_text(aws: LocalAWS, exports_file: str) -> str:
    """Return the addresses of a running local AWS, and calls to paste."""
    return f"""
  INBOX           {aws.ses_url}/   each message with its events, in your browser
  HTTP API        {aws.api_url}
  send queue      {aws.outputs["SendQueueUrl"]}
  bulk queue      {aws.outputs["BulkQueueUrl"]}
  SES simulator   {aws.ses_url}
  AWS endpoint    {aws.endpoint}  (region {REGION}, credentials {ACCESS_KEY} / {SECRET_KEY})
  logs            {aws.run_dir}

In another terminal:

  source {exports_file}
  MESSAGE='{MESSAGE}'

  # Send an email by the API. Open it in the inbox and click its link. Then get its state.
  {_signed_curl("execute-api")} "$API_URL/emails" \\
    -H 'Content-Type: application/json' -d "$MESSAGE"
  {_signed_curl("execute-api")} "$API_URL/emails/<email_id>"

  # Send an email by the queue. The MessageId in the response is the email_id.
  {_signed_curl("sqs")} "$SEND_QUEUE_URL" \\
    -d Action=SendMessage --data-urlencode "MessageBody=$MESSAGE"

  # Find, see and mend emails by the command line.
  .venv/bin/amsdal-mail --help

Ctrl-C stops everything.
"""


def _signed_curl(service: str) -> str:
    return f"curl -s --aws-sigv4 aws:amz:{REGION}:{service} --user {ACCESS_KEY}:{SECRET_KEY}"
