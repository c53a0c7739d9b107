"""The EventBridge channel: an event bus of the receiver's own AWS account."""

from typing import Any, Final

from triggers_api.channels import rules
from triggers_api.channels.aws_messages import body_of
from triggers_api.channels.composed import a_call
from triggers_api.channels.receivers_roles import (
    ROLE_FIELD,
    ReceiversRoles,
    arn_rule,
    refusal_of,
    status_of,
)
from triggers_api.push.channel import Composed, Push, Receipt
from triggers_api.push.settings_fields import Field

_SERVICE: Final = "Amazon EventBridge"
_SOURCE: Final = "triggers-api"


class EventBridgeChannel:
    """Sends to an event bus."""

    name = "eventbridge"
    words = "Puts each event on an Amazon EventBridge event bus of your own account."
    signs = False
    has_timeout = False  # what AWS is given is ours to say
    sends_json = True
    tells_counts = False  # its detail is the event

    def __init__(self, roles: ReceiversRoles) -> None:
        """Sends by `roles`."""
        self._roles = roles
        self.fields = {
            "event_bus_arn": Field(
                rule=arn_rule(
                    "events",
                    "event-bus/[A-Za-z0-9._/-]{1,256}",
                    "the ARN of an event bus is needed",
                ),
                words="The default bus, or one of your own.",
                example="arn:aws:events:eu-central-1:123456789012:event-bus/events",
                is_required=True,
            ),
            "role_arn": ROLE_FIELD,
            "source": Field(
                rule=rules.pattern(
                    r"(?!aws\.)[A-Za-z0-9._/-]{1,128}",
                    "a name such as com.example.shop is needed, which does not begin with aws.",
                    max_length=128,
                ),
                words="What your rules know our events by.",
                example="com.example.shop",
                default=_SOURCE,
            ),
        }

    def compose(self, push: Push) -> Composed:
        """See `Channel`."""
        arn = push.config.settings["event_bus_arn"]
        return a_call("events:PutEvents", arn, self.message(push))

    def send(self, push: Push) -> Receipt:
        """See `Channel`."""
        entry = self.message(push)

        def call(client: Any) -> Receipt:
            answer = client.put_events(Entries=[entry])
            (put,) = answer.get("Entries") or [{}]
            if answer.get("FailedEntryCount"):  # behind a 200
                code, told = put.get("ErrorCode", "an error"), put.get("ErrorMessage", "")
                return refusal_of(_SERVICE, code, told, status=status_of(answer))
            return Receipt(status_code=status_of(answer), answer=put.get("EventId", ""))

        arn = entry["EventBusName"]
        return self._roles.send(push, arn, "events:PutEvents", call, service=_SERVICE)

    def message(self, push: Push) -> dict[str, Any]:
        """The one entry of `PutEvents`."""
        settings = push.config.settings
        return {
            "EventBusName": settings["event_bus_arn"],
            "Source": settings.get("source", _SOURCE),
            "DetailType": push.event.event_type,
            "Detail": body_of(push),
            "Time": push.event.created_at,
        }
