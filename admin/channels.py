"""The channels and their settings as the command line tells them: `make openapi` writes it."""

import json
import sys

from admin.openapi import CHANNELS
from triggers_api.push.settings_schema import described_to_people


def text() -> str:
    """By channel and setting: what it is, in sentences."""
    told = {
        name: {setting: described_to_people(setting, channel.fields) for setting in channel.fields}
        for name, channel in CHANNELS.items()
    }
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.buffer.write(text().encode())
