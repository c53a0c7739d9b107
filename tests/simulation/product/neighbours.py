"""Whose is what: an id or an address that one tenant was told is never told to another."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.http_api import Answer
    from tests.simulation.product.play import Play
    from tests.simulation.product.stage import Stage

ONES_OWN: Final = re.compile(
    r'\b(?:evt|cfg|dlv|src)_[0-9A-Za-z_]+|"key_id":"[0-9a-z]+|https://r\d+-[a-z]+\.'
)
_LISTS: Final = ("/notifications/history?limit=100", "/keys", "/sources", "/event-types")


@dataclass
class Neighbours:
    """What was told to whom first."""

    told: dict[str, str] = field(default_factory=dict)

    def hear(self, tenant: str, answer: Answer) -> list[str]:
        """What of an answer that did something is another tenant's."""
        if answer.status >= 300:
            return []  # it repeats what it was asked for
        named = set(ONES_OWN.findall(answer.body.decode(errors="replace")))
        return sorted(each for each in named if self.told.setdefault(each, tenant) != tenant)


def judged(play: Play) -> list[str]:
    """What every tenant is shown in the end: all of its own, and nothing of its neighbours."""
    found = []
    for tenant, stage in play.stages.items():
        if stage.is_leaving:
            continue
        found += _configs(play, stage)
        if len(play.stages) > 1:
            for path in _LISTS:
                found += _heard(play, tenant, path, play.world.callers[tenant].api.get(path))
    return found


def _configs(play: Play, stage: Stage) -> list[str]:
    if not any(each.configs for each in play.stages.values()):
        return []
    path = "/notifications/configs"
    answer = play.world.callers[stage.tenant].api.get(path)
    listed = [each["id"] for each in answer.json()]
    gone = set() if play.loss is None else play.loss.gone
    missing = [
        each.id
        for each in stage.configs
        if not each.is_touched and each.id not in listed and each.id not in gone
    ]
    return [
        *(f"{each} of {stage.tenant} is not listed" for each in missing),
        *_heard(play, stage.tenant, path, answer),
    ]


def _heard(play: Play, tenant: str, path: str, answer: Answer) -> list[str]:
    others = play.world.neighbours.hear(tenant, answer)
    return [f"{tenant} is shown {each} at {path}" for each in others]
