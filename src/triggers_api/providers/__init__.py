"""The providers of sources, one kind of sender each; a new one is a new file, and a name here."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Final

from triggers_api.sources.provider import Provider

_NAMES: Final = (  # in the order in which people are shown them
    "standard-webhooks",
    "stripe",
    "github",
    "shopify",
    "slack",
    "twilio",
    "hmac",
    "basic",
    "none",
)


def all_providers() -> Mapping[str, Provider]:
    """Every provider by its name, each loaded when it is first asked for."""
    return _Providers()


class _Providers(Mapping[str, Provider]):
    """Not a dict: most deployments and most cold starts need none of them, or one."""

    def __getitem__(self, name: str) -> Provider:
        if name not in _NAMES:
            raise KeyError(name)
        provider: Provider = import_module(f"{__name__}.{name.replace('-', '_')}").PROVIDER
        return provider

    def __iter__(self) -> Iterator[str]:
        return iter(_NAMES)

    def __len__(self) -> int:
        return len(_NAMES)
