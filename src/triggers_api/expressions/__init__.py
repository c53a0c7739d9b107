"""Expressions over an event, in the Common Expression Language (CEL): read, bounded, evaluated.

Nothing here is imported before a config has an expression.
"""
