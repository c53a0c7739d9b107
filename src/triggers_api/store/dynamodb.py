"""A client of DynamoDB, tuned once, and its wire form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from triggers_api.aws import clients

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]
"""An item, or a key, in DynamoDB's wire form: `{"name": {"S": "value"}}`."""


def create_client() -> DynamoDBClient:
    """A client of DynamoDB."""
    client: DynamoDBClient = clients.create_client("dynamodb")
    return client
