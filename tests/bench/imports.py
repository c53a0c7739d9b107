"""CPU of importing the API's handler, as a ratio to fastapi + mangum + a DynamoDB client.

Each sample is a fresh interpreter with compiled files in place, in turn: `make bench`.
"""

import os
import resource
import statistics
import subprocess
import sys

from tests.bench.post import ENVIRONMENT

ROUNDS = 15
PROGRAMS = {
    "nothing": "pass",
    "fastapi, mangum, boto3 client": ("import fastapi, mangum, boto3; boto3.client('dynamodb')"),
    "API handler, tracing off": "import triggers_api.handlers.api",
    "API handler, tracing on": (
        "import os; os.environ['TRACING'] = 'on'; import triggers_api.handlers.api"
    ),
}
_COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}  # as on Lambda, whatever this machine is set to


def cpu(program: str) -> float:
    """Milliseconds CPU of one fresh process, its children's included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(  # noqa: S603  # our own programs, above
        [sys.executable, "-c", program], env=os.environ | ENVIRONMENT | _COMPILED, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    user, system = after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime
    return (user + system) * 1000


def main() -> None:
    """Measure all programs in turn; print medians without the bare interpreter, and ratios."""
    samples: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for number in range(ROUNDS + 1):
        for name, program in PROGRAMS.items():
            taken = cpu(program)
            if number:  # the first round compiles and warms the disk's cache
                samples[name].append(taken)
    medians = {name: statistics.median(taken) for name, taken in samples.items()}
    nothing = medians.pop("nothing")
    base = next(iter(medians.values())) - nothing
    for name, median in medians.items():
        ratio = (median - nothing) / base
        sys.stdout.write(f"{name:<32} {median - nothing:6.0f} ms CPU   ratio {ratio:.2f}\n")


if __name__ == "__main__":
    main()
