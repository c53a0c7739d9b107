"""The HTTP contract: the only importer of FastAPI."""
