"""The OpenAPI document and its page, served next to each other."""

from functools import lru_cache
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, JSONResponse


def install(app: FastAPI) -> None:
    """Serve both. The document is made when it is first asked for."""

    @lru_cache(maxsize=1)
    def contract() -> dict[str, Any]:
        from triggers_api.api.contract.document import document  # noqa: PLC0415  # rarely needed

        return document(app)

    @app.get("/openapi.json", include_in_schema=False)
    async def openapi() -> JSONResponse:
        return JSONResponse(contract())

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return get_swagger_ui_html(openapi_url="openapi.json", title="Triggers API")
