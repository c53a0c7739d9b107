"""Two releases on one store; the commands here run with the code that is first on the path."""

import triggers_api

# Imported before `local` and `admin`, which put today's code first: what it is now, it stays.
CODE = triggers_api.__path__[0]
