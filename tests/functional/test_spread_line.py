"""That a tenant got shards by itself is told in a line, by all who write events."""

from tests.builders.events import TENANT
from tests.functional.conftest import LogLines
from triggers_api.handlers.observability import log_spread


def test_a_tenant_that_got_shards_is_named_with_their_number(log_lines: LogLines) -> None:
    log_spread(TENANT, 4)

    (line,) = log_lines()
    told = {name: line[name] for name in ("level", "message", "tenant", "shards")}
    assert told == {
        "level": "WARNING",
        "message": "tenant.spread",
        "tenant": TENANT,
        "shards": 4,
    }
