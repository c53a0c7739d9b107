"""Turns declared operations into routes."""

import inspect
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Annotated, Any

from fastapi import Depends, Response

from triggers_api.api.call import Call, Requires, unproven
from triggers_api.api.lazy_route import LazyRoute
from triggers_api.api.operation import Answer, Body, Cost, Key, Needs, Operation, Schema, scopes_of

Carry = Callable[..., Awaitable[Response]]


class Operations:
    """The operations of one subject, as FastAPI's routes and as the contract sees them."""

    def __init__(self, tag: str) -> None:
        """All operations get this tag."""
        self.routes: list[LazyRoute] = []
        self.declared: list[Operation] = []
        self._tag = tag

    def declare(
        self,
        method_and_path: str,
        id_: str,
        summary: str,
        *,
        needs: Needs,
        answers: Answer | Sequence[Answer],
        cost: Cost = Cost.CALL,
        body: Body[Any] | None = None,
        takes: Schema | None = None,
        errors: tuple[str, ...] = (),
        parameters: tuple[Schema, ...] = (),
    ) -> Callable[[Carry], Carry]:
        """Declare an operation; its function is given a `Call`, and its docstring is shown."""
        method, _, path = method_and_path.partition(" ")
        declared = Operation(
            method=method,
            path=path,
            id=id_,
            tag=self._tag,
            summary=summary,
            needs=needs,
            answers=(answers,) if isinstance(answers, Answer) else tuple(answers),
            cost=cost,
            body=body,
            takes=takes or {},
            errors=errors,
            parameters=parameters,
        )

        def carried_out_by(function: Carry) -> Carry:
            self.declared.append(declared)
            self.routes.append(_route_of(declared, function))
            return function

        return carried_out_by


def _route_of(declared: Operation, function: Carry) -> LazyRoute:
    return LazyRoute(
        declared.path,
        _given(function, _proof_of(declared.needs)),
        methods=[declared.method],
        operation_id=declared.id,
        summary=declared.summary,
        description=inspect.getdoc(function),
        tags=[declared.tag],
        response_class=Response,
    )


def _proof_of(needs: Needs) -> Callable[..., Any]:
    return unproven if needs is Key.NONE else Requires(*scopes_of(needs))


def _given(function: Carry, proof: Callable[..., Any]) -> Carry:
    """The function as FastAPI must see it: its call comes from the proof."""
    signature = inspect.signature(function)
    first, *others = signature.parameters.values()
    call = first.replace(annotation=Annotated[Call, Depends(proof)])
    told = signature.replace(parameters=[call, *others])
    function.__signature__ = told  # type: ignore[attr-defined]  # as inspect looks for it
    return function


def heads_of(routes: Iterable[LazyRoute]) -> Iterator[LazyRoute]:
    """For each that takes GET, the same for HEAD (RFC 9110, section 9.3.2).

    `handlers/gateway.py` leaves the body out.
    """
    return (route.head() for route in routes if "GET" in (route.methods or ()))
