"""Pushing events to subscribers: configs, filters, deliveries, retries, breakers. Pure."""
