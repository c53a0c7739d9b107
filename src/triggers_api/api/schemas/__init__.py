"""Bodies of requests and answers, as pydantic models: they validate and they document."""
