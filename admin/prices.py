"""AWS's list prices in us-east-1, in dollars, without free tiers (November 2026).

A price that has steps stands here for the steps that `admin/cost.py` bills.
"""

from typing import Final

_MILLION: Final = 1_000_000

GATEWAY_REQUEST: Final = 1.00 / _MILLION  # HTTP API, up to 512 KB
LATER_GATEWAY_REQUEST: Final = 0.90 / _MILLION
DEAR_GATEWAY_REQUESTS: Final = 300 * _MILLION  # a month
LAMBDA_REQUEST: Final = 0.20 / _MILLION
LAMBDA_GB_SECOND: Final = 0.0000133334  # arm64
WRITE_UNIT: Final = 0.625 / _MILLION  # on demand
READ_UNIT: Final = 0.125 / _MILLION
STORED_GB: Final = 0.25  # a month
RECOVERABLE_GB: Final = 0.20  # a month, whatever the days
QUEUE_REQUEST: Final = 0.40 / _MILLION  # up to 64 KB
FAIR_MESSAGE: Final = 0.10 / _MILLION  # one with a group, on a standard queue
IDLE_POLLS_A_MINUTE: Final = 15  # a mapping's five pollers, each waiting for 20 seconds
LOGGED_GB: Final = 0.50
METRIC: Final = 0.30  # a month
ALARM_METRIC: Final = 0.10  # a month
DASHBOARD: Final = 3.00  # a month; an account has three for nothing
KEY: Final = 1.00  # a month
TRACE: Final = 5.00 / _MILLION
