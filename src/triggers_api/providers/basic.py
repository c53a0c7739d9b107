"""Any sender that can put a user name and a password into its requests (RFC 7617)."""

import base64
from typing import Final

from triggers_api.providers.any_sender import FIELDS, greet_cloud_events, read_any
from triggers_api.providers.proof import check_signature, header_of
from triggers_api.providers.secrets import hex_secret, secret_text
from triggers_api.push.settings_fields import Field
from triggers_api.push.settings_rules import pattern
from triggers_api.sources.provider import (
    Agreement,
    Arrived,
    ForeignRequest,
    Provider,
    Refusal,
    RefusedError,
    Secret,
)


def _verify(request: ForeignRequest, agreed: Agreement) -> None:
    """The password proves who sends, not what: nothing shows whether a body was changed."""
    scheme, _, credentials = header_of(request, "Authorization").partition(" ")
    if scheme.lower() != "basic":
        raise RefusedError(Refusal.NO_SIGNATURE, "Its Authorization is not of the scheme Basic.")
    username = agreed.settings["username"]
    check_signature(
        agreed,
        [credentials.strip()],
        lambda secret: base64.b64encode(f"{username}:{secret}".encode()).decode(),
        called="user name or password",
    )


def _read(request: ForeignRequest, agreed: Agreement) -> Arrived:
    return read_any(request, agreed, "basic", names_itself=True)


PROVIDER: Final = Provider(
    name="basic",
    words="Any sender that can send a user name and a password, but cannot sign.",
    steps=(
        "Make the source with a user name of your choice; we make the password.",
        "Keep the password: it is shown once.",
        "Paste URL, user name and password in the sender's settings (Basic authentication).",
        "To rotate, rotate the source's secret; the old one counts as well for 24 hours.",
        "If nothing comes, the source's refusals tell whether the password was missing or wrong.",
    ),
    documentation="https://www.rfc-editor.org/rfc/rfc7617",
    example_type="invoice.paid",
    secret=Secret(
        rule=secret_text(),
        words="The password.",
        example="an-example-of-a-password",
        make=hex_secret,
    ),
    fields={
        "username": Field(
            rule=pattern(r"[!-9;-~]+", "visible ASCII without a colon is needed", max_length=128),
            words="The user name.",
            example="triggers",
            default="triggers",
        ),
        **FIELDS,
    },
    greet=greet_cloud_events,
    verify=_verify,
    read=_read,
)
