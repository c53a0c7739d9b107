"""The lines that the API writes are those that a restore reads."""

import json

from admin.restoring.journal import Deed, journal_of
from tests.builders.events import TENANT
from tests.builders.sources import SECRET
from tests.clock import START
from tests.functional.conftest import LogLines, NewToken, post_event
from tests.http_api import Api
from triggers_api.access.keys import Scope
from triggers_api.handlers.observability import create_metrics, embedded
from triggers_api.watch.metrics import Metric

WEBHOOK = {"name": "all", "channel": "webhook", "settings": {"url": "https://example.com/hook"}}
SOURCE = {"name": "GitHub", "provider": "github", "secret": SECRET}
KEY = {"name": "poller", "scopes": ["inbox"]}


def test_what_was_done_over_the_api_is_in_the_journal(
    api: Api, new_token: NewToken, log_lines: LogLines
) -> None:
    one, two, three, four = (post_event(api)["id"] for _ in range(4))
    api.post(f"/events/{one}/acknowledge")
    api.post("/inbox/acknowledge", {"event_ids": [two, three]})
    api.post(f"/events/{three}/replay")
    api.send("DELETE", f"/events/{four}")
    revoked, rotated = (api.post("/keys", KEY).json()["key_id"] for _ in range(2))
    api.send("DELETE", f"/keys/{revoked}")
    api.post(f"/keys/{rotated}/rotate")
    config = api.post("/notifications/configs", WEBHOOK).json()["id"]
    api.send("DELETE", f"/notifications/configs/{config}")
    source = api.post("/sources", SOURCE).json()["id"]
    api.send("DELETE", f"/sources/{source}")
    operator = api.calling_with(new_token(Scope.OPERATOR))
    operator.post("/tenants", {"tenant": "leaving"})
    operator.send("DELETE", "/tenants/leaving")

    journal = journal_of((START, json.dumps(line)) for line in log_lines())

    assert {place: deed for place, (deed, _) in journal.deeds.items()} == {
        (TENANT, one): Deed.ACKNOWLEDGED,
        (TENANT, two): Deed.ACKNOWLEDGED,
        (TENANT, three): Deed.REPLAYED,
        (TENANT, four): Deed.ERASED,
    }
    assert journal.ended.keys() == {(TENANT, id_) for id_ in (revoked, rotated, config, source)}
    assert journal.tenants.keys() == {"leaving"}
    assert not any(journal.unnamed.values())


def test_a_push_that_acknowledges_is_in_the_journal() -> None:
    line = embedded(create_metrics(), {Metric.EVENTS_ACKNOWLEDGED: 1})
    line |= {"message": "delivery.carried_out", "tenant": TENANT, "event_id": "evt_1"}

    journal = journal_of([(START, json.dumps(line))])

    assert journal.deeds == {(TENANT, "evt_1"): (Deed.ACKNOWLEDGED, START)}
    assert line["EventsAcknowledged"] == [1.0]  # as the pattern asks CloudWatch for it
