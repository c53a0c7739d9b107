"""Triggers API: take events in, keep them until somebody has acknowledged them."""
