"""The channels and their settings, in the API's own words: `channels.json`, which it writes."""

import json
from importlib.resources import files
from typing import Final

CHANNELS: Final[dict[str, dict[str, str]]] = json.loads(
    files(__package__).joinpath("channels.json").read_text("utf-8")
)
"""By channel and setting: what it is, in sentences."""


def knowing(setting: str) -> str:
    """The channels that have this setting, for people."""
    return " or ".join(name for name, settings in CHANNELS.items() if setting in settings)
