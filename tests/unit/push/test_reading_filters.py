"""Reading filters costs little for one tenant, and nothing of what others have read."""

from itertools import count, islice
from typing import Any

import pytest

from tests.builders.events import an_event
from tests.clock import START
from tests.cpu import costs_no_more_than
from triggers_api.push import expressions
from triggers_api.push.expressions import (
    MOST_WORDS,
    Matching,
    are_too_long,
    fault_of_match,
    words_of_match,
)

ORDINARY = "payload.total > 100 && payload.region == 'eu-central-%d'"
LARGEST = {
    "values": "%d in [" + ",".join(["1"] * 990) + "]",
    "sums": "%d < " + "+".join(["1"] * 900),
    "lists": "%d in [" + ",".join(["[]"] * 680) + "]",
    "calls": "%d == 1 || " + "||".join(["int(id)<1"] * 150),
    "macros": "%d == 1 || " + "||".join(["[].all(a,a)"] * 150),
    "brackets": "%d == 1 || " + "||".join(["(" * 20 + "id==''" + ")" * 20] * 30),
    "signs": "!" * 1_900 + "(id == '%d')",
    "patterns": "%d == 1 || " + "||".join([r"id.matches('\\pN{2}(a|b)*')"] * 10),
    "short": "id == '%d'",
}
TOO_LONG = "your filters have more than 30,000 words together"


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that were read, and not remembered."""
    texts: list[str] = []
    read_anew = expressions._tried  # noqa: SLF001  # nothing else tells

    def tried(text: str, read: Any) -> Any:
        texts.append(text)
        return read_anew(text, read)

    monkeypatch.setattr(expressions, "_tried", tried)
    return texts


def ask(tenant: str, texts: list[str]) -> list[str | None]:
    matching = Matching(tenant, an_event(START), lambda: b'{"total": 1}')
    return [matching.why_not(text) for text in texts]


@pytest.mark.parametrize("kind", LARGEST)
def test_all_filters_that_a_tenant_may_have_are_read_within_what_evaluating_them_may_take(
    kind: str,
) -> None:
    """Here a tenth of them: 5 ms, as a rule, of the 50 that an event's filters may take."""
    assert fault_of_match(LARGEST[kind] % 0) is None
    numbers = count()

    def read_a_tenth() -> None:
        words = 0
        for number in islice(numbers, 100):  # of the 1,000 configs that an operator may allow
            words += words_of_match(kind, LARGEST[kind] % number)
            if words > MOST_WORDS / 10:
                break

    assert costs_no_more_than(read_a_tenth, rounds=150_000)


def test_filters_of_many_tenants_are_not_read_anew_for_each_event(read: list[str]) -> None:
    tenants = {
        f"tenant {tenant}": [ORDINARY % (1_000 * tenant + number) for number in range(100)]
        for tenant in range(4)
    }
    for tenant, texts in tenants.items():
        ask(tenant, texts)
    assert len(read) == 400

    for tenant, texts in tenants.items():
        ask(tenant, texts)

    assert len(read) == 400


def test_a_tenant_may_have_a_thousand_ordinary_filters() -> None:
    assert not are_too_long("many", [ORDINARY % number for number in range(1_000)])


def test_no_more_is_read_than_tells_that_filters_are_too_long(read: list[str]) -> None:
    assert are_too_long("longer", [LARGEST["values"] % number for number in range(100)])

    assert len(read) < 10


def test_filters_beyond_twice_what_can_be_saved_are_not_read_and_say_so_each_time(
    read: list[str],
) -> None:
    texts = [LARGEST["values"] % number for number in range(2, 100)]

    first, second = ask("too long", texts), ask("too long", texts)

    assert first == second
    assert first[0] == "it is false"
    assert first[-1] == TOO_LONG
    assert len(read) == first.index(TOO_LONG) < 20


def test_a_filter_that_many_configs_have_counts_once() -> None:
    text = LARGEST["values"] % 2

    assert set(ask("alike", [text] * 20)) == {"it is false"}
    assert not are_too_long("alike", [text] * 20)
