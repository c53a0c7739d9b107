"""An expression that was read: it has a value for each event, or fails with a reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from triggers_api.expressions.budget import Budget
from triggers_api.expressions.failures import EvaluationError, FailedError, WrongExpressionError
from triggers_api.expressions.nodes import Frame, Node
from triggers_api.expressions.parser import EVENT, Parser
from triggers_api.expressions.values import Kind, called

MOST_CHARACTERS: Final = 4096
_BYTES_A_WORD: Final = 300
_BYTES_A_PATTERN: Final = 1 << 15


@dataclass(frozen=True, slots=True)
class Expression:
    """What a text says, bounded in size and depth."""

    members: frozenset[str]  # of the event that it looks at
    words: int  # names, values and signs, by which its reading is measured
    bytes: int  # that it takes to be remembered, at most, beside its text
    _root: Node = field(repr=False)
    _slots: int = field(repr=False)

    def evaluate(self, event: Mapping[str, Any], budget: Budget) -> Any:
        """Its value for an event of which at least those members are given.

        Raises `FailedError`, and nothing else.
        """
        budget.take(self._root.size)
        names: dict[str, Any] = {EVENT: event, **event}
        try:
            return self._root.run(Frame(names, self._slots, budget))
        except FailedError:
            raise
        except RecursionError:
            raise EvaluationError("it goes too deep into this event") from None
        except Exception as error:  # one tenant's expression must not stop what serves others
            raise EvaluationError("it cannot be evaluated, for a fault of ours") from error


def read(text: str, members: frozenset[str], gives: frozenset[Kind]) -> Expression:
    """Read a text whose value must be of one of these kinds. Raises `WrongExpressionError`."""
    if len(text) > MOST_CHARACTERS:
        raise WrongExpressionError(
            f"an expression has at most {MOST_CHARACTERS:,} characters", MOST_CHARACTERS
        )
    parser = Parser(text, members)
    root = parser.parse()
    if root.kind is not None and root.kind not in gives:
        wanted = " or ".join(called(each) for each in sorted(gives))
        raise WrongExpressionError(f"it gives {called(root.kind)}, and {wanted} is needed", root.at)
    size = _BYTES_A_WORD * parser.words + _BYTES_A_PATTERN * parser.patterns
    return Expression(parser.used, parser.words, size, root, parser.slots)
