"""The cases of the contract suite: made from what each channel declares."""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final

from tests.contract.channels.aws_door import AwsDoor, aws_answering
from tests.contract.channels.planted import PagerChannel
from tests.unit.channels.mail_servers import scripted
from tests.unit.channels.pushes import SIGNING_SECRET, a_http, a_push
from tests.unit.channels.receivers import answer_of, answering
from triggers_api.channels import all_channels
from triggers_api.channels.http import GuardedHttp
from triggers_api.push.channel import Channel, Push
from triggers_api.push.settings_fields import Field, read_settings

SPEAKS_SMTP: Final = frozenset({"email"})
SPEAKS_AWS: Final = frozenset({"eventbridge", "sns", "sqs"})  # all others speak plain HTTP
# What the examples are not fit for: the receivers of this suite know no TLS.
_FOR_OUR_RECEIVERS: Final[Mapping[str, dict[str, Any]]] = {"email": {"security": "none"}}


def channels(http: GuardedHttp, aws: AwsDoor | None = None) -> Mapping[str, Channel]:
    """Each that is registered, and one that no part of the product has heard of."""
    planted = PagerChannel(http)
    own = all_channels(http, allow_private=http.network.allow_private, aws=aws or AwsDoor())
    return {**own, planted.name: planted}


NAMES: Final = tuple(channels(a_http()))


@dataclass
class Case:
    """A channel, and how its settings name a receiver."""

    channel: Channel
    aws: AwsDoor = dataclasses.field(default_factory=AwsDoor)

    @property
    def is_mail(self) -> bool:
        return self.channel.name in SPEAKS_SMTP

    @property
    def is_aws(self) -> bool:
        return self.channel.name in SPEAKS_AWS

    @property
    def unreachable(self) -> str:
        """What is told where nothing listens."""
        return (
            "AWS STS could not be reached." if self.is_aws else "The host refused the connection."
        )

    @property
    def taken(self) -> bytes:
        """The answer of a receiver that takes what it is sent."""
        return answer_of(
            "200 OK",
            b"<PublishResponse><PublishResult/></PublishResponse>"
            if self.channel.name == "sns"
            else b"{}",
        )

    def answering(self, answer: bytes, reply: bytes = b"") -> AbstractContextManager[Any]:
        """A receiver that answers so: HTTP, or SMTP's greeting."""
        if self.is_mail:
            return scripted(reply)
        return aws_answering(answer) if self.is_aws else answering(answer)

    @property
    def signing(self) -> dict[str, str]:
        """What is secret beside the settings."""
        return {"secret": SIGNING_SECRET} if self.channel.signs else {}

    def settings(self, port: int) -> dict[str, Any]:
        """Every setting, leading to that port of this machine."""
        return {
            name: at_port(field, port) for name, field in self.channel.fields.items()
        } | _FOR_OUR_RECEIVERS.get(self.channel.name, {})

    def elsewhere(self) -> Iterator[tuple[str, Any]]:
        """Each target with every other kind of value than `settings(80)` has."""
        here = self.settings(80)
        for name, field in self.channel.fields.items():
            if field.is_target:
                choices = {*field.rule.schema.get("enum", [another(here[name])])}
                if not field.is_required and field.default != here[name]:
                    choices.add(None)  # what is usual is somewhere else, too
                yield from ((name, choice) for choice in choices - {here[name]})

    def without_secrets(self) -> dict[str, Any]:
        """The settings, but for what is never shown; targets are named even so."""
        return {
            name: value
            for name, value in self.settings(80).items()
            if self.channel.fields[name].is_target or not self.channel.fields[name].holds_secrets
        }

    def secrets(self) -> set[str]:
        """The texts that must never be shown."""
        fields = self.channel.fields.values()
        return set(_texts_in([field.example for field in fields if field.holds_secrets]))

    def push_to(self, port: int) -> Push:
        self.aws.port = port
        shown, secrets = read_settings(self.channel.fields, self.settings(port))
        return a_push(shown, secrets | self.signing, event_type="invoice.failed")


def at_port(field: Field, port: int) -> Any:
    """A value for the field; if it says where to send, then to that port of this machine."""
    if not field.is_target or "enum" in field.rule.schema or is_arn(field.example):
        return field.example
    if isinstance(field.example, int):
        return port
    if "://" in field.example:
        return re.sub("^https://[^/]+", f"http://127.0.0.1:{port}", field.example)
    return "127.0.0.1"


def is_arn(value: Any) -> bool:
    """It names no host: where AWS is, only AWS's own library knows."""
    return str(value).startswith("arn:")


def another(target: str | int) -> str | int:
    """Like that target, but somewhere else."""
    if isinstance(target, int):
        return target + 1
    if is_arn(target):
        return target.replace("123456789012", "210987654321")
    return "http://127.0.0.1:81/other" if "://" in target else "127.0.0.2"


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts_in(each)
    else:
        yield re.sub("^https?://[^/]+", "", str(value))  # a host is no secret
