"""What `/openapi.json` says of the routes around notifications."""

from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter

from tests.clock import FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.functional.notification_api import WEBHOOK, World, keep_delivery
from triggers_api.api.schemas.channels import ChannelOut
from triggers_api.api.schemas.config_stats import ConfigStatsOut
from triggers_api.api.schemas.configs import (
    ConfigIn,
    ConfigOut,
    RotatedSecretOut,
    SavedConfigOut,
)
from triggers_api.api.schemas.deliveries import (
    DeadLettersIn,
    DeadLettersOut,
    DeliveryOut,
    MissedOut,
    TrialOut,
)
from triggers_api.api.schemas.events import EventOut
from triggers_api.api.schemas.previews import PreviewOut

Operation = dict[str, Any]
EXEMPLIFIED = (ConfigIn, ConfigOut, SavedConfigOut, DeliveryOut, DeadLettersIn, EventOut)

OTHER_SCOPES = {
    "replay_event": ["events:write"],
    "get_config_stats": ["events:read", "metrics:read"],
}


@pytest.fixture
def world(clock: FixedClock, fake_events: InMemoryEventStore) -> World:
    return World(clock, fake_events)


@pytest.fixture
def document(world: World) -> dict[str, Any]:
    found: dict[str, Any] = world.call("GET", "/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> dict[str, Operation]:
    return {
        operation["operationId"]: operation
        for path, of_path in document["paths"].items()
        for operation in of_path.values()
        if path.startswith("/notifications/") or path.endswith("/replay")
    }


def test_every_route_tells_its_scope_to_people(document: dict[str, Any]) -> None:
    for name, operation in operations(document).items():
        scopes = OTHER_SCOPES.get(name, ["notifications:manage"])
        assert operation["summary"]
        assert all(f"`{scope}`" in operation["description"] for scope in scopes)
        assert operation["security"] == [{"ApiKey": [scope]} for scope in scopes]


def test_every_route_documents_the_errors_that_any_can_meet(document: dict[str, Any]) -> None:
    for operation in operations(document).values():
        assert {"401", "403", "500", "503"} <= operation["responses"].keys()
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                schema = answer["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/ErrorOut"}


def test_every_body_documents_how_it_can_be_refused(document: dict[str, Any]) -> None:
    for operation in operations(document).values():
        if "requestBody" in operation:
            assert operation["requestBody"]["required"]
            assert {"400", "413", "415", "422"} <= operation["responses"].keys()


@pytest.mark.parametrize("model", EXEMPLIFIED)
def test_examples_are_what_they_show(document: dict[str, Any], model: type[BaseModel]) -> None:
    (example,) = document["components"]["schemas"][model.__name__]["examples"]

    model.model_validate(example)


def test_the_example_of_a_config_is_accepted(world: World, document: dict[str, Any]) -> None:
    (example,) = document["components"]["schemas"]["ConfigIn"]["examples"]

    assert world.call("POST", "/notifications/configs", example).status_code == 201


def test_answers_are_what_the_document_promises(world: World, document: dict[str, Any]) -> None:
    config = world.subscribe(secrets={"secret": "whsec_AAAA", "bearer_token": "t0ken"})
    delivery = keep_delivery(world, config)
    path, trial = f"/notifications/configs/{config.id}", {"config_id": config.id}
    replay = f"/notifications/history/{delivery.id}/replay"
    preview = trial | {"event": {"event_type": "a.b", "payload": {}}}
    calls: dict[str, tuple[Any, tuple[str, str, object]]] = {
        "list_configs": (list[ConfigOut], ("GET", "/notifications/configs", None)),
        "get_config_stats": (ConfigStatsOut, ("GET", f"{path}/stats", None)),
        "list_channels": (list[ChannelOut], ("GET", "/notifications/channels", None)),
        "create_config": (SavedConfigOut, ("POST", "/notifications/configs", WEBHOOK)),
        "get_config": (ConfigOut, ("GET", path, None)),
        "replace_config": (SavedConfigOut, ("PUT", path, WEBHOOK)),
        "update_config": (SavedConfigOut, ("PATCH", path, {"enabled": True})),
        "replay_config": (MissedOut, ("POST", f"{path}/replay", {})),
        "rotate_config_secret": (RotatedSecretOut, ("POST", f"{path}/rotate-secret", None)),
        "preview_config": (PreviewOut, ("POST", "/notifications/preview", preview)),
        "send_test": (TrialOut, ("POST", "/notifications/test", trial)),
        "list_deliveries": (list[DeliveryOut], ("GET", "/notifications/history", None)),
        "replay_delivery": (DeliveryOut, ("POST", replay, None)),
        "replay_dead_letters": (DeadLettersOut, ("POST", "/notifications/dead-letters/replay", {})),
        "replay_event": (EventOut, ("POST", f"/events/{delivery.task.event_id}/replay", None)),
    }
    assert set(calls) == set(operations(document)) - {"delete_config"}

    for name, (model, call) in calls.items():
        answer = world.call(*call)
        promised = operations(document)[name]["responses"][str(answer.status_code)]
        schema = promised["content"]["application/json"]["schema"]
        of_items = schema["items"] if schema.get("type") == "array" else schema
        assert (
            of_items["$ref"].rpartition("/")[2] == getattr(model, "__args__", [model])[0].__name__
        )
        TypeAdapter(model).validate_json(answer.content)
