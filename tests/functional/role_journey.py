"""A day in the life of a deployment: whatever makes a function call AWS in another way."""

import zlib
from datetime import timedelta
from typing import Any

from local.received import Received
from local.receiver import running_receiver
from tests.builders.events import an_event as an_event_of_ours
from tests.builders.events import incompressible_payload
from tests.builders.sources import SECRET, push_from_github
from tests.functional.notification_api import WEBHOOK
from tests.functional.security_cases import CASES
from tests.functional.stream_of_events import a_record
from tests.functional.test_notification_security import CASES as NOTIFICATION_CASES
from tests.functional.test_notification_security import Mine
from tests.functional.whole_deployment import Record, WholeDeployment
from tests.http_api import Api
from triggers_api.access.keys import Scope
from triggers_api.aws import clients
from triggers_api.executions.summarize import FOLDED_AT_ONE_IN
from triggers_api.store.active_tenants import DynamoActiveTenants
from triggers_api.timestamps import now

Json = dict[str, Any]

LARGE = incompressible_payload(9_000)
SENDER = "triggers@example.com"
ROLE = "arn:aws:iam::210987654321:role/triggers-delivery-events"
QUEUE = "arn:aws:sqs:eu-central-1:210987654321:events"
LEAVING = "leaving"


def travel(deployment: WholeDeployment) -> None:
    """Everything, in the order of an event's life."""
    api = deployment.api()
    operator = deployment.api(Scope.OPERATOR, Scope.METRICS_READ)
    with running_receiver(Received()) as url:
        subscribe(api, url)
        post(api)
        pass_on(deployment)
        deployment.dispatch([a_record_that_folds()])
        call_each_route(api, operator)
        take_up_and_replay(api, url)
        deployment.deliver()
    deployment.invoke("RescuerRole", {})  # for whom it is two days later
    be_a_sender(api)
    be_limited(deployment, operator)
    leave(deployment, operator)
    watch(deployment)


def a_large_event(**more: Any) -> Json:
    """One whose payload is an item of its own."""
    return an_event(payload={"noise": LARGE.hex()}, **more)


def an_event(**more: Any) -> Json:
    """One that failed."""
    described: Json = {
        "event_type": "order.failed",
        "payload": {"order": 1},
        "metadata": {"connector": "amazon"},
        "execution_id": "exec_42",
    }
    return described | more


def subscribe(api: Api, url: str) -> None:
    """Receivers of several kinds; one looks at payloads, one signs with a key pair."""
    looks = {"event_types": ["order.failed"], "match": "size(payload.noise) > 9"}
    web: Json = {"channel": "webhook", "settings": {"url": url}}
    email = {"transport": "ses", "from": SENDER, "to": ["somebody@example.com"]}
    wanted: list[Json] = [
        web | {"name": "looks", "filters": looks, "acknowledges": True},
        web | {"name": "signs", "signature": "v1a"},
        web | {"name": "refuses", "settings": {"url": f"{url}/no?status=500"}},
        web | {"name": "is gone", "settings": {"url": f"{url}/gone?status=410"}},
        {"name": "mail", "channel": "email", "settings": email},
        {"name": "queue", "channel": "sqs", "settings": {"queue_arn": QUEUE, "role_arn": ROLE}},
    ]
    ours = {"filters": {"event_types": ["order.failed"]}}  # moto's queues are slow
    made = [api.post("/notifications/configs", ours | each) for each in wanted]
    assert {each.status for each in made} == {201}, [each.body for each in made]
    ids = [each.json()["id"] for each in made]
    for each in ids:
        api.post("/notifications/test", {"config_id": each})
    assert api.calling_with(None).get(f"/jwks/{ids[1]}").status == 200


def post(api: Api) -> None:
    """Small and large, once and again, failing three times in a row, and erased."""
    assert api.post("/events", a_large_event()).status == 201
    for said in ("one", "one"):
        api.post("/events", a_large_event(), idempotency_key=said)
        api.post("/events", an_event(), idempotency_key=f"small {said}")
    for _ in range(3):
        api.post("/events", an_event())
    api.post("/events", an_event(event_type="order.succeeded"))
    gone = api.post("/events", a_large_event()).json()
    assert api.send("DELETE", f"/events/{gone['id']}").status == 204


def pass_on(deployment: WholeDeployment) -> None:
    """What the streams tell, to the dispatcher and to the counter; then what is due is pushed."""
    for _ in range(2):  # what the functions did is in the streams as well
        events = deployment.stream("EventsTable")
        deployment.dispatch(events)
        deployment.dispatch(late(events[:4]))
        deployment.deliver()
        deployment.count(events)
        deployment.count(deployment.stream("NotificationsTable"))


