"""What every test may ask for.

pytest loads this before any other module of tests, so that the environment is set before
a module that reads it is imported.
"""

import gc
import os

import pytest
from hypothesis import settings

from tests.builders.events import DELIVERED_RETENTION, UNDELIVERED_RETENTION
from tests.clock import FixedClock
from tests.fakes.events import InMemoryApiKeyStore, InMemoryEventStore
from tests.fakes.tenants import InMemoryTenantStore

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "LAMBDA_TASK_ROOT": "/x",  # without it, X-Ray's SDK connects to AWS when it is imported
    "EVENTS_TABLE": "events",
    "KEYS_TABLE": "keys",
    "NOTIFICATIONS_TABLE": "notifications",
    "USAGE_TABLE": "usage",
    "SECRETS_KEY_ID": "00000000-0000-0000-0000-000000000000",
    "DELIVERY_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/deliveries",
    "DELIVERY_QUEUE_ARN": "arn:aws:sqs:us-east-1:123456789012:deliveries",
    "DEAD_LETTER_QUEUE_ARN": "arn:aws:sqs:us-east-1:123456789012:dead-letters",
    "DEAD_LETTER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/dead-letters",
    "SCHEDULER_GROUP": "deliveries",
    "SCHEDULER_ROLE_ARN": "arn:aws:iam::123456789012:role/scheduler",
    "RETRY_SCHEDULE_SECONDS": "1,2,4,60,300,1800,7200,21600,43200",
    "ALLOW_PRIVATE_TARGETS": "0",
    "BRAND": "KONOZY",
    "PUBLIC_URL": "",
    "FRAME_ANCESTORS": "",
    "ACCOUNT_ID": "123456789012",
    "CURSOR_KEY": "a key that only tests sign with",
    "UNDELIVERED_RETENTION_DAYS": str(UNDELIVERED_RETENTION.days),
    "DELIVERED_RETENTION_DAYS": str(DELIVERED_RETENTION.days),
    "RATE_LIMIT_PER_SECOND": "0",  # what limits is tested by itself
    "RATE_LIMIT_BURST": "0",
    "EVENTS_PER_DAY": "0",
    "CONFIGS_PER_TENANT": "100",
    "DELIVERIES_PER_SECOND": "0",
    "TRACING": "off",
    "POWERTOOLS_SERVICE_NAME": "triggers-test",
    "POWERTOOLS_METRICS_NAMESPACE": "TriggersAPI",
    "POWERTOOLS_LOG_LEVEL": "INFO",
}

# The same examples in every run; `--hypothesis-profile explore` looks for new ones.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None, max_examples=2000)
settings.load_profile("repeatable")

for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_REGION"):
    os.environ.pop(name, None)
os.environ.update(ENVIRONMENT)


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: one mostly waits, for the stack that it tests."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests of one `xdist_group` are for one worker: the controller reads the group from their id.

    pytest-xdist 3.8 writes it where pytest 9.2 does not look any more, and the groups then have
    no effect: https://github.com/pytest-dev/pytest-xdist/issues/1386
    """
    if not config.getoption("loadgroup", default=False):
        return
    for item in items:
        group = item.get_closest_marker("xdist_group")
        if group is not None and not item.nodeid.endswith(f"@{group.args[0]}"):
            item._id = type(item.id).parse(f"{item.nodeid}@{group.args[0]}")  # noqa: SLF001
    # The last are short ones: for a long one, all other workers would wait.
    items.sort(key=lambda item: "upgrade" not in item.path.parts)


def pytest_collection_finish() -> None:
    """What is collected lives to the end: the collector need not walk it again and again."""
    gc.freeze()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def fake_events(clock: FixedClock) -> InMemoryEventStore:
    return InMemoryEventStore(clock)


@pytest.fixture
def fake_api_keys() -> InMemoryApiKeyStore:
    return InMemoryApiKeyStore()


@pytest.fixture
def fake_tenants() -> InMemoryTenantStore:
    return InMemoryTenantStore()
