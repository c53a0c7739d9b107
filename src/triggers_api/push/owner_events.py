"""Events that tell a config's owner what became of it: of which type, and about which config."""

from typing import Final

from triggers_api.push.filters import Described

DISABLED: Final = "notifications.config_disabled"  # the receiver wants nothing ever again
FAILING: Final = "notifications.config_failing"
RECOVERED: Final = "notifications.config_recovered"
OWNER_EVENTS: Final = frozenset({DISABLED, FAILING, RECOVERED})
ABOUT: Final = "config_id"  # in their metadata: who dispatches an event does not read its payload


def is_for_owner(event: Described) -> bool:
    """Whether the event tells of a config. Nobody can post one of these types."""
    return event.event_type in OWNER_EVENTS


def tells_of(event: Described, config_id: str) -> bool:
    """Whether the event tells of this very config."""
    return is_for_owner(event) and event.metadata.get(ABOUT) == config_id
