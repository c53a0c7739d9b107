"""The story of an event: what happened to it, and what became of it for each config."""
