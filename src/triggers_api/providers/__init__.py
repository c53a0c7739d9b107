"""The providers of sources, one kind of sender each; a new one is a new file, and a line here."""

from collections.abc import Mapping

from triggers_api.providers.basic import BASIC
from triggers_api.providers.github import GITHUB
from triggers_api.providers.hmac import HMAC
from triggers_api.providers.none import NONE
from triggers_api.providers.shopify import SHOPIFY
from triggers_api.providers.slack import SLACK
from triggers_api.providers.standard_webhooks import STANDARD_WEBHOOKS
from triggers_api.providers.stripe import STRIPE
from triggers_api.providers.twilio import TWILIO
from triggers_api.sources.provider import Provider

_PROVIDERS = (STANDARD_WEBHOOKS, STRIPE, GITHUB, SHOPIFY, SLACK, TWILIO, HMAC, BASIC, NONE)


def all_providers() -> Mapping[str, Provider]:
    """Every provider by its name, in the order in which people are shown them."""
    return {provider.name: provider for provider in _PROVIDERS}
