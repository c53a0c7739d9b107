"""The whole product under faults: `make prove SEEDS=10000` runs as many seeds as wanted."""

import os

import pytest

from tests.simulation import prove

SEEDS = int(os.environ.get("TRIGGERS_PROVE_SEEDS", "36"))
_CHUNKS = 6


@pytest.mark.parametrize("chunk", range(_CHUNKS))
def test_no_seed_breaks_an_invariant(chunk: int) -> None:
    share = SEEDS // _CHUNKS

    broken = prove.run(range(chunk * share, (chunk + 1) * share)).broken

    assert broken == {}, f"their stories: make prove SEED={min(broken)}"


@pytest.mark.parametrize("seed", [7, 11])
def test_a_seed_has_the_same_story_at_the_wire_as_past_botocore(seed: int) -> None:
    assert list(prove.story_of(seed)) == list(prove.story_of(seed, is_short=False))
