"""What the adapter of API Gateway does not know of HTTP: answers that have no body."""

from typing import Any

from triggers_api.handlers.traces import Handler


def with_bodies_as_in_http(handler: Handler) -> Handler:
    """The handler, after RFC 9110.

    The adapter calls every answer JSON that does not say what it is, a 204 too, and clients that
    believe it fail on the body that is not there. And what answers a HEAD sends no body.
    """

    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        answer = handler(event, context)
        if not answer["body"]:
            answer["headers"].pop("content-type", None)
        if event["requestContext"]["http"]["method"] == "HEAD":
            answer |= {"body": "", "isBase64Encoded": False}
        return answer

    return handle
