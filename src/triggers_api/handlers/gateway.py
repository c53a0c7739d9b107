"""Answers without a body, which the adapter for API Gateway gets wrong."""

from typing import Any

from triggers_api.handlers.traces import Handler


def with_bodies_as_in_http(handler: Handler) -> Handler:
    """The handler, made to follow RFC 9110.

    The adapter labels every answer without a content type as JSON, even a 204, and clients that
    believe it fail on the missing body. And the answer to a HEAD must have no body.
    """

    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        answer = handler(event, context)
        if not answer["body"]:
            answer["headers"].pop("content-type", None)
        if event["requestContext"]["http"]["method"] == "HEAD":
            answer |= {"body": "", "isBase64Encoded": False}
        return answer

    return handle
