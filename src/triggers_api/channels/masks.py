"""Headers that are shown without their values: what authenticates is a secret whatever its name.

Nobody can tell by the name, so all values are hidden. What is shown can be sent back as it is:
it stands for what is known.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from triggers_api.push.settings_fields import HIDDEN, Fault, Mask, WrongError

_SAY_IT: Final = "the value that is hidden here is not known for this target: say it again"


def _hide(headers: Any) -> Any:
    return dict.fromkeys(headers, HIDDEN)


def _reveal(given: Any, known: Any) -> Any:
    if not isinstance(given, dict):
        return given  # the rule says what is wrong
    values = {name.lower(): value for name, value in (known or {}).items()}
    faults = [
        Fault(_SAY_IT, "missing", name[:64])
        for name, value in given.items()
        if value == HIDDEN and name.lower() not in values
    ]
    if faults:
        raise WrongError(*faults)
    return {
        name: values[name.lower()] if value == HIDDEN else value for name, value in given.items()
    }


def all_headers(settings: Mapping[str, Any], secrets: Mapping[str, str]) -> dict[str, str]:
    """What a config's headers are; one that was kept before values were hidden still shows them."""
    shown: dict[str, str] = settings.get("headers", {})
    plain = {name: value for name, value in shown.items() if value != HIDDEN}
    hidden: dict[str, str] = json.loads(secrets.get("headers", "{}"))
    return plain | hidden


HEADER_VALUES: Final = Mask(_hide, _reveal, json.dumps, json.loads)
