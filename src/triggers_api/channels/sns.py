"""The SNS channel: a topic of the receiver's own AWS account, standard or FIFO."""

from typing import Any, Final

from triggers_api.channels.aws_messages import attributes_of, body_of
from triggers_api.channels.composed import a_call
from triggers_api.channels.receivers_roles import ROLE_FIELD, ReceiversRoles, arn_rule, status_of
from triggers_api.push.channel import Composed, Push, Receipt
from triggers_api.push.settings_fields import Field

_FIFO: Final = ".fifo"


class SnsChannel:
    """Sends to a topic."""

    name = "sns"
    words = "Publishes each event as JSON to an Amazon SNS topic of your own account."
    signs = False
    has_timeout = False  # what AWS is given is ours to say
    sends_json = True
    tells_counts = False  # its message is the event

    def __init__(self, roles: ReceiversRoles) -> None:
        """Sends by `roles`."""
        self._roles = roles
        self.fields = {
            "topic_arn": Field(
                rule=arn_rule(
                    "sns", r"[A-Za-z0-9_-]{1,256}(?:\.fifo)?", "the ARN of an SNS topic is needed"
                ),
                words="Standard or FIFO.",
                example="arn:aws:sns:eu-central-1:123456789012:events",
                is_required=True,
            ),
            "role_arn": ROLE_FIELD,
        }

    def compose(self, push: Push) -> Composed:
        """See `Channel`."""
        return a_call("sns:Publish", push.config.settings["topic_arn"], self.message(push))

    def send(self, push: Push) -> Receipt:
        """See `Channel`."""
        message = self.message(push)

        def call(client: Any) -> Receipt:
            answer = client.publish(**message)
            return Receipt(status_code=status_of(answer), answer=answer.get("MessageId", ""))

        arn = message["TopicArn"]
        return self._roles.send(push, arn, "sns:Publish", call, service="Amazon SNS")

    def message(self, push: Push) -> dict[str, Any]:
        """The parameters of `Publish`."""
        topic = push.config.settings["topic_arn"]
        message = {
            "TopicArn": topic,
            "Message": body_of(push),
            "MessageAttributes": attributes_of(push),
        }
        if topic.endswith(_FIFO):
            message["MessageGroupId"] = push.event.event_type
            message["MessageDeduplicationId"] = push.delivery_id
        return message
