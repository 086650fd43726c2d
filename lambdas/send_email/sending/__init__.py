"""The use case: send one email once. It imports nothing of HTTP, SQS or boto3."""
