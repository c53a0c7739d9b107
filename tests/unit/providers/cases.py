"""What can come to a source's URL, and what each provider makes of it."""

import base64
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Final

from tests.unit.providers.senders import AT, FORM, JSON, SENDERS, Sender
from triggers_api.sources.provider import Agreement, ForeignRequest, RefusedError

TAKEN: Final = "taken"
SAME: Final = "same event"
ANOTHER: Final = "another event"
IMPOSSIBLE: Final = "–"  # noqa: RUF001  # a dash in a table
LONG: Final = timedelta(minutes=10)

Case = Callable[[Sender], str]


def answer(sender: Sender, request: ForeignRequest, *secrets: str) -> str:
    """What becomes of a request."""
    try:
        sender.take(request, secrets)
    except RefusedError as error:
        return f"`{error.refusal}`"
    return TAKEN


def with_headers(request: ForeignRequest, headers: dict[str, str]) -> ForeignRequest:
    return replace(request, headers=dict(request.headers) | headers)


def without(request: ForeignRequest, name: str) -> ForeignRequest:
    return replace(request, headers={n: v for n, v in request.headers.items() if n != name})


def wrong_signature_of(sender: Sender, request: ForeignRequest) -> str:
    """The header with one character of the signature changed."""
    value = request.headers[sender.signature]
    place = len(value) - 8
    return f"{value[:place]}{'A' if value[place] != 'A' else 'B'}{value[place + 1 :]}"


def only_if_signed(case: Case) -> Case:
    return lambda sender: case(sender) if sender.signature else IMPOSSIBLE


def genuine(sender: Sender) -> str:
    return answer(sender, sender.request())


def changed_body(sender: Sender) -> str:
    request = sender.request()
    return answer(sender, replace(request, body=request.body.replace(b"e", b"a", 1)))


@only_if_signed
def changed_signature(sender: Sender) -> str:
    request = sender.request()
    changed = {sender.signature: wrong_signature_of(sender, request)}
    return answer(sender, with_headers(request, changed))


@only_if_signed
def signed_by_another(sender: Sender) -> str:
    return answer(sender, sender.request(secret=sender.former_secret))


@only_if_signed
def former_secret_while_both_count(sender: Sender) -> str:
    former = sender.former_secret
    return answer(sender, sender.request(secret=former), sender.secret, former)


@only_if_signed
def no_signature(sender: Sender) -> str:
    return answer(sender, without(sender.request(), sender.signature))


@only_if_signed
def no_secret_yet(sender: Sender) -> str:
    bare = Agreement(settings=sender.agreed().settings)
    try:
        sender.provider.verify(sender.request(), bare)
    except RefusedError as error:
        return f"`{error.refusal}`"
    return TAKEN


def ten_minutes_old(sender: Sender) -> str:
    return answer(sender, sender.request(signed_at=AT - LONG))


def ten_minutes_ahead(sender: Sender) -> str:
    return answer(sender, sender.request(signed_at=AT + LONG))


def sent_again(sender: Sender) -> str:
    first, second = (sender.take(sender.request()).delivery_id for _ in range(2))
    return SAME if first is not None and first == second else ANOTHER


def sent_again_under_another_id(sender: Sender) -> str:
    """By somebody who has got hold of a genuine request."""
    if sender.id_header is None:
        return IMPOSSIBLE
    return sent_again_with(sender, {sender.id_header: "another-id"})


def sent_again_under_another_content_type(sender: Sender) -> str:
    """JSON as a form or the other way round: nobody signs that header."""
    return sent_again_with(sender, {"content-type": JSON if sender.content_type == FORM else FORM})


def sent_again_with(sender: Sender, headers: dict[str, str]) -> str:
    request = sender.request()
    other = with_headers(request, headers)
    if (answered := answer(sender, other)) != TAKEN:
        return answered
    is_same = sender.take(request).delivery_id == sender.take(other).delivery_id
    return SAME if is_same else ANOTHER


def cut_off(sender: Sender) -> str:
    request = sender.request()
    return answer(sender, replace(request, body=request.body[:-20]))


def cut_off_and_signed(sender: Sender) -> str:
    return answer(sender, sender.request(sender.body[:-1].rstrip(b"%&=")))


def no_body(sender: Sender) -> str:
    return answer(sender, replace(sender.request(), body=b""))


def xml(sender: Sender) -> str:
    return answer(sender, sender.request(b"<order/>", content_type="text/xml"))


def nan(sender: Sender) -> str:
    return answer(sender, sender.request(b'{"a": NaN}', content_type="application/json"))


def repeated_key(sender: Sender) -> str:
    return answer(sender, sender.request(b'{"a": 1, "a": 2}', content_type="application/json"))


@only_if_signed
def several_signatures(sender: Sender) -> str:
    """A wrong one and the right one, as the sender writes them, or else as a gateway joins them."""
    request = sender.request()
    right, wrong = request.headers[sender.signature], wrong_signature_of(sender, request)
    if sender.name == "stripe":
        both = f"{wrong},v1={right.rpartition('v1=')[2]}"
    else:
        both = f"{wrong} {right}" if sender.name == "standard-webhooks" else f"{wrong}, {right}"
    return answer(sender, with_headers(request, {sender.signature: both}))


@only_if_signed
def another_encoding(sender: Sender) -> str:
    """The right signature, in base64 for hexadecimal and the other way round."""
    request = sender.request()
    head, before, signature = request.headers[sender.signature].rpartition(sender.before or "=!")
    try:
        other = base64.b64encode(bytes.fromhex(signature)).decode()
    except ValueError:
        other = base64.b64decode(signature).hex()
    return answer(sender, with_headers(request, {sender.signature: f"{head}{before}{other}"}))


@only_if_signed
def not_ascii(sender: Sender) -> str:
    request = sender.request()
    strange = f"{request.headers[sender.signature]}\xe9\udce9"
    return answer(sender, with_headers(request, {sender.signature: strange}))


def other_headers_not_ascii(sender: Sender) -> str:
    """In those that nothing signs."""
    return answer(
        sender, with_headers(sender.request(), dict.fromkeys(sender.headers, "\xe9\udce9"))
    )


CASES: Final[dict[str, Case]] = {
    "a genuine request": genuine,
    "a changed body": changed_body,
    "a changed signature": changed_signature,
    "signed with another secret": signed_by_another,
    "signed with the former secret, while both count": former_secret_while_both_count,
    "no signature": no_signature,
    "the source has no secret yet": no_secret_yet,
    "ten minutes old": ten_minutes_old,
    "dated ten minutes from now": ten_minutes_ahead,
    "sent again": sent_again,
    "sent again under another id": sent_again_under_another_id,
    "sent again under another `Content-Type`": sent_again_under_another_content_type,
    "a body cut off on its way": cut_off,
    "a body cut off before it was signed": cut_off_and_signed,
    "no body, under a genuine signature": no_body,
    "XML, signed": xml,
    "NaN in the body, signed": nan,
    "a key given twice, signed": repeated_key,
    "a wrong signature beside the right one": several_signatures,
    "the right signature in another encoding": another_encoding,
    "a signature with bytes that are not ASCII": not_ascii,
    "other headers with such bytes": other_headers_not_ascii,
}


def table() -> str:
    """All of them, as the page on sources has it."""
    rows = [["", *(f"`{name}`" for name in SENDERS)], ["---"] * (len(SENDERS) + 1)]
    rows += [[name, *map(case, SENDERS.values())] for name, case in CASES.items()]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


if __name__ == "__main__":
    sys.stdout.write(table())
