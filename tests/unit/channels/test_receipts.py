from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggers_api.channels.http import Response
from triggers_api.channels.network import SendError
from triggers_api.channels.receipts import receipt_of, receipt_of_failure, retry_after
from triggers_api.push.channel import Refusal


def answered(status: int, **headers: str) -> Response:
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, "")


@pytest.mark.parametrize("status", [200, 201, 202, 204, 206, 299])
def test_2xx_is_success(status: int) -> None:
    receipt = receipt_of(answered(status, retry_after="5"))

    assert receipt.accepted
    assert receipt.status_code == status
    assert not receipt.is_final
    assert receipt.retry_after is None


@pytest.mark.parametrize(
    "status", [100, 101, 199, 300, 301, 304, 307, 399, 408, 409, 425, 429, 500, 502, 503, 599, 999]
)
def test_what_may_pass_is_tried_again(status: int) -> None:
    receipt = receipt_of(answered(status))

    assert not receipt.accepted
    assert not receipt.is_final
    assert receipt.refusal is not Refusal.GONE


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 411, 413, 415, 422, 451, 499])
def test_a_refusal_is_final(status: int) -> None:
    receipt = receipt_of(answered(status))

    assert not receipt.accepted
    assert receipt.refusal is Refusal.FINAL


def test_410_is_the_end() -> None:
    receipt = receipt_of(answered(410))

    assert receipt.refusal is Refusal.GONE
    assert not receipt.accepted


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (404, "The receiver answered 404 Not Found."),
        (503, "The receiver answered 503 Service Unavailable."),
        (599, "The receiver answered 599."),
        (302, "The receiver answered 302, and redirects are not followed."),
    ],
)
def test_the_error_is_a_sentence(status: int, error: str) -> None:
    assert receipt_of(answered(status)).error == error


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("said", "seconds"),
    [("0", 0), ("1", 1), (" 120 ", 120), ("86400", 86400), ("99999999999", 86400)],
)
def test_429_and_503_may_say_when_in_seconds(status: int, said: str, seconds: int) -> None:
    assert receipt_of(answered(status, retry_after=said)).retry_after == timedelta(seconds=seconds)


def test_or_by_a_date() -> None:
    now = datetime.now(UTC)
    said = format_datetime(now + timedelta(hours=1), usegmt=True)

    wait = receipt_of(answered(429, retry_after=said)).retry_after

    assert wait is not None
    assert timedelta(minutes=59) < wait <= timedelta(hours=1)


def test_a_date_that_is_past_means_now() -> None:
    said = "Wed, 21 Oct 2015 07:28:00 GMT"

    assert receipt_of(answered(503, retry_after=said)).retry_after == timedelta(0)


@pytest.mark.parametrize("said", ["", "-5", "1.5", "abc", "1, 2", "0x10", "1" * 5000, "tomorrow"])
def test_what_cannot_be_read_counts_as_absent(said: str) -> None:
    assert receipt_of(answered(429, retry_after=said)).retry_after is None


@pytest.mark.parametrize("status", [400, 404, 408, 500, 502, 301])
def test_nobody_else_says_when(status: int) -> None:
    assert receipt_of(answered(status, retry_after="5")).retry_after is None


@given(
    st.one_of(
        st.text(),
        st.text(st.sampled_from("0123456789 ,:+-GMTWedOct"), max_size=40),
        st.datetimes().map(str),
        st.builds("Wed, {} Oct {} {}:{}:{} {}".format, *[st.integers(-9, 10**12)] * 6),
    )
)
def test_no_header_can_do_harm(said: str) -> None:
    wait = retry_after({"retry-after": said})

    assert wait is None or timedelta(0) <= wait <= timedelta(days=1)


@pytest.mark.parametrize("is_permanent", [True, False])
def test_without_an_answer_the_failure_speaks(*, is_permanent: bool) -> None:
    receipt = receipt_of_failure(
        SendError("The host hid.", refusal=Refusal.FINAL if is_permanent else Refusal.DOWN)
    )

    assert receipt.error == "The host hid."
    assert receipt.is_final == is_permanent
    assert receipt.status_code is None
