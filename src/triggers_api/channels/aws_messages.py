"""What queues and topics are sent: the event as JSON, and what filters look at beside it."""

from typing import Any

from triggers_api.push.channel import Push

# The two characters of JSON that SQS takes in no message.
_NO_CHARACTERS = str.maketrans({"\ufffe": "\\ufffe", "\uffff": "\\uffff"})


def body_of(push: Push) -> str:
    """The event, as `GET /events/{event_id}` shows it."""
    return push.as_json().decode().translate(_NO_CHARACTERS)


def attributes_of(push: Push) -> dict[str, Any]:
    """What subscriptions filter by, and what a receiver knows a repeated push by."""
    event = push.event
    told = {
        "event_type": event.event_type,
        "severity": event.severity.value,
        "event_id": event.id,
        "delivery_id": push.delivery_id,
    }
    return {name: {"DataType": "String", "StringValue": text} for name, text in told.items()}
