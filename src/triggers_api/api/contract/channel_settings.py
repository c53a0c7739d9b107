"""Each channel's settings in the contract, as the channel declares them."""

from collections.abc import Mapping
from typing import Any

from triggers_api.push.channel import Channel
from triggers_api.push.settings_schema import settings_schema

Schema = dict[str, Any]


def with_settings(config: Schema, channels: Mapping[str, Channel]) -> dict[str, Schema]:
    """The schema of a config in a request, with the channels; and the schemas of their settings."""
    settings = [settings_schema(name, channel.fields) for name, channel in channels.items()]
    shown = config["properties"]
    shown["channel"]["enum"] = list(channels)
    references = [{"$ref": f"#/components/schemas/{each['title']}"} for each in settings]
    told = {name: shown["settings"][name] for name in ("title", "description")}
    # Not `oneOf`: a webhook and Slack both need only one URL. `channel` says which it is.
    shown["settings"] = told | {"anyOf": references}
    return {"ConfigIn": config} | {each["title"]: each for each in settings}
