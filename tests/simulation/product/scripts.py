"""What the users of a world do: each script is one program, drawn by chance."""

import random
from collections.abc import Iterator, Mapping
from typing import Final

from tests.simulation.product import consumers, owners, producers
from tests.simulation.product.stage import Script

SCRIPTS: Final[Mapping[str, tuple[Script, int]]] = {
    "post": (producers.post_some, 8),
    "post again": (producers.post_again, 4),
    "post batch": (producers.post_batch, 3),
    "walk inbox": (consumers.walk_inbox, 4),
    "consume": (consumers.consume, 4),
    "lease": (consumers.lease, 6),
    "replay": (owners.replay, 2),
    "replay delivery": (owners.replay_delivery, 1),
    "replay dead letters": (owners.replay_dead_letters, 1),
    "replay missed": (owners.replay_missed, 1),
    "erase": (owners.erase, 3),
    "change config": (owners.change_config, 2),
    "list": (owners.list_events, 1),
    "look back": (owners.look_back, 1),
    "story": (owners.read_story, 1),
    "look around": (owners.look_around, 1),
    "another key": (owners.use_another_key, 1),
}
"""Each with its weight."""


def drawn(chance: random.Random, count: int) -> Iterator[str]:
    """So many of them, by their weights."""
    names = list(SCRIPTS)
    yield from chance.choices(names, [SCRIPTS[name][1] for name in names], k=count)
