"""The OpenAPI document, served."""

from functools import lru_cache
from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse


def install(app: FastAPI) -> None:
    """Serve it. It is made when it is first asked for."""

    @lru_cache(maxsize=1)
    def contract() -> dict[str, Any]:
        from triggers_api.api.contract.document import document  # noqa: PLC0415  # rarely needed

        return document(app)

    @app.get("/openapi.json", include_in_schema=False)
    async def openapi() -> JSONResponse:
        return JSONResponse(contract())
