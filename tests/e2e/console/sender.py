"""A foreign sender, GitHub as it documents itself: it posts to a source's URL, signed."""

import hashlib
import hmac
import json
import secrets
import urllib.error
import urllib.request

_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # past any proxy


def send_as_github(url: str, secret: str, action: str = "opened") -> int:
    """Post a pull request's event to a source; the status it was answered with."""
    body = json.dumps({"action": action, "number": 7}).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    request = urllib.request.Request(url, body, method="POST")  # noqa: S310  # ours
    request.add_header("Content-Type", "application/json")
    request.add_header("X-GitHub-Event", "pull_request")
    request.add_header("X-GitHub-Delivery", secrets.token_hex(16))
    request.add_header("X-Hub-Signature-256", f"sha256={signature}")
    try:
        with _direct.open(request, timeout=30) as answer:
            status: int = answer.status
            return status
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code
