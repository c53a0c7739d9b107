"""How a config's pushes went, hour by hour."""

from triggers_api.timestamps import Clock
from triggers_api.usage.config_hours import HOUR, ConfigHour, hour_of, row_of
from triggers_api.usage.ports import UsageStore


class ReadConfigHours:
    """Reads what was counted of a config."""

    def __init__(self, usage: UsageStore, clock: Clock) -> None:
        """`clock` tells which hour is running."""
        self._usage = usage
        self._clock = clock

    def __call__(self, tenant: str, config_id: str, hours: int) -> tuple[ConfigHour, ...]:
        """The last hours of the clock, oldest first, those without anything too."""
        last = hour_of(self._clock())
        begins = [last - HOUR * ago for ago in reversed(range(hours))]
        rows = [row_of(tenant, config_id, begins_at) for begins_at in begins]
        found = self._usage.read_rows(tenant, rows[0], rows[-1])
        pairs = zip(begins, rows, strict=True)
        return tuple(ConfigHour.of(begins_at, found.get(row.name, {})) for begins_at, row in pairs)
