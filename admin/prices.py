"""AWS's list prices in us-east-1, in dollars (November 2026), and what an account has for nothing.

A price that has steps stands here for the steps that `admin/cost.py` bills. What an account has
for nothing has no end, as AWS's offers for new accounts have: all of its stacks share it.
"""

from dataclasses import dataclass
from typing import Final

_MILLION: Final = 1_000_000
_SECONDS_AN_HOUR: Final = 3600
SECONDS_A_MONTH: Final = 30 * 86_400


@dataclass(frozen=True, slots=True)
class Price:
    """What one of it costs, in dollars, and how many a month cost nothing."""

    dollars: float
    free: float = 0


GATEWAY_REQUEST: Final = Price(1.00 / _MILLION)  # HTTP API, up to 512 KB
LATER_GATEWAY_REQUEST: Final = Price(0.90 / _MILLION)
DEAR_GATEWAY_REQUESTS: Final = 300 * _MILLION  # a month
LAMBDA_REQUEST: Final = Price(0.20 / _MILLION, _MILLION)
LAMBDA_GB_SECOND: Final = Price(0.0000133334, 400_000)  # arm64
WRITE_UNIT: Final = Price(0.625 / _MILLION)  # on demand
READ_UNIT: Final = Price(0.125 / _MILLION)
# One a second, for a second; 25 of each cost nothing, all month.
PROVISIONED_WRITE: Final = Price(0.00065 / _SECONDS_AN_HOUR, 25 * SECONDS_A_MONTH)
PROVISIONED_READ: Final = Price(0.00013 / _SECONDS_AN_HOUR, 25 * SECONDS_A_MONTH)
STORED_GB: Final = Price(0.25, 25)
RECOVERABLE_GB: Final = Price(0.20)  # whatever the days
QUEUE_REQUEST: Final = Price(0.40 / _MILLION, _MILLION)  # up to 64 KB
FAIR_MESSAGE: Final = Price(0.10 / _MILLION)  # one with a group, on a standard queue
IDLE_POLLS_A_MINUTE: Final = 15  # a mapping's five pollers, each waiting for 20 seconds
LOGGED_GB: Final = Price(0.50, 5)
METRIC: Final = Price(0.30, 10)  # by the hour in which it has a value
ALARM_METRIC: Final = Price(0.10, 10)
DASHBOARD: Final = Price(3.00, 3)  # of fifty metrics at most
MONITORING_CALL: Final = Price(0.01 / 1000, _MILLION)  # all but GetMetricData
KEY: Final = Price(1.00)
TRACE: Final = Price(5.00 / _MILLION, 100_000)
