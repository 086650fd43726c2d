"""The email table as tests create it. A test compares it with the synthesised template."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from email_store.address_hashes import AddressHashes

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

__all__ = ["HASHES", "TABLE", "create_email_table"]

HASHES = AddressHashes(b"the key of the tests, which is long enough")

TABLE: dict[str, Any] = {
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "sk", "AttributeType": "S"},
        {"AttributeName": "recipient", "AttributeType": "S"},
        {"AttributeName": "at", "AttributeType": "S"},
        {"AttributeName": "period", "AttributeType": "S"},
    ],
    "KeySchema": [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by_recipient",
            "KeySchema": [
                {"AttributeName": "recipient", "KeyType": "HASH"},
                {"AttributeName": "at", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        },
        {
            "IndexName": "by_time",
            "KeySchema": [
                {"AttributeName": "period", "KeyType": "HASH"},
                {"AttributeName": "at", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        },
    ],
}


def create_email_table(client: DynamoDBClient, name: str) -> str:
    """Create the table, and return its name."""
    client.create_table(TableName=name, **TABLE)
    return name
