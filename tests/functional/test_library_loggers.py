"""What libraries log, warn or die of is an output of ours: nobody's words are in it."""

import subprocess
import sys
import textwrap

import pytest

from tests.cloudformation import ROOT

SECRET = "s3cr3t"  # of a receiver, an event or a tenant
LIBRARIES = (
    "asyncio",
    "aws_xray_sdk",
    "botocore.endpoint",
    "concurrent.futures",
    "email",
    "fastapi",
    "mangum.lifespan",
    "smtplib",
    "starlette",
    "urllib3.connection",
)

# As Lambda does: the root's handler is there before our code is loaded.
BEFORE = """
    import logging, sys, threading, warnings
    logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
    import triggers_api.handlers.{handler}
"""
LOGGING = f"""
    for name in {LIBRARIES!r}:
        library = logging.getLogger(name)
        library.warning("said %s", "{SECRET}")
        library.error("{SECRET}")
        library.error("said {{it}}", extra={{"it": "{SECRET}"}})
        try:
            raise ValueError("{SECRET}")
        except ValueError:
            library.exception("{SECRET}")
    logging.warning("{SECRET}")
    warnings.warn("{SECRET}")
    def die(): raise ValueError("{SECRET}")
    thread = threading.Thread(target=die)
    thread.start()
    thread.join()
"""
RECEIVING = """
    from tests.unit.channels.receivers import answering
    from tests.unit.channels.pushes import a_http, send
    line = b"s3cr3t" * 10000
    with answering(b"HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n" + line + b"\\r\\n\\r\\n") as receiver:
        assert send(a_http(), receiver.url).status_code == 200
"""


def said_by(handler: str, *steps: str) -> str:
    """All that a process of that handler says, to anybody."""
    code = "".join(map(textwrap.dedent, (BEFORE.format(handler=handler), *steps)))
    run = subprocess.run(  # noqa: S603  # our own code
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout + run.stderr


@pytest.mark.parametrize("handler", ["api", "delivery", "dispatcher", "monitor"])
def test_no_handler_passes_on_what_libraries_say(handler: str) -> None:
    said = said_by(handler, LOGGING)

    assert SECRET not in said
    for library in LIBRARIES:
        assert f"{library} logged at <string>:" in said
    assert "threading logged at" in said
    assert ", ValueError" in said


def test_a_receivers_malformed_header_is_not_quoted() -> None:
    said = said_by("delivery", RECEIVING)

    assert SECRET not in said


def test_our_own_lines_are_whole() -> None:
    ours = """
        from triggers_api.handlers.observability import create_logger
        create_logger().info("a.line", extra={"event_id": "evt_1"})
    """

    said = said_by("monitor", ours)

    assert '"message":"a.line"' in said
    assert '"event_id":"evt_1"' in said
