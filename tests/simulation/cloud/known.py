"""Which operations the model knows, and which parameters: to ignore one would be kinder than AWS."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

Request = dict[str, Any]
_Parts = Iterator[tuple[str, Request]]

_NAMES: Final = "ExpressionAttributeNames ExpressionAttributeValues"
_WHEN: Final = f"TableName ConditionExpression {_NAMES} ReturnValuesOnConditionCheckFailure"
_READ: Final = f"ExclusiveStartKey Limit ProjectionExpression FilterExpression {_NAMES}"
_TARGET: Final = "Arn RoleArn Input DeadLetterConfig"
_MESSAGE: Final = "MessageBody MessageGroupId DelaySeconds MessageSystemAttributes"
_SCHEDULE: Final = "Name GroupName ClientToken"

_KNOWN: Final[Mapping[str, str]] = {
    "dynamodb.GetItem": f"TableName Key ConsistentRead ProjectionExpression {_NAMES}",
    "dynamodb.PutItem": f"{_WHEN} Item ReturnValues",
    "dynamodb.UpdateItem": f"{_WHEN} Key UpdateExpression ReturnValues",
    "dynamodb.DeleteItem": f"{_WHEN} Key ReturnValues",
    "dynamodb.BatchGetItem": "RequestItems",
    "dynamodb.BatchGetItem of a table": "Keys ConsistentRead",
    "dynamodb.BatchWriteItem": "RequestItems",
    "dynamodb.TransactWriteItems": "TransactItems ClientRequestToken",
    "dynamodb.TransactWriteItems of Put": f"{_WHEN} Item",
    "dynamodb.TransactWriteItems of Delete": f"{_WHEN} Key",
    "dynamodb.Query": f"TableName IndexName KeyConditionExpression {_READ} ConsistentRead"
    " ScanIndexForward Select ReturnConsumedCapacity",
    "dynamodb.Scan": f"TableName {_READ}",
    "dynamodb.RestoreTableToPointInTime": "SourceTableName TargetTableName RestoreDateTime"
    " BillingModeOverride GlobalSecondaryIndexOverride",
    "dynamodb.DescribeTable": "TableName",
    "dynamodb.DeleteTable": "TableName",
    "sqs.SendMessage": f"QueueUrl {_MESSAGE}",
    "sqs.SendMessageBatch": "QueueUrl Entries",
    "sqs.SendMessageBatch of an entry": f"Id {_MESSAGE}",
    "sqs.ReceiveMessage": "QueueUrl MaxNumberOfMessages VisibilityTimeout WaitTimeSeconds",
    "sqs.DeleteMessageBatch": "QueueUrl Entries",
    "sqs.DeleteMessageBatch of an entry": "Id ReceiptHandle",
    "sqs.ChangeMessageVisibilityBatch": "QueueUrl Entries",
    "sqs.ChangeMessageVisibilityBatch of an entry": "Id ReceiptHandle VisibilityTimeout",
    "sqs.GetQueueAttributes": "QueueUrl AttributeNames",
    "scheduler.CreateSchedule": f"{_SCHEDULE} ScheduleExpression FlexibleTimeWindow"
    " ActionAfterCompletion Target",
    "scheduler.CreateSchedule of a target": _TARGET,
    "scheduler.DeleteSchedule": _SCHEDULE,
    "scheduler.ListSchedules": "GroupName NamePrefix NextToken",
    "kms.GenerateDataKey": "KeyId KeySpec EncryptionContext",
    "kms.Decrypt": "KeyId CiphertextBlob EncryptionContext",
    # `token` stands for the credentials that such a call is signed by.
    "accounts.AssumeRole": "token RoleArn RoleSessionName ExternalId DurationSeconds Policy",
    "accounts.SendMessage": "token QueueUrl MessageBody MessageAttributes MessageGroupId"
    " MessageDeduplicationId",
    "accounts.Publish": "token TopicArn Message MessageAttributes MessageGroupId"
    " MessageDeduplicationId",
    "accounts.PutEvents": "token Entries",
    "accounts.PutEvents of an entry": "Time Source DetailType Detail EventBusName",
    "logs.FilterLogEvents": "logGroupName startTime filterPattern nextToken",
    "cloudwatch.DescribeAlarms": "AlarmNamePrefix AlarmTypes MaxRecords NextToken",
}
_PARAMETERS: Final = {call: frozenset(said.split()) for call, said in _KNOWN.items()}


def refuse_unknown(call: str, request: Request) -> None:
    """Raise `NotImplementedError` for what no service of the model knows."""
    for what, said in ((call, request), *_parts(call, request)):
        if what not in _PARAMETERS:
            raise NotImplementedError(f"the model does not know {what}")
        if unknown := said.keys() - _PARAMETERS[what]:
            raise NotImplementedError(f"the model does not know {sorted(unknown)} for {what}")


def _parts(call: str, request: Request) -> _Parts:
    """What a request holds that has parameters of its own."""
    for each in request.get("TransactItems", ()):
        for kind, action in each.items():
            yield f"{call} of {kind}", action
    for each in request.get("Entries", ()):
        yield f"{call} of an entry", each
    if "Target" in request:
        yield f"{call} of a target", request["Target"]
    if call == "dynamodb.BatchGetItem":
        for each in request["RequestItems"].values():
            yield f"{call} of a table", each
