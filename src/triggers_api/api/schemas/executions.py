"""The answer about an execution, as a pydantic model."""

from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field

from triggers_api.api.schemas.configs import Time
from triggers_api.executions.tally import ExecutionStatus, Summary

_EXAMPLE: Final[dict[str, Any]] = {
    "execution_id": "exec_42",
    "status": "completed_with_errors",
    "started_at": "2026-11-21T22:55:18.123456Z",
    "completed_at": "2026-11-21T22:55:30.654321Z",
    "duration_seconds": 12.530865,
    "total_events": 8,
    "counts": {
        "invoice.created": 2,
        "invoice.failed": 1,
        "order.fetched": 3,
        "sync.completed": 1,
        "sync.started": 1,
    },
    "failed_events": 1,
}


class ExecutionOut(BaseModel):
    """An execution in short. Every key is always present."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]}, extra="forbid")

    execution_id: str
    status: ExecutionStatus = Field(
        description="Running until every job that said `.started` has said how it ended."
    )
    started_at: Time = Field(description="When its first event was created.")
    completed_at: Time | None = Field(description="When its last job ended; null while it runs.")
    duration_seconds: float | None = Field(description="Between the two; null while it runs.")
    total_events: int
    counts: dict[str, int] = Field(
        description="By event type. Beyond 300 types: `*`, `*.failed` and the like."
    )
    failed_events: int = Field(description="Events whose type ends in `.failed`.")

    @classmethod
    def of(cls, summary: Summary) -> Self:
        """The summary as it is shown."""
        return cls.model_validate(
            {
                "execution_id": summary.execution_id,
                "status": summary.status,
                "started_at": summary.started_at,
                "completed_at": summary.completed_at,
                "duration_seconds": summary.duration_seconds,
                "total_events": summary.total_events,
                "counts": summary.counts,
                "failed_events": summary.failed_events,
            }
        )