def late(records: list[Record]) -> list[Record]:
    """Handed out again, long after they were stored."""
    at = (now() + timedelta(hours=1)).timestamp()
    return [
        each | {"dynamodb": each["dynamodb"] | {"ApproximateCreationDateTime": at}}
        for each in records
    ]


def a_record_that_folds() -> Record:
    """Of one new event in so many the dispatcher folds its execution's counts; its id decides."""
    drawn = (an_event_of_ours(now()) for _ in range(100 * FOLDED_AT_ONE_IN))
    chosen = next(one for one in drawn if zlib.crc32(one.id.encode()) % FOLDED_AT_ONE_IN == 0)
    record: Record = a_record(chosen, 0, is_new={"S": "yes"})
    return record


def call_each_route(api: Api, operator: Api) -> None:
    """As the tests on who may call it do."""
    for name, case in CASES.items():
        caller = operator if Scope.OPERATOR in case.scopes else api
        event_id = ""
        if case.takes_an_event:
            event_id = api.post("/events", an_event(event_type="nobody.wants")).json()["id"]
        answer = case.call(caller, event_id)
        assert answer.status in (case.success, 404), (name, answer.body)
    for path in ("/health", "/events?status=failed", "/events?event_type=order.failed"):
        assert api.get(path).status in (200, 503)


def take_up_and_replay(api: Api, url: str) -> None:
    """Leases, acknowledgements, and every route about deliveries."""
    lease = api.post("/inbox/lease", {"limit": 3}).json()
    (first, *_) = lease["events"]
    api.post(f"/events/{first['id']}/acknowledge")
    api.post("/inbox/release", {"lease_id": lease["lease_id"]})
    (tried, *_) = api.get("/notifications/history?status=retrying").json()
    assert api.get(f"/notifications/history?config_id={tried['config_id']}").json()
    nobodys = {"filters": {"event_types": ["nobody.posts"]}}
    described = {"channel": "webhook", "settings": {"url": url}, "name": "of ours"} | nobodys
    for name, case in NOTIFICATION_CASES.items():
        config = api.post("/notifications/configs", described).json()
        mine = Mine(config["id"], tried["id"], tried["event_id"])
        body = described if case.body(mine) is WEBHOOK else case.body(mine)  # whose host is far
        answer = api.send(case.method, case.path.format_map(vars(mine)), body)
        assert answer.status < 500, (name, answer.body)


def be_a_sender(api: Api) -> None:
    """Somebody else's webhook: genuine, again, forged; then its source goes."""
    described = {"name": "GitHub", "provider": "github", "secret": SECRET}
    source = api.post("/sources", described).json()
    for secret in (SECRET, SECRET, "forged"):
        push_from_github(api, source, secret=secret)
    assert api.get(f"/sources/{source['id']}/refusals").status == 200
    assert api.send("DELETE", f"/sources/{source['id']}").status == 204


def be_limited(deployment: WholeDeployment, operator: Api) -> None:
    """A tenant with limits of its own, who comes in by a link to the console."""
    operator.post("/tenants", {"tenant": "limited"})
    limits = {"requests_per_second": 5, "burst": 5, "events_per_day": 3}
    more = {"deliveries_per_second": 1, "configs": 3}
    operator.send("PATCH", "/tenants/limited", {"limits": limits | more})
    wanted = {"scopes": ["inbox"], "expires_in_seconds": 600}
    link = operator.post("/tenants/limited/console-links", wanted).json()
    operator.calling_with(None).post("/console/session", {"token": link["url"].partition("#")[2]})
    api = deployment.api(tenant="limited")
    subscribed = {"name": "slow", "channel": "webhook", "settings": {"url": "http://127.0.0.1:9"}}
    api.post("/notifications/configs", subscribed | {"rate_limit_per_second": 1})
    for _ in range(6):
        api.post("/events", an_event())
    pass_on(deployment)


def leave(deployment: WholeDeployment, operator: Api) -> None:
    """A tenant that is deleted."""
    operator.post("/tenants", {"tenant": LEAVING})
    deployment.api(tenant=LEAVING).post("/events", an_event())
    operator.send("DELETE", f"/tenants/{LEAVING}")
    deployment.invoke("RemoverRole", {})


def watch(deployment: WholeDeployment) -> None:
    """The monitor, who also forgets whom nobody has seen for long."""
    active = DynamoActiveTenants(deployment.dynamodb, deployment.tables["UsageTable"])
    active.note_active("asleep", now() - timedelta(days=400))
    deployment.invoke("MonitorRole", {})


def prepare_senders() -> None:
    """The identity that emails are sent from."""
    clients.create_client("sesv2").create_email_identity(EmailIdentity=SENDER.partition("@")[2])
