"""The channels that events are pushed through; a new one is a new file, and a line here."""

from collections.abc import Callable, Mapping
from typing import Any

from triggers_api.channels.discord import DiscordChannel
from triggers_api.channels.email import EmailChannel
from triggers_api.channels.eventbridge import EventBridgeChannel
from triggers_api.channels.http import GuardedHttp
from triggers_api.channels.pagerduty import PagerDutyChannel
from triggers_api.channels.receivers_roles import NewClient, ReceiversRoles, new_clients
from triggers_api.channels.ses import create_client
from triggers_api.channels.slack import SlackChannel
from triggers_api.channels.sns import SnsChannel
from triggers_api.channels.sqs import SqsChannel
from triggers_api.channels.teams import TeamsChannel
from triggers_api.channels.telegram import TelegramChannel
from triggers_api.channels.texts import DEFAULT_BRAND
from triggers_api.channels.webhook import WebhookChannel
from triggers_api.push.channel import Channel


def all_channels(
    http: GuardedHttp,
    *,
    allow_private: bool,
    ses: Callable[[], Any] | None = None,
    aws: NewClient | None = None,
    brand: str = DEFAULT_BRAND,
) -> Mapping[str, Channel]:
    """Every channel by its name.

    `allow_private` is for local runs and tests, as in `http`; `ses` makes a client of SES, on
    first use, `aws` those that act in receivers' accounts; `brand` begins each headline that
    people read.
    """
    seconds = http.deadline_seconds
    roles = ReceiversRoles(aws or new_clients(seconds), longest_seconds=seconds)
    channels: list[Channel] = [
        WebhookChannel(http),
        SlackChannel(http, brand=brand),
        TeamsChannel(http, brand=brand),
        DiscordChannel(http, brand=brand),
        TelegramChannel(http, brand=brand),
        PagerDutyChannel(http, brand=brand),
        EmailChannel(
            http, allow_private=allow_private, new_ses_client=ses or create_client, brand=brand
        ),
        SqsChannel(roles),
        SnsChannel(roles),
        EventBridgeChannel(roles),
    ]
    return {channel.name: channel for channel in channels}
