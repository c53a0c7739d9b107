"""How an expression fails: when it is read, or when it is evaluated."""


class WrongExpressionError(Exception):
    """The text is no expression that is taken."""

    def __init__(self, reason: str, at: int) -> None:
        """`at` is the place in the text, counted from 0."""
        super().__init__(f"at character {at + 1}: {reason}")


class FailedError(Exception):
    """The expression has no value for this event. Its text is a sentence for the config's owner."""


class EvaluationError(FailedError):
    """The event is not as the expression expects it; `||`, `&&`, `exists` and `all` may not mind."""


class OverBudgetError(FailedError):
    """It would take more steps than it may."""
