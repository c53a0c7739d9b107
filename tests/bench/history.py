"""What a page of the history costs, by filter and by how many deliveries there are: `make bench`.

The real store on moto; the bill is DynamoDB's published rules (`tests/capacity.py`). moto's own
milliseconds say nothing: it looks at every item for each query, and DynamoDB at none in vain.
"""

import os
import sys
from collections.abc import Iterator
from datetime import timedelta

from tests.bench.post import ENVIRONMENT

os.environ.update(ENVIRONMENT)

from tests.builders.events import TENANT, an_event
from tests.builders.push import a_config, a_delivery, a_task
from tests.builders.watch import PlainBox
from tests.capacity import metered
from tests.clock import START, FixedClock
from tests.contract.conftest import create_table
from tests.quick_moto import mock_aws
from triggers_api.push.config import NotificationConfig
from triggers_api.push.delivery import Delivery, DeliveryStatus
from triggers_api.push.ports import DeliveryQuery
from triggers_api.store.deliveries import DynamoDeliveryStore, to_item
from triggers_api.store.notification_configs import DynamoConfigStore
from triggers_api.store.table import create_client

SIZES = (100, 10_000)
SECONDS = 30  # between two deliveries
LIMIT = 5  # so many there are of each kind among the fewest
_KEPT = timedelta(days=30)
_AT_ONCE = 25  # items in one write


def deliveries(configs: list[NotificationConfig], number: int) -> Iterator[Delivery]:
    """To each config in turn; of twenty, one is under way, one dead and one of a rare type."""
    statuses = {0: DeliveryStatus.RETRYING, 1: DeliveryStatus.DEAD}
    for each in range(number):
        at = START + timedelta(seconds=SECONDS * each)
        status = statuses.get(each % 20, DeliveryStatus.SUCCEEDED)
        event_type = "order.rare" if each % 20 == 2 else "order.fetched"
        task = a_task(an_event(at), configs[each % len(configs)])
        yield a_delivery(task, status, at, event_type=event_type)


def queries(of: Delivery, until: timedelta) -> dict[str, DeliveryQuery]:
    """One by each filter, and two together."""
    config_id = of.task.config_id
    return {
        "no filter": DeliveryQuery(),
        "status=dead": DeliveryQuery(status=DeliveryStatus.DEAD),
        "status=dead, config_id": DeliveryQuery(status=DeliveryStatus.DEAD, config_id=config_id),
        "status=retrying": DeliveryQuery(status=DeliveryStatus.RETRYING),
        "status=succeeded": DeliveryQuery(status=DeliveryStatus.SUCCEEDED),
        "config_id": DeliveryQuery(config_id=config_id),
        "event_id": DeliveryQuery(event_id=of.task.event_id),
        "event_type, common": DeliveryQuery(event_type="order.fetched"),
        "event_type, 1 of 20": DeliveryQuery(event_type="order.rare"),
        "since, the last half": DeliveryQuery(since=START + until / 2),
        "until, the first half": DeliveryQuery(until=START + until / 2),
    }


def bills(number: int) -> dict[str, tuple[int, int, float]]:
    """By filter: deliveries shown, calls made, read units spent by the first page."""
    with mock_aws():
        client, clock = create_client(), FixedClock()
        table = create_table(client, "NotificationsTable")
        configs = DynamoConfigStore(client, table, PlainBox(), clock)
        store = DynamoDeliveryStore(client, table, configs, retention=_KEPT, clock=clock)
        made = [a_config(name=f"config {each}") for each in range(4)]
        for config in made:
            configs.put(config)
        found = list(deliveries(made, number))
        for first in range(0, number, _AT_ONCE):
            puts = [to_item(each, _KEPT) for each in found[first : first + _AT_ONCE]]
            client.batch_write_item(
                RequestItems={table: [{"PutRequest": {"Item": item}} for item in puts]}
            )
        told = {}
        for name, query in queries(found[-19], number * timedelta(seconds=SECONDS)).items():
            with metered(client, "NotificationsTable") as bill:
                page = store.list_deliveries(TENANT, query, limit=LIMIT, after=None)
            told[name] = len(page.deliveries), len(bill.operations), bill.read_units
        return told


def main() -> None:
    """Print both sizes, and the ratio of the larger's read units to those of the smaller."""
    few, many = (bills(number) for number in SIZES)
    sizes = " | ".join(f"{number:>9} deliveries" for number in SIZES)
    sys.stdout.write(f"{'a page of 5 by':<24} {sizes} | ratio\n")
    for name in few:
        shown = " | ".join(
            f"{of[name][0]:>2} for {of[name][1]} calls, {of[name][2]:>4} RRU" for of in (few, many)
        )
        sys.stdout.write(f"{name:<24} {shown} | {many[name][2] / few[name][2]:.2f}\n")


if __name__ == "__main__":
    main()
