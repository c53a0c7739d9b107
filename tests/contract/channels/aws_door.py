"""AWS on a port of this machine: STS lends any role to whoever names a tenant; the rest is told."""

import socket
from dataclasses import dataclass
from typing import Any, Final

import botocore.session
from botocore.config import Config

from tests.unit.channels.receivers import Receiver, answer_of
from triggers_api.aws.clients import Credentials

_DENIED: Final = answer_of(
    "403 Forbidden",
    b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>",
)
_ASSUMED: Final = answer_of(
    "200 OK",
    b"<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA1</AccessKeyId>"
    b"<SecretAccessKey>a</SecretAccessKey><SessionToken>b</SessionToken>"
    b"<Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>"
    b"</AssumeRoleResponse>",
)


def aws_answering(answer: bytes) -> Receiver:
    """What a role's session is answered, whatever service it asks."""

    def talk(receiver: Receiver, connection: socket.socket) -> None:
        while (request := receiver.read_request(connection)) is not None:
            if b"Action=AssumeRole" not in request.body:
                connection.sendall(answer)
            else:
                connection.sendall(_DENIED if b"NOBODY" in request.body else _ASSUMED)

    return Receiver(talk)


@dataclass
class AwsDoor:
    """Makes clients, as `ClientMaker` does, of whatever is behind the port at the time."""

    seconds: float = 10.0
    port: int = 0

    def __call__(
        self, service: str, region: str | None = None, _credentials: Credentials | None = None
    ) -> Any:
        return _Client(self, service, region or "us-east-1")

    def client(self, service: str, region: str) -> Any:
        config = Config(
            connect_timeout=self.seconds,
            read_timeout=self.seconds,
            retries={"total_max_attempts": 1},
            parameter_validation=False,
        )
        return botocore.session.Session().create_client(
            service,
            region_name=region,
            endpoint_url=f"http://127.0.0.1:{self.port}",
            config=config,
            aws_access_key_id="a",
            aws_secret_access_key="b",
        )


@dataclass
class _Client:
    door: AwsDoor
    service: str
    region: str

    def __getattr__(self, name: str) -> Any:
        return getattr(self.door.client(self.service, self.region), name)
