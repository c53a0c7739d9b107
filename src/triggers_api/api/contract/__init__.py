"""The OpenAPI document, made when it is first asked for: no cold start pays for it."""
