"""What happened in a world, line by line, for whoever reads why a seed broke."""

from dataclasses import dataclass
from typing import Any

from tests.simulation.cloud.kernel import BEGIN


@dataclass(slots=True)
class Said:
    """A line of the story; a call of AWS is put in words only for those who read it."""

    at: float
    who: str
    what: str
    became: str
    request: dict[str, Any] | None = None

    def __str__(self) -> str:
        about = "" if self.request is None else f" {in_short(self.request)}"
        return f"{self.at - BEGIN:10.3f} {self.who}: {self.what}{about} -> {self.became}"


def in_short(request: dict[str, Any]) -> str:
    """What a call is about: the key of its item, what it looks for, or which items it writes."""
    for name in ("Key", "Item"):
        if name in request:
            return _key(request[name])
    if "ExpressionAttributeValues" in request:
        values = request["ExpressionAttributeValues"].values()
        said = [str(next(iter(each.values()))) for each in values][:3]
        return " ".join([request["TableName"], *filter(None, [request.get("IndexName")]), *said])
    if "TransactItems" in request:
        actions = [action for each in request["TransactItems"] for action in each.items()]
        return ", ".join(
            f"{kind} {_key(said.get('Item') or said['Key'])}" for kind, said in actions
        )
    return str(sorted(request.items()))[:160]


def _key(item: dict[str, Any]) -> str:
    return " ".join(item[each]["S"] for each in ("pk", "sk", "key_id") if each in item)
