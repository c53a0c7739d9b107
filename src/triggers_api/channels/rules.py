"""What a channel's setting may be: what every setting may be, and targets."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from triggers_api.channels.urls import MAX_URL_LENGTH, RefusedTargetError
from triggers_api.push.settings_fields import Rule, wrong
from triggers_api.push.settings_rules import each_of, integer, one_of, pattern, string, text

__all__ = ["each_of", "host", "integer", "one_of", "pattern", "target", "text", "url"]


def url(check: Callable[[str], object], look_up: Callable[[str], None] | None = None) -> Rule:
    """A URL that neither refuses with `RefusedTargetError`; `look_up` may take its time."""
    schema = {"type": "string", "maxLength": MAX_URL_LENGTH}
    return _target_of(Rule(_unless_refused(check), schema), look_up)


def host(check: Callable[[str], object], look_up: Callable[[str], None] | None = None) -> Rule:
    """A host that neither refuses with `RefusedTargetError`; `look_up` may take its time."""
    return _target_of(Rule(_unless_refused(check), {"type": "string"}), look_up)


def _target_of(rule: Rule, look_up: Callable[[str], None] | None) -> Rule:
    asks = None if look_up is None else _unless_refused(look_up)
    return target(replace(rule, look_up=asks))


def target(rule: Rule) -> Rule:
    """The same, for a setting that says where secrets are sent; a URL and a host always do."""
    return replace(rule, is_target=True)


def _unless_refused(check: Callable[[str], object]) -> Callable[[Any], str]:
    def taken(value: Any) -> str:
        given = string(value, None)
        try:
            check(given)
        except RefusedTargetError as error:
            raise wrong(error.message, error.code) from None
        return given

    return taken
