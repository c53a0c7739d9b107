"""What a person can do about each kind of error, by the event's `metadata.error_type`."""

from typing import Final

from triggers_api.events.event import Event, Severity

BY_ERROR_TYPE: Final = {
    "rate_limit": (
        "The other system limits how often it may be called. Wait for its limit to reset, "
        "then run the job again with fewer calls at a time."
    ),
    "connection_failure": (
        "The other system could not be reached. Check its status page and the network between, "
        "then run the job again."
    ),
    "authentication": (
        "The credentials were not accepted. Renew them or connect the account again, "
        "then run the job again."
    ),
    "permission": (
        "The account lacks a right for this. Ask the account's owner to grant it, "
        "then run the job again."
    ),
    "validation": (
        "The data was refused. Correct the fields that the message names, then send it again."
    ),
    "not_found": (
        "Something it refers to does not exist. Check the id, and whether it was deleted or "
        "renamed on the other side."
    ),
    "conflict": (
        "It was changed on both sides, or exists already. Compare the two and decide which one "
        "counts, then run the job again."
    ),
    "timeout": (
        "The other system took too long. Run the job again; if it stays, run it on less data "
        "at a time."
    ),
    "quota": ("A quota is used up. Raise it in the account's plan, or wait until it is renewed."),
    "server_error": (
        "The other system failed. Check its status page, run the job again later, and tell its "
        "support if it stays."
    ),
}
DEFAULT: Final = (
    "Look at the event's payload for the cause, mend it at the source, then run the job again."
)


def suggested_action(event: Event) -> str | None:
    """For what went wrong; None if nothing did."""
    error_type = event.metadata.get("error_type")
    if isinstance(error_type, str) and error_type in BY_ERROR_TYPE:
        return BY_ERROR_TYPE[error_type]
    is_trouble = event.severity in (Severity.ERROR, Severity.CRITICAL)
    if error_type or is_trouble or event.event_type.endswith(".failed"):
        return DEFAULT
    return None
