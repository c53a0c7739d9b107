"""A channel that only the tests know: it is this file and a line where channels are named."""

import json
from typing import Final

from triggers_api.channels import rules
from triggers_api.channels.http import GuardedHttp
from triggers_api.channels.network import SendError
from triggers_api.channels.receipts import receipt_of, receipt_of_failure
from triggers_api.push.channel import Composed, Push, Receipt
from triggers_api.push.settings_fields import Field

USUAL_ENDPOINT: Final = "https://events.pager.example.com/v2"


class PagerChannel:
    """Wakes somebody up."""

    name = "pager_duty"
    words = "Wakes somebody up."
    signs = False
    has_timeout = True
    sends_json = True
    tells_counts = False

    def __init__(self, http: GuardedHttp) -> None:
        self._http = http
        self.fields = {
            "endpoint": Field(
                rule=rules.url(http.check_spelling, http.check_url),
                words="Of a pager of one's own.",
                example="https://pager.example.com/v2",
                default=USUAL_ENDPOINT,
            ),
            # A webhook's signing secret has that name too.
            "secret": Field(
                rule=rules.pattern(r"[a-z0-9-]+", "a routing key is needed", max_length=40),
                words="The routing key of an integration.",
                example="routing-key-1",
                is_required=True,
                is_secret=True,
            ),
            "urgency": Field(rule=rules.one_of("high", "low"), example="low", default="high"),
        }

    def compose(self, push: Push) -> Composed:
        return Composed("POST", None, {}, push.as_json().decode())

    def send(self, push: Push) -> Receipt:
        settings, secrets = push.config.settings, push.config.secrets
        body = {"routing_key": secrets["secret"], "summary": push.event.event_type}
        headers = {"Content-Type": "application/json"}
        try:
            response = self._http.send(
                "POST",
                settings["endpoint"],
                headers=headers,
                body=json.dumps(body).encode(),
                timeout_seconds=push.timeout_seconds,
            )
        except SendError as error:
            return receipt_of_failure(error)
        return receipt_of(response)
