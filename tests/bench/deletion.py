"""What the deletion of a tenant costs: `python -m tests.bench.deletion [events]`."""

import sys
import time
from typing import Any

from tests.capacity import item_bytes
from tests.clock import FixedClock
from tests.cloudformation import properties
from tests.conftest import ENVIRONMENT
from tests.functional.leaving_tenant import Deployment
from tests.quick_moto import mock_aws

assert ENVIRONMENT  # set by importing it


def units_of(logical_id: str, item: dict[str, Any]) -> int:
    """Write units of deleting an item: of the table, and of each index that holds it."""
    table = properties(logical_id)
    units = -(-item_bytes(item) // 1024)
    for index in table["GlobalSecondaryIndexes"]:
        keys = {each["AttributeName"] for each in [*index["KeySchema"], *table["KeySchema"]]}
        if not keys <= item.keys():
            continue
        projection = index["Projection"]
        held = keys | set(projection.get("NonKeyAttributes", ()))
        if projection["ProjectionType"] == "ALL":
            held = set(item)
        units += -(-item_bytes({name: item[name] for name in held & item.keys()}) // 1024)
    return units


def main(events: int) -> None:
    """Delete a tenant of so many events, a delivery each, and 20 configs; print what it took."""
    with mock_aws():
        deployment = Deployment(FixedClock())
        deployment.furnish("shop", events=1, configs=20)
        deployment.post_many("shop", events)
        names = {name: logical_id for logical_id, name in deployment.tables.items()}
        stored = {
            (name, key_of(logical_id, item)): item
            for name, logical_id in names.items()
            for item in deployment.items(logical_id)
        }
        calls, units, queried = 0, 0, 0

        def note(params: dict[str, Any], model: Any, **_: object) -> None:
            nonlocal calls, units, queried
            calls += 1
            queried += model.name == "Query"
            for name, writes in params.get("RequestItems", {}).items():
                for write in writes if isinstance(writes, list) else ():
                    key = key_of(names[name], write["DeleteRequest"]["Key"])
                    found = stored.get((name, key))
                    units += 1 if found is None else units_of(names[name], found)

        deployment.delete("shop")
        begun_at, cpu = time.perf_counter(), time.process_time()
        with deployment.hooked("provide-client-params", note):
            deployment.run_to_the_end("shop")
        sys.stdout.write(
            f"{events} events, {len(stored)} items: {calls} calls, {queried} of them queries, "
            f"{units} write units ({units / events:.2f} an event), "
            f"{time.perf_counter() - begun_at:.1f} s and {time.process_time() - cpu:.1f} s of CPU on moto\n"
        )


def key_of(logical_id: str, item: dict[str, Any]) -> tuple[str, ...]:
    """The primary key of an item."""
    names = sorted(each["AttributeName"] for each in properties(logical_id)["KeySchema"])
    return tuple(item[name]["S"] for name in names)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
