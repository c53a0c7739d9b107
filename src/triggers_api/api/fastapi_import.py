"""Imports FastAPI without building the models of its OpenAPI document.

FastAPI defines some forty pydantic models that only `/openapi.json` uses, and building
their validators takes an eighth of the API's cold start (`make bench`: 0.09 to 0.13 of the
ratio). pydantic builds a model at its first use instead if told so while it is defined.
Our own models are defined later, and built at once.
"""

from pydantic import BaseModel, ConfigDict

BaseModel.model_config = ConfigDict(defer_build=True)
import fastapi as _fastapi  # noqa: E402, F401  # imported for its effect, under this setting

BaseModel.model_config = ConfigDict()
