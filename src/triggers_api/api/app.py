"""The application: the routes, the error shape and the document, put together."""

from fastapi import FastAPI
from fastapi.routing import APIRoute

from triggers_api.api import documentation, problems
from triggers_api.api.head import heads_of
from triggers_api.api.query import EmptyIsAbsent
from triggers_api.api.routes import (
    account,
    batch,
    events,
    executions,
    history,
    inbox,
    leases,
    metrics,
    notifications,
)
from triggers_api.api.services import Services


def create_app(services: Services) -> FastAPI:
    """The API as an ASGI application."""
    app = FastAPI(
        title="Triggers API",
        version=documentation.VERSION,
        openapi_url=None,  # see `documentation.py`
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # never a redirect: clients lose their body or key on the way
    )
    app.state.services = services
    app.add_middleware(EmptyIsAbsent)
    problems.install(app)
    documentation.install(app)
    app.state.routes = [route for route in app.routes if isinstance(route, APIRoute)]
    for resource in (
        *(events, batch, inbox, leases, executions),
        *(notifications, history, metrics, account),
    ):
        app.include_router(resource.router)
        app.state.routes += resource.router.routes
    heads = list(heads_of(app.state.routes))
    app.router.routes += heads
    app.state.routes += heads
    return app
