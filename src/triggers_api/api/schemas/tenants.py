"""Bodies of the routes by which an operator runs tenants."""

from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    ValidationInfo,
    field_validator,
)

from triggers_api.access.keys import TENANT
from triggers_api.access.tenants import (
    LIMIT_BOUNDS,
    Deletion,
    Limits,
    Overrides,
    Tenant,
    TenantState,
)
from triggers_api.api.faults import PATTERN_HINTS
from triggers_api.api.schemas.configs import Time
from triggers_api.api.schemas.filters import PRINTABLE
from triggers_api.api.schemas.leases import InboxStatsOut
from triggers_api.api.schemas.limits import LIMITS_EXAMPLE, LimitsOut
from triggers_api.api.schemas.usage import UsageOfDayOut

TENANT_PATTERN: Final = f"^{TENANT.pattern}$"
PATTERN_HINTS[TENANT_PATTERN] = "give a-z, 0-9, - and _, beginning with a letter or digit"
PREFIX_PATTERN: Final = r"^[a-z0-9][a-z0-9_-]*$"
PATTERN_HINTS[PREFIX_PATTERN] = "give the beginning of a tenant's name, such as shop-"

_DEFAULT: Final = "default"
_EXAMPLE: Final[dict[str, Any]] = {
    "tenant": "acme",
    "name": "Acme, Inc.",
    "limits": LIMITS_EXAMPLE,
    "own_limits": ["burst", "requests_per_second"],
    "suspended": False,
    "state": "active",
    "created_at": "2026-11-21T22:55:18.123456Z",
}
_EXAMPLE_LIMITS: Final[Any] = {"burst": 100, "events_per_day": None, "configs": "default"}
_EXAMPLE_DELETION: Final[dict[str, Any]] = {
    "began_at": "2026-11-21T22:55:18.123456Z",
    "progressed_at": "2026-11-21T22:56:21.402117Z",
    "removed": {"keys": 2, "configs": 3, "deliveries": 6000, "events": 2000},
}
_EXAMPLE_NOW: Final = _EXAMPLE | {
    "inbox": InboxStatsOut.model_json_schema()["examples"][0],
    "usage_today": UsageOfDayOut.model_json_schema()["examples"][0],
    "deleting": None,
}

TenantName = Annotated[
    str,
    StringConstraints(strict=True, max_length=63, pattern=TENANT_PATTERN),
    Field(description="What it is called in every route; never changes.", examples=["acme"]),
]
NameForPeople = Annotated[
    str,
    StringConstraints(
        strict=True, strip_whitespace=True, min_length=1, max_length=100, pattern=PRINTABLE
    ),
    Field(description="For people."),
]


_Limit = int | Literal["default"] | None


def _tell_bounds(schema: dict[str, Any]) -> None:
    for name, (lowest, highest) in LIMIT_BOUNDS.items():
        schema["properties"][name]["anyOf"][0] |= {"minimum": lowest, "maximum": highest}
    schema["examples"] = [_EXAMPLE_LIMITS]


class LimitsIn(BaseModel):
    """Limits of a tenant's own. What is left out stays as it is.

    `null` lifts a limit, `"default"` brings the deployment's back.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra=_tell_bounds)

    requests_per_second: _Limit = None
    burst: _Limit = Field(default=None, description="Requests that may come at once.")
    events_per_day: _Limit = Field(default=None, description="Days begin at midnight UTC.")
    configs: _Limit = Field(default=None, description="Notification configs.")
    deliveries_per_second: _Limit = Field(
        default=None, description="Pushes beyond it wait; none is lost."
    )

    @field_validator("*", mode="plain", json_schema_input_type=_Limit)
    @classmethod
    def _is_a_limit(cls, value: object, info: ValidationInfo) -> object:
        """One sentence for whatever is wrong; a union would tell of each of its members."""
        lowest, highest = LIMIT_BOUNDS[str(info.field_name)]
        if value is None or value == _DEFAULT:
            return value
        whole = int(value) if isinstance(value, float) and value.is_integer() else value
        if type(whole) is not int or not lowest <= whole <= highest:
            message = f"give a whole number from {lowest} to {highest}, null or 'default'"
            raise ValueError(message)
        return whole

    def own(self) -> Overrides:
        """Those that are to be the tenant's own."""
        given = self.model_dump(exclude_unset=True)
        return {name: value for name, value in given.items() if value != _DEFAULT}

    def back_to_default(self) -> frozenset[str]:
        """Those that are to be the deployment's again."""
        return frozenset(self.model_fields_set - self.own().keys())


class TenantIn(BaseModel):
    """A new tenant."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"tenant": "acme", "name": "Acme, Inc.", "limits": {"burst": 100}}]
        },
    )

    tenant: TenantName
    name: NameForPeople | None = Field(
        default=None, description="For people; `tenant` if left out."
    )
    limits: LimitsIn = Field(default_factory=LimitsIn)
    suspended: StrictBool = False


class TenantPatchIn(BaseModel):
    """What is to change of a tenant; what is left out stays."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"suspended": True}, {"limits": _EXAMPLE_LIMITS}]},
    )

    name: NameForPeople | None = None
    limits: LimitsIn = Field(default_factory=LimitsIn)
    suspended: StrictBool | None = None


class TenantOut(BaseModel):
    """A tenant. Every key is always present."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    tenant: str
    name: str
    limits: LimitsOut
    own_limits: list[str] = Field(
        description="Which of the limits are its own; all others are the deployment's."
    )
    suspended: bool
    state: TenantState = Field(
        description="`deleting` from its DELETE until nothing of it is left."
    )
    created_at: Time

    @classmethod
    def of(cls, tenant: Tenant, defaults: Limits, **more: Any) -> Self:
        """A tenant as it is, in a deployment with these limits."""
        return cls(
            tenant=tenant.tenant,
            name=tenant.name,
            limits=LimitsOut.of(defaults.overridden_by(tenant.own_limits)),
            own_limits=sorted(tenant.own_limits),
            suspended=tenant.state is TenantState.SUSPENDED,
            state=tenant.state,
            created_at=tenant.created_at,
            **more,
        )


class DeletionOut(BaseModel):
    """How far a tenant's deletion has come."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE_DELETION]})

    began_at: Time | None = Field(description="null in the first minute.")
    progressed_at: Time | None = Field(description="When something of it was removed last.")
    removed: dict[str, int] = Field(description="How many so far, by kind.")

    @classmethod
    def of(cls, tenant: Tenant, deletion: Deletion | None) -> Self | None:
        """Nothing of a tenant that stays."""
        if tenant.state is not TenantState.DELETING:
            return None
        if deletion is None:
            return cls(began_at=None, progressed_at=None, removed={})
        return cls(
            began_at=deletion.began_at,
            progressed_at=deletion.progressed_at,
            removed=dict(deletion.removed),
        )


class TenantNowOut(TenantOut):
    """A tenant, what waits for it, and what it used today."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE_NOW]})

    inbox: InboxStatsOut
    usage_today: UsageOfDayOut
    deleting: DeletionOut | None = Field(description="null unless it is being deleted.")
