"""The HTTP contract: the only importer of FastAPI."""

from triggers_api.api import fastapi_import as fastapi_import  # before anything here needs it
