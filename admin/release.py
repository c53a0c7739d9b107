"""Names what is deployed, for `make deploy`: a hash of the built code and the stage's parameters.

Functions run published versions, and SAM decides by the code alone whether to publish one: a
changed parameter, such as `LogLevel`, would reach no caller. So the template publishes what has
another name. The name goes into a copy of samconfig.toml, which `sam deploy` is told to read.
"""

import argparse
import hashlib
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).resolve().parent.parent
_COMPILED: Final = ".pyc"  # says nothing that the source does not
_PARAMETERS: Final = "parameter_overrides = ["
_ROLLOUT: Final = re.compile(r'"Rollout=\w+", ')


def name_of(built: Path, parameters: Sequence[str]) -> str:
    """The same code and parameters have the same name, whenever and wherever they are built."""
    told = hashlib.sha256("\n".join(sorted(parameters)).encode())
    for file in sorted(built.rglob("*")):
        if file.is_file() and file.suffix != _COMPILED:
            told.update(f"\n{file.relative_to(built).as_posix()}\n".encode())
            told.update(hashlib.sha256(file.read_bytes()).digest())
    return told.hexdigest()


def with_release(samconfig: str, config_env: str, built: Path, rollout: str | None = None) -> str:
    """The configuration, in which each stage deploys that release; in another way, if one is said."""
    of_stage = tomllib.loads(samconfig)[config_env]["deploy"]["parameters"]
    told = [f"Release={name_of(built, of_stage['parameter_overrides'])}"]
    if rollout:
        samconfig = _ROLLOUT.sub("", samconfig)
        told.append(f"Rollout={rollout}")
    return samconfig.replace(_PARAMETERS, _PARAMETERS + "".join(f'"{each}", ' for each in told))


def main(arguments: Sequence[str] | None = None) -> None:
    """Write `.aws-sam/samconfig.toml`."""
    parser = argparse.ArgumentParser(prog="python -m admin.release", description=__doc__)
    parser.add_argument("--config-env", default="default", help="a section of samconfig.toml")
    parser.add_argument("--rollout", help="how it takes over this time, such as AllAtOnce")
    options = parser.parse_args(arguments)
    text = (_ROOT / "samconfig.toml").read_text()
    built = _ROOT / ".aws-sam" / "build"
    release = with_release(text, options.config_env, built, options.rollout)
    (built.parent / "samconfig.toml").write_text(release)


if __name__ == "__main__":
    main()
