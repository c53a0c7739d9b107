"""Facts about routes that are analysed at their first use."""

import pytest
from fastapi import FastAPI
from mangum import Mangum

from tests.http_api import Api
from triggers_api.api.lazy_route import LazyRoute


async def show_thing(thing_id: int, size: int = 1) -> dict[str, int]:
    return {"thing_id": thing_id, "size": size}


async def list_things() -> list[int]:
    return []


@pytest.fixture
def route() -> LazyRoute:
    return LazyRoute("/things/{thing_id}", show_thing, methods=["GET"])


def test_a_request_has_only_its_own_route_analysed() -> None:
    app = FastAPI()
    app.router.route_class = LazyRoute
    app.get("/things")(list_things)
    app.get("/things/{thing_id}")(show_thing)
    api = Api(Mangum(app, lifespan="off"))

    answer = api.get("/things/7?size=3")

    assert answer.json() == {"thing_id": 7, "size": 3}
    routes = [route for route in app.routes if isinstance(route, LazyRoute)]
    assert {route.path: route.is_analysed for route in routes} == {
        "/things": False,
        "/things/{thing_id}": True,
    }


def test_it_is_analysed_when_more_is_asked_of_it_than_where_it_is(route: LazyRoute) -> None:
    assert (route.path_format, route.methods) == ("/things/{thing_id}", {"GET"})
    assert not route.is_analysed

    assert [each.name for each in route.dependant.path_params] == ["thing_id"]
    assert route.is_analysed


@pytest.mark.parametrize("is_analysed", [True, False])
def test_it_has_no_more_than_fastapis_own(route: LazyRoute, is_analysed: bool) -> None:  # noqa: FBT001
    if is_analysed:
        assert route.dependant.path_params

    with pytest.raises(AttributeError, match="no_such_thing"):
        _ = route.no_such_thing


@pytest.mark.parametrize("is_analysed", [True, False])
def test_its_twin_for_head_is_analysed_apart_and_in_no_document(
    route: LazyRoute,
    is_analysed: bool,  # noqa: FBT001
) -> None:
    if is_analysed:
        assert route.dependant.path_params

    head = route.head()

    assert not head.is_analysed
    assert [each.name for each in head.dependant.query_params] == ["size"]
    assert (head.methods, head.include_in_schema) == ({"HEAD"}, False)
    assert (route.methods, route.include_in_schema) == ({"GET"}, True)
