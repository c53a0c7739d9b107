"""A tenant's limits, as every answer shows them."""

from dataclasses import asdict
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict

from triggers_api.access.tenants import Limits

LIMITS_EXAMPLE: Final[dict[str, Any]] = {
    "requests_per_second": 50,
    "burst": 100,
    "events_per_day": None,
    "configs": 100,
    "deliveries_per_second": None,
}


class LimitsOut(BaseModel):
    """How much a tenant may do; null where there is no limit."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [LIMITS_EXAMPLE]})

    requests_per_second: int | None
    burst: int | None
    events_per_day: int | None
    configs: int | None
    deliveries_per_second: int | None

    @classmethod
    def of(cls, limits: Limits) -> Self:
        """The limits as they are shown."""
        return cls(**asdict(limits))
