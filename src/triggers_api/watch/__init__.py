"""Watching: what is measured, how the system is doing, and which alarms ring. Pure."""
