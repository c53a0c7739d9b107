from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cpu import grows_no_faster_than_length
from triggers_api.channels.http import Response
from triggers_api.channels.network import SendError
from triggers_api.channels.receipts import (
    receipt_of,
    receipt_of_failure,
    retry_after,
    seconds_to_wait,
)
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
    "status",
    [
        100,
        101,
        199,
        300,
        301,
        304,
        307,
        399,
        401,
        403,
        404,
        405,
        408,
        409,
        411,
        415,
        425,
        451,
        499,
        500,
        502,
        503,
        599,
        999,
    ],
)
def test_whatever_is_not_known_better_is_a_receiver_that_is_down(status: int) -> None:
    receipt = receipt_of(answered(status))

    assert not receipt.accepted
    assert receipt.refusal is Refusal.DOWN


@pytest.mark.parametrize("status", [400, 413, 422])
def test_what_a_receiver_says_of_the_event_is_not_about_itself(status: int) -> None:
    assert receipt_of(answered(status)).refusal is Refusal.NOT_THIS_EVENT


@pytest.mark.parametrize(
    ("status", "headers", "refusal"),
    [
        (429, {}, Refusal.TOO_FAST),
        (429, {"retry_after": "soon"}, Refusal.TOO_FAST),
        (429, {"retry_after": "7"}, Refusal.TOO_FAST),
        (503, {"retry_after": "7"}, Refusal.TOO_FAST),
        (503, {"retry_after": "soon"}, Refusal.DOWN),
        (503, {}, Refusal.DOWN),
        (500, {"retry_after": "7"}, Refusal.DOWN),
    ],
)
def test_who_asks_to_wait_is_not_down(
    status: int, headers: dict[str, str], refusal: Refusal
) -> None:
    assert receipt_of(answered(status, **headers)).refusal is refusal


@pytest.mark.parametrize("status", range(100, 600))
def test_no_status_alone_is_final(status: int) -> None:
    assert receipt_of(answered(status)).is_final == (status == 410)


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


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("4.5", 5),
        ("0.1", 1),
        (".5", 1),
        ("3.", 3),
        ("+7", 7),
        ("  7\t", 7),
        ("007", 7),
        ("7s", 7),
        ("7 seconds", 7),
        ("-5", 0),
        ("-0.5", 0),
        ("1" * 5000, 86400),
        ("9" * 30 + ".5", 86400),
        ("1, 2", 2),
        ("30,1", 30),
        ("soon, 9", 9),
        ("9, Wed, 21 Oct 2015 07:28:00 GMT", 9),
        ("Wed, 21 Oct 2015 07:28:00 GMT, 9", 9),
        (" " * 500 + "7", 7),
        ("7," + "x" * 500, 7),
    ],
)
def test_what_is_nearly_right_is_read(said: str, seconds: int) -> None:
    assert retry_after({"retry-after": said}) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "said",
    [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "Sun, 06 Nov 1994 09:49:37 +0100",
        "1994-11-06T08:49:37Z",
    ],
)
def test_a_date_is_judged_by_the_clock_of_who_wrote_it(said: str) -> None:
    headers = {"retry-after": said, "date": "Sun, 06 Nov 1994 08:49:07 GMT"}

    assert retry_after(headers) == timedelta(seconds=30)


@pytest.mark.parametrize(
    "said", ["", ".", "+", "abc", "0x10", "1e5", "tomorrow", "5 minutes", "\u0665"]
)
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
    wait = retry_after({"retry-after": said, "date": said})

    assert wait is None or timedelta(0) <= wait <= timedelta(days=1)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        (10**400, 86400),
        (-(10**400), 0),
        (float("inf"), 86400),
        (float("-inf"), 0),
        (1e308, 86400),
        (5e-324, 1),
        (-0.5, 0),
    ],
)
def test_any_number_of_seconds_is_a_wait(said: float, seconds: int) -> None:
    assert seconds_to_wait(said) == timedelta(seconds=seconds)


@pytest.mark.parametrize("said", [float("nan"), True, False, None, "7", [7], {}])
def test_nothing_else_is(said: object) -> None:
    assert seconds_to_wait(said) is None


@pytest.mark.parametrize("name", ["retry-after", "date"])
@pytest.mark.parametrize("said", ["{}x", "+{}x", ".{}x", "Mon,{}x", "{},", "{}:", "{}("])
@pytest.mark.parametrize(
    "filling", ["1", " ", "1 ", ".", "s", ",", "a", "(", "\\", "Mon,", "\u00a0"]
)
def test_no_header_takes_the_square_of_its_length(name: str, said: str, filling: str) -> None:
    def read(length: int) -> None:
        usual = {"retry-after": "1", "date": "Sun, 06 Nov 1994 08:49:37 GMT"}
        retry_after(usual | {name: said.format(filling * length)})

    assert grows_no_faster_than_length(read, 2_000)


@pytest.mark.parametrize("is_permanent", [True, False])
def test_without_an_answer_the_failure_speaks(*, is_permanent: bool) -> None:
    receipt = receipt_of_failure(
        SendError("The host hid.", refusal=Refusal.FINAL if is_permanent else Refusal.DOWN)
    )

    assert receipt.error == "The host hid."
    assert receipt.is_final == is_permanent
    assert receipt.status_code is None
