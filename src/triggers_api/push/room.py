"""Room for a config beside a tenant's others: for so many, and for so much in their filters."""

from triggers_api.errors import ConflictError
from triggers_api.push.config import NotificationConfig
from triggers_api.push.expressions import MOST_WORDS, are_too_long, words_of_match
from triggers_api.push.ports import ConfigStore


def make_room(store: ConfigStore, tenant: str, at_most: int | None) -> None:
    """Where there are enough, those whose receivers ended them the longest ago give way.

    Consumers such as Zapier subscribe anew each time and end what they had with a 410.
    Raises `ConflictError` if every one is in use.
    """
    if at_most is None:
        return
    configs = store.list_configs(tenant)
    too_many = len(configs) + 1 - at_most  # several, if the limit was lowered since
    ended = [each for each in configs if each.disabled_reason is not None]
    for config in sorted(ended, key=lambda each: each.updated_at):
        if not 0 < too_many <= len(ended):
            break
        # One that its owner enabled again at this moment is in use.
        if store.delete(tenant, config.id, known_updated_at=config.updated_at):
            too_many -= 1
    if too_many <= 0:
        return
    message = f"There are {len(configs)} configs, and your account may have {at_most}."
    raise ConflictError(f"{message} Delete one that is not used.", code="limit_reached")


def refuse_long_filters(
    store: ConfigStore, tenant: str, match: str | None, known: NotificationConfig | None
) -> None:
    """Refuse an expression with which all of the tenant's filters would be too long together.

    One that takes the place of a `known` config's is taken if it is no longer than that. Two
    that are saved at the same moment do not see each other: an event's dispatch stops at twice
    as much. Raises `ConflictError`.
    """
    before = None if known is None else known.filters.expression
    if words_of_match(tenant, match) <= words_of_match(tenant, before):
        return
    others = [each for each in store.list_configs(tenant) if known is None or each.id != known.id]
    if are_too_long(tenant, [match, *(each.filters.expression for each in others)]):
        message = (
            f"The match expressions of your configs would have more than {MOST_WORDS:,} words "
            "together: names, values and signs. Shorten one, or delete a config."
        )
        raise ConflictError(message, code="limit_reached")
