"""Runs the real template on a laptop; never part of what is deployed."""

import sys
from pathlib import Path

# So that `python -m local.run` finds the code and our own client without either being installed.
_ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(_ROOT / "src"), str(_ROOT / "clients" / "python")]
