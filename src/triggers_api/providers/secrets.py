"""What a provider's secret may be, and how one is made of random bytes."""

import base64
from typing import Any, Final

from triggers_api.push.settings_fields import Rule, wrong
from triggers_api.push.settings_rules import text

_SHORTEST: Final = 8
_LINE: Final = text(512)
_PREFIX: Final = "whsec_"


def secret_text() -> Rule:
    """Any secret that a sender shows as text."""

    def check(value: Any) -> str:
        line: str = _LINE(value)
        if len(line) < _SHORTEST or line != line.strip():
            raise wrong(f"{_SHORTEST} characters or more are needed, no space at either end")
        return line

    return Rule(check, {**_LINE.schema, "minLength": _SHORTEST})


def standard_secret() -> Rule:
    """A secret of Standard Webhooks: base64 after `whsec_`."""

    def check(value: Any) -> str:
        secret: str = secret_text()(value)
        try:
            is_key = bool(key_of(secret))
        except ValueError:
            is_key = False
        if not is_key:
            raise wrong("a secret is base64 after 'whsec_'")
        return secret

    return Rule(check, secret_text().schema)


def key_of(secret: str) -> bytes:
    """The key that a secret of Standard Webhooks stands for."""
    text = secret.removeprefix(_PREFIX)
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


def hex_secret(entropy: bytes) -> str:
    """A secret in hexadecimal."""
    return entropy.hex()


def whsec_secret(entropy: bytes) -> str:
    """A secret of Standard Webhooks."""
    return _PREFIX + base64.b64encode(entropy).decode()
