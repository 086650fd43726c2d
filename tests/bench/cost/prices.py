"""AWS's list prices in us-east-1 (N. Virginia), in dollars, without free tiers and discounts.

As of November 2025, from the pricing pages of each service, https://aws.amazon.com/<service>/pricing/:
ses, lambda, dynamodb/pricing/on-demand, sqs, sns, api-gateway, eventbridge, cloudwatch, xray.
"""

from __future__ import annotations

MILLION = 1_000_000
MONTH_SECONDS = 30 * 24 * 3600

SES_EMAIL = 0.10 / 1000
"""For each recipient. Attachments cost $0.12 a GB beside it."""
LAMBDA_GB_SECOND = 0.0000133334
"""On arm64."""
LAMBDA_REQUEST = 0.20 / MILLION
DYNAMODB_WRITE_UNIT = 0.625 / MILLION
"""1 KB of an item written; an index is written too."""
DYNAMODB_READ_UNIT = 0.125 / MILLION
"""4 KB of an item read consistently."""
DYNAMODB_GB_MONTH = 0.25
DYNAMODB_RECOVERY_GB_MONTH = 0.20
"""Point-in-time recovery."""
S3_PUT = 5.00 / MILLION
S3_GET = 0.40 / MILLION
"""Deleting is free."""
S3_GB_MONTH = 0.023
"""Of the class Standard, which has no smallest size of an object: https://aws.amazon.com/s3/pricing/."""
SES_ATTACHMENT_GB = 0.12
SQS_REQUEST = 0.40 / MILLION
"""Of a standard queue, 64 KB each."""
SNS_PUBLISH = 0.50 / MILLION
"""Delivery to SQS is free."""
HTTP_API_REQUEST = 1.00 / MILLION
EVENTBRIDGE_EVENT = 1.00 / MILLION
"""A custom event of 64 KB."""
LOGS_GB = 0.50
"""For ingestion; a month's storage of the compressed lines is below one cent of it."""
METRIC_MONTH = 0.30
ALARM_MONTH = 0.10
DASHBOARD_MONTH = 3.00
SECRET_MONTH = 0.40
"""Of Secrets Manager: the key of the suppression list."""
XRAY_TRACE = 5.00 / MILLION
