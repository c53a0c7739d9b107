"""What a push to an AWS account comes to that STS or its target refuses, or does not answer."""

import pytest
from botocore.exceptions import (
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from tests.unit.channels.aws_accounts import Accounts, client_error
from tests.unit.channels.aws_pushes import sent
from triggers_api.push.channel import OUR_FAULT, Receipt, Refusal

NO_POLICY = (
    "User: a is not authorized to perform: sts:AssumeRole on resource: b because no "
    "identity-based policy allows the sts:AssumeRole action"
)


@pytest.mark.parametrize(
    "error",
    [
        client_error("AccessDenied", NO_POLICY, 403),
        client_error("ExpiredToken", status=403),
        client_error("InvalidClientTokenId", status=403),
        client_error("RegionDisabledException", status=403),
    ],
)
def test_what_we_lack_ourselves_is_not_blamed_on_the_receiver(error: Exception) -> None:
    receipt = sent(Accounts(sts_error=error))

    assert receipt.error == OUR_FAULT
    assert receipt.fault is not None
    assert not receipt.is_final


@pytest.mark.parametrize(
    ("error", "words", "meaning"),
    [
        (client_error("Throttling"), "AWS STS answered Throttling.", Refusal.TOO_FAST),
        (client_error("InternalFailure", status=500), "AWS STS answered InternalFailure.", Refusal.DOWN),
        (ReadTimeoutError(endpoint_url="x"), "AWS STS did not answer in time.", Refusal.DOWN),
        (EndpointConnectionError(endpoint_url="x"), "AWS STS could not be reached.", Refusal.DOWN),
    ],
)  # fmt: skip
def test_what_sts_answers_may_pass(error: Exception, words: str, meaning: Refusal) -> None:
    receipt = sent(Accounts(sts_error=error))

    assert (receipt.error, receipt.refusal) == (words, meaning)


@pytest.mark.parametrize(
    ("error", "words", "meaning"),
    [
        (client_error("AccessDenied", status=403), "AccessDenied", Refusal.DOWN),
        (client_error("AccessDeniedException"), "AccessDeniedException", Refusal.DOWN),
        (client_error("AWS.SimpleQueueService.NonExistentQueue"), "NonExistentQueue", Refusal.DOWN),
        (client_error("QueueDoesNotExist"), "QueueDoesNotExist", Refusal.DOWN),
        (client_error("NotFound", status=404), "NotFound", Refusal.DOWN),
        (client_error("KmsAccessDenied"), "KmsAccessDenied", Refusal.DOWN),
        (client_error("KMSAccessDenied"), "KMSAccessDenied", Refusal.DOWN),
        (client_error("KmsThrottled"), "KmsThrottled", Refusal.TOO_FAST),
        (client_error("RequestThrottled"), "RequestThrottled", Refusal.TOO_FAST),
        (client_error("Throttled"), "Throttled", Refusal.TOO_FAST),
        (client_error("ThrottlingException"), "ThrottlingException", Refusal.TOO_FAST),
        (client_error("InvalidMessageContents"), "InvalidMessageContents", Refusal.FINAL),
        (client_error("InvalidParameterValue"), "InvalidParameterValue", Refusal.NOT_THIS_EVENT),
        (client_error("InternalError", status=500), "InternalError", Refusal.DOWN),
        (client_error("404", "<html>"), "404", Refusal.DOWN),
        (client_error("a b"), "an error", Refusal.DOWN),
    ],
)
def test_what_a_target_refuses_is_told_by_its_code_alone(
    error: Exception, words: str, meaning: Refusal
) -> None:
    receipt = sent(Accounts(error=error))

    assert receipt.error == f"Amazon SQS answered {words}."
    assert receipt.refusal is meaning
    assert "s3cr3t" not in repr(receipt)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("InvalidParameterValue", "Reason: Message must be shorter than 262144 bytes."),
        ("InvalidParameter", "Invalid parameter: Message too long"),
        ("ValidationException", "Total size of the entries in the request is over the limit."),
    ],
)
def test_what_is_too_large_for_a_target_is_given_up(code: str, message: str) -> None:
    receipt = sent(Accounts(error=client_error(code, message)))

    assert receipt.error == "The event is larger than Amazon SQS takes there."
    assert receipt.refusal is Refusal.FINAL


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectTimeoutError(endpoint_url="x"), "Amazon SQS did not answer in time."),
        (EndpointConnectionError(endpoint_url="x"), "Amazon SQS could not be reached."),
        (ResponseParserError("s3cr3t"), "What Amazon SQS answered could not be read."),
    ],
)
def test_what_does_not_answer_may_pass(error: Exception, words: str) -> None:
    assert sent(Accounts(error=error)) == Receipt(error=words)
