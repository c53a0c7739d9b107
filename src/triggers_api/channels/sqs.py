"""The SQS channel: a queue of the receiver's own AWS account, standard or FIFO."""

from typing import Any, Final

from triggers_api.channels.aws_messages import attributes_of, body_of
from triggers_api.channels.composed import a_call
from triggers_api.channels.receivers_roles import (
    ROLE_FIELD,
    Arn,
    ReceiversRoles,
    arn_rule,
    status_of,
)
from triggers_api.push.channel import Composed, Push, Receipt
from triggers_api.push.settings_fields import Field

_SUFFIXES: Final = {"aws-cn": "amazonaws.com.cn", "aws-eusc": "amazonaws.eu"}
_FIFO: Final = ".fifo"


class SqsChannel:
    """Sends to a queue."""

    name = "sqs"
    words = "Sends each event as JSON to an Amazon SQS queue of your own account."
    signs = False
    has_timeout = False  # what AWS is given is ours to say
    sends_json = True
    tells_counts = False  # its body is the event

    def __init__(self, roles: ReceiversRoles) -> None:
        """Sends by `roles`."""
        self._roles = roles
        self.fields = {
            "queue_arn": Field(
                rule=arn_rule(
                    "sqs", r"[A-Za-z0-9_-]{1,80}(?:\.fifo)?", "the ARN of an SQS queue is needed"
                ),
                words="Standard or FIFO.",
                example="arn:aws:sqs:eu-central-1:123456789012:events",
                is_required=True,
            ),
            "role_arn": ROLE_FIELD,
        }

    def compose(self, push: Push) -> Composed:
        """See `Channel`."""
        message = self.message(push)
        return a_call("sqs:SendMessage", push.config.settings["queue_arn"], message)

    def send(self, push: Push) -> Receipt:
        """See `Channel`."""
        arn = push.config.settings["queue_arn"]
        message = self.message(push)

        def call(client: Any) -> Receipt:
            answer = client.send_message(**message)
            return Receipt(status_code=status_of(answer), answer=answer.get("MessageId", ""))

        return self._roles.send(push, arn, "sqs:SendMessage", call, service="Amazon SQS")

    def message(self, push: Push) -> dict[str, Any]:
        """The parameters of `SendMessage`."""
        queue = Arn.of(push.config.settings["queue_arn"])
        host = f"sqs.{queue.region}.{_SUFFIXES.get(queue.partition, 'amazonaws.com')}"
        message = {
            "QueueUrl": f"https://{host}/{queue.account}/{queue.resource}",
            "MessageBody": body_of(push),
            "MessageAttributes": attributes_of(push),
        }
        if queue.resource.endswith(_FIFO):
            message["MessageGroupId"] = push.event.event_type
            message["MessageDeduplicationId"] = push.delivery_id
        return message
