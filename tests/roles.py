"""What the roles of template.yaml allow, and what a handler calls: every call is checked at once.

A call that its function's role does not allow fails the test that made it. What was called is
kept, so that a test can also say which permission nobody uses.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Final
from unittest.mock import patch

from tests.cloudformation import properties
from triggers_api.aws import clients

Request = Mapping[str, Any]

# Policies that are for others than the function's code: the emulator, Lambda, its mappings.
NOT_OF_THE_CODE: Final = frozenset({"emulator", "log", "mapping", "trace"})
_OF_TRANSACTIONS: Final = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
_EQUALS: Final = re.compile(r"(#?\w+) = (:\w+)")
_HASH_KEYS: Final = ("pk", "key_id")


@dataclass(frozen=True, slots=True)
class Asked:
    """One action on one resource, as IAM sees it: by its logical id, or by ARN if it is foreign."""

    action: str
    resource: str
    context: tuple[tuple[str, tuple[str, ...]], ...] = ()  # of what conditions may look at

    def __str__(self) -> str:
        """As it stands in a policy."""
        return f"{self.action} on {self.resource}" + (
            f" with {dict(self.context)}" if self.context else ""
        )


@dataclass(frozen=True, slots=True)
class Grant:
    """One action on one pattern of resources, under conditions."""

    action: str
    resource: str
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...]  # operator, key, patterns

    def allows(self, asked: Asked) -> bool:
        """Whether IAM would let it pass by this."""
        context = dict(asked.context)
        return (
            self.action == asked.action
            and fnmatchcase(asked.resource, self.resource)
            and all(
                _holds(operator, context.get(key), patterns)
                for operator, key, patterns in self.conditions
            )
        )


def _holds(operator: str, values: tuple[str, ...] | None, patterns: tuple[str, ...]) -> bool:
    """`ForAllValues` also holds where there is no value; the others want one."""
    *quantifier, comparison = operator.split(":")
    assert comparison in {"StringEquals", "StringLike"}, f"{operator} is not known here yet"
    if quantifier == ["ForAllValues"]:
        return all(any(fnmatchcase(value, each) for each in patterns) for value in values or ())
    assert not quantifier, f"{operator} is not known here yet"
    return values is not None and any(fnmatchcase(values[0], each) for each in patterns)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _named(resource: Any) -> str:
    """A resource of a statement by its logical id."""
    if isinstance(resource, str):
        return resource
    if "Fn::GetAtt" in resource:
        return str(resource["Fn::GetAtt"][0])
    if "Ref" in resource:
        return str(resource["Ref"])
    text = str(resource["Fn::Sub"])
    if own := re.fullmatch(r"\$\{(\w+)\.Arn\}(/index/\w+)", text):
        return own[1] + own[2]
    if group := re.search(r":schedule/\$\{(\w+)\}/\*$", text):
        return group[1]
    return re.sub(r"\$\{[\w:.]+\}", "*", text)


def grants_of(role: str) -> Iterator[Grant]:
    """What it allows the function's code."""
    for policy in properties(role)["Policies"]:
        named = policy["Fn::If"][1] if "Fn::If" in policy else policy
        if named["PolicyName"] in NOT_OF_THE_CODE:
            continue
        for statement in named["PolicyDocument"]["Statement"]:
            conditions = tuple(
                (operator, key, tuple(_listed(patterns)))
                for operator, keys in statement.get("Condition", {}).items()
                for key, patterns in keys.items()
            )
            for action in _listed(statement["Action"]):
                for resource in _listed(statement["Resource"]):
                    yield Grant(action, _named(resource), conditions)


