"""A change to a notification config: a JSON merge patch (RFC 7396) on what may be sent."""

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from triggers_api.api.schemas.configs import (
    READ_ONLY,
    ChannelName,
    ConfigName,
    MessageTemplate,
    Settings,
    Transform,
)
from triggers_api.api.schemas.filters import FiltersIn, FiltersOut
from triggers_api.api.schemas.policies import (
    RateLimitPerSecond,
    RetryScheduleSeconds,
    SignatureName,
    TimeoutSeconds,
    policy_members,
)
from triggers_api.push.config import NotificationConfig

_EXAMPLES: Final[list[Any]] = [
    {"enabled": False},
    {"filters": {"min_severity": "error", "event_types": None}, "message_template": None},
    {"settings": {"url": "https://hooks.example.com/new"}},
]


class ConfigPatchIn(BaseModel):
    """What is to change; what is left out stays, and `null` brings back its default.

    The result must be a config that a PUT would accept.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": _EXAMPLES})

    name: ConfigName | None = None
    channel: ChannelName | None = Field(
        default=None,
        description=(
            "Another one begins with the settings that come with it alone, and with its usual timeout."
        ),
    )
    settings: Settings | None = Field(
        default=None,
        description="Member by member; secrets that are left out stay, `null` removes one.",
    )
    filters: FiltersIn | None = Field(default=None, description="Member by member.")
    message_template: MessageTemplate = None
    transform: Transform = None
    acknowledges: StrictBool | None = None
    enabled: StrictBool | None = None
    retry_schedule_seconds: RetryScheduleSeconds = None
    timeout_seconds: TimeoutSeconds = None
    rate_limit_per_second: RateLimitPerSecond = None
    signature: SignatureName = None


def patched(known: NotificationConfig, patch: dict[str, Any]) -> dict[str, Any]:
    """The config as a body in which the patch has been merged; not yet checked."""
    whole: dict[str, Any] = {
        "name": known.name,
        "channel": known.channel,
        "settings": known.settings,
        "filters": FiltersOut.of(known.filters).model_dump(mode="json", exclude_none=True),
        "message_template": known.message_template,
        "transform": known.transform,
        "acknowledges": known.acknowledges,
        "enabled": known.enabled,
        **policy_members(known),
    }
    if not _keeps_channel(known, patch):
        whole |= {"settings": {}, "timeout_seconds": None, "signature": None}
    merged: dict[str, Any] = _merged(whole, patch)
    # A null stays where its absence would say something else: that a secret is kept, or that a
    # member that there is not was removed.
    for name in ("settings", "filters"):
        if isinstance(patch.get(name), dict):
            merged[name] |= dict.fromkeys(_nulls(patch[name]))
    return merged | dict.fromkeys(_nulls(patch) - whole.keys() - READ_ONLY)


def leaves_settings(known: NotificationConfig, patch: dict[str, Any]) -> bool:
    """Whether the patch says nothing about how the receiver is reached."""
    return "settings" not in patch and _keeps_channel(known, patch)


def _keeps_channel(known: NotificationConfig, patch: dict[str, Any]) -> bool:
    same: bool = patch.get("channel", known.channel) == known.channel
    return same


def _nulls(patch: dict[str, Any]) -> set[str]:
    return {name for name, value in patch.items() if value is None}


def _merged(target: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """As RFC 7396 says; it goes only as deep as both have objects."""
    merged = dict(target)
    for name, value in patch.items():
        if value is None:
            if name not in READ_ONLY:
                merged.pop(name, None)
        elif isinstance(value, dict) and isinstance(merged.get(name), dict):
            merged[name] = _merged(merged[name], value)
        else:
            merged[name] = value
    return merged
