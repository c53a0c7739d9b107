"""The API's Lambda function: API Gateway's event in, the application's answer out."""

from collections.abc import Callable
from typing import Any

from mangum import Mangum

from triggers_api.accept import Accept
from triggers_api.acknowledge import Acknowledge
from triggers_api.api.app import create_app
from triggers_api.api.cursor import CursorCodec
from triggers_api.api.services import Services
from triggers_api.authenticate import Authenticator
from triggers_api.handlers.observability import create_logger, create_metrics
from triggers_api.handlers.observed_app import ObservedApp
from triggers_api.ports import ApiKeyStore, EventStore
from triggers_api.settings import Settings
from triggers_api.store.api_keys import DynamoApiKeyStore
from triggers_api.store.dynamodb import create_client
from triggers_api.store.events import DynamoEventStore
from triggers_api.timestamps import Clock, now

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def build(
    settings: Settings, *, events: EventStore, api_keys: ApiKeyStore, clock: Clock = now
) -> Handler:
    """The handler, on these stores."""
    services = Services(
        authenticator=Authenticator(api_keys, clock),
        accept=Accept(events, clock),
        acknowledge=Acknowledge(events, clock),
        events=events,
        cursors=CursorCodec(settings.cursor_key),
    )
    app = ObservedApp(create_app(services), create_logger(), create_metrics())
    handler: Handler = Mangum(app, lifespan="off")
    if settings.tracing:
        from triggers_api.handlers.tracing import traced  # noqa: PLC0415  # see there

        return traced(handler)
    return handler


def wire(settings: Settings) -> Handler:
    """The handler on DynamoDB, as it runs on Lambda."""
    client = create_client()
    events = DynamoEventStore(
        client,
        settings.events_table,
        now,
        undelivered_retention=settings.undelivered_retention,
        delivered_retention=settings.delivered_retention,
    )
    return build(settings, events=events, api_keys=DynamoApiKeyStore(client, settings.keys_table))


handler = wire(Settings.from_environment())
