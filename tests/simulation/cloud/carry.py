"""What brings a call to a service of the simulated cloud."""

from collections.abc import Callable
from typing import Any

Request = dict[str, Any]
Answer = dict[str, Any]
Carry = Callable[[str, str, Request, float], Answer]
"""By service, operation and patience in seconds: the answer; raises what botocore would see."""
