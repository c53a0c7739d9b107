"""What CloudWatch does on AWS and the emulator does not (ADR 0021).

Log lines become metrics, queues and gateway get AWS's own, alarms follow AWS's rules, and the
deployed dashboard is a page. A package of its own: it imports nothing of the local run but the
emulator's clients and its way with threads, and the local run knows of it only what is named here.
"""

from local.cloudwatch.dashboard.server import serving_dashboard
from local.cloudwatch.log_group import Positions
from local.cloudwatch.request_log import RequestLine
from local.cloudwatch.stand_ins import with_stand_ins
from local.cloudwatch.watcher import Listener, Watcher, watching

__all__ = [
    "Listener",
    "Positions",
    "RequestLine",
    "Watcher",
    "serving_dashboard",
    "watching",
    "with_stand_ins",
]
