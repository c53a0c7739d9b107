"""Lives: a record that a stream hands out late may be of a tenant that is gone by now.

Its name may even be another's. What is read soon after it was written needs no question: a
deletion ends only when for minutes nothing of its tenant was found (`access/deletion.py`), and by
then all that came of it is written. Later a reader asks for the row that the record tells of,
which only a deletion removes within the day that a stream keeps: while it is there, its tenant's
deletion does not end before whoever asked has, and what was written since is the same tenant's.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from triggers_api.store.streamed_rows import written_at
from triggers_api.timestamps import Clock

Record = Mapping[str, Any]
IsThere = Callable[[Record], bool]
"""Whether the row that a record tells of is there, read consistently."""

LATE_AFTER: Final = timedelta(minutes=2)  # longer than a mapping collects a batch


class Lives:
    """Of the tenants of one batch: one read for each that has late records, if it is not gone."""

    def __init__(self, is_there: IsThere, clock: Clock) -> None:
        """Make a new one for each batch: what it knows holds for as long as one may take."""
        self._is_there = is_there
        self._clock = clock
        self._since: dict[str, datetime] = {}  # by tenant

    def is_over(self, record: Record) -> bool:
        """Whether all that was the tenant's then is gone. Raises `StoreUnavailableError`."""
        at = written_at(record)
        if self._clock() - at <= LATE_AFTER:
            return False
        tenant = record["dynamodb"].get("NewImage", {}).get("tenant", {}).get("S", "")
        if tenant in self._since and at >= self._since[tenant]:
            return False
        if not self._is_there(record):
            return True
        self._since[tenant] = at
        return False