@dataclass
class Acting:
    """A function at work under its role, whose every call of AWS is looked at."""

    role: str
    parts: Mapping[str, str]  # names, URLs and ARNs of the deployment: the logical ids
    grants: frozenset[Grant] = field(init=False)
    used: set[Grant] = field(default_factory=set)
    refused: set[Asked] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Read the role."""
        self.grants = frozenset(grants_of(self.role))

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Clients that are made meanwhile are the function's. Raises for what is not allowed."""
        create, make = clients.create_client, clients.ClientMaker.__call__

        def create_watched(service: str, **how: Any) -> Any:
            return self._watched(create(service, **how))

        def make_watched(maker: Any, service: str, region: Any = None, lent: Any = None) -> Any:
            """What is done in receivers' accounts, by credentials that they lend, is their business."""
            client = make(maker, service, region, lent)
            return client if lent else self._watched(client)

        with (
            patch.object(clients, "create_client", create_watched),
            patch.object(clients.ClientMaker, "__call__", make_watched),
        ):
            yield
        told = "\n".join(sorted(map(str, self.refused)))
        assert not self.refused, f"{self.role} does not allow what the code calls:\n{told}"

    @property
    def unused(self) -> frozenset[Grant]:
        """What it allows and nobody has called."""
        return self.grants - self.used

    def _watched(self, client: Any) -> Any:
        client.meta.events.register_first("provide-client-params.*.*", self._look)
        return client

    def _look(self, params: dict[str, Any], model: Any, **_: object) -> None:
        service = model.service_model.signing_name
        for asked in _asked(service, model.name, params, self._part):
            granting = {grant for grant in self.grants if grant.allows(asked)}
            self.used |= granting
            if not granting:
                self.refused.add(asked)

    def _part(self, name: str) -> str:
        return self.parts.get(name, name)


def _asked(
    service: str, operation: str, request: Request, part: Callable[[str], str]
) -> Iterator[Asked]:
    """The actions and resources for which IAM is asked about a call."""
    if service == "dynamodb":
        yield from _of_dynamodb(operation, request, part)
    elif service == "sqs":
        yield Asked(f"sqs:{operation.removesuffix('Batch')}", part(request["QueueUrl"]))
    elif service == "kms":
        yield Asked(f"kms:{operation}", part(request.get("KeyId", "SecretsKey")))
    elif service == "scheduler":
        group = "*" if operation == "ListSchedules" else part(request["GroupName"])
        yield Asked(f"scheduler:{operation}", group)
        if "Target" in request:
            passed = (("iam:PassedToService", ("scheduler.amazonaws.com",)),)
            yield Asked("iam:PassRole", part(request["Target"]["RoleArn"]), passed)
    elif service == "sts":
        external = (("sts:ExternalId", (request.get("ExternalId", ""),)),)
        yield Asked(f"sts:{operation}", request["RoleArn"], external)
    elif service == "ses":
        sender = request["FromEmailAddress"].rpartition("@")[2].rstrip(">")
        for action in ("ses:SendEmail", "ses:SendRawEmail"):
            for what in (f"identity/{sender}", "configuration-set/usual"):
                yield Asked(action, f"arn:aws:ses:us-east-1:123456789012:{what}")
    else:
        yield Asked(f"{service_of(service)}:{operation}", "*")


def service_of(signing_name: str) -> str:
    """What IAM calls a service that signs under another name."""
    return {"monitoring": "cloudwatch"}.get(signing_name, signing_name)


def _of_dynamodb(operation: str, request: Request, part: Callable[[str], str]) -> Iterator[Asked]:
    if operation == "TransactWriteItems":
        for each in request["TransactItems"]:
            ((kind, one),) = each.items()
            yield _on(
                part(one["TableName"]), _OF_TRANSACTIONS[kind], [one.get("Key") or one["Item"]]
            )
    elif operation == "BatchGetItem":
        for table, wanted in request["RequestItems"].items():
            yield _on(part(table), operation, wanted["Keys"])
    elif operation == "BatchWriteItem":
        for table, writes in request["RequestItems"].items():
            items = [next(iter(next(iter(each.values())).values())) for each in writes]
            yield _on(part(table), operation, items)
    elif operation == "Query":
        index = f"/index/{request['IndexName']}" if "IndexName" in request else ""
        yield _on(part(request["TableName"]) + index, operation, [_key_of(request)])
    else:
        yield _on(part(request["TableName"]), operation, [request.get("Key") or request["Item"]])


def _on(resource: str, operation: str, items: Iterable[Request]) -> Asked:
    """With the hash keys, which conditions call leading keys."""
    keys = {
        next(iter(value.values()))
        for item in items
        for name, value in item.items()
        if name in _HASH_KEYS
    }
    return Asked(
        f"dynamodb:{operation}", resource, (("dynamodb:LeadingKeys", tuple(sorted(keys))),)
    )


def _key_of(query: Request) -> Request:
    """What a query asks to be equal, by attribute."""
    names = query.get("ExpressionAttributeNames", {})
    values = query["ExpressionAttributeValues"]
    return {
        names.get(name, name): values[value]
        for name, value in _EQUALS.findall(query["KeyConditionExpression"])
    }
