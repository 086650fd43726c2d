"""The stores that the contract is held against: in memory, and in the local AWS's DynamoDB."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING

import pytest

from email_store.dynamodb.store import DynamoDBEmailStore
from email_store.memory import MemoryEmailStore
from email_store.store import EmailStore
from local.clients import client

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

RETENTION = timedelta(days=30)
TABLE_NUMBERS = count(1)


@pytest.fixture(scope="session")
def dynamodb(aws_url: str) -> DynamoDBClient:
    found: DynamoDBClient = client("dynamodb", aws_url)
    return found


@pytest.fixture
def table_name(dynamodb: DynamoDBClient) -> str:
    """A fresh table with the keys and the index that the stack gives it."""
    name = f"emails-{next(TABLE_NUMBERS)}"
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
            {"AttributeName": "recipient", "AttributeType": "S"},
            {"AttributeName": "at", "AttributeType": "S"},
        ],
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_recipient",
                "KeySchema": [
                    {"AttributeName": "recipient", "KeyType": "HASH"},
                    {"AttributeName": "at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
    )
    return name


def _in_memory(_request: pytest.FixtureRequest) -> EmailStore:
    return MemoryEmailStore()


def _in_dynamodb(request: pytest.FixtureRequest) -> EmailStore:
    name: str = request.getfixturevalue("table_name")
    return DynamoDBEmailStore(request.getfixturevalue("dynamodb"), name, RETENTION)


@pytest.fixture(params=[_in_memory, _in_dynamodb], ids=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest) -> EmailStore:
    """Each kind of store, empty."""
    make: Callable[[pytest.FixtureRequest], EmailStore] = request.param
    return make(request)
