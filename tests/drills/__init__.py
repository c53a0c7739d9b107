"""Drills: long runs of the real stack with something going wrong; each prints what it found."""
