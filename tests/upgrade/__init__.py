"""Two releases on one store; the commands here run with the code that is first on the path."""

from importlib.util import find_spec

if find_spec("triggers_api") is None:
    import local  # noqa: F401  # which puts today's on the path

import triggers_api

# Imported before `local` and `admin` put today's code first: what it is now, it stays.
CODE = triggers_api.__path__[0]
