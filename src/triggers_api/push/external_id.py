"""What a receiver's role asks of us, so that we act in its account for one tenant only."""

from typing import Final

PREFIX: Final = "triggers:"
NOBODYS: Final = f"{PREFIX}NOBODY"  # names of tenants have no capitals


def external_id_of(tenant: str) -> str:
    """The id with which roles are assumed for a tenant.

    It follows from the tenant's name alone: no other tenant can have us use it, whoever knows it.
    """
    return f"{PREFIX}{tenant}"
