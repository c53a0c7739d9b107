"""What becomes of a call of AWS on its way, what its caller hears, and what the story says."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from tests.simulation.cloud.errors import AwsError
from tests.simulation.cloud.kernel import BEGIN, Kernel, KilledError
from tests.simulation.product.carrier import Carrier
from tests.simulation.product.fates import Fate, Fates
from tests.simulation.product.lambdas import Process

PATIENCE = 2.0
NO_REQUEST: dict[str, Any] = {}


class Way:
    """A carrier that does the same to each call, and a process that makes one."""

    def __init__(self, fate: Fate, service: Callable[[str, Any], Any]) -> None:
        self.kernel = Kernel(random.Random(1))  # noqa: S311
        self.process = Process("api-1", lambda _event, _context: {}, 0.0)
        chance = random.Random(2)  # noqa: S311
        fates = Fates(chance, 1.0, kinds=(fate,))
        self.carrier = Carrier(
            {"dynamodb": service, "sqs": service},
            self.kernel,
            fates,
            chance,
            [],
            [],
            lambda _: None,
        )

    def heard(
        self, operation: str = "PutItem", request: Any = NO_REQUEST, service: str = "dynamodb"
    ) -> BaseException | None:
        """What the caller is told of a call that it makes."""

        def call() -> Any:
            return self.carrier(service, operation, dict(request), PATIENCE)

        fiber = self.kernel.start("api-1", call, process=self.process)
        self.process.fibers = [fiber]
        self.kernel.run()
        return fiber.raised

    @property
    def became(self) -> list[str]:
        return [each.became for each in self.carrier.story]


def refused(_operation: str, _request: Any) -> Any:
    raise AwsError("ConditionalCheckFailedException")


@pytest.mark.parametrize(
    ("fate", "heard", "became", "is_dead"),
    [
        (Fate.LOST, ReadTimeoutError, "answer lost ConditionalCheckFailedException", False),
        (Fate.KILLED_AFTER, KilledError, "killed after ConditionalCheckFailedException", True),
    ],
)
def test_a_refusal_can_be_lost_as_any_answer(
    fate: Fate, heard: type[BaseException], became: str, *, is_dead: bool
) -> None:
    way = Way(fate, refused)

    assert isinstance(way.heard(), heard)
    assert way.became == [became]
    assert way.process.is_dead == is_dead
    assert (way.kernel.now - BEGIN >= PATIENCE) == (fate is Fate.LOST)


@pytest.mark.parametrize(
    ("service", "became"),
    [
        (lambda _operation, _request: {}, "arrived late"),
        (refused, "arrived late ConditionalCheckFailedException"),
    ],
)
def test_the_story_tells_when_a_late_call_arrives_and_what_becomes_of_it(
    service: Callable[[str, Any], Any], became: str
) -> None:
    way = Way(Fate.LATE, service)

    assert isinstance(way.heard(), ReadTimeoutError)
    assert way.became == ["late", became]
    assert way.carrier.story[1].at - way.carrier.story[0].at >= PATIENCE


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("DescribeTable", {"TableName": "events"}),
        ("PutItem", {"Item": {}, "Expected": {}}),
        ("TransactWriteItems", {"TransactItems": [{"Put": {"Item": {}, "Expected": {}}}]}),
        ("TransactWriteItems", {"TransactItems": [{"Update": {"Key": {}}}]}),
        ("GetItem", {"TableName": "no such name, and so a KeyError"}),
    ],
)
def test_what_the_model_does_not_know_breaks_the_seed_whoever_swallows_it(
    operation: str, request_: Any
) -> None:
    way = Way(Fate.NOTHING, lambda _operation, request: {}[request["TableName"]])

    heard = way.heard(operation, request_)

    assert isinstance(heard, NotImplementedError | KeyError)
    (told,) = way.carrier.broken
    assert operation in told


def test_a_message_of_a_batch_that_can_never_be_sent_breaks_the_seed() -> None:
    failed = {"Id": "0", "SenderFault": True, "Code": "InvalidParameterValue"}
    way = Way(Fate.NOTHING, lambda _operation, _request: {"Failed": [failed]})

    assert way.heard("SendMessageBatch", {"Entries": []}, "sqs") is None
    assert way.carrier.broken == [
        "api-1 sent a bad entry by sqs.SendMessageBatch: InvalidParameterValue"
    ]
