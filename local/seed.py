"""What the demo tenant begins with: a subscriber, and the order-sync story as events."""

import json
from pathlib import Path
from urllib.parse import urlsplit

from local.api_client import ApiClient, expect

STORY = Path(__file__).resolve().parent.parent / "events" / "order-sync"
SUBSCRIBER = "The receiver of this local run"
_CONFIGS = "/notifications/configs"
_SETTABLE = (
    "name",
    "channel",
    "settings",
    "filters",
    "message_template",
    "acknowledges",
    "enabled",
)


def seed_if_empty(api: ApiClient) -> int:
    """Post the story to a tenant that has no events at all; return how many were posted."""
    if expect(api.get("/events?limit=1"), 200).json():
        return 0
    return post_story(api)


def push_to(receiver_url: str, api: ApiClient) -> None:
    """Have all events pushed to this receiver, wherever it was the last time.

    What somebody changed about the subscriber since then stays, its path and query too.
    """
    for config in expect(api.get(_CONFIGS), 200).json():
        if config["name"] == SUBSCRIBER and config["channel"] == "webhook":
            here = urlsplit(receiver_url)
            there = urlsplit(config["settings"]["url"])
            if there.netloc != here.netloc:
                config["settings"]["url"] = there._replace(netloc=here.netloc).geturl()
                draft = {name: config[name] for name in _SETTABLE}
                body = json.dumps(draft).encode()
                expect(api.send("PUT", f"{_CONFIGS}/{config['id']}", body), 200)
            return
    settings = {"url": f"{receiver_url}/demo"}
    draft = {"name": SUBSCRIBER, "channel": "webhook", "settings": settings}
    expect(api.post(_CONFIGS, draft), 201)


def post_story(api: ApiClient) -> int:
    """Post the story's events in order; posted twice within a day, it doubles nothing."""
    chapters = sorted(STORY.glob("*.json"))
    for chapter in chapters:
        key = f"{STORY.name}-{chapter.stem}"
        expect(api.post("/events", chapter.read_bytes(), idempotency_key=key), 201)
    return len(chapters)
