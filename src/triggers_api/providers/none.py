"""A sender that can prove nothing: whoever knows the source's URL is believed."""

from typing import Final

from triggers_api.providers.any_sender import FIELDS, greet_cloud_events, read_any
from triggers_api.sources.provider import Agreement, Arrived, ForeignRequest, Provider


def _verify(request: ForeignRequest, agreed: Agreement) -> None:
    """Nothing is proved."""


def _read(request: ForeignRequest, agreed: Agreement) -> Arrived:
    return read_any(request, agreed, "none", names_itself=True)


PROVIDER: Final = Provider(
    name="none",
    words="NOTHING IS VERIFIED: whoever learns the URL can store events. The last resort, for "
    "senders that can neither sign nor send a password.",
    steps=(
        "Make sure that the sender can neither sign nor send a password.",
        "Make the source and treat its URL as a password.",
        "Paste the URL in the sender's settings; show and log it nowhere else.",
        "To rotate, make another source, change the URL at the sender and delete the old source.",
        "If nothing comes, the source's refusals tell what could not be read.",
    ),
    documentation="https://webhooks.fyi/security/intro",
    example_type="invoice.paid",
    fields=FIELDS,
    greet=greet_cloud_events,
    verify=_verify,
    read=_read,
)
