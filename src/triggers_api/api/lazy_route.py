"""Routes that FastAPI analyses at their first use.

FastAPI reads the signature of each route's function and of all that it depends on, and has
pydantic build a validator for every parameter. That is done for the few routes that a process
is asked for, and not at import for all of them.
"""

from collections.abc import Callable
from typing import Any

from fastapi.routing import APIRoute
from starlette.routing import compile_path


class LazyRoute(APIRoute):
    """A route that knows its path and methods, and is analysed when more is asked of it."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **told: Any) -> None:
        """Take what FastAPI's own route takes."""
        self.path = path
        self.endpoint = endpoint
        self.methods = set(told["methods"])
        self.path_regex, self.path_format, self.param_convertors = compile_path(path)
        self._told = told
        self.is_analysed = False

    def __getattr__(self, name: str) -> Any:
        """Python comes here for what is not there: before the analysis, most of it."""
        if self.__dict__.get("is_analysed", True):
            raise AttributeError(name, name=name, obj=self)
        self.is_analysed = True
        super().__init__(self.path, self.endpoint, **self._told)
        return getattr(self, name)

    def head(self) -> "LazyRoute":
        """The same for HEAD, which the document leaves out: it would only repeat."""
        told = self._told | {"methods": ["HEAD"], "include_in_schema": False}
        return LazyRoute(self.path, self.endpoint, **told)
