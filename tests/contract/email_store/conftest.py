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
from local.stack.clients import client
from tests.email_table import HASHES, create_email_table

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

RETENTION = timedelta(days=30)
TABLE_NUMBERS = count(1)


@pytest.fixture(scope="session")
def dynamodb(aws_url: str) -> DynamoDBClient:
    connection: DynamoDBClient = client("dynamodb", aws_url)
    return connection


@pytest.fixture
def table_name(dynamodb: DynamoDBClient) -> str:
    """A new table with the keys and the index of the stack."""
    return create_email_table(dynamodb, f"emails-{next(TABLE_NUMBERS)}")


def _in_memory(_request: pytest.FixtureRequest) -> EmailStore:
    return MemoryEmailStore()


def _in_dynamodb(request: pytest.FixtureRequest) -> EmailStore:
    name: str = request.getfixturevalue("table_name")
    return DynamoDBEmailStore(request.getfixturevalue("dynamodb"), name, RETENTION, HASHES)


@pytest.fixture(params=[_in_memory, _in_dynamodb], ids=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest) -> EmailStore:
    """Each kind of store, empty."""
    make: Callable[[pytest.FixtureRequest], EmailStore] = request.param
    return make(request)
