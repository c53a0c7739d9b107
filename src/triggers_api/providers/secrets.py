"""What a provider's secret may be, and how one is made of random bytes."""

import base64
import binascii
from typing import Any, Final

from triggers_api.push.settings_fields import Rule, wrong
from triggers_api.push.settings_rules import pattern

_PREFIX: Final = "whsec_"


def secret_text() -> Rule:
    """Any secret that a sender shows as text."""
    wanted = "a secret is visible ASCII without spaces, 8 characters or more"
    return pattern(r"[!-~]{8,}", wanted, max_length=512)


def standard_secret() -> Rule:
    """A secret of Standard Webhooks: base64 after `whsec_`."""

    def check(value: Any) -> str:
        text: str = secret_text()(value)
        try:
            key = key_of(text)
        except (ValueError, binascii.Error):
            key = b""
        if not key:
            raise wrong("a secret is base64 after 'whsec_'")
        return text

    return Rule(check, secret_text().schema)


def key_of(secret: str) -> bytes:
    """The key that a secret of Standard Webhooks stands for."""
    return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)


def hex_secret(entropy: bytes) -> str:
    """A secret in hexadecimal."""
    return entropy.hex()


def whsec_secret(entropy: bytes) -> str:
    """A secret of Standard Webhooks."""
    return _PREFIX + base64.b64encode(entropy).decode()
