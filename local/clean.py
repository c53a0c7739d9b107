"""`python -m local.clean`: remove the data of local runs, unless one is using it."""

import shutil
import sys
from pathlib import Path

from local.emulator import EmulatorError, locked

DATA = Path(".local")  # never TRIGGERS_STATE_DIR: whoever chose a place removes it themselves


def main(data: Path = DATA) -> int:
    """Remove it while nobody else can start to use it."""
    if not data.is_dir():
        return 0
    try:
        with locked(data):
            shutil.rmtree(data)
    except EmulatorError as error:
        sys.stderr.write(f"Nothing was removed. {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
