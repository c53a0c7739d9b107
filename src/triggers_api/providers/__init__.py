"""The providers of sources, one kind of sender each; a new one is a new file, and a line here."""

from collections.abc import Mapping

from triggers_api.providers.github import GITHUB
from triggers_api.sources.provider import Provider


def all_providers() -> Mapping[str, Provider]:
    """Every provider by its name."""
    providers: list[Provider] = [GITHUB]
    return {provider.name: provider for provider in providers}
