"""Commands for the people who run the service, on the local stack and on AWS."""

import sys
from pathlib import Path

# So that `python -m admin.keys` finds the code without being installed or told where it is.
_ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(_ROOT / "src"), str(_ROOT / "clients" / "python")]
