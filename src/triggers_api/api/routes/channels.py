"""`/notifications/channels`: what can be pushed through, and what it needs to know."""

import json

from fastapi import Response

from triggers_api.access.keys import Scope
from triggers_api.api.call import Call
from triggers_api.api.operation import TAGS, Answer
from triggers_api.api.routing import Operations
from triggers_api.api.schemas.channels import ChannelOut
from triggers_api.push.channel import Channel

operations = Operations("notifications")


@operations.declare(
    "GET /notifications/channels",
    "list_channels",
    "List the channels",
    needs=Scope.NOTIFICATIONS_MANAGE,
    answers=Answer(model=ChannelOut, is_list=True, headers=TAGS),
)
async def list_channels(call: Call) -> Response:
    """Each channel with its settings as JSON Schema, in one answer: what forms are made of.

    They are the same for every tenant, and change with the deployment's version only.
    """
    channels: list[Channel] = list(call.request.app.state.channels.values())
    return call.tagged(json.dumps([_told(each) for each in channels], ensure_ascii=False).encode())


def _told(channel: Channel) -> dict[str, object]:
    from triggers_api.push.settings_schema import form_schema  # noqa: PLC0415  # rarely needed

    return {
        "channel": channel.name,
        "description": channel.words,
        "has_signing_secret": channel.signs,
        "sends_json": channel.sends_json,
        "settings": form_schema(channel.name, channel.fields),
    }
