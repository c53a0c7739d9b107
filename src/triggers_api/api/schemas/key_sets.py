"""Public keys, as a JSON Web Key Set (RFC 7517, RFC 8037)."""

from collections.abc import Sequence
from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from triggers_api.push.signing_keys import PublicKey

_EXAMPLE: Final[dict[str, Any]] = {
    "keys": [
        {
            "kty": "OKP",
            "crv": "Ed25519",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
            "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
            "use": "sig",
            "alg": "EdDSA",
        }
    ]
}


class JwkOut(BaseModel):
    """One public key."""

    model_config = ConfigDict(extra="forbid")

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    x: str = Field(description="The key's 32 bytes in base64url; `whpk_` has them in base64.")
    kid: str = Field(description="Its thumbprint (RFC 7638).")
    use: Literal["sig"]
    alg: Literal["EdDSA"]


class KeySetOut(BaseModel):
    """The keys that sign a config's pushes now; a signature by any of them is genuine."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    keys: list[JwkOut]

    @classmethod
    def of(cls, keys: Sequence[PublicKey]) -> Self:
        """A config's keys."""
        return cls(keys=[JwkOut(**each.as_jwk()) for each in keys])  # type: ignore[arg-type]
