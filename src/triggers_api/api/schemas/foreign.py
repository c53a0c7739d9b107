"""The answer to a foreign sender, as a pydantic model."""

from pydantic import BaseModel, ConfigDict, Field


class ForeignEventOut(BaseModel):
    """The event that a request became."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"id": "evt_01KAM5ZQ8YF4N0T2V6X8Z1B3D5"}]}
    )

    id: str = Field(description="The event's id, the same if the request is sent again.")
