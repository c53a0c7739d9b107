"""The demo tenant's first events: the order-sync story, posted as an integrator would."""

from pathlib import Path

from local.api_client import ApiClient, expect

STORY = Path(__file__).resolve().parent.parent / "events" / "order-sync"


def seed_if_empty(api: ApiClient) -> int:
    """Post the story to a tenant that has no events at all; return how many were posted."""
    if expect(api.get("/events?limit=1"), 200).json():
        return 0
    return post_story(api)


def post_story(api: ApiClient) -> int:
    """Post the story's events in order; posted twice within a day, it doubles nothing."""
    chapters = sorted(STORY.glob("*.json"))
    for chapter in chapters:
        key = f"{STORY.name}-{chapter.stem}"
        expect(api.post("/events", chapter.read_bytes(), idempotency_key=key), 201)
    return len(chapters)
