"""What others can send, and a page must neither run nor be bent by."""

from tests.raw_http import RawApi
from triggers_client.models import Event

TAKE_OVER = '<script>document.title="taken over"</script><img src=x onerror="document.title=1">'
HOSTILE = f"{TAKE_OVER}\u202eright to left\u202c 🚀 " + "long" * 60
LONGEST = 200_000  # characters of a payload


def hostile_event(api: RawApi) -> Event:
    """One with something hostile wherever a sender may put it, and more than anybody reads."""
    return api.client.events.post(
        "console.tried",
        {"text": HOSTILE, "list": [HOSTILE] * 20, "one word": "w" * (LONGEST - 10_000)},
        metadata={"🚀👩‍👩‍👧": HOSTILE, "\u202edi": "🆔" * 100, "connector": "amazon"},
        execution_id="x" * 64,
    )
