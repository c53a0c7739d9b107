"""Bugs of routes that people call seldom."""

from typing import Final

from tests.simulation.planted.bug import Bug

SELDOM: Final = (
    Bug(
        "a list of one severity shows all",
        "store/listing.py",
        '"severity": self.query.severity}',
        '"severity": None}',
    ),
    Bug(
        "a config that is put in its own place is signed anew",
        "push/subscribe.py",
        "checked = self._check_all(draft, known)\n            refuse",
        "checked = self._check_all(draft, None)\n            refuse",
    ),
    Bug(
        "a preview looks at no expression",
        "push/preview.py",
        '(() if why is None else ("match",))',
        "()",
    ),
)
