"""KMS: data keys, wrapped for one encryption context."""

import base64
import json
import random
from dataclasses import dataclass
from typing import Any

from tests.simulation.cloud.errors import AwsError


@dataclass
class Kms:
    """The service, with one key."""

    chance: random.Random

    def __call__(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """What the service answers; raises `AwsError`."""
        answer: dict[str, Any] = getattr(self, f"_{operation}")(request)
        return answer

    def _GenerateDataKey(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802  # an operation's name
        plain = base64.b64encode(self.chance.randbytes(32)).decode()
        kept = json.dumps([plain, request["EncryptionContext"]], sort_keys=True)
        wrapped = base64.b64encode(kept.encode()).decode()
        return {"Plaintext": plain, "CiphertextBlob": wrapped, "KeyId": request["KeyId"]}

    def _Decrypt(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        plain, context = json.loads(base64.b64decode(request["CiphertextBlob"]))
        if context != request["EncryptionContext"]:
            raise AwsError("InvalidCiphertextException")
        return {"Plaintext": plain, "KeyId": request["KeyId"]}
