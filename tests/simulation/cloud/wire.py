"""Where a request would be sent: it is answered by the cloud that stands there now.

Our client of DynamoDB, and botocore's of all other services, are real: how they serialise, parse
and try again. botocore's requests are not signed, for nothing here reads a signature.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from io import BytesIO
from typing import Any, ClassVar, Final
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec
from botocore import UNSIGNED
from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HeadersDict
from botocore.config import Config

from tests.simulation.cloud.carry import Answer, Carry, Request
from tests.simulation.cloud.errors import AwsError
from tests.simulation.cloud.shortcut import ShortClient
from triggers_api.aws.kept_connections import Answer as SentAnswer

_SCHEDULE: Final = re.compile(r"/schedules/(.+)")
_QUERY_NAMES: Final = {"groupName": "GroupName", "ScheduleGroup": "GroupName"}
_DECODER: Final = msgspec.json.Decoder(dict[str, Any])
_ENCODER: Final = msgspec.json.Encoder()
_Key = tuple[str, str, float | None]


class Wire:
    """All of a Python process's clients, made once, and the cloud that they reach.

    They keep nothing from one world to the next.
    """

    def __init__(self, sleep: Callable[[float], None]) -> None:
        self._clients: dict[_Key, Any] = {}
        self._short: dict[_Key, ShortClient] = {}
        self._sleep = sleep
        self.carry: Carry | None = None
        self.is_short = False  # whether clients are made that take the shortcut

    def maker_for(self, clients: Any) -> Callable[..., Any]:
        """What stands in for `clients.create_client`, in the release that this module is of."""
        own = clients.create_client
        has_own = hasattr(clients, "create_botocores")  # and so a client of its own for DynamoDB
        make = clients.create_botocores if has_own else own

        def create_client(service: str, *, one_try_of_seconds: float | None = None) -> Any:
            if has_own and service == "dynamodb":
                # it pays its repetitions from a purse: one for each process
                return own(service, one_try_of_seconds=one_try_of_seconds)
            key = (clients.__name__, service, one_try_of_seconds)
            real = self._real(key, make)
            if not self.is_short:
                return real
            if key not in self._short:
                self._short[key] = ShortClient(service, real, self.carrier, self._sleep)
            return self._short[key]

        return create_client

    def accounts_for(self, clients: Any) -> Callable[[float], Callable[..., ShortClient]]:
        """What stands in for `new_clients`: clients that act in receivers' accounts.

        They always take the shortcut, for their calls say by whose credentials they are made.
        """
        make = getattr(clients, "create_botocores", clients.create_client)

        def new_clients(deadline_seconds: float) -> Callable[..., ShortClient]:
            def new_client(service: str, _region: str | None, credentials: Any) -> ShortClient:
                real = self._real((clients.__name__, service, deadline_seconds), make)
                token = None if credentials is None else credentials.token

                def carry(_service: str, operation: str, request: Request, wait: float) -> Answer:
                    return self.carrier()("accounts", operation, request | {"token": token}, wait)

                return ShortClient(service, real, lambda: carry, self._sleep)

            return new_client

        return new_clients

    def carrier(self) -> Carry:
        """What brings calls to the world that runs."""
        assert self.carry is not None, "no world runs"
        return self.carry

    def _real(self, key: _Key, make: Callable[..., Any]) -> Any:
        _, service, one_try_of_seconds = key
        if key not in self._clients:
            client = make(service, one_try_of_seconds=one_try_of_seconds)
            patience = client.meta.config.read_timeout
            answer = self._answering(service, patience)
            client.meta.events.register_first(f"before-send.{service}", answer)
            self._clients[key] = client
        return self._clients[key]

    def _answering(self, service: str, patience: float) -> Callable[..., AWSResponse]:
        def answer(request: AWSPreparedRequest, event_name: str, **_: object) -> AWSResponse:
            operation = event_name.rpartition(".")[2]
            try:
                said = self.carrier()(service, operation, read_request(request), patience)
            except AwsError as error:
                return _response(request.url, error.status, error.body)
            return _response(request.url, 200, said)

        return answer


def unsigned(clients: Any) -> Callable[[float | None], Config]:
    """The adapters' own settings, but for the signature."""
    real = clients._config  # noqa: SLF001

    @cache
    def config(one_try_of_seconds: float | None) -> Config:
        settings: Config = real(one_try_of_seconds)
        return settings.merge(Config(signature_version=UNSIGNED))

    return config


def read_request(request: AWSPreparedRequest) -> Request:
    """What a request asks for: in its body, and with REST in its path and query as well."""
    body: Any = request.body
    said: Request = json.loads(body) if body else {}
    parts = urlsplit(request.url)
    if found := _SCHEDULE.fullmatch(parts.path):
        said["Name"] = unquote(found[1])
    for name, (value, *_more) in parse_qs(parts.query).items():
        said[_QUERY_NAMES.get(name, name)] = value
    return said


class Line:
    """In place of our own connections to DynamoDB."""

    wire: ClassVar[Wire]

    def __init__(self, _url: str, _roots: Any, *, seconds: float) -> None:
        self._patience = seconds

    def post(self, headers: Mapping[str, str], body: bytes) -> SentAnswer:
        """As `KeptConnections.post`."""
        operation = headers["x-amz-target"].rpartition(".")[2]
        try:
            said = self.wire.carrier()("dynamodb", operation, _read(body), self._patience)
        except AwsError as error:
            return SentAnswer(error.status, {}, _written(error.body))
        return SentAnswer(200, {}, _written(said))


def _read(body: bytes) -> Request:
    """As `json.loads`, four times as fast; but it refuses half of a surrogate pair."""
    try:
        return _DECODER.decode(body)
    except msgspec.DecodeError:
        said: Request = json.loads(body)
        return said


def _written(said: Answer) -> bytes:
    try:
        return _ENCODER.encode(said)
    except UnicodeEncodeError:
        return json.dumps(said).encode()


class _Body(BytesIO):
    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()


def _response(url: str, status: int, body: Answer) -> AWSResponse:
    headers: Any = HeadersDict({"content-type": "application/x-amz-json-1.0"})
    raw: Any = _Body(json.dumps(body).encode())
    return AWSResponse(url, status, headers, raw)
