"""Every error an API caller can meet: one shape, and the one table of statuses."""

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from itertools import islice
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from triggers_api import errors
from triggers_api.api.faults import MAX_DETAILS, details_of
from triggers_api.api.request_context import context_of
from triggers_api.errors import Detail, TriggersError

STATUSES: dict[type[TriggersError], int] = {
    errors.InvalidRequestError: 400,
    errors.UnauthenticatedError: 401,
    errors.UnverifiedError: 401,
    errors.ForbiddenError: 403,
    errors.NotFoundError: 404,
    errors.EventErasedError: 410,
    errors.PayloadTooLargeError: 413,
    errors.UnsupportedMediaTypeError: 415,
    errors.UnsupportedEncodingError: 415,
    errors.InvalidContentError: 422,
    errors.IdempotencyConflictError: 422,
    errors.ConflictError: 409,
    errors.RateLimitedError: 429,
    errors.QuotaExceededError: 429,
    errors.TooManyAtOnceError: 429,
    errors.StoreUnavailableError: 503,
    errors.QueueUnavailableError: 503,
    errors.MetricsUnavailableError: 503,
    errors.InternalError: 500,
    errors.UnreadableError: 500,
    errors.TasksRefusedError: 500,
}


def problem(
    request_id: str,
    status: int,
    code: str,
    message: str,
    *,
    details: Iterable[Detail] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The one error shape, as a response."""
    body = told(code, message, details) | {"request_id": request_id}
    return Response(json.dumps(body), status, headers, "application/json")


def told(code: str, message: str, details: Iterable[Detail]) -> dict[str, Any]:
    """The one error shape, without the request's id; it shows the first `MAX_DETAILS`."""
    shown = [
        {"field": detail.field, "message": detail.message, "code": detail.code}
        for detail in islice(details, MAX_DETAILS)
    ]
    return {"error": code, "message": message, "details": shown}


def install(app: FastAPI) -> None:
    """Answer all errors, ours, the framework's and bugs, in the one shape."""
    app.add_exception_handler(TriggersError, _on_triggers_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_parameters)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(Exception, _on_unexpected)


def note_crash(request: Request, outcomes: Iterable[object]) -> None:
    """Log only the first bug among these; a hundred may have one cause."""
    bugs = (each.__cause__ for each in outcomes if isinstance(each, errors.InternalError))
    context_of(request).crash = next(bugs, None)


async def _on_triggers_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, TriggersError)
    context = context_of(request)
    context.error_code = error.code
    details = error.details if isinstance(error, errors.CallerError) else ()
    return problem(
        context.request_id,
        STATUSES[type(error)],
        error.code,
        error.message,
        details=details,
        headers=_way_out(request, error),
    )


def _way_out(request: Request, error: TriggersError) -> dict[str, str]:
    """The headers that tell a program what would be accepted, or when."""
    if isinstance(error, errors.UnauthenticatedError):
        return {"WWW-Authenticate": 'Bearer realm="triggers-api"'}
    if isinstance(error, errors.UnverifiedError):
        return {"WWW-Authenticate": 'Signature realm="triggers-api"'}
    if isinstance(error, errors.TransientError):
        return {"Retry-After": str(error.retry_after_seconds)}
    if isinstance(error, errors.UnsupportedEncodingError):
        return {"Accept-Encoding": "identity"}
    if isinstance(error, errors.UnsupportedMediaTypeError):
        operation = request.app.state.operations[request.scope["route"].operation_id]
        return {"Accept": ", ".join(operation.media_types)}
    return {}


async def _on_invalid_parameters(request: Request, error: Exception) -> Response:
    """FastAPI's errors, about paths, queries and headers; `json_body.py` reads bodies."""
    assert isinstance(error, RequestValidationError)
    details = details_of(error.errors(), skip=1)
    first = details[0]
    message = f"The parameter '{first.field}' is not acceptable: {first.message}."
    invalid = errors.InvalidRequestError(message, details=details)
    return await _on_triggers_error(request, invalid)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    """The router's own errors: no such route, or not with this method."""
    assert isinstance(error, HTTPException)
    context = context_of(request)
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        code = "method_not_allowed"
        methods = _methods_of(request)
        named = [each for each in methods if each != "HEAD"]  # it goes without saying
        message = f"{request.method} is not possible here. Use {' or '.join(named)}."
        headers["Allow"] = ", ".join(methods)
    else:
        code = "route_not_found"
        message = f"There is nothing at {request.scope['path'][:200]}. See /docs for what there is."
    context.error_code = code
    return problem(context.request_id, error.status_code, code, message, headers=headers)


def _methods_of(request: Request) -> list[str]:
    """All methods of the path; the router itself names only those of its first route."""
    methods: set[str] = set()
    for route in request.app.state.routes:
        if route.matches(request.scope)[0] is not Match.NONE:
            methods |= route.methods
    return sorted(methods)


async def _on_unexpected(request: Request, error: Exception) -> Response:
    """Answer a bug. Its text stays in the log; the framework raises it again, to be logged."""
    return await _on_triggers_error(request, errors.InternalError(error))
