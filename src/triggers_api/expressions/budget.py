"""What an evaluation may take: counted in steps, so that it ends alike on every machine.

A step is about what one operator takes, a quarter of a microsecond or less. Whatever repeats or
grows takes steps before it happens: each round of a macro, each element of a new list, each 16
characters of a new text. So steps bound memory as well.
"""

from typing import Final

from triggers_api.expressions.failures import OverBudgetError

_CHARACTERS_A_STEP: Final = 16


class Budget:
    """Steps that are left."""

    __slots__ = ("_left", "steps")

    def __init__(self, steps: int) -> None:
        """So many may be taken."""
        self.steps = steps
        self._left = steps

    @property
    def taken(self) -> int:
        """How many were taken."""
        return self.steps - self._left

    def take(self, steps: int) -> None:
        """Take them before doing what they are for. Raises `OverBudgetError`."""
        self._left -= steps
        if self._left < 0:
            message = f"it takes more than {self.steps:,} steps with this event"
            raise OverBudgetError(message)

    def take_text(self, characters: int) -> None:
        """Take what it costs to make or to read a text of that length."""
        self.take(characters // _CHARACTERS_A_STEP)
