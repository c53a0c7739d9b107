"""Runs the real template on a laptop; never part of what is deployed."""

import sys
from pathlib import Path

# So that `python -m local.run` finds the code without being installed or told where it is.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))
