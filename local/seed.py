"""What the demo tenant begins with: a subscriber, and the order-sync story as events."""

import json
from pathlib import Path
from urllib.parse import urlsplit

from triggers_client import Client

STORY = Path(__file__).resolve().parent.parent / "events" / "order-sync"
SUBSCRIBER = "The receiver of this local run"
_SETTABLE = (
    "name",
    "channel",
    "settings",
    "filters",
    "message_template",
    "acknowledges",
    "enabled",
)


def seed_if_empty(api: Client) -> int:
    """Post the story to a tenant that has no events at all; return how many were posted."""
    is_empty = next(api.events.walk(limit=1), None) is None
    return post_story(api) if is_empty else 0


def push_to(receiver_url: str, api: Client) -> None:
    """Have all events pushed to this receiver, wherever it was the last time.

    Whatever somebody has changed about the subscriber since stays, its path and query too.
    """
    for config in api.notifications.configs():
        if config["name"] == SUBSCRIBER and config["channel"] == "webhook":
            here = urlsplit(receiver_url)
            there = urlsplit(config["settings"]["url"])
            if there.netloc != here.netloc:
                config["settings"]["url"] = there._replace(netloc=here.netloc).geturl()
                draft = {name: value for name, value in config.items() if name in _SETTABLE}
                api.notifications.replace_config(config["id"], draft)
            return
    settings = {"url": f"{receiver_url}/demo"}
    api.notifications.create_config(
        {"name": SUBSCRIBER, "channel": "webhook", "settings": settings}
    )


def post_story(api: Client) -> int:
    """Post the story's events in order; posted twice within a day, it doubles nothing."""
    chapters = sorted(STORY.glob("*.json"))
    for chapter in chapters:
        key = f"{STORY.name}-{chapter.stem}"
        api.events.post(**json.loads(chapter.read_bytes()), idempotency_key=key)
    return len(chapters)
