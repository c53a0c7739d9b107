"""The operator, and what is left of a tenant that was deleted."""

from collections.abc import Iterable
from typing import Any, Final

from tests.simulation.cloud.tables import Table
from tests.simulation.product.callers import Caller, GaveUpError
from tests.simulation.product.stage import Stage

_LOWER: Final = {"requests_per_second": 2, "burst": 4}
_KNOWN_WITHIN: Final = 65.0  # seconds in which every process knows that a tenant is deleted
DEFAULTS: Final = dict.fromkeys(("deliveries_per_second", *_LOWER), "default")


def lower_limits(operator: Caller, stage: Stage) -> None:
    """Lower a tenant's limits, and wait a while. Raises `GaveUpError`."""
    limits = _LOWER | {"deliveries_per_second": stage.chance.choice([1, 5, 50])}
    stage.expect(operator.call("PATCH", f"/tenants/{stage.tenant}", {"limits": limits}), 200, 409)
    stage.pause(90)


def delete_tenant(operator: Caller, stage: Stage) -> None:
    """Delete a tenant, until it is heard; and look a minute later whether its key is dead."""
    stage.truth.leaving.add(stage.tenant)
    try:
        answer = operator.call("DELETE", f"/tenants/{stage.tenant}")
        stage.expect(answer, 202, 404)
        stage.kernel.sleep(_KNOWN_WITHIN)
        shown = stage.caller.call("GET", "/events?limit=1")
    except GaveUpError:
        return
    if shown.status not in (401, 403):  # 403 where it was suspended before
        stage.truth.faults.append(f"{stage.tenant} is being deleted, and is shown {shown.status}")


def remains(tables: Iterable[Table], tenant: str) -> list[dict[str, Any]]:
    """Every item that is a tenant's, or says something of it, and that is there for good."""
    marker = f"secret-of-{tenant}"
    return [
        item
        for table in tables
        for item in table.all()
        if (marker in str(item) or _is_of(item, tenant)) and not _is_a_dead_runs_mark(item)
    ]


def _is_a_dead_runs_mark(item: dict[str, Any]) -> bool:
    """What a run has left that died before its deletion began: DynamoDB sweeps it in a while."""
    return item.get("key_id", {}).get("S", "").startswith("deletion#") and "swept_after" in item


def _is_of(item: dict[str, Any], tenant: str) -> bool:
    names = ("pk", "sk", "key_id", "tenant")
    said = [item[name]["S"] for name in names if "S" in item.get(name, {})]
    return any(tenant in each.replace("/", "#").split("#") for each in said)
