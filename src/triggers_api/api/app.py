"""The application: the operations, the error shape and the document, put together."""

from collections.abc import Mapping, Sequence
from typing import Final

from fastapi import FastAPI

from triggers_api.api import documentation, pages, problems
from triggers_api.api.lazy_route import LazyRoute
from triggers_api.api.query import EmptyIsAbsent
from triggers_api.api.routes import (
    account,
    batch,
    config_stats,
    console_links,
    event_types,
    events,
    executions,
    foreign,
    history,
    inbox,
    key_sets,
    keys,
    leases,
    metrics,
    notifications,
    sources,
    stories,
    tenants,
    usage,
)
from triggers_api.api.routes import (
    channels as channel_list,
)
from triggers_api.api.routing import Operations, heads_of
from triggers_api.api.services import Services
from triggers_api.push.channel import Channel
from triggers_api.sources.provider import Provider

VERSION: Final = "0.1.0"
SUBJECTS: Final = tuple(
    module.operations
    for module in (
        *(events, event_types, stories, batch, inbox, leases, executions),
        *(sources, foreign),
        *(notifications, channel_list, config_stats, key_sets, history, metrics),
        *(usage, keys, tenants, console_links, account),
    )
)


def create_app(
    services: Services,
    channels: Mapping[str, Channel],
    subjects: Sequence[Operations] = SUBJECTS,
    *,
    providers: Mapping[str, Provider],
    frame_ancestors: str = "",
) -> FastAPI:
    """The API as an ASGI application, with the operations of these subjects.

    The contract describes the settings of the channels, and names the providers of sources.
    `frame_ancestors` are the origins whose pages may show the console in a frame.
    """
    app = FastAPI(
        title="Triggers API",
        version=VERSION,
        openapi_url=None,  # see `documentation.py`
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # never a redirect: clients lose their body or key on the way
    )
    app.router.route_class = LazyRoute
    app.state.services = services
    app.state.channels = channels
    app.state.providers = providers
    app.add_middleware(EmptyIsAbsent)
    problems.install(app)
    documentation.install(app)
    pages.install(app, frame_ancestors)
    app.state.operations = {each.id: each for subject in subjects for each in subject.declared}
    # Routes as they are: `include_router` would have FastAPI analyse each a second time.
    routes = [route for route in app.routes if isinstance(route, LazyRoute)]
    routes += [route for subject in subjects for route in subject.routes]
    app.state.routes = routes + list(heads_of(routes))
    app.router.routes[:] = app.state.routes
    return app
