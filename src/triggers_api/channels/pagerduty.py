"""The PagerDuty channel: incidents that failures open and successes resolve (Events API v2).

It goes by the rule of failures in a row: what ends a connector's streak resolves its incident.
"""

import hashlib
import json
from collections.abc import Iterable
from typing import Any, Final, Literal

from triggers_api.channels import rules
from triggers_api.channels.composed import a_post
from triggers_api.channels.deadlines import Deadline
from triggers_api.channels.http import GuardedHttp, Response
from triggers_api.channels.network import SendError
from triggers_api.channels.receipts import receipt_of, receipt_of_failure
from triggers_api.channels.texts import DEFAULT_BRAND, Text, cut, on_one_line, text_of
from triggers_api.channels.urls import RefusedTargetError
from triggers_api.events.event import Event, Severity
from triggers_api.push.channel import TEST_TYPE, Composed, Push, Receipt
from triggers_api.push.owner_events import ABOUT, DISABLED, FAILING, RECOVERED, is_for_owner
from triggers_api.push.settings_fields import Field
from triggers_api.push.streak import ALERT_TYPE, is_failure, is_success
from triggers_api.stored import is_known
from triggers_api.timestamps import to_text

API_URL: Final = "https://events.pagerduty.com"
MAX_SUMMARY: Final = 1024
_NOTHING_TO_TELL: Final = Receipt(answer="The event opens no incident, and resolves none.")
_INVALID: Final = "invalid event"  # PagerDuty's word for what no repetition helps
_BAD_REQUEST: Final = 400

Action = Literal["trigger", "resolve"]


class PagerDutyChannel:
    """Sends to a service of PagerDuty."""

    name = "pagerduty"
    words = "Opens an incident in PagerDuty when a connector fails, and resolves it when it works."
    signs = False
    has_timeout = True
    sends_json = False
    tells_counts = True

    def __init__(self, http: GuardedHttp, *, brand: str = DEFAULT_BRAND) -> None:
        """Sends through `http`; `brand` begins each headline."""
        self._http = http
        self._brand = brand
        self.fields = {
            "routing_key": Field(
                rule=rules.pattern(
                    "[A-Za-z0-9]{32}",
                    "an integration key of 32 characters is needed",
                    max_length=32,
                ),
                words="The integration key of a service's Events API v2 integration.",
                example="0123456789abcdef0123456789ABCDEF",
                is_required=True,
                is_secret=True,
            ),
            "trigger_on": Field(
                rule=rules.one_of("failures_in_a_row", "every_failure"),
                words="What opens an incident; a success of the same connector resolves it.",
                example="every_failure",
                default="failures_in_a_row",
            ),
            "api_url": Field(
                rule=rules.url(self._check_api_url, http.check_url),
                words="`https://events.eu.pagerduty.com` for an account in the EU service region.",
                example="https://events.eu.pagerduty.com",
                default=API_URL,
            ),
        }

    def compose(self, push: Push) -> Composed:
        """See `Channel`."""
        base = push.config.settings.get("api_url", API_URL).rstrip("/")
        messages = [self.message(push, action) for action in _actions(push)]
        return a_post(messages[0] if len(messages) == 1 else messages, base)

    def send(self, push: Push) -> Receipt:
        """See `Channel`. An event that is none of PagerDuty's business is taken and not sent."""
        receipt = _NOTHING_TO_TELL
        try:
            with self._http.deadline(push.timeout_seconds) as deadline:
                for action in _actions(push):
                    receipt = _receipt(self._ask(push, action, deadline))
                    if not receipt.accepted:
                        break
        except SendError as error:
            return receipt_of_failure(error)
        return receipt

    def message(self, push: Push, action: Action) -> dict[str, Any]:
        """The body, as PagerDuty documents it, without the key."""
        event = push.event
        text = text_of(push, self._brand)
        about = {"event_action": action, "dedup_key": _incident_of(push.config.tenant, event)}
        if action == "resolve":
            return about
        connector, entity_type = (_word(event, name) for name in ("connector", "entity_type"))
        where = {"component": connector, "group": entity_type}
        payload = {
            "summary": _summary(text),
            "source": connector or "triggers-api",
            "severity": event.severity.value if is_known(event.severity) else Severity.ERROR.value,
            "timestamp": to_text(event.created_at),
            "class": event.event_type,
            "custom_details": _details(text),
        }
        payload |= {name: value for name, value in where.items() if value}
        return about | {"client": self._brand, "payload": payload}

    def _ask(self, push: Push, action: Action, deadline: Deadline) -> Response:
        base = push.config.settings.get("api_url", API_URL).rstrip("/")
        key = {"routing_key": push.config.secrets["routing_key"]}
        return self._http.send(
            "POST",
            f"{base}/v2/enqueue",
            headers={"Content-Type": "application/json"},
            body=json.dumps(key | self.message(push, action)).encode(),
            deadline=deadline,
        )

    def _check_api_url(self, url: str) -> None:
        """Of a service region, or of something that speaks as PagerDuty does."""
        self._http.check_spelling(url)
        if "?" in url:
            raise RefusedTargetError("a URL without a query is needed")


def _actions(push: Push) -> Iterable[Action]:
    """What the event does to its incident; a test opens one and resolves it at once."""
    event = push.event
    if event.event_type == TEST_TYPE:
        return ("trigger", "resolve")
    if event.event_type in (ALERT_TYPE, FAILING, DISABLED):
        return ("trigger",)
    if event.event_type == RECOVERED or (is_success(event) and _word(event, "connector")):
        return ("resolve",)
    is_wanted = push.config.settings.get("trigger_on") == "every_failure"
    return ("trigger",) if is_wanted and is_failure(event) else ()


def _incident_of(tenant: str, event: Event) -> str:
    """One incident for each connector; a failure that names none has its own.

    Tenants may share a service, so their incidents are told apart.
    """
    of = ABOUT if is_for_owner(event) else "connector"  # what is posted may have any metadata
    about = (
        [tenant, of, str(event.metadata[of])] if _word(event, of) else [tenant, "event", event.id]
    )
    return f"triggers-{hashlib.sha256(json.dumps(about).encode()).hexdigest()[:40]}"


def _summary(text: Text) -> str:
    if text.is_custom:
        return on_one_line(text.body, MAX_SUMMARY)
    return cut(": ".join(filter(None, (text.subject, text.body))), MAX_SUMMARY)


def _details(text: Text) -> dict[str, str]:
    """What people read below the summary."""
    if text.is_custom:
        return {"Text": text.body}
    told = dict(text.facts) | ({"Message": text.body} if text.body else {})
    return told | ({"Suggested action": text.suggested_action} if text.suggested_action else {})


def _word(event: Event, name: str) -> str:
    value = event.metadata.get(name)
    return "" if value is None else on_one_line(str(value), 255)


def _receipt(response: Response) -> Receipt:
    is_final = response.status_code == _BAD_REQUEST and _status_of(response) == _INVALID
    said = _INVALID if is_final else ""
    return receipt_of(response, receiver="PagerDuty", said=said, is_final=is_final)


def _status_of(response: Response) -> Any:
    try:
        return json.loads(response.body_excerpt)["status"]
    except (ValueError, RecursionError, LookupError, TypeError):
        return None
