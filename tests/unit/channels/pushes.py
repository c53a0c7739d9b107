"""Makes pushes, naming only what matters to a test."""

from datetime import datetime
from typing import Any

from tests.builders.events import TENANT, an_event
from tests.clock import START
from triggers_api.channels.http import GuardedHttp, Response
from triggers_api.push.channel import Push
from triggers_api.push.config import NotificationConfig

HASTY_SECONDS = 0.3  # for tests in which time runs out; in the others it must not
SIGNING_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
DELIVERY_ID = "dlv_0123456789abcdef"


def a_http(**options: Any) -> GuardedHttp:
    """One that may talk to 127.0.0.1."""
    return GuardedHttp(**({"allow_private": True, "deadline_seconds": 10.0} | options))


def a_push(
    settings: dict[str, Any] | None = None,
    secrets: dict[str, str] | None = None,
    *,
    message_template: str | None = None,
    execution_counts: dict[str, int] | None = None,
    at: datetime = START,
    **event: Any,
) -> Push:
    config = NotificationConfig(
        id="cfg_1",
        tenant=TENANT,
        name="a test",
        channel="webhook",
        settings=settings or {},
        secrets=secrets or {},
        message_template=message_template,
        created_at=START,
        updated_at=START,
    )
    return Push(
        event=an_event(START, **event),
        config=config,
        delivery_id=DELIVERY_ID,
        at=at,
        execution_counts=execution_counts,
    )


def send(http: GuardedHttp, url: str, body: bytes = b"{}") -> Response:
    return http.send("POST", url, headers={"Content-Type": "application/json"}, body=body)
