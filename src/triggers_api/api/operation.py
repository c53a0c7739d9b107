"""An operation of the API: declared once, beside the function that carries it out.

From the declaration follow the route (`routing.py`), the check of the key and its scope and the
reading of the body (`call.py`), and the operation's part of the OpenAPI document with every
error that it may answer (`contract/`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Generic, TypeVar

from pydantic import BaseModel

from triggers_api.access.keys import Scope

Model = TypeVar("Model", bound=BaseModel)
Schema = Mapping[str, Any]


class Key(StrEnum):
    """What a caller must prove if no scope is needed."""

    ANY = "any"  # a live key, whatever it may do
    NONE = "none"  # nothing: the operation is open to everybody


Needs = Scope | tuple[Scope, ...] | Key
"""The scope that a key must have, or several of which one is enough."""


class Cost(StrEnum):
    """How many tokens of its tenant's rate limit a call takes."""

    CALL = "call"  # one
    EACH = "each"  # one for each item sent, before anything is done
    READ = "read"  # one for each read unit of the store, owed afterwards


@dataclass(frozen=True, slots=True)
class ListOf:
    """A body that is a list of so many."""

    model: type[BaseModel]
    at_least: int
    at_most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Body(Generic[Model]):
    """What a request carries."""

    model: type[Model]
    sample: str
    """A valid body, shown to callers who send no object at all."""
    code: str = "invalid_content"
    """The code of the error if the body is well-formed but not acceptable."""
    is_required: bool = True
    others: Mapping[str, type[BaseModel] | ListOf] = field(default_factory=dict)
    """Other media types that are accepted, and what they carry."""
    examples: Mapping[str, tuple[str, Any]] = field(default_factory=dict)
    """Beside the model's own: by name, a summary and the body."""

    @property
    def media_types(self) -> tuple[str, ...]:
        """All media types that are accepted."""
        return "application/json", *self.others


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer on success."""

    status: int = 200
    model: type[BaseModel] | None = None
    is_list: bool = False
    description: str = "Successful Response"
    headers: tuple[str, ...] = ()
    """Headers beside those that every answer has; `contract/headers.py` describes each."""
    links: Mapping[str, str] = field(default_factory=dict)
    """Operations to call next, each with its parameter that takes the new id."""
    example: Any = None
    """In place of the model's own."""


SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
PAGE: Final = ("Link",)
TAGS: Final = ("ETag", "Cache-Control")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    id: str
    tag: str
    summary: str
    needs: Needs
    answers: tuple[Answer, ...]
    cost: Cost = Cost.CALL
    body: Body[Any] | None = None
    takes: Schema = field(default_factory=dict)
    """What a body may be that the function reads itself, as OpenAPI's content by media type."""
    errors: tuple[str, ...] = ()
    """Codes that do not follow from key, scope, path, parameters and body."""
    parameters: tuple[Schema, ...] = ()
    """Parameters that the function reads itself, in OpenAPI's form."""

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """The scopes of which a key must have one; none, if any key or none will do."""
        return scopes_of(self.needs)

    @property
    def media_types(self) -> tuple[str, ...]:
        """Those of bodies that are accepted."""
        return tuple(self.takes) if self.body is None else self.body.media_types

    @property
    def is_tagged(self) -> bool:
        """Whether its answer has an `ETag`, so that a caller who has it gets a 304."""
        return any("ETag" in answer.headers for answer in self.answers)


def scopes_of(needs: Needs) -> tuple[Scope, ...]:
    """The scopes of which a key must have one; none, if any key or none will do."""
    if isinstance(needs, Key):
        return ()
    return needs if isinstance(needs, tuple) else (needs,)
