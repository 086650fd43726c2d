"""What the inbox reads from the table of the deployed stack."""

from __future__ import annotations

from datetime import UTC, datetime

from local.inbox.deployed_stack import DeployedStack, StackAddress
from local.stack.clients import client


async def test_suppressions_in_a_large_table_are_all_listed(aws_url: str) -> None:
    """DynamoDB scans 1 MB at a time, and most of a table are no suppressions."""
    table, name = client("dynamodb", aws_url), "large"
    table.create_table(
        TableName=name,
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    at = datetime(2026, 1, 1, tzinfo=UTC).isoformat()
    addresses = [f"a{number}@example.net" for number in range(12)]
    for address in addresses:
        text = {"pk": f"EMAIL#{address}", "sk": "EMAIL", "text": "x" * 200_000}
        entry = {"sk": "SUPPRESSION", "address": address, "reason": "bounce", "at": at}
        for item in (text, {"pk": f"SUPPRESSION#{address}", **entry}):
            values = {key: {"S": value} for key, value in item.items()}
            table.put_item(TableName=name, Item=values)
    stack = DeployedStack(lambda: 0.0)
    stack.connect(StackAddress(api_url="http://localhost", table_name=name, aws_endpoint=aws_url))

    listed = await stack.suppressions()

    assert sorted(entry.address for entry in listed) == sorted(addresses)
